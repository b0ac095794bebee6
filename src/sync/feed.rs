//! Where a source's publications are had, how often, and within which limits.
//!
//! Plain values, made and checked by the configuration.

use std::path::PathBuf;
use std::time::Duration;

use reqwest::Url;

use super::fetch::{Rules, ShownUrl, TransferLimits};
use crate::import::read::Format;
use crate::list::{Category, SourceId};

/// What the daemon calls itself unless told otherwise: its name and version,
/// in a form that fronts which let only browsers through accept.
pub const USER_AGENT: &str = concat!(
    "Mozilla/5.0 (compatible; interdict/",
    env!("CARGO_PKG_VERSION"),
    "; sanctions list synchronisation)"
);

/// Files of one publication at most.
pub const FILES_MAX: usize = 64;

/// A source that is fetched.
#[derive(Debug, Clone, PartialEq)]
pub struct Feed {
    /// Which source.
    pub source: SourceId,
    /// Where its files are.
    pub place: Place,
    /// Their format; `None`: told from the content.
    pub format: Option<Format>,
    /// Category of rows without their own; `None`: by tier.
    pub category: Option<Category>,
    /// How often it is asked.
    pub interval: Duration,
    /// Publications whose raw files are kept.
    pub keep_raw: usize,
    /// Under which terms it is given, if they are known beforehand.
    pub licence: Option<&'static str>,
}

impl Feed {
    /// Returns where its files are, as it may be shown: without queries.
    pub fn shown_places(&self) -> Vec<String> {
        match &self.place {
            Place::Web(web) => {
                let shown = web.urls.iter().map(|url| ShownUrl::from(url).to_string());
                shown.collect()
            }
            Place::Disk(paths) => paths
                .iter()
                .map(|path| path.display().to_string())
                .collect(),
        }
    }
}

/// Where a source's files are.
#[derive(Debug, Clone, PartialEq)]
pub enum Place {
    /// With their publisher.
    Web(Box<Web>),
    /// On this machine, put there by somebody else. In order.
    Disk(Vec<PathBuf>),
}

/// Files on the web.
#[derive(Debug, Clone, PartialEq)]
pub struct Web {
    /// The files of one publication, in order.
    pub urls: Vec<Url>,
    /// Where they may come from.
    pub rules: Rules,
    /// What the client calls itself.
    pub user_agent: String,
    /// Where the publisher says their SHA-256.
    pub hash_url: Option<Url>,
    /// Certificates to trust beside this machine's.
    pub ca_file: Option<PathBuf>,
    /// What a download may take.
    pub limits: TransferLimits,
}

/// Returns the name of the file that a URL leads to.
pub(super) fn file_name(url: &Url) -> &str {
    url.path().rsplit('/').next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sync::fetch::is_browser_like;

    #[test]
    fn the_default_user_agent_passes_fronts_and_names_the_program() {
        assert!(is_browser_like(USER_AGENT));
        assert!(USER_AGENT.contains("interdict/"));
    }

    #[test]
    fn a_file_is_named_by_the_end_of_its_path() {
        for (url, name) in [
            ("https://a.org/exports/SDN.XML?x=/y", "SDN.XML"),
            ("https://a.org/content?token=1", "content"),
            ("https://a.org/", ""),
        ] {
            assert_eq!(file_name(&Url::parse(url).expect("a URL")), name);
        }
    }
}
