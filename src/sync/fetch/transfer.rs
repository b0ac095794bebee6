//! The body of an answer, to disk: within limits of size, time and speed, and
//! whole or an error.

use std::time::Duration;

use reqwest::Response;
use tokio::time::{Instant, timeout};

use super::error::{FetchError, ShownUrl};
use super::part::Part;
use super::{OnProgress, TransferLimits, Wanted, is_browser_like};

/// Bytes looked at to tell a web page.
const HEAD_BYTES: usize = 512;

/// A body on its way.
pub(super) struct Transfer<'a> {
    pub(super) wanted: Wanted<'a>,
    pub(super) deadline: Instant,
    pub(super) on_progress: OnProgress<'a>,
}

impl Transfer<'_> {
    /// Takes the file to its end.
    pub(super) async fn take(
        &self,
        mut response: Response,
        part: &mut Part,
        expected: Option<u64>,
    ) -> Result<(), FetchError> {
        let limits = self.wanted.limits;
        let url = || ShownUrl::from(self.wanted.url);
        let too_large = || FetchError::TooLarge {
            url: url(),
            max: limits.bytes_max,
        };
        if expected.is_some_and(|bytes| bytes > limits.bytes_max) {
            part.clear()?;
            return Err(too_large());
        }
        let cut = |part: &Part| FetchError::CutShort {
            url: url(),
            bytes: part.bytes(),
            expected,
        };
        let mut head = (part.bytes() == 0).then(Vec::new);
        let mut speed = Speed::new(limits, part.bytes());
        loop {
            (self.on_progress)(part.bytes(), expected);
            let chunk = match within(
                &self.wanted,
                self.deadline,
                limits.idle_timeout,
                response.chunk(),
            )
            .await?
            {
                Some(Ok(Some(chunk))) => chunk,
                Some(Ok(None)) => break,
                Some(Err(_)) => return Err(cut(part)),
                None => {
                    return Err(FetchError::StoodStill {
                        url: url(),
                        max: limits.idle_timeout,
                    });
                }
            };
            if part.bytes() + chunk.len() as u64 > limits.bytes_max {
                part.clear()?;
                return Err(too_large());
            }
            part.write(&chunk)?;
            self.refuse_page(&mut head, &chunk, part)?;
            if !speed.is_enough(part.bytes()) {
                return Err(FetchError::TooSlow {
                    url: url(),
                    min: limits.bytes_per_second_min,
                });
            }
        }
        if expected.is_some_and(|bytes| bytes != part.bytes()) {
            return Err(cut(part));
        }
        if part.bytes() == 0 {
            return Err(FetchError::Empty { url: url() });
        }
        Ok(())
    }

    /// Tells a front's web page by how it begins, as soon as enough came.
    fn refuse_page(
        &self,
        head: &mut Option<Vec<u8>>,
        chunk: &[u8],
        part: &mut Part,
    ) -> Result<(), FetchError> {
        let Some(begun) = head else { return Ok(()) };
        begun.extend(chunk.iter().take(HEAD_BYTES - begun.len()));
        if !self.wanted.may_be_page && is_page(begun) {
            part.clear()?;
            return Err(FetchError::Page {
                url: self.wanted.url.into(),
                browser_like: is_browser_like(self.wanted.user_agent),
            });
        }
        if begun.len() >= HEAD_BYTES {
            *head = None;
        }
        Ok(())
    }
}

/// Waits within a limit and the limit of the whole; `None`: the first was
/// reached.
pub(super) async fn within<T>(
    wanted: &Wanted<'_>,
    deadline: Instant,
    limit: Duration,
    work: impl Future<Output = T>,
) -> Result<Option<T>, FetchError> {
    let left = deadline.saturating_duration_since(Instant::now());
    match timeout(limit.min(left), work).await {
        Ok(done) => Ok(Some(done)),
        Err(_) if left <= limit => Err(FetchError::TimedOut {
            url: wanted.url.into(),
            max: wanted.limits.timeout,
        }),
        Err(_) => Ok(None),
    }
}

/// Watches that bytes come fast enough for a download to end.
struct Speed {
    window: Duration,
    bytes_min: u64,
    since: Instant,
    bytes: u64,
}

impl Speed {
    fn new(limits: &TransferLimits, bytes: u64) -> Self {
        let window = limits.speed_window;
        let per_window = limits.bytes_per_second_min as f64 * window.as_secs_f64();
        Self {
            window,
            bytes_min: per_window as u64,
            since: Instant::now(),
            bytes,
        }
    }

    fn is_enough(&mut self, bytes: u64) -> bool {
        if self.since.elapsed() < self.window {
            return true;
        }
        let enough = bytes - self.bytes >= self.bytes_min;
        self.since = Instant::now();
        self.bytes = bytes;
        enough
    }
}

/// Tells a web page by how it begins.
fn is_page(head: &[u8]) -> bool {
    let head = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head);
    let head = head.trim_ascii_start();
    ["<!doctype html", "<html"].iter().any(|mark| {
        head.get(..mark.len())
            .is_some_and(|begin| begin.eq_ignore_ascii_case(mark.as_bytes()))
    })
}
