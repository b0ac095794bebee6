//! Why a file was not fetched, each in one sentence that says what to do.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use reqwest::Url;
use thiserror::Error;

use crate::sync::hashes::HashFault;

/// Why a file was not fetched. What is held stays, and ages.
#[derive(Debug, Error)]
pub enum FetchError {
    /// The URL is not one that may be asked.
    #[error(
        "{url} is not encrypted: use https, or set `allow_http = true` for this source if nothing between can be trusted less than the list"
    )]
    NotEncrypted {
        /// The URL.
        url: ShownUrl,
    },
    /// A redirect leads from https to http.
    #[error("{from} redirects to {to}, which is not encrypted: the list is not taken from there")]
    Downgrade {
        /// Who redirects.
        from: ShownUrl,
        /// Where to.
        to: ShownUrl,
    },
    /// A redirect leads to a host that is not allowed.
    #[error(
        "{from} redirects to `{host}`: if the publisher moved there, add it to `allowed_hosts` of this source"
    )]
    HostNotAllowed {
        /// Who redirects.
        from: ShownUrl,
        /// The host it leads to.
        host: String,
    },
    /// Redirects lead on and on.
    #[error("{url} redirects more than {max} times: look where it leads with a browser")]
    TooManyRedirects {
        /// The URL that was asked first.
        url: ShownUrl,
        /// The limit.
        max: usize,
    },
    /// A redirect does not say where to.
    #[error("{url} redirects without saying where to: look where it leads with a browser")]
    NoLocation {
        /// Who redirects.
        url: ShownUrl,
    },
    /// No connection, or one that broke before an answer came.
    #[error("{url} cannot be reached: check name, proxy (HTTPS_PROXY, NO_PROXY) and certificates")]
    Unreachable {
        /// The URL.
        url: ShownUrl,
        /// What the network said.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// It took longer in all than allowed.
    #[error("{url} took longer than {max:?} in all: raise `timeout` if the line is that slow")]
    TimedOut {
        /// The URL.
        url: ShownUrl,
        /// The limit.
        max: Duration,
    },
    /// Nothing came for too long.
    #[error("{url} sent nothing for {max:?}: it is tried again, from where it stopped if possible")]
    StoodStill {
        /// The URL.
        url: ShownUrl,
        /// The limit.
        max: Duration,
    },
    /// Bytes drip too slowly to be a download.
    #[error(
        "{url} sends fewer than {min} bytes a second: lower `bytes_per_second_min` if the line is that slow"
    )]
    TooSlow {
        /// The URL.
        url: ShownUrl,
        /// The limit.
        min: u64,
    },
    /// The publisher's front refuses this client.
    #[error("{url} answered {status}: {}", refused_advice(*.browser_like))]
    Forbidden {
        /// The URL.
        url: ShownUrl,
        /// 401, 403 or 407.
        status: u16,
        /// The client already called itself a browser.
        browser_like: bool,
    },
    /// The file is not there.
    #[error(
        "{url} answered {status}: the publisher moved or removed the file; look for its new URL"
    )]
    Gone {
        /// The URL.
        url: ShownUrl,
        /// 404 or 410.
        status: u16,
    },
    /// The publisher wants to be asked later.
    #[error("{url} answered {status}: it is tried again later{}", later(.retry_after))]
    Later {
        /// The URL.
        url: ShownUrl,
        /// 429 or 503 and its like.
        status: u16,
        /// How much later, if it said so.
        retry_after: Option<Duration>,
    },
    /// Any other answer that is no file.
    #[error("{url} answered {status}, which is not a file: look at it with a browser")]
    Status {
        /// The URL.
        url: ShownUrl,
        /// The status.
        status: u16,
    },
    /// A page came where a list was expected.
    #[error(
        "{url} answered with a web page and not the list: {}", refused_advice(*.browser_like)
    )]
    Page {
        /// The URL.
        url: ShownUrl,
        /// The client already called itself a browser.
        browser_like: bool,
    },
    /// The file was changed for the way, so it is not the raw file.
    #[error(
        "{url} came encoded as `{coding}` although plain was asked for: something between changes it"
    )]
    Encoded {
        /// The URL.
        url: ShownUrl,
        /// The coding.
        coding: String,
    },
    /// The file is larger than allowed.
    #[error("{url} is larger than {max} bytes: raise `limits.import_file_bytes_max` if it is real")]
    TooLarge {
        /// The URL.
        url: ShownUrl,
        /// The limit.
        max: u64,
    },
    /// Nothing says where the file ends, so half of it would pass for it.
    #[error(
        "{url} does not say how long the file is, so a part of it could pass for the whole: name a `hash_url`, or another URL"
    )]
    NoLength {
        /// The URL.
        url: ShownUrl,
    },
    /// Less came than was announced.
    #[error("{url} broke off after {bytes} bytes{}: it is tried again, from there if possible", of_all(.expected))]
    CutShort {
        /// The URL.
        url: ShownUrl,
        /// What came.
        bytes: u64,
        /// What was announced, if anything was.
        expected: Option<u64>,
    },
    /// An empty file came.
    #[error("{url} is empty: the publisher's export failed, and the list held is kept")]
    Empty {
        /// The URL.
        url: ShownUrl,
    },
    /// The publisher's hash says otherwise.
    #[error(transparent)]
    Hash(#[from] HashFault),
    /// The disk does not take it.
    #[error("cannot keep a download in {}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
}

impl FetchError {
    /// Returns how much later the publisher wants to be asked again.
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Later { retry_after, .. } => *retry_after,
            _ => None,
        }
    }

    /// Tells whether going on at once may help: the transfer broke off, and
    /// nobody asked to be left alone.
    pub(super) fn is_broken_transfer(&self) -> bool {
        matches!(self, Self::CutShort { .. })
    }

    /// Returns a short stable name, for logs and machines.
    pub fn name(&self) -> &'static str {
        match self {
            Self::NotEncrypted { .. } => "NOT_ENCRYPTED",
            Self::Downgrade { .. } => "DOWNGRADE",
            Self::HostNotAllowed { .. } => "HOST_NOT_ALLOWED",
            Self::TooManyRedirects { .. } | Self::NoLocation { .. } => "BAD_REDIRECT",
            Self::Unreachable { .. } => "UNREACHABLE",
            Self::TimedOut { .. } | Self::StoodStill { .. } | Self::TooSlow { .. } => "TOO_SLOW",
            Self::Forbidden { .. } => "FORBIDDEN",
            Self::Gone { .. } => "GONE",
            Self::Later { .. } => "LATER",
            Self::Status { .. } => "BAD_STATUS",
            Self::Page { .. } => "PAGE",
            Self::Encoded { .. } => "ENCODED",
            Self::TooLarge { .. } => "TOO_LARGE",
            Self::NoLength { .. } => "NO_LENGTH",
            Self::CutShort { .. } => "CUT_SHORT",
            Self::Empty { .. } => "EMPTY",
            Self::Hash(_) => "HASH",
            Self::Io { .. } => "DISK",
        }
    }
}

/// A URL as it may be shown and stored: without the query, which in signed
/// URLs is a secret, and without user and password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShownUrl(String);

impl From<&Url> for ShownUrl {
    fn from(url: &Url) -> Self {
        let mut plain = url.clone();
        plain.set_query(None);
        plain.set_fragment(None);
        // Neither can fail for a URL that has a host, and others are refused.
        let _ = plain.set_username("");
        let _ = plain.set_password(None);
        Self(plain.into())
    }
}

impl fmt::Display for ShownUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn refused_advice(browser_like: bool) -> &'static str {
    if browser_like {
        "the publisher's front refuses this client although its user_agent is browser-like; open \
         the URL with a browser on this machine, and ask the publisher"
    } else {
        "the publisher's front refuses this client; set a browser-like `user_agent` (40 characters \
         or more, beginning with `Mozilla/5.0`)"
    }
}

fn later(retry_after: &Option<Duration>) -> String {
    retry_after.map_or_else(String::new, |wait| {
        format!(", in {} s as asked", wait.as_secs())
    })
}

fn of_all(expected: &Option<u64>) -> String {
    expected.map_or_else(String::new, |all| format!(" of {all}"))
}
