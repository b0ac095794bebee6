//! That a file is the bundle which its manifest describes.
//!
//! [`Archive::open`] reads the container and the manifest and holds the one
//! against the other: every member named, none missing, none too many, in
//! order, at the length that was said. [`Archive::extract`] reads a part to
//! its end and checks both digests. Whose word the manifest is, is left to
//! `trust`; until that is known, what stands in it is a claim.

use std::io::{self, Read, Seek, Write};

use sha2::{Digest as _, Sha256};
use thiserror::Error;

use super::container::{ContainerError, Reader, Writer};
use super::manifest::{self, BundleSource, Digest, Manifest, ManifestError};
use super::signature::{self, Signature, SignatureError, UNTRUSTED_COMMENT};

const MANIFEST: &str = "manifest.json";
const SIGNATURE: &str = "manifest.json.minisig";

/// Why a file is not the bundle it says it is.
#[derive(Debug, Error)]
pub enum ArchiveError {
    /// The container is not one.
    #[error(transparent)]
    Container(#[from] ContainerError),
    /// The manifest is not one.
    #[error("its manifest is refused")]
    Manifest(#[from] ManifestError),
    /// The signature is not one.
    #[error("its signature cannot be read")]
    Signature(#[from] SignatureError),
    /// A member is missing, or is not named in the manifest.
    #[error("it holds {found} where its manifest has {expected}: it was put together from others")]
    Members {
        /// What stands there.
        found: String,
        /// What must.
        expected: String,
    },
    /// A part is not the one that the manifest names.
    #[error("`{part}` is not what the manifest says: its {what} differs")]
    Part {
        /// The part.
        part: String,
        /// What differs.
        what: &'static str,
    },
}

impl From<io::Error> for ArchiveError {
    fn from(error: io::Error) -> Self {
        Self::Container(error.into())
    }
}

/// A bundle whose members are those its manifest names.
pub struct Archive<R> {
    container: Reader<R>,
    manifest: Manifest,
    /// The bytes that are signed.
    text: Vec<u8>,
    signature: Option<Signature>,
}

impl<R: Read + Seek> Archive<R> {
    /// Opens a bundle, without reading its parts.
    ///
    /// # Errors
    ///
    /// If it is not a bundle, or its members are not those of its manifest.
    pub fn open(input: R) -> Result<Self, ArchiveError> {
        let mut container = Reader::open(input)?;
        let name_at = |index: usize| {
            let member = container.members().get(index);
            member.map(|member| member.name.clone())
        };
        if name_at(0).as_deref() != Some(MANIFEST) {
            return Err(members(name_at(0), MANIFEST));
        }
        let is_signed = name_at(1).as_deref() == Some(SIGNATURE);
        let text = container.read(0, manifest::BYTES_MAX)?;
        let manifest = Manifest::parse(&text)?;
        let signature = is_signed
            .then(|| read_signature(&mut container))
            .transpose()?;
        let archive = Self {
            container,
            manifest,
            text,
            signature,
        };
        archive.check_members()?;
        Ok(archive)
    }

    /// Returns what it says of itself.
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// Returns the digest of its manifest.
    pub fn digest(&self) -> Digest {
        self.manifest.digest()
    }

    /// Returns its signature and the bytes that it must cover.
    pub fn signature(&self) -> Option<(&Signature, &[u8])> {
        self.signature
            .as_ref()
            .map(|signature| (signature, self.text.as_slice()))
    }

    /// Copies the part of a source out, and checks it. Nothing that was
    /// written may be used unless this returns without an error.
    ///
    /// # Errors
    ///
    /// If it is not what the manifest says, or `to` fails.
    pub fn extract(
        &mut self,
        source: &BundleSource,
        mut to: impl Write,
    ) -> Result<(), ArchiveError> {
        let part = &source.part;
        let members = self.container.members();
        let index = members
            .iter()
            .position(|member| member.name == part.name)
            .ok_or_else(|| self::members(None, &part.name))?;
        let mut blake3 = blake3::Hasher::new();
        let mut sha256 = Sha256::new();
        self.container.copy(index, |bytes| {
            blake3.update(bytes);
            sha256.update(bytes);
            to.write_all(bytes)
        })?;
        let differs = |what| ArchiveError::Part {
            part: part.name.clone(),
            what,
        };
        if part.blake3.0 != *blake3.finalize().as_bytes() {
            return Err(differs("BLAKE3"));
        }
        if part.sha256.0 != <[u8; 32]>::from(sha256.finalize()) {
            return Err(differs("SHA-256"));
        }
        Ok(to.flush()?)
    }

    /// Checks every part, keeping nothing of them.
    ///
    /// # Errors
    ///
    /// As [`Self::extract`].
    pub fn check_parts(&mut self) -> Result<(), ArchiveError> {
        for source in self.manifest.sources.clone() {
            self.extract(&source, io::sink())?;
        }
        Ok(())
    }

    fn check_members(&self) -> Result<(), ArchiveError> {
        let mut found = self.container.members().iter();
        found
            .by_ref()
            .take(1 + usize::from(self.signature.is_some()))
            .for_each(drop);
        for source in &self.manifest.sources {
            let member = found.next();
            if member.is_none_or(|member| member.name != source.part.name) {
                let found = member.map(|member| member.name.clone());
                return Err(members(found, &source.part.name));
            }
            if member.is_some_and(|member| member.bytes != source.part.bytes) {
                return Err(ArchiveError::Part {
                    part: source.part.name.clone(),
                    what: "length",
                });
            }
        }
        match found.next() {
            Some(member) => Err(members(Some(member.name.clone()), "")),
            None => Ok(()),
        }
    }
}

fn read_signature<R: Read + Seek>(container: &mut Reader<R>) -> Result<Signature, ArchiveError> {
    let text = container.read(1, signature::BYTES_MAX)?;
    let text = String::from_utf8(text).map_err(|_| SignatureError::Shape("it is not text"))?;
    let signature: Signature = text.parse()?;
    // Nobody signs this line, so it says the same thing always.
    if signature.untrusted_comment != UNTRUSTED_COMMENT {
        return Err(
            SignatureError::Shape("its untrusted comment is not the one all bundles have").into(),
        );
    }
    Ok(signature)
}

fn members(found: Option<String>, expected: &str) -> ArchiveError {
    let expected = if expected.is_empty() {
        "nothing more".to_owned()
    } else {
        format!("`{expected}`")
    };
    ArchiveError::Members {
        found: found.map_or_else(|| "nothing more".to_owned(), |name| format!("`{name}`")),
        expected,
    }
}

/// A bundle being written: the manifest, its signature, and then the parts in
/// the manifest's order.
pub struct ArchiveWriter<W: Write + Seek> {
    container: Writer<W>,
}

impl<W: Write + Seek> ArchiveWriter<W> {
    /// Begins a bundle.
    ///
    /// # Errors
    ///
    /// If it cannot be written.
    pub fn begin(
        output: W,
        manifest: &Manifest,
        signature: Option<&Signature>,
    ) -> Result<Self, ArchiveError> {
        let mut container = Writer::new(output);
        container.add(MANIFEST, manifest.to_text().as_bytes())?;
        if let Some(signature) = signature {
            container.add(SIGNATURE, signature.to_string().as_bytes())?;
        }
        Ok(Self { container })
    }

    /// Writes the part of a source, read to its end.
    ///
    /// # Errors
    ///
    /// If it is not as long as the manifest says, or cannot be written.
    pub fn part(&mut self, source: &BundleSource, content: impl Read) -> Result<(), ArchiveError> {
        let part = &source.part;
        // One byte more tells a longer one.
        let bytes = self
            .container
            .add(&part.name, content.take(part.bytes.saturating_add(1)))?;
        if bytes != part.bytes {
            return Err(ArchiveError::Part {
                part: part.name.clone(),
                what: "length",
            });
        }
        Ok(())
    }

    /// Ends it, and returns what was written to.
    ///
    /// # Errors
    ///
    /// If it cannot be written.
    pub fn finish(self) -> Result<W, ArchiveError> {
        Ok(self.container.finish()?)
    }
}
