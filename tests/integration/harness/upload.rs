//! A publication on its way to the daemon.

use std::fs;
use std::path::Path;

use tonic::Status;
use tonic::transport::Channel;

use super::v1;
use v1::import_publication_request::Part;
use v1::list_service_client::ListServiceClient;

/// Bytes of a file in one message.
const CONTENT_BYTES: usize = 256 << 10;

/// What is imported and how; built up like a sentence.
#[derive(Debug, Clone, Default)]
pub struct Upload {
    header: v1::ImportHeader,
    files: Vec<(String, Vec<u8>)>,
}

impl Upload {
    /// Begins a publication of a source.
    pub fn of(source: &str) -> Self {
        Self {
            header: v1::ImportHeader {
                source: source.to_owned(),
                ..v1::ImportHeader::default()
            },
            files: Vec::new(),
        }
    }

    /// Names the tier.
    pub fn tier(mut self, tier: v1::Tier) -> Self {
        self.header.set_tier(tier);
        self
    }

    /// Names the format.
    pub fn format(mut self, format: &str) -> Self {
        format.clone_into(&mut self.header.format);
        self
    }

    /// Gives a person's word for what a gate refused.
    pub fn approve(mut self, digest: &str) -> Self {
        digest.clone_into(&mut self.header.approve);
        self.header.act = Some(act("Ada Byron", "the publisher meant it"));
        self
    }

    /// Says when the files were taken from the publisher.
    pub fn retrieved_at(mut self, instant: &str) -> Self {
        instant.clone_into(&mut self.header.retrieved_at);
        self
    }

    /// Adds a file.
    pub fn file(mut self, name: &str, content: impl AsRef<[u8]>) -> Self {
        self.files
            .push((name.to_owned(), content.as_ref().to_vec()));
        self
    }

    /// Adds a published list from the fixtures.
    pub fn fixture(self, name: &str) -> Self {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/lists");
        let content = fs::read(folder.join(name)).expect("the fixture is there");
        self.file(name, content)
    }

    /// Adds a plain list, one address a line.
    pub fn lines<A: AsRef<str>>(self, addresses: &[A]) -> Self {
        let mut text = String::new();
        for address in addresses {
            text.push_str(address.as_ref());
            text.push('\n');
        }
        self.format("text").file("list.txt", text)
    }

    /// Returns the messages of the upload, in order.
    pub fn messages(&self) -> Vec<v1::ImportPublicationRequest> {
        let mut parts = vec![Part::Header(self.header.clone())];
        for (name, content) in &self.files {
            parts.push(Part::File(v1::ImportFile { name: name.clone() }));
            let chunks = content.chunks(CONTENT_BYTES);
            parts.extend(chunks.map(|bytes| Part::Content(bytes.to_vec())));
        }
        let content_bytes = self
            .files
            .iter()
            .map(|(_, content)| content.len() as u64)
            .sum();
        let files = u32::try_from(self.files.len()).expect("a few files");
        parts.push(Part::End(v1::ImportEnd {
            files,
            content_bytes,
        }));
        let message = |part| v1::ImportPublicationRequest { part: Some(part) };
        parts.into_iter().map(message).collect()
    }
}

/// Sends a publication and waits for the daemon's word on it.
pub async fn import(
    channel: Channel,
    upload: Upload,
) -> Result<v1::ImportPublicationResponse, Status> {
    let messages = tokio_stream::iter(upload.messages());
    let answer = ListServiceClient::new(channel)
        .import_publication(messages)
        .await?;
    Ok(answer.into_inner())
}

/// Writes a list in interdict's own CSV from a header and rows.
pub fn own_csv(header: &str, rows: &[&str]) -> String {
    let mut text = format!("# records: {}\n{header}\n", rows.len());
    for row in rows {
        text.push_str(row);
        text.push('\n');
    }
    text
}

/// A person's act.
pub fn act(author: &str, reason: &str) -> v1::Act {
    v1::Act {
        author: author.to_owned(),
        reason: reason.to_owned(),
        ..v1::Act::default()
    }
}
