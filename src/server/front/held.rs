//! An answer's body, and what its call holds until it is taken.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};

use super::stall::Waiting;

/// An answer is handed on in pieces of this size: what is below takes a whole
/// frame as soon as there is room for a byte of it, keeps it for as long as
/// its reader likes, and tells nobody. A piece is taken when the one before
/// has gone.
const PIECE_BYTES: usize = 16 << 10;

/// A body that gives back what its call had in use when it ends, and is seen
/// when nobody takes it.
#[derive(Debug)]
pub(crate) struct Held<B, T> {
    body: B,
    /// Of a frame that was larger than a piece.
    rest: Bytes,
    waiting: Option<Waiting>,
    _in_use: T,
}

impl<B, T> Held<B, T> {
    pub(super) fn new(body: B, waiting: Option<Waiting>, in_use: T) -> Self {
        Self {
            body,
            rest: Bytes::new(),
            waiting,
            _in_use: in_use,
        }
    }
}

impl<B, T> Body for Held<B, T>
where
    B: Body<Data = Bytes> + Unpin,
    T: Unpin,
{
    type Data = Bytes;
    type Error = B::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, B::Error>>> {
        let polled = self.piece(context);
        if let Some(waiting) = &mut self.waiting {
            match polled {
                Poll::Ready(_) => waiting.moved(),
                Poll::Pending => waiting.leave(),
            }
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_empty() && self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        let waiting = self.rest.len() as u64;
        let rest = self.body.size_hint();
        let mut hint = SizeHint::new();
        // The upper bound first: a lower one above it is refused.
        if let Some(upper) = rest.upper() {
            hint.set_upper(upper + waiting);
        }
        hint.set_lower(rest.lower() + waiting);
        hint
    }
}

impl<B, T> Held<B, T>
where
    B: Body<Data = Bytes> + Unpin,
{
    fn piece(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, B::Error>>> {
        if self.rest.is_empty() {
            let frame = match ready!(Pin::new(&mut self.body).poll_frame(context)) {
                Some(Ok(frame)) => frame,
                ended => return Poll::Ready(ended),
            };
            match frame.into_data() {
                Ok(data) => self.rest = data,
                Err(other) => return Poll::Ready(Some(Ok(other))),
            }
        }
        let piece = self.rest.split_to(self.rest.len().min(PIECE_BYTES));
        Poll::Ready(Some(Ok(Frame::data(piece))))
    }
}

#[cfg(test)]
mod tests {
    use http_body_util::{BodyExt as _, Full};

    use super::*;

    #[tokio::test]
    async fn a_large_answer_goes_in_pieces_and_comes_whole() {
        for length in [0, 1, 600, PIECE_BYTES, PIECE_BYTES + 1, 5 * PIECE_BYTES - 7] {
            let whole: Bytes = (0..length).map(|byte| byte as u8).collect();
            let mut held = Held::new(Full::new(whole.clone()), None, ());
            let mut came = Vec::new();
            assert_eq!(held.size_hint().exact(), Some(length as u64));
            while let Some(frame) = held.frame().await {
                let data = frame.expect("it does not fail").into_data();
                let data = data.expect("it has no trailers");
                assert!(data.len() <= PIECE_BYTES);
                came.extend(data);
                let left = (length - came.len()) as u64;
                assert_eq!(held.size_hint().exact(), Some(left));
                assert_eq!(held.is_end_stream(), left == 0);
            }
            assert_eq!(came, whole);
        }
    }
}
