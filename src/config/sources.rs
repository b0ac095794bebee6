//! `[[sources]]`: what each source must be, and how it is fetched.
//!
//! A source that names a `preset` takes from it what it leaves out. One with
//! neither `preset` nor `url` nor `path` is not fetched: it comes by
//! `interdict import`.

use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};
use std::time::Duration;

use reqwest::Url;
use serde::Deserialize;

use crate::freshness::SourceRule;
use crate::import::Terms;
use crate::import::read::{Format, UnknownFormat};
use crate::list::{SourceId, SourceIdError, Tier, UnknownName};
use crate::sync::feed::FILES_MAX;
use crate::sync::fetch::{
    AllowedHosts, HostPattern, Rules, ShownUrl, TransferLimits, is_encrypted_enough,
};
use crate::sync::presets::{Preset, preset};
use crate::sync::{Feed, Place, Web};
use crate::test_address;

use super::ConfigError;
use super::file::span;
use super::sync::{Common, SyncTable, checked_user_agent};

/// Between two questions, where nothing else is said.
const WEB_INTERVAL: Duration = Duration::from_hours(6);
const DISK_INTERVAL: Duration = Duration::from_mins(5);

/// `[[sources]]`
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct SourceTable {
    id: Option<String>,
    preset: Option<String>,
    tier: Option<String>,
    required: Option<bool>,
    max_age: Option<String>,
    entries_min: Option<u64>,
    refuse_new_tickers: Option<bool>,
    signed: Option<bool>,
    url: Option<String>,
    urls: Option<Vec<String>>,
    path: Option<PathBuf>,
    files: Option<Vec<String>>,
    format: Option<String>,
    interval: Option<String>,
    allowed_hosts: Option<Vec<String>>,
    allow_http: Option<bool>,
    hash_url: Option<String>,
    user_agent: Option<String>,
    ca_file: Option<PathBuf>,
    timeout: Option<String>,
    keep_raw: Option<usize>,
}

/// What is asked of the sources by name.
#[derive(Debug, Default)]
pub(super) struct Sources {
    pub(super) rules: Vec<SourceRule>,
    pub(super) terms: BTreeMap<SourceId, Terms>,
    pub(super) feeds: Vec<Feed>,
    /// Sources that come by signed bundle only.
    pub(super) signed: Vec<SourceId>,
}

/// Checks the sources one by one.
pub(super) fn checked(tables: Vec<SourceTable>, sync: &SyncTable) -> Result<Sources, ConfigError> {
    let common = sync.checked()?;
    let mut sources = Sources::default();
    for (index, table) in tables.into_iter().enumerate() {
        let keys = Keys { index };
        let preset = match &table.preset {
            Some(name) => Some(preset(name).map_err(|error| keys.wrong("preset", error))?),
            None => None,
        };
        let rule = table.rule(keys, preset.as_ref())?;
        if sources
            .rules
            .iter()
            .any(|known| known.source == rule.source)
        {
            let words = format!("`{}` is there twice", rule.source);
            return Err(keys.wrong("id", words));
        }
        let entries_min = table
            .entries_min
            .or(preset.as_ref().map(|preset| preset.entries_min));
        let terms = Terms {
            tier: Some(rule.tier),
            entries_min: entries_min.unwrap_or_default(),
            refuse_new_tickers: table.refuse_new_tickers.unwrap_or_default(),
        };
        sources.terms.insert(rule.source.clone(), terms);
        let signed = table.signed.unwrap_or_default();
        let feed = table.feed(keys, preset, &rule.source, &common)?;
        if signed && feed.is_some() {
            let rule = "is for what comes by signed bundle, and this source is fetched";
            return Err(keys.wrong("signed", rule));
        }
        sources.signed.extend(signed.then(|| rule.source.clone()));
        sources.feeds.extend(feed);
        sources.rules.push(rule);
    }
    Ok(sources)
}

/// Names the keys of one source.
#[derive(Clone, Copy)]
struct Keys {
    index: usize,
}

impl Keys {
    fn of(self, field: &str) -> String {
        format!("sources[{}].{field}", self.index)
    }

    fn wrong(self, field: &str, rule: impl ToString) -> ConfigError {
        ConfigError::value(self.of(field), rule.to_string())
    }
}

impl SourceTable {
    fn rule(&self, keys: Keys, preset: Option<&Preset>) -> Result<SourceRule, ConfigError> {
        let id = self.id.as_deref().or(preset.map(|preset| &*preset.id));
        let id = id.ok_or_else(|| keys.wrong("id", "must be named"))?;
        let source: SourceId = id
            .parse()
            .map_err(|error: SourceIdError| keys.wrong("id", error))?;
        if source.as_str() == test_address::SOURCE {
            return Err(keys.wrong("id", "is kept for test addresses"));
        }
        let tier = match &self.tier {
            Some(name) => Some(
                name.parse::<Tier>()
                    .map_err(|error: UnknownName| keys.wrong("tier", error))?,
            ),
            None => preset.and_then(|preset| preset.tier),
        };
        let tier = tier.ok_or_else(|| {
            keys.wrong(
                "tier",
                "must be named: how much this source weighs is for you to say",
            )
        })?;
        let max_age = match self.max_age.as_deref() {
            Some(text) => Some(span(&keys.of("max_age"), Some(text), Duration::ZERO)?),
            None => preset.map(|preset| preset.max_age),
        };
        Ok(SourceRule {
            source,
            tier,
            // A sanctions source does not become optional by being named.
            required: self.required.unwrap_or(tier == Tier::Sanctions),
            max_age,
        })
    }

    /// Returns how the source is fetched, if it is.
    fn feed(
        self,
        keys: Keys,
        preset: Option<Preset>,
        source: &SourceId,
        common: &Common,
    ) -> Result<Option<Feed>, ConfigError> {
        let preset = preset.as_ref();
        let Some(place) = self.place(keys, preset, common)? else {
            return Ok(None);
        };
        let default = match (preset, &place) {
            (Some(preset), Place::Web(_)) => preset.interval,
            (None, Place::Web(_)) => WEB_INTERVAL,
            (_, Place::Disk(_)) => DISK_INTERVAL,
        };
        let interval = span(&keys.of("interval"), self.interval.as_deref(), default)?;
        if interval < Duration::from_secs(1) {
            return Err(keys.wrong("interval", "must be a second or more"));
        }
        let format = match &self.format {
            Some(name) => Some(
                name.parse::<Format>()
                    .map_err(|error: UnknownFormat| keys.wrong("format", error))?,
            ),
            None => preset.map(|preset| preset.format),
        };
        Ok(Some(Feed {
            source: source.clone(),
            place,
            format,
            category: preset.and_then(|preset| preset.category),
            interval,
            keep_raw: self.keep_raw.unwrap_or(common.keep_raw),
            licence: preset.map(|preset| preset.licence),
        }))
    }

    fn place(
        &self,
        keys: Keys,
        preset: Option<&Preset>,
        common: &Common,
    ) -> Result<Option<Place>, ConfigError> {
        match (&self.path, self.urls(keys, preset)?) {
            (Some(_), Some(_)) if self.url.is_some() || self.urls.is_some() => {
                Err(keys.wrong("path", "cannot stand beside a `url`"))
            }
            (Some(path), _) => {
                self.refuse_web_keys(keys, "is for a `url`, and this source has a `path`")?;
                Ok(Some(Place::Disk(self.paths(keys, path)?)))
            }
            (None, Some(urls)) => {
                if self.files.is_some() {
                    return Err(keys.wrong("files", "is for a `path`; name several `urls`"));
                }
                let web = self.web(keys, preset, common, urls)?;
                Ok(Some(Place::Web(Box::new(web))))
            }
            (None, None) => {
                let rule = "is for a source with a `preset`, `url` or `path`";
                self.refuse_web_keys(keys, rule)?;
                for (key, is_set) in [
                    ("files", self.files.is_some()),
                    ("format", self.format.is_some()),
                    ("interval", self.interval.is_some()),
                    ("keep_raw", self.keep_raw.is_some()),
                ] {
                    if is_set {
                        return Err(keys.wrong(key, rule));
                    }
                }
                Ok(None)
            }
        }
    }

    fn refuse_web_keys(&self, keys: Keys, rule: &str) -> Result<(), ConfigError> {
        for (key, is_set) in [
            ("allowed_hosts", self.allowed_hosts.is_some()),
            ("allow_http", self.allow_http.is_some()),
            ("hash_url", self.hash_url.is_some()),
            ("user_agent", self.user_agent.is_some()),
            ("ca_file", self.ca_file.is_some()),
            ("timeout", self.timeout.is_some()),
        ] {
            if is_set {
                return Err(keys.wrong(key, rule));
            }
        }
        Ok(())
    }

    fn urls(
        &self,
        keys: Keys,
        preset: Option<&Preset>,
    ) -> Result<Option<Vec<String>>, ConfigError> {
        let urls = match (&self.url, &self.urls) {
            (Some(_), Some(_)) => return Err(keys.wrong("urls", "cannot stand beside `url`")),
            (Some(url), None) => vec![url.clone()],
            (None, Some(urls)) => urls.clone(),
            (None, None) => return Ok(preset.map(|preset| preset.urls.clone())),
        };
        if urls.is_empty() || urls.len() > FILES_MAX {
            return Err(keys.wrong("urls", format!("must be 1 to {FILES_MAX}")));
        }
        Ok(Some(urls))
    }

    fn web(
        &self,
        keys: Keys,
        preset: Option<&Preset>,
        common: &Common,
        urls: Vec<String>,
    ) -> Result<Web, ConfigError> {
        let allow_http = self.allow_http.unwrap_or_default();
        let parse = |key: &str, text: &str| {
            let url = Url::parse(text).ok().filter(Url::has_host);
            let url = url.ok_or_else(|| keys.wrong(key, "is no URL"))?;
            if is_encrypted_enough(&url, allow_http) {
                return Ok(url);
            }
            // What comes after the path may be a secret.
            let shown = ShownUrl::from(&url);
            Err(keys.wrong(key, format!("is `{shown}`: use https, or set `allow_http`")))
        };
        let urls: Result<Vec<Url>, _> = urls.iter().map(|text| parse("url", text)).collect();
        let urls = urls?;
        let hash_url = match &self.hash_url {
            Some(text) => Some(parse("hash_url", text)?),
            None => None,
        };
        let known = preset.map_or(&[][..], |preset| preset.allowed_hosts);
        let patterns: Result<Vec<HostPattern>, _> = match &self.allowed_hosts {
            Some(given) => given.iter().map(|text| HostPattern::parse(text)).collect(),
            None => known.iter().map(|text| HostPattern::parse(text)).collect(),
        };
        let patterns = patterns.map_err(|error| keys.wrong("allowed_hosts", error))?;
        let user_agent = match &self.user_agent {
            Some(text) => {
                checked_user_agent(text).map_err(|rule| keys.wrong("user_agent", rule))?
            }
            None => common.user_agent.clone(),
        };
        let timeout = self.timeout.as_deref();
        Ok(Web {
            rules: Rules {
                hosts: AllowedHosts::new(urls.iter().chain(&hash_url), patterns),
                allow_http,
            },
            urls,
            user_agent,
            hash_url,
            ca_file: self.ca_file.clone().or_else(|| common.ca_file.clone()),
            limits: TransferLimits {
                timeout: span(&keys.of("timeout"), timeout, common.limits.timeout)?,
                ..common.limits
            },
        })
    }

    fn paths(&self, keys: Keys, path: &Path) -> Result<Vec<PathBuf>, ConfigError> {
        if !path.is_absolute() {
            // Relative to what, a service manager decides.
            return Err(keys.wrong("path", "must begin with `/`"));
        }
        let Some(files) = &self.files else {
            return Ok(vec![path.to_owned()]);
        };
        let is_plain = |name: &String| {
            let mut parts = Path::new(name).components();
            matches!(
                (parts.next(), parts.next()),
                (Some(Component::Normal(_)), None)
            )
        };
        if files.is_empty() || files.len() > FILES_MAX || !files.iter().all(is_plain) {
            let rule = format!("must be 1 to {FILES_MAX} names of files in `path`");
            return Err(keys.wrong("files", rule));
        }
        Ok(files.iter().map(|name| path.join(name)).collect())
    }
}

#[cfg(test)]
#[path = "sources_tests.rs"]
mod tests;
