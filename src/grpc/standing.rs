//! Answers that end when their caller's standing does.
//!
//! A stream may be open for an hour, and its caller may be taken out of the
//! configuration meanwhile. What was let in is not let in for ever: the stream
//! ends, with the code that the next call would get.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http::HeaderMap;
use http_body::Frame;
use tokio::time::{Interval, MissedTickBehavior, interval};
use tonic::Status;
use tonic::body::Body;

use crate::access::Standing;

/// How often a stream that says nothing looks whether it may go on.
const LOOK_EVERY: Duration = Duration::from_secs(5);

/// A stream for as long as a standing lasts.
pub struct WhileStanding {
    body: Body,
    standing: Standing,
    looks: Interval,
    has_ended: bool,
}

impl WhileStanding {
    /// Ends a body with a standing.
    pub fn new(body: Body, standing: Standing) -> Self {
        let mut looks = interval(LOOK_EVERY);
        looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        Self {
            body,
            standing,
            looks,
            has_ended: false,
        }
    }
}

impl http_body::Body for WhileStanding {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        if self.has_ended {
            return Poll::Ready(None);
        }
        // Leaves word to be asked again.
        while self.looks.poll_tick(context).is_ready() {}
        if self.standing.has_ended() {
            self.has_ended = true;
            let words = "what this caller proved no longer holds here: ask the operator";
            let (status, mut trailers) = (Status::unauthenticated(words), HeaderMap::new());
            let added = status.add_header(&mut trailers);
            return Poll::Ready(Some(added.map(|()| Frame::trailers(trailers))));
        }
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.has_ended || self.body.is_end_stream()
    }
}
