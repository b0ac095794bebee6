//! The body of an answer, watched to its end: only there gRPC says how a call
//! came out.

use std::pin::Pin;
use std::task::{Context, Poll};

use http::{HeaderMap, Response};
use http_body::{Body, Frame, SizeHint};
use tonic::Code;

use super::Call;

/// A body that counts its call when it ends.
pub struct Observed<B> {
    body: B,
    call: Call,
}

impl Call {
    /// Goes on with the answer's body, to its end.
    pub fn answered<B>(mut self, response: Response<B>) -> Response<Observed<B>> {
        if let Some(code) = code_in(response.headers()) {
            self.ended(code);
        }
        response.map(|body| Observed { body, call: self })
    }
}

fn code_in(headers: &HeaderMap) -> Option<Code> {
    let said = headers.get("grpc-status")?;
    Some(Code::from_bytes(said.as_bytes()))
}

impl<B: Body + Unpin> Body for Observed<B> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<B::Data>, B::Error>>> {
        let polled = Pin::new(&mut self.body).poll_frame(context);
        match &polled {
            Poll::Ready(Some(Ok(frame))) => {
                if let Some(code) = frame.trailers_ref().and_then(code_in) {
                    self.call.ended(code);
                }
            }
            Poll::Ready(Some(Err(_))) => self.call.ended(Code::Unknown),
            Poll::Ready(None) | Poll::Pending => {}
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use http_body_util::{BodyExt as _, Full, StreamBody};
    use tonic::body::Body as TonicBody;

    use super::*;
    use crate::metrics::Calls;

    const PATH: &str = "/interdict.v1.ScreeningService/ScreenAddress";

    fn codes(calls: &Calls) -> Vec<(&'static str, u64)> {
        calls
            .read()
            .pop()
            .map(|read| read.codes)
            .unwrap_or_default()
    }

    #[tokio::test]
    async fn the_trailers_say_how_it_ended() {
        let calls = Calls::new();
        let mut trailers = HeaderMap::new();
        trailers.insert("grpc-status", "14".parse().expect("a value"));
        let frames = [
            Ok::<_, tonic::Status>(Frame::data(bytes::Bytes::from_static(b"x"))),
            Ok(Frame::trailers(trailers)),
        ];
        let body = StreamBody::new(tokio_stream::iter(frames));
        let answer = calls.begin(PATH).answered(Response::new(body));
        assert!(codes(&calls).is_empty(), "it is under way");
        let _all = answer.into_body().collect().await.expect("it is whole");
        assert_eq!(codes(&calls), [("UNAVAILABLE", 1)]);
    }

    #[test]
    fn a_refusal_has_its_code_in_the_headers() {
        let calls = Calls::new();
        let refusal = tonic::Status::permission_denied("no").into_http::<TonicBody>();
        drop(calls.begin(PATH).answered(refusal));
        assert_eq!(codes(&calls), [("PERMISSION_DENIED", 1)]);
    }

    #[test]
    fn what_nobody_reads_to_its_end_was_cancelled() {
        let calls = Calls::new();
        let body = Full::new(bytes::Bytes::from_static(b"x"));
        drop(calls.begin(PATH).answered(Response::new(body)));
        assert_eq!(codes(&calls), [("CANCELLED", 1)]);
    }
}
