//! HTTP by hand, and what a Prometheus would make of a page of metrics.

use std::collections::BTreeMap;
use std::io::{self, Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use super::Daemon;

/// An answer over HTTP.
#[derive(Debug)]
pub struct Page {
    /// Its status.
    pub status: u16,
    /// The head of the answer, in lower case.
    pub head: String,
    /// What came after it.
    pub body: String,
}

/// Asks for a page, and takes it to its end.
#[track_caller]
pub fn get(url: &str, accept: &str) -> Page {
    try_get(url, accept).expect("somebody answers")
}

/// Asks for a page, or returns why there is none.
pub fn try_get(url: &str, accept: &str) -> io::Result<Page> {
    let rest = url.strip_prefix("http://").expect("a plain URL");
    let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
    let mut stream = TcpStream::connect(host)?;
    stream.set_read_timeout(Some(Duration::from_secs(30)))?;
    let request = format!(
        "GET /{path} HTTP/1.1\r\nhost: {host}\r\naccept: {accept}\r\nconnection: close\r\n\r\n"
    );
    stream.write_all(request.as_bytes())?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    let whole = answer.split_once("\r\n\r\n");
    let (head, body) = whole.ok_or(io::ErrorKind::UnexpectedEof)?;
    let status = head.split(' ').nth(1).and_then(|code| code.parse().ok());
    Ok(Page {
        status: status.expect("a status"),
        head: head.to_ascii_lowercase(),
        body: body.to_owned(),
    })
}

/// A page of metrics.
#[derive(Debug)]
pub struct Scrape {
    /// Names of samples, and what kind they are: those that have none yet
    /// among them.
    pub names: BTreeMap<String, String>,
    samples: BTreeMap<String, f64>,
    /// The page itself.
    pub text: String,
}

impl Scrape {
    /// Reads a page in Prometheus' own text.
    #[track_caller]
    pub fn read(text: String) -> Self {
        let (mut names, mut samples) = (BTreeMap::new(), BTreeMap::new());
        for line in text.lines() {
            if let Some(typed) = line.strip_prefix("# TYPE ") {
                let (name, kind) = typed.split_once(' ').expect("a name and a kind");
                let endings: &[&str] = match kind {
                    "histogram" => &["_bucket", "_sum", "_count"],
                    _ => &[""],
                };
                for ending in endings {
                    let before = names.insert(format!("{name}{ending}"), kind.to_owned());
                    assert_eq!(before, None, "{name} is there twice");
                }
            } else if !line.starts_with('#') {
                let (sample, value) = line.rsplit_once(' ').expect("a value");
                let value = value.parse().unwrap_or_else(|_| panic!("a number: {line}"));
                let before = samples.insert(sample.to_owned(), value);
                assert_eq!(before, None, "{sample} is there twice");
                let name = sample.split('{').next().expect("a name");
                assert!(names.contains_key(name), "{name} has no type");
            }
        }
        Self {
            names,
            samples,
            text,
        }
    }

    /// Returns a sample, by its name and its labels as they are written.
    #[track_caller]
    pub fn value(&self, sample: &str) -> f64 {
        let value = self.samples.get(sample).copied();
        value.unwrap_or_else(|| panic!("no sample {sample} in\n{}", self.text))
    }

    /// Returns the sum of all samples of a name.
    pub fn sum(&self, name: &str) -> f64 {
        let of = |sample: &str| sample.split('{').next() == Some(name);
        let samples = self.samples.iter().filter(|(sample, _)| of(sample));
        samples.map(|(_, value)| value).sum()
    }
}

impl Daemon {
    /// Returns the address of a page beside the metrics.
    pub fn beside_metrics(&self, path: &str) -> String {
        let base = self.metrics_url().trim_end_matches("/metrics");
        format!("{base}{path}")
    }

    /// Reads the metrics.
    #[track_caller]
    pub fn scrape(&self) -> Scrape {
        let page = get(self.metrics_url(), "text/plain");
        assert_eq!(page.status, 200, "{page:?}");
        Scrape::read(page.body)
    }
}
