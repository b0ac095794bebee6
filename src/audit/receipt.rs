//! Receipts: one file that proves one record, to anybody who has the public
//! key and nothing else.
//!
//! JSON with five members: `format`, which is `interdict-audit-receipt/1`;
//! `index`, the number of the record; `record`, its exact bytes in base64;
//! `proof`, the hashes beside the path from the record to the root, lowest
//! first, in base64; `checkpoint`, the signed note. `docs/audit.md` says how
//! to check one by other means.

use data_encoding::BASE64;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::checkpoint::{Checkpoint, CheckpointError};
use super::merkle::{Hash, SUBTREES_MAX, leaf_hash, root_of_proof};
use super::note::{NOTE_BYTES_MAX, SignedNote, VerifierKey};
use super::segment::frame::RECORD_BYTES_MAX;

const FORMAT: &str = "interdict-audit-receipt/1";
/// Longest receipt: record and note, and room for the rest.
pub const RECEIPT_BYTES_MAX: usize = RECORD_BYTES_MAX * 4 / 3 + NOTE_BYTES_MAX * 2 + (16 << 10);

/// A record and what proves it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    index: u64,
    record: Vec<u8>,
    proof: Vec<Hash>,
    note: SignedNote,
}

/// What a receipt proved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckedReceipt {
    /// Number of the record.
    pub index: u64,
    /// The record, byte for byte.
    pub record: Vec<u8>,
    /// The checkpoint that covers it.
    pub checkpoint: Checkpoint,
}

/// Why a receipt proves nothing.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ReceiptError {
    /// It is no receipt.
    #[error("it is not a receipt: {0}")]
    Shape(String),
    /// Its checkpoint does not hold.
    #[error("its checkpoint does not hold: {0}")]
    Checkpoint(#[from] CheckpointError),
    /// The proof is none of that record in a tree of that size.
    #[error("its proof is not one of record {index} among {size}")]
    Proof {
        /// Number of the record.
        index: u64,
        /// Records under the checkpoint.
        size: u64,
    },
    /// The record is not in the tree.
    #[error(
        "its record is not what the log has as record {index}: the record, its number, or the \
         proof was altered"
    )]
    Root {
        /// Number of the record.
        index: u64,
    },
}

/// As it is written.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    format: String,
    index: u64,
    record: String,
    proof: Vec<String>,
    checkpoint: String,
}

impl Receipt {
    pub(super) fn new(index: u64, record: Vec<u8>, proof: Vec<Hash>, note: SignedNote) -> Self {
        Self {
            index,
            record,
            proof,
            note,
        }
    }

    /// Checks it with a key.
    ///
    /// # Errors
    ///
    /// If it does not prove what it says.
    pub fn check(&self, key: &VerifierKey) -> Result<CheckedReceipt, ReceiptError> {
        let checkpoint = Checkpoint::open(&self.note, key)?;
        let (index, size) = (self.index, checkpoint.size);
        let root = root_of_proof(index, size, leaf_hash(&self.record), &self.proof)
            .ok_or(ReceiptError::Proof { index, size })?;
        if root != checkpoint.root {
            return Err(ReceiptError::Root { index });
        }
        Ok(CheckedReceipt {
            index,
            record: self.record.clone(),
            checkpoint,
        })
    }

    /// Writes the file.
    pub fn to_text(&self) -> String {
        let written = Written {
            format: FORMAT.to_owned(),
            index: self.index,
            record: BASE64.encode(&self.record),
            proof: self.proof.iter().map(|hash| BASE64.encode(hash)).collect(),
            checkpoint: self.note.to_string(),
        };
        let mut text =
            serde_json::to_string_pretty(&written).expect("texts and numbers always have a JSON");
        text.push('\n');
        text
    }

    /// Reads a file. Nothing of it is known to be true before
    /// [`Self::check`].
    ///
    /// # Errors
    ///
    /// If it is no receipt.
    pub fn from_text(text: &str) -> Result<Self, ReceiptError> {
        let shape = |why: &str| ReceiptError::Shape(why.to_owned());
        if text.len() > RECEIPT_BYTES_MAX {
            return Err(shape("it is longer than any"));
        }
        let written: Written =
            serde_json::from_str(text).map_err(|error| ReceiptError::Shape(error.to_string()))?;
        if written.format != FORMAT {
            return Err(shape("its format is not `interdict-audit-receipt/1`"));
        }
        let record = BASE64
            .decode(written.record.as_bytes())
            .map_err(|_| shape("its record is not base64"))?;
        if written.proof.len() > SUBTREES_MAX {
            return Err(shape("its proof is longer than any"));
        }
        let hash = |text: &String| BASE64.decode(text.as_bytes()).ok()?.try_into().ok();
        let proof = written.proof.iter().map(hash).collect::<Option<_>>();
        let note = written.checkpoint.parse().map_err(CheckpointError::from)?;
        Ok(Self {
            index: written.index,
            record,
            proof: proof.ok_or_else(|| shape("a hash of its proof is not 32 bytes of base64"))?,
            note,
        })
    }
}
