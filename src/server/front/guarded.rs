//! A connection's stream with deadlines on it.
//!
//! Things that no protocol above sees: a peer that connects and then says
//! nothing, one that begins a frame and does not end it, one that takes
//! nothing of what it asked for, one that floods. Each ends the connection
//! with an error.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep, sleep};

use super::frames::Frames;

/// A stream with deadlines.
pub(super) struct Guarded<S> {
    stream: S,
    /// Until the first bytes are there.
    first: Option<First>,
    /// Where HTTP/2 is spoken.
    frames: Option<Counted>,
    stall: Wait,
}

struct First {
    missing: usize,
    deadline: Pin<Box<Sleep>>,
}

/// Frames, and the wait for one that is not whole.
struct Counted {
    frames: Frames,
    before: Option<u64>,
    wait: Wait,
}

/// A time that something may take from when it was first waited for.
struct Wait {
    most: Duration,
    timer: Option<Pin<Box<Sleep>>>,
    waiting: bool,
}

impl<S> Guarded<S> {
    /// Gives a stream a time for its first bytes, and for every wait for its
    /// reader.
    pub(super) fn new(
        stream: S,
        (first_bytes, within): (usize, Duration),
        stall_after: Duration,
    ) -> Self {
        let first = (first_bytes > 0).then(|| First {
            missing: first_bytes,
            deadline: Box::pin(sleep(within)),
        });
        Self {
            stream,
            first,
            frames: None,
            stall: Wait::most(stall_after),
        }
    }

    /// Counts HTTP/2 frames as well; each must be whole in time.
    pub(super) fn with_frames(self, whole_within: Duration) -> Self {
        let counted = Counted {
            frames: Frames::new(),
            before: None,
            wait: Wait::most(whole_within),
        };
        Self {
            frames: Some(counted),
            ..self
        }
    }
}

impl Wait {
    fn most(most: Duration) -> Self {
        Self {
            most,
            timer: None,
            waiting: false,
        }
    }

    /// What was waited for has come.
    fn end(&mut self) {
        self.waiting = false;
    }

    /// Goes on waiting, or begins to. It is an error when it took too long.
    fn poll(&mut self, context: &mut Context<'_>) -> Poll<io::Error> {
        let timer = self
            .timer
            .get_or_insert_with(|| Box::pin(sleep(Duration::ZERO)));
        if !self.waiting {
            timer.as_mut().reset(Instant::now() + self.most);
            self.waiting = true;
        }
        ready!(timer.as_mut().poll(context));
        Poll::Ready(io::ErrorKind::TimedOut.into())
    }

    /// Looks at what a write came to: whatever moves ends the wait.
    fn seen<T>(
        &mut self,
        polled: Poll<io::Result<T>>,
        context: &mut Context<'_>,
    ) -> Poll<io::Result<T>> {
        if polled.is_ready() {
            self.end();
            return polled;
        }
        self.poll(context).map(Err)
    }
}

/// Counts what was read, and waits for what is not whole.
fn count(counted: &mut Counted, read: &[u8], context: &mut Context<'_>) -> io::Result<()> {
    let Counted {
        frames,
        before,
        wait,
    } = counted;
    if !read.is_empty() {
        let counted = frames.read(read, Instant::now());
        counted.map_err(|flood| io::Error::new(io::ErrorKind::InvalidData, flood))?;
    }
    let partial = frames.partial();
    if partial != *before {
        wait.end();
        *before = partial;
    }
    if partial.is_none() {
        return Ok(());
    }
    match wait.poll(context) {
        Poll::Ready(error) => Err(error),
        Poll::Pending => Ok(()),
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Guarded<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let polled = Pin::new(&mut self.stream).poll_read(context, buffer);
        let read = &buffer.filled()[before..];
        if let Some(counted) = &mut self.frames {
            count(counted, read, context)?;
        }
        let read = read.len();
        let Some(first) = &mut self.first else {
            return polled;
        };
        first.missing = first.missing.saturating_sub(read);
        if first.missing == 0 {
            self.first = None;
            return polled;
        }
        if first.deadline.as_mut().poll(context).is_ready() {
            return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
        }
        polled
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Guarded<S> {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let polled = Pin::new(&mut this.stream).poll_write(context, bytes);
        if let (Some(counted), Poll::Ready(Ok(written))) = (&mut this.frames, &polled) {
            counted.frames.wrote(*written);
        }
        this.stall.seen(polled, context)
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let polled = Pin::new(&mut this.stream).poll_flush(context);
        this.stall.seen(polled, context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let polled = Pin::new(&mut this.stream).poll_shutdown(context);
        this.stall.seen(polled, context)
    }

    // Vectored writes are left undone, and `is_write_vectored` false, on
    // purpose: with them h2 copies only payloads below 256 bytes into its
    // buffer and writes each larger answer by itself; without them the limit
    // is 1,024, so that the answers of many calls leave in one write.
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, duplex};

    use super::*;

    /// Short enough to wait for, long enough for a busy machine.
    const TICK: Duration = Duration::from_millis(100);

    #[tokio::test]
    async fn a_peer_that_says_nothing_is_ended_in_time() {
        let (near, mut far) = duplex(64);
        let mut guarded = Guarded::new(near, (24, 2 * TICK), TICK);
        far.write_all(&[0; 23]).await.expect("there is room");
        let began = Instant::now();
        let mut all = Vec::new();
        let ended = guarded.read_to_end(&mut all).await;
        assert_eq!(ended.expect_err("no end").kind(), io::ErrorKind::TimedOut);
        assert_eq!(all.len(), 23);
        assert!(began.elapsed() >= TICK, "{:?}", began.elapsed());
    }

    #[tokio::test]
    async fn after_the_first_bytes_silence_is_allowed() {
        let (near, mut far) = duplex(64);
        let mut guarded = Guarded::new(near, (24, 2 * TICK), TICK);
        far.write_all(&[0; 24]).await.expect("there is room");
        let mut first = [0; 24];
        guarded.read_exact(&mut first).await.expect("it is there");
        sleep(4 * TICK).await;
        far.write_all(&[7]).await.expect("there is room");
        assert_eq!(guarded.read_u8().await.expect("it is there"), 7);
    }

    #[tokio::test]
    async fn a_peer_that_takes_nothing_is_ended_and_a_slow_one_is_not() {
        let (near, mut far) = duplex(8);
        let mut guarded = Guarded::new(near, (0, TICK), 8 * TICK);
        let slow = tokio::spawn(async move {
            let mut taken = [0; 8];
            for _ in 0..4 {
                sleep(3 * TICK).await;
                far.read_exact(&mut taken).await.expect("it is there");
            }
            far
        });
        guarded.write_all(&[1; 40]).await.expect("slow, but moving");
        let _far = slow.await.expect("it ends");
        let began = Instant::now();
        let ended = guarded.write_all(&[1; 40]).await;
        let ended = ended.expect_err("nothing moves");
        assert_eq!(ended.kind(), io::ErrorKind::TimedOut);
        assert!(began.elapsed() >= 8 * TICK);
    }
}
