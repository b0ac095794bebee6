//! Replies of a stream: a few may wait, none waits for ever, and an end with
//! an error is told as one.
//!
//! A plain channel has no room for an error when its reader stands still,
//! which is just when there is one to tell; the reader would then take a
//! broken end for a good one. Here the error waits beside the channel, and
//! nobody waits for it to be read.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use parking_lot::Mutex;
use tokio::sync::mpsc;
use tokio::time::timeout;
use tokio_stream::Stream;
use tonic::Status;

/// How a stream ends, if not well.
type Ending = Arc<Mutex<Option<Status>>>;

/// Where replies are sent.
pub(super) struct Replies<T> {
    sender: mpsc::Sender<T>,
    ending: Ending,
    idle_timeout: Duration,
}

/// What the reader of a stream gets.
pub struct ReplyStream<T> {
    receiver: mpsc::Receiver<T>,
    ending: Ending,
}

/// Opens a stream on which `waiting_max` replies may wait, each for no longer
/// than `idle_timeout`.
pub(super) fn replies<T>(
    waiting_max: usize,
    idle_timeout: Duration,
) -> (Replies<T>, ReplyStream<T>) {
    let (sender, receiver) = mpsc::channel(waiting_max);
    let ending = Ending::default();
    let replies = Replies {
        sender,
        ending: ending.clone(),
        idle_timeout,
    };
    (replies, ReplyStream { receiver, ending })
}

impl<T> Replies<T> {
    /// Sends a reply, and waits for a slow reader, but not for ever.
    pub(super) async fn send(&self, reply: T) -> Result<(), Status> {
        timeout(self.idle_timeout, self.sender.send(reply))
            .await
            .map_err(|_| Status::deadline_exceeded("the replies were not read for too long"))?
            .map_err(|_| Status::cancelled("the reader has gone"))
    }

    /// Ends the stream with an error, after what was sent before.
    pub(super) fn fail(self, status: Status) {
        *self.ending.lock() = Some(status);
    }
}

impl<T> Stream for ReplyStream<T> {
    type Item = Result<T, Status>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        match ready!(self.receiver.poll_recv(context)) {
            Some(reply) => Poll::Ready(Some(Ok(reply))),
            None => Poll::Ready(self.ending.lock().take().map(Err)),
        }
    }
}
