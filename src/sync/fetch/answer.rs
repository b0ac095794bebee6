//! What the head of an answer says about the file, before any of it is taken.
//!
//! Pure: status, version and headers in, one of few cases out. What the case
//! means for the part on disk is decided by the caller.

use std::time::Duration;

use jiff::Timestamp;
use reqwest::Url;
use reqwest::header::{
    CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_RANGE, ETAG, HeaderMap, HeaderName, LAST_MODIFIED,
    RETRY_AFTER, TRANSFER_ENCODING,
};
use reqwest::{StatusCode, Version};

use super::error::FetchError;
use super::part::Validators;

/// Longest validator that is kept; a longer one is no validator.
const VALIDATOR_BYTES_MAX: usize = 512;

/// What an answer holds.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Answer {
    /// The file is the one we have.
    NotModified,
    /// The file from its beginning.
    Whole {
        /// Its length, if it was said.
        bytes: Option<u64>,
    },
    /// The file from where we stopped.
    Rest {
        /// Where it begins.
        from: u64,
        /// Length of the whole file.
        all: u64,
    },
    /// The part we asked for is not to be had.
    NoSuchPart,
}

/// What was asked for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Asked<'a> {
    pub(super) url: &'a Url,
    /// We said what we have.
    pub(super) if_changed: bool,
    /// We asked for the rest only.
    pub(super) rest: bool,
    /// The client calls itself a browser.
    pub(super) browser_like: bool,
    /// Whether the end of the file is vouched for in another way.
    pub(super) end_is_vouched_for: bool,
}

/// Reads the head of an answer that is no redirect.
pub(super) fn read(
    asked: Asked<'_>,
    status: StatusCode,
    version: Version,
    headers: &HeaderMap,
) -> Result<Answer, FetchError> {
    let url = || asked.url.into();
    match status.as_u16() {
        304 if asked.if_changed => Ok(Answer::NotModified),
        200 => {
            plain(asked, headers)?;
            let bytes = length(headers);
            if bytes.is_none()
                && !asked.end_is_vouched_for
                && ends_with_connection(version, headers)
            {
                return Err(FetchError::NoLength { url: url() });
            }
            Ok(Answer::Whole { bytes })
        }
        206 if asked.rest => {
            plain(asked, headers)?;
            Ok(match content_range(headers) {
                Some((from, all)) => Answer::Rest { from, all },
                None => Answer::NoSuchPart,
            })
        }
        416 if asked.rest => Ok(Answer::NoSuchPart),
        status @ (401 | 403 | 407) => Err(FetchError::Forbidden {
            url: url(),
            status,
            browser_like: asked.browser_like,
        }),
        status @ (404 | 410) => Err(FetchError::Gone { url: url(), status }),
        status @ (408 | 425 | 429 | 500..=599) => Err(FetchError::Later {
            url: url(),
            status,
            retry_after: retry_after(headers, Timestamp::now()),
        }),
        status => Err(FetchError::Status { url: url(), status }),
    }
}

/// Refuses what was packed for the way: it is not the file as published.
fn plain(asked: Asked<'_>, headers: &HeaderMap) -> Result<(), FetchError> {
    match text(headers, &CONTENT_ENCODING) {
        None => Ok(()),
        Some(coding) if coding.eq_ignore_ascii_case("identity") => Ok(()),
        Some(coding) => Err(FetchError::Encoded {
            url: asked.url.into(),
            coding: coding.chars().take(32).collect(),
        }),
    }
}

/// Returns the validators of the file in an answer.
pub(super) fn validators(headers: &HeaderMap) -> Validators {
    let kept = |name| {
        text(headers, &name)
            .filter(|value| !value.is_empty() && value.len() <= VALIDATOR_BYTES_MAX)
            .map(str::to_owned)
    };
    Validators {
        etag: kept(ETAG),
        last_modified: kept(LAST_MODIFIED),
    }
}

/// Without a length or chunks, HTTP/1 ends a file by ending the connection,
/// and so does everything that goes wrong on the way.
fn ends_with_connection(version: Version, headers: &HeaderMap) -> bool {
    let chunked = text(headers, &TRANSFER_ENCODING)
        .is_some_and(|coding| coding.to_ascii_lowercase().contains("chunked"));
    version < Version::HTTP_2 && !chunked
}

fn length(headers: &HeaderMap) -> Option<u64> {
    text(headers, &CONTENT_LENGTH)?.parse().ok()
}

/// Reads `bytes 5-99/100`, where the part reaches to the end.
fn content_range(headers: &HeaderMap) -> Option<(u64, u64)> {
    let range = text(headers, &CONTENT_RANGE)?.trim();
    let (part, all) = range.strip_prefix("bytes ")?.split_once('/')?;
    let (from, last) = part.split_once('-')?;
    let (from, last): (u64, u64) = (from.trim().parse().ok()?, last.trim().parse().ok()?);
    let all: u64 = all.trim().parse().ok()?;
    (from <= last && last.checked_add(1)? == all).then_some((from, all))
}

/// Reads seconds, or a date.
pub(crate) fn retry_after(headers: &HeaderMap, now: Timestamp) -> Option<Duration> {
    let value = text(headers, &RETRY_AFTER)?.trim();
    if let Ok(seconds) = value.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let at = jiff::fmt::rfc2822::parse(value).ok()?.timestamp();
    at.duration_since(now).try_into().ok()
}

fn text<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(
        change: impl Fn(&mut Asked<'_>),
        status: u16,
        headers: &[(HeaderName, &str)],
    ) -> Result<Answer, FetchError> {
        let url = Url::parse("https://lists.example.org/SDN.XML?signature=x").expect("a URL");
        let mut asked = Asked {
            url: &url,
            if_changed: false,
            rest: false,
            browser_like: true,
            end_is_vouched_for: false,
        };
        change(&mut asked);
        let headers: HeaderMap = headers
            .iter()
            .map(|(name, value)| (name.clone(), value.parse().expect("a value")))
            .collect();
        let status = StatusCode::from_u16(status).expect("a status");
        read(asked, status, Version::HTTP_11, &headers)
    }

    fn nothing(_: &mut Asked<'_>) {}

    #[test]
    fn a_file_has_a_length_or_chunks_or_a_hash() {
        let whole = |bytes| Answer::Whole { bytes };
        let got = answer(nothing, 200, &[(CONTENT_LENGTH, "7")]);
        assert_eq!(got.expect("a file"), whole(Some(7)));
        let got = answer(nothing, 200, &[(TRANSFER_ENCODING, "chunked")]);
        assert_eq!(got.expect("a file"), whole(None));
        let refused = answer(nothing, 200, &[]);
        assert!(matches!(refused, Err(FetchError::NoLength { .. })));
        let got = answer(|asked| asked.end_is_vouched_for = true, 200, &[]);
        assert_eq!(got.expect("a file"), whole(None));
    }

    #[test]
    fn not_modified_counts_only_if_it_was_asked() {
        let asked = |asked: &mut Asked<'_>| asked.if_changed = true;
        assert_eq!(answer(asked, 304, &[]).expect("is"), Answer::NotModified);
        assert!(matches!(
            answer(nothing, 304, &[]),
            Err(FetchError::Status { status: 304, .. })
        ));
    }

    #[test]
    fn a_part_must_fit_and_reach_to_the_end() {
        let rest = |asked: &mut Asked<'_>| asked.rest = true;
        let got = answer(rest, 206, &[(CONTENT_RANGE, "bytes 5-99/100")]);
        assert_eq!(got.expect("is"), Answer::Rest { from: 5, all: 100 });
        for unfit in [
            "bytes 5-98/100",
            "bytes 5-99/*",
            "bytes 99-5/100",
            "5-99/100",
            "bytes */100",
            "",
            "bytes 0-18446744073709551615/0",
        ] {
            let got = answer(rest, 206, &[(CONTENT_RANGE, unfit)]);
            assert_eq!(got.expect("is"), Answer::NoSuchPart, "{unfit}");
        }
        assert_eq!(answer(rest, 416, &[]).expect("is"), Answer::NoSuchPart);
        assert!(answer(nothing, 206, &[(CONTENT_RANGE, "bytes 5-99/100")]).is_err());
        assert!(answer(nothing, 416, &[]).is_err());
    }

    #[test]
    fn what_came_packed_is_refused() {
        let headers = [(CONTENT_LENGTH, "7"), (CONTENT_ENCODING, "gzip")];
        assert!(matches!(
            answer(nothing, 200, &headers),
            Err(FetchError::Encoded { .. })
        ));
        let headers = [(CONTENT_LENGTH, "7"), (CONTENT_ENCODING, "identity")];
        assert!(answer(nothing, 200, &headers).is_ok());
    }

    #[test]
    fn every_refusal_says_what_to_do_and_hides_the_query() {
        for (status, word) in [
            (403, "user_agent"),
            (401, "user_agent"),
            (404, "new URL"),
            (410, "new URL"),
            (429, "later"),
            (503, "later"),
            (500, "later"),
            (204, "browser"),
            (418, "browser"),
        ] {
            let error = answer(nothing, status, &[]).expect_err("no file");
            let words = error.to_string();
            assert!(
                words.contains(word) && words.contains(&status.to_string()),
                "{words}"
            );
            assert!(!words.contains("signature"), "{words}");
        }
        let plain = answer(|asked| asked.browser_like = false, 403, &[]).expect_err("no file");
        assert!(
            plain
                .to_string()
                .contains("set a browser-like `user_agent`")
        );
    }

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        let now: Timestamp = "1994-11-06T08:49:07Z".parse().expect("a time");
        let after = |value: &str| {
            let value = value.parse().expect("a value");
            retry_after(&HeaderMap::from_iter([(RETRY_AFTER, value)]), now)
        };
        assert_eq!(after("120"), Some(Duration::from_secs(120)));
        assert_eq!(
            after("Sun, 06 Nov 1994 08:49:37 GMT"),
            Some(Duration::from_secs(30))
        );
        assert_eq!(after("Sun, 06 Nov 1994 08:48:37 GMT"), None);
        assert_eq!(after("soon"), None);
        assert_eq!(after("-1"), None);
        assert_eq!(after("99999999999999999999999"), None);
    }
}
