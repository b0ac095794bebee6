//! A connection's stream with deadlines on it.
//!
//! Things that no protocol above sees: a peer that connects and then says
//! nothing, one that begins a frame and does not end it, one that takes
//! nothing of what it asked for, one that floods. Each ends the connection
//! with an error.
//!
//! And one thing for the honest: whoever still sends when we close, because
//! the answer was a refusal, gets the time to read it.

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
    /// Where the last answer may come before the question has ended.
    linger: Option<Linger>,
    /// Nothing more is written.
    closed: bool,
}

/// How long bytes are taken and thrown away once everything was said: to
/// close with bytes unread resets the connection, and a reset takes from the
/// peer what it has not read yet.
struct Linger {
    within: Duration,
    bytes_left: usize,
    deadline: Option<Pin<Box<Sleep>>>,
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
            linger: None,
            closed: false,
        }
    }

    /// Closes only once the peer has closed, or this much later.
    pub(super) fn lingering(self, within: Duration, bytes_max: usize) -> Self {
        let linger = Linger {
            within,
            bytes_left: bytes_max,
            deadline: None,
        };
        Self {
            linger: Some(linger),
            ..self
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

impl Linger {
    fn poll<S: AsyncRead + Unpin>(
        &mut self,
        stream: &mut S,
        context: &mut Context<'_>,
    ) -> Poll<()> {
        let mut thrown_away = [0; 4 << 10];
        while self.bytes_left > 0 {
            let mut buffer = ReadBuf::new(&mut thrown_away);
            match Pin::new(&mut *stream).poll_read(context, &mut buffer) {
                Poll::Ready(Ok(())) if !buffer.filled().is_empty() => {
                    self.bytes_left = self.bytes_left.saturating_sub(buffer.filled().len());
                }
                Poll::Ready(_) => return Poll::Ready(()),
                Poll::Pending => {
                    let within = self.within;
                    let deadline = self.deadline.get_or_insert_with(|| Box::pin(sleep(within)));
                    return deadline.as_mut().poll(context);
                }
            }
        }
        Poll::Ready(())
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

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Guarded<S> {
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
        if !this.closed {
            let polled = Pin::new(&mut this.stream).poll_shutdown(context);
            ready!(this.stall.seen(polled, context))?;
            this.closed = true;
        }
        match &mut this.linger {
            Some(linger) => linger.poll(&mut this.stream, context).map(Ok),
            None => Poll::Ready(Ok(())),
        }
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
    #[tokio::test]
    async fn whoever_still_sends_when_we_close_reads_the_answer_first() {
        let (near, mut far) = duplex(64);
        let guarded = Guarded::new(near, (0, TICK), 8 * TICK);
        let mut guarded = guarded.lingering(20 * TICK, 1 << 20);
        let sending = tokio::spawn(async move {
            far.write_all(&[0; 4096]).await.expect("it is taken");
            let mut answer = Vec::new();
            far.read_to_end(&mut answer).await.expect("it came");
            answer
        });
        guarded.write_all(b"no").await.expect("there is room");
        let began = Instant::now();
        guarded.shutdown().await.expect("it closes");
        assert!(began.elapsed() < 10 * TICK, "{:?}", began.elapsed());
        assert_eq!(sending.await.expect("it ends"), b"no");
    }

    #[tokio::test]
    async fn nobody_keeps_it_open_by_sending_or_by_silence() {
        let (near, mut far) = duplex(64);
        let guarded = Guarded::new(near, (0, TICK), 8 * TICK);
        let mut guarded = guarded.lingering(Duration::from_secs(60), 1000);
        let sending = tokio::spawn(async move { while far.write_all(&[0; 64]).await.is_ok() {} });
        guarded.shutdown().await.expect("it closes");
        drop(guarded);
        sending.await.expect("it ends");

        let (near, _far) = duplex(64);
        let guarded = Guarded::new(near, (0, TICK), 8 * TICK);
        let mut guarded = guarded.lingering(TICK, 1000);
        let began = Instant::now();
        guarded.shutdown().await.expect("it closes");
        assert!(began.elapsed() >= TICK, "{:?}", began.elapsed());
    }
}
