//! Fetches one file over HTTP to a part file on disk: whole, as published,
//! from where it may come from, within limits, or not at all.
//!
//! [`Fetcher::fetch`] asks conditionally if an edition is held, goes on with
//! a download that broke off if the publisher still has the same edition,
//! follows redirects by the source's [`Rules`], and takes a file as whole
//! only if its end is known. What the file says is left to the importer, and
//! when to try again to the schedule.
//!
//! It runs on the thread of sync and writes to disk between reads from the
//! network: no call waits for it.
//!
//! - Conditional requests, ranges: <https://www.rfc-editor.org/rfc/rfc9110>
//! - Message lengths of HTTP/1.1: <https://www.rfc-editor.org/rfc/rfc9112#name-message-body-length>

mod answer;
mod client;
mod error;
mod hosts;
mod part;
mod transfer;

use std::path::{Path, PathBuf};
use std::time::Duration;

use reqwest::header::{
    ACCEPT, ACCEPT_ENCODING, HeaderMap, HeaderName, HeaderValue, IF_MODIFIED_SINCE, IF_NONE_MATCH,
    IF_RANGE, LOCATION, RANGE, USER_AGENT,
};
use reqwest::{Response, StatusCode, Url};
use tokio::time::Instant;
use tracing::{debug, info};

pub(crate) use answer::retry_after;
pub use client::ClientError;
pub(crate) use client::client;
pub use error::{FetchError, ShownUrl};
pub use hosts::{AllowedHosts, HostPattern, HostPatternError, Rules, is_encrypted_enough};
pub use part::{Digests, Validators};

use answer::{Answer, Asked};
use part::Part;
use transfer::{Transfer, within};

/// Redirects followed for one file.
const REDIRECTS_MAX: usize = 5;

/// Times a download that breaks off is gone on with before it is left to the
/// schedule.
const RESUMES_MAX: usize = 2;

/// What one download may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TransferLimits {
    /// Bytes of the file.
    pub bytes_max: u64,
    /// Time for a connection.
    pub connect_timeout: Duration,
    /// Time in all.
    pub timeout: Duration,
    /// Time in which nothing comes.
    pub idle_timeout: Duration,
    /// Bytes a second at least, over each [`Self::speed_window`].
    pub bytes_per_second_min: u64,
    /// Time over which the speed is taken.
    pub speed_window: Duration,
}

impl Default for TransferLimits {
    fn default() -> Self {
        Self {
            // Four times the largest official list.
            bytes_max: 512 << 20,
            connect_timeout: Duration::from_secs(20),
            timeout: Duration::from_secs(30 * 60),
            idle_timeout: Duration::from_secs(60),
            bytes_per_second_min: 1024,
            speed_window: Duration::from_secs(30),
        }
    }
}

/// A file to fetch.
#[derive(Debug, Clone, Copy)]
pub struct Wanted<'a> {
    /// Where it is.
    pub url: &'a Url,
    /// Where it may come from.
    pub rules: &'a Rules,
    /// What the client calls itself.
    pub user_agent: &'a str,
    /// What it may take.
    pub limits: &'a TransferLimits,
    /// The edition that is held, if one is.
    pub held: Option<&'a Validators>,
    /// A hash will be compared, so the file need not say where it ends.
    pub has_hash: bool,
    /// A web page is what is wanted.
    pub may_be_page: bool,
}

/// How a fetch that did not fail ended.
#[derive(Debug)]
pub enum Fetched {
    /// The publisher still has the edition that is held.
    NotModified,
    /// A whole file.
    File(FetchedFile),
}

/// A whole file, synced to disk.
#[derive(Debug)]
pub struct FetchedFile {
    /// Where it is on disk.
    pub path: PathBuf,
    /// Who sent it in the end.
    pub final_url: ShownUrl,
    /// With which status.
    pub status: u16,
    /// Its edition.
    pub validators: Validators,
    /// Its length.
    pub bytes: u64,
    /// Its digests.
    pub digests: Digests,
}

/// Told of bytes on disk, and of how many there will be if that is known.
pub type OnProgress<'a> = &'a (dyn Fn(u64, Option<u64>) + Send + Sync);

/// Fetches files.
#[derive(Debug, Clone)]
pub struct Fetcher {
    client: reqwest::Client,
}

impl Fetcher {
    /// Makes one that trusts this machine's roots, and those of a file.
    ///
    /// # Errors
    ///
    /// If the file cannot be used, or the environment's proxies cannot.
    pub fn new(ca_file: Option<&Path>, connect_timeout: Duration) -> Result<Self, ClientError> {
        Ok(Self {
            client: client(ca_file, connect_timeout)?,
        })
    }

    /// Fetches a file to `path`, going on from what is there of it.
    ///
    /// # Errors
    ///
    /// If it cannot be had whole. What came of it is kept if it can be gone
    /// on from.
    pub async fn fetch(
        &self,
        wanted: Wanted<'_>,
        path: &Path,
        on_progress: OnProgress<'_>,
    ) -> Result<Fetched, FetchError> {
        let deadline = Instant::now() + wanted.limits.timeout;
        let mut part = Part::open(path, wanted.url.as_str())?;
        let mut resumes = 0;
        loop {
            let before = part.bytes();
            let attempt = Attempt {
                client: &self.client,
                wanted,
                deadline,
                on_progress,
            };
            match attempt.run(&mut part).await {
                Ok(Some((status, url))) => {
                    let validators = part.validators().clone();
                    let bytes = part.bytes();
                    return Ok(Fetched::File(FetchedFile {
                        path: path.to_owned(),
                        final_url: (&url).into(),
                        status,
                        validators,
                        bytes,
                        digests: part.finish()?,
                    }));
                }
                Ok(None) => {
                    part.discard()?;
                    return Ok(Fetched::NotModified);
                }
                Err(error) => {
                    part.settle()?;
                    let gained = part.bytes() > before && part.resumable().is_some();
                    if !(error.is_broken_transfer() && gained && resumes < RESUMES_MAX) {
                        if part.resumable().is_none() {
                            part.discard()?;
                        }
                        return Err(error);
                    }
                    info!(%error, "going on with the download");
                    resumes += 1;
                }
            }
        }
    }
}

/// One go at a file.
struct Attempt<'a> {
    client: &'a reqwest::Client,
    wanted: Wanted<'a>,
    deadline: Instant,
    on_progress: OnProgress<'a>,
}

impl Attempt<'_> {
    /// Returns the status and who answered, or `None` if nothing changed.
    async fn run(&self, part: &mut Part) -> Result<Option<(u16, Url)>, FetchError> {
        let (mut response, mut answer) = self.ask(part, true).await?;
        let fits = match &answer {
            Answer::Rest { from, all } => {
                part.goes_on_with(&answer::validators(response.headers()), *from, *all)
            }
            Answer::NoSuchPart => false,
            Answer::NotModified | Answer::Whole { .. } => true,
        };
        if !fits {
            debug!("the part does not fit any more; the download begins anew");
            part.clear()?;
            (response, answer) = self.ask(part, false).await?;
        }
        let expected = match answer {
            Answer::NotModified => return Ok(None),
            Answer::Rest { all, .. } => Some(all),
            Answer::Whole { bytes } => {
                part.begin(answer::validators(response.headers()), bytes)?;
                bytes
            }
            Answer::NoSuchPart => {
                return Err(FetchError::Status {
                    url: self.wanted.url.into(),
                    status: response.status().as_u16(),
                });
            }
        };
        let (status, url) = (response.status().as_u16(), response.url().clone());
        let transfer = Transfer {
            wanted: self.wanted,
            deadline: self.deadline,
            on_progress: self.on_progress,
        };
        transfer.take(response, part, expected).await?;
        Ok(Some((status, url)))
    }

    /// Asks, following redirects, and reads the head of the answer.
    async fn ask(&self, part: &Part, conditional: bool) -> Result<(Response, Answer), FetchError> {
        let Wanted {
            url: first, rules, ..
        } = self.wanted;
        let rest = part.resumable();
        let headers = self.headers(rest, conditional);
        rules.check_first(first)?;
        let mut url = first.clone();
        for _ in 0..=REDIRECTS_MAX {
            let response = self.send(&url, &headers).await?;
            let status = response.status();
            if !is_redirect(status) {
                let asked = Asked {
                    url: &url,
                    if_changed: headers.contains_key(IF_NONE_MATCH)
                        || headers.contains_key(IF_MODIFIED_SINCE),
                    rest: rest.is_some(),
                    browser_like: is_browser_like(self.wanted.user_agent),
                    end_is_vouched_for: self.wanted.has_hash,
                };
                let answer = answer::read(asked, status, response.version(), response.headers())?;
                return Ok((response, answer));
            }
            let location = response.headers().get(LOCATION);
            let to = location
                .and_then(|value| value.to_str().ok())
                .and_then(|value| url.join(value).ok())
                .ok_or_else(|| FetchError::NoLocation { url: (&url).into() })?;
            rules.check_redirect(&url, &to)?;
            debug!(from = %ShownUrl::from(&url), to = %ShownUrl::from(&to), "redirected");
            url = to;
        }
        Err(FetchError::TooManyRedirects {
            url: first.into(),
            max: REDIRECTS_MAX,
        })
    }

    fn headers(&self, rest: Option<(u64, &str)>, conditional: bool) -> HeaderMap {
        let mut headers = HeaderMap::new();
        // A value that no header can carry is left out: the request is then
        // unconditional, or goes without a name.
        let mut set = |name: HeaderName, value: &str| {
            if let Ok(value) = HeaderValue::from_str(value) {
                headers.insert(name, value);
            }
        };
        set(USER_AGENT, self.wanted.user_agent);
        set(ACCEPT, "*/*");
        set(ACCEPT_ENCODING, "identity");
        if let Some((bytes, edition)) = rest {
            set(RANGE, &format!("bytes={bytes}-"));
            set(IF_RANGE, edition);
        } else if let (true, Some(held)) = (conditional, self.wanted.held) {
            if let Some(etag) = &held.etag {
                set(IF_NONE_MATCH, etag);
            }
            if let Some(date) = &held.last_modified {
                set(IF_MODIFIED_SINCE, date);
            }
        }
        headers
    }

    async fn send(&self, url: &Url, headers: &HeaderMap) -> Result<Response, FetchError> {
        let sending = self.client.get(url.clone()).headers(headers.clone()).send();
        let limits = self.wanted.limits;
        // Connecting has its own, shorter limit within this one.
        let patience = limits.idle_timeout + limits.connect_timeout;
        match within(&self.wanted, self.deadline, patience, sending).await? {
            Some(Ok(response)) => Ok(response),
            Some(Err(error)) => Err(FetchError::Unreachable {
                url: url.into(),
                source: error.without_url().into(),
            }),
            None => Err(FetchError::StoodStill {
                url: url.into(),
                max: patience,
            }),
        }
    }
}

/// Tells whether a front that lets only browsers through would take it.
///
/// The front of OFAC's list service takes what begins with `Mozilla/` and a
/// digit and has 40 characters or more.
pub fn is_browser_like(user_agent: &str) -> bool {
    let version = user_agent.strip_prefix("Mozilla/");
    version.is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
        && user_agent.len() >= 40
}

fn is_redirect(status: StatusCode) -> bool {
    matches!(status.as_u16(), 301 | 302 | 303 | 307 | 308)
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
