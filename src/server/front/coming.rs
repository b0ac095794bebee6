//! A request's body, the room it takes until it is there, and its time.
//!
//! A request of a mebibyte whose last byte never comes holds a mebibyte. So
//! only so many of a caller's may be on their way at once; each gives its
//! room back when it has come whole, or its call ends. And a body that is one
//! message has to be there in time; streams bound each of their waits
//! themselves.

use std::error::Error as StdError;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use hyper::body::Incoming;
use tokio::time::{Sleep, sleep};

use crate::access::Taken;

/// A body that is on its way.
#[derive(Debug)]
pub(super) struct Coming {
    body: Incoming,
    room: Option<[Taken; 2]>,
    within: Option<Duration>,
    deadline: Option<Pin<Box<Sleep>>>,
}

impl Coming {
    /// Holds some room until the body is there, which is to be within a time.
    pub(super) fn new(body: Incoming, room: Option<[Taken; 2]>, within: Option<Duration>) -> Self {
        let room = room.filter(|_| !body.is_end_stream());
        Self {
            body,
            room,
            within,
            deadline: None,
        }
    }

    /// Counts from the first wait: most bodies are there at once.
    fn is_late(&mut self, context: &mut Context<'_>) -> bool {
        let Some(within) = self.within else {
            return false;
        };
        let deadline = self.deadline.get_or_insert_with(|| Box::pin(sleep(within)));
        deadline.as_mut().poll(context).is_ready()
    }
}

impl Body for Coming {
    type Data = Bytes;
    type Error = Box<dyn StdError + Send + Sync>;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        let polled = Pin::new(&mut self.body).poll_frame(context);
        if matches!(polled, Poll::Ready(None)) || self.body.is_end_stream() {
            self.room = None;
        }
        if polled.is_pending() && self.is_late(context) {
            self.room = None;
            let late = io::Error::from(io::ErrorKind::TimedOut);
            return Poll::Ready(Some(Err(late.into())));
        }
        polled.map(|frame| frame.map(|frame| frame.map_err(Into::into)))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
