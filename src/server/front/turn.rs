//! Turns: how much one connection may move before others are served.
//!
//! A serving thread has many connections, and looks after one until there is
//! nothing more to do for it. Whoever sends or takes as fast as a machine can
//! always has more to do. So a connection moves so many bytes, and then waits
//! until every other that is ready had its turn.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// Bytes that a connection reads in a turn: two hundred small calls, or ten
/// microseconds of a large one.
const READ_BYTES: usize = 16 << 10;

/// Bytes that it writes in a turn: a hundred small answers, or thirty
/// microseconds of a large one.
const WRITE_BYTES: usize = 16 << 10;

/// What is left of a connection's turn.
#[derive(Debug, Clone, Default)]
pub(super) struct Turn(Arc<Left>);

#[derive(Debug, Default)]
struct Left {
    read: AtomicUsize,
    write: AtomicUsize,
}

impl Turn {
    /// Gives a connection a new turn each time that it is looked after.
    pub(super) async fn taken_by<C: Future>(&self, connection: C) -> C::Output {
        let mut connection = std::pin::pin!(connection);
        std::future::poll_fn(|context| {
            self.0.read.store(READ_BYTES, Ordering::Relaxed);
            self.0.write.store(WRITE_BYTES, Ordering::Relaxed);
            connection.as_mut().poll(context)
        })
        .await
    }
}

/// A stream that moves no more than there is left of a turn.
pub(super) struct InTurn<S> {
    stream: S,
    turn: Turn,
}

impl<S> InTurn<S> {
    pub(super) fn new(stream: S, turn: Turn) -> Self {
        Self { stream, turn }
    }
}

/// Returns what is left of a turn, or waits for the next one.
fn left(of: &AtomicUsize, context: &mut Context<'_>) -> Poll<usize> {
    // One task polls a connection: nobody changes it in between.
    match of.load(Ordering::Relaxed) {
        0 => {
            context.waker().wake_by_ref();
            Poll::Pending
        }
        left => Poll::Ready(left),
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for InTurn<S> {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let Self { stream, turn } = self.get_mut();
        let left = ready!(left(&turn.0.read, context));
        let before = buffer.filled().len();
        let polled = if buffer.remaining() <= left {
            Pin::new(stream).poll_read(context, buffer)
        } else {
            let mut part = ReadBuf::new(buffer.initialize_unfilled_to(left));
            let polled = Pin::new(stream).poll_read(context, &mut part);
            let read = part.filled().len();
            buffer.advance(read);
            polled
        };
        let read = buffer.filled().len() - before;
        turn.0.read.store(left - read, Ordering::Relaxed);
        polled
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for InTurn<S> {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let Self { stream, turn } = self.get_mut();
        let left = ready!(left(&turn.0.write, context));
        let part = &bytes[..bytes.len().min(left)];
        let polled = Pin::new(stream).poll_write(context, part);
        if let Poll::Ready(Ok(written)) = &polled {
            turn.0.write.store(left - written, Ordering::Relaxed);
        }
        polled
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_flush(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicU32;

    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, duplex};
    use tokio::task::yield_now;

    use super::*;

    const ALL: usize = 16 * WRITE_BYTES;

    /// Runs a connection beside another task, and returns how often that one
    /// had its turn.
    async fn turns_beside(connection: impl Future<Output = ()>, turn: &Turn) -> u32 {
        let others = Arc::new(AtomicU32::new(0));
        let counted = others.clone();
        let other = tokio::spawn(async move {
            loop {
                counted.fetch_add(1, Ordering::Relaxed);
                yield_now().await;
            }
        });
        turn.taken_by(connection).await;
        other.abort();
        others.load(Ordering::Relaxed)
    }

    #[tokio::test]
    async fn whoever_has_much_to_read_lets_others_pass() {
        let (near, mut far) = duplex(ALL);
        far.write_all(&vec![7; ALL]).await.expect("there is room");
        drop(far);
        let turn = Turn::default();
        let mut near = InTurn::new(near, turn.clone());
        let mut all = Vec::new();
        let reading = async {
            near.read_to_end(&mut all).await.expect("it is there");
        };
        let turns = turns_beside(reading, &turn).await;
        assert!(turns >= 10, "{turns}");
        assert_eq!(all, vec![7; ALL]);
    }

    #[tokio::test]
    async fn whoever_has_much_to_write_lets_others_pass() {
        let (near, mut far) = duplex(ALL);
        let turn = Turn::default();
        let mut near = InTurn::new(near, turn.clone());
        let all = vec![7; ALL];
        let writing = async { near.write_all(&all).await.expect("there is room") };
        let turns = turns_beside(writing, &turn).await;
        assert!(turns >= 10, "{turns}");
        drop(near);
        let mut came = Vec::new();
        far.read_to_end(&mut came).await.expect("it is there");
        assert_eq!(came, all);
    }
}
