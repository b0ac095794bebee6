//! Signed bundles: a source, or a whole generation, as one file that proves
//! what it is. This is how a daemon that reaches no network is fed.
//!
//! A bundle is a zip file whose members are stored uncompressed, so that
//! ordinary tools can look inside (`unzip -p FILE manifest.json`) and the
//! `minisign` tool can check it without this program:
//!
//! | member | holds |
//! |---|---|
//! | `manifest.json` | what the bundle is: see [`Manifest`] |
//! | `manifest.json.minisig` | its Ed25519 signature, in minisign's format; absent in an unsigned bundle |
//! | `parts/SOURCE.ndjson.zst` | one per source: its entries, lossless, as the `ndjson` reader takes them |
//!
//! The signature covers the manifest; the manifest covers every part with its
//! length, BLAKE3 and SHA-256, and the rows it must give with a digest. The
//! container is canonical: every one of its bytes follows from its members
//! (see `container`), and the manifest is accepted only as this program
//! writes it. So there is no byte in a bundle that can change unnoticed, and
//! nothing in it that the manifest does not name.
//!
//! | file | decides |
//! |---|---|
//! | `container` | which zip files are bundles |
//! | `manifest` | what a bundle says of itself |
//! | `key`, `secret_key`, `signature` | minisign's formats |
//! | `archive` | that a file is the bundle its manifest describes |
//! | `trust` | whose bundles are taken, for which sources, how old |
//! | `ledger` | what was imported before, so that an older one is noticed |
//! | `doubt` | in what words a bundle is refused |
//! | `export`, `part` | how a generation becomes parts, and that they give it back |
//! | `feed` | how a bundle becomes the live generation |
//!
//! How entries are written and read is left to the `ndjson` format, and what
//! becomes of them to `import`.

mod archive;
mod container;
mod doubt;
mod export;
mod feed;
mod key;
mod ledger;
mod manifest;
mod part;
mod secret_key;
mod signature;
mod trust;

pub use archive::{Archive, ArchiveError, ArchiveWriter};
pub use container::ContainerError;
pub use doubt::{Doubt, Refusal};
pub use export::{Export, ExportError, LIFE_MAX, Order, export, origin_of};
pub use feed::{Fed, FeedError, feed};
pub use key::{KeyError, KeyId, PublicKey};
pub use ledger::{Imported, Ledger, LedgerError, Override};
pub use manifest::{
    BundleKind, BundleSource, Digest, Format, Manifest, ManifestError, OriginId, Part, part_name,
};
pub use secret_key::{SecretKey, SecretKeyError};
pub use signature::{Signature, SignatureError};
pub use trust::{Accepted, Here, TrustPolicy, TrustedKey, Word};

#[cfg(test)]
mod tamper_tests;
