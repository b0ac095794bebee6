//! Signed bundles: a generation travels as one file, and nothing else passes
//! for it.

mod kills;
mod refusals;
mod travel;

use std::fs;
use std::path::{Path, PathBuf};

use tonic::Status;
use tonic::transport::Channel;

use super::harness::{Daemon, Home, act, block_on, interdict, v1};
use v1::bundle_service_client::BundleServiceClient;
use v1::import_bundle_request::Part;

const CONTENT_BYTES: usize = 256 << 10;

/// A secret key in a file, and its public key.
pub struct Key {
    pub home: Home,
    pub public: String,
}

impl Key {
    pub fn new() -> Self {
        let home = Home::new();
        let path = home.path("feed.key");
        interdict(["bundle", "keygen", "-o", text(&path)]).expect_code(0);
        let public = fs::read_to_string(home.path("feed.key.pub")).expect("written");
        let public = public.lines().nth(1).expect("two lines").to_owned();
        Self { home, public }
    }

    pub fn path(&self) -> String {
        text(&self.home.path("feed.key")).to_owned()
    }

    /// A configuration that trusts it.
    pub fn trusted(&self, more: &str) -> String {
        format!("[bundles]\ntrusted_keys = [\"{}\"]\n{more}", self.public)
    }

    /// Makes a bundle of what a daemon holds, and returns where it is.
    #[track_caller]
    pub fn bundle(&self, daemon: &Daemon, name: &str, more: &[&str]) -> PathBuf {
        let file = self.home.path(name);
        let key = self.path();
        let arguments = [&["create", "--key", &key, "-o", text(&file)], more].concat();
        daemon.command("bundle", &arguments).expect_code(0);
        file
    }
}

pub fn text(path: &Path) -> &str {
    path.to_str().expect("a plain path")
}

pub fn messages(bundle: &[u8], approve: &[&str]) -> Vec<v1::ImportBundleRequest> {
    let header = v1::BundleHeader {
        approve: approve.iter().map(ToString::to_string).collect(),
        act: (!approve.is_empty()).then(|| act("Ada Byron", "I made it myself")),
    };
    let mut parts = vec![Part::Header(header)];
    let chunks = bundle.chunks(CONTENT_BYTES);
    parts.extend(chunks.map(|bytes| Part::Content(bytes.to_vec())));
    parts.push(Part::End(v1::BundleEnd {
        content_bytes: bundle.len() as u64,
    }));
    let message = |part| v1::ImportBundleRequest { part: Some(part) };
    parts.into_iter().map(message).collect()
}

pub async fn send(
    channel: Channel,
    messages: Vec<v1::ImportBundleRequest>,
) -> Result<v1::ImportBundleResponse, Status> {
    let mut client = BundleServiceClient::new(channel).max_decoding_message_size(64 << 20);
    let answer = client.import_bundle(tokio_stream::iter(messages)).await?;
    Ok(answer.into_inner())
}

pub fn try_take(
    daemon: &Daemon,
    bundle: &[u8],
    approve: &[&str],
) -> Result<v1::ImportBundleResponse, Status> {
    block_on(send(daemon.channel(), messages(bundle, approve)))
}

#[track_caller]
pub fn take(daemon: &Daemon, bundle: &[u8]) -> v1::ImportBundleResponse {
    try_take(daemon, bundle, &[]).expect("the bundle is taken")
}

pub fn read(path: &PathBuf) -> Vec<u8> {
    fs::read(path).expect("the bundle can be read")
}

/// What a daemon says of a source, without what is its own affair.
pub fn said_of(daemon: &Daemon) -> Vec<v1::Source> {
    let mut sources = daemon.sources().sources;
    for source in &mut sources {
        source.age_seconds = 0;
    }
    sources
}
