//! Checkpoints: how large a log's tree was, and its root, signed.
//!
//! Three lines as C2SP has them: the origin, which is also the name of the
//! key, the size, and the root in base64. This log writes no extension lines
//! and reads none.
//!
//! Source: <https://c2sp.org/tlog-checkpoint>.

use std::fmt;
use std::str::FromStr;

use data_encoding::BASE64;
use thiserror::Error;

use super::merkle::{Frontier, Hash};
use super::note::{NoteError, SignedNote, SignerKey, VerifierKey};

/// The size and root of a log's tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    /// Which log.
    pub origin: String,
    /// Records.
    pub size: u64,
    /// Root of the tree over them.
    pub root: Hash,
}

/// Why a text is no checkpoint of a log.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum CheckpointError {
    /// The note does not read or was not signed.
    #[error(transparent)]
    Note(#[from] NoteError),
    /// What is signed is no checkpoint.
    #[error("what it signs is not a checkpoint: {0}")]
    Shape(&'static str),
    /// It is of another log.
    #[error("it is of the log `{found}` and not of `{expected}`")]
    Origin {
        /// The log it names.
        found: String,
        /// The log it was held against.
        expected: String,
    },
}

impl Checkpoint {
    /// Returns what is to be signed of a tree.
    pub fn of(origin: &str, tree: &Frontier) -> Self {
        Self {
            origin: origin.to_owned(),
            size: tree.size(),
            root: tree.root(),
        }
    }

    /// Signs it.
    pub fn sign(&self, key: &SignerKey) -> SignedNote {
        key.sign(self.to_string())
    }

    /// Reads a signed checkpoint of the log that a key is of.
    ///
    /// # Errors
    ///
    /// If it is none, or was not signed with the key.
    pub fn open(note: &SignedNote, key: &VerifierKey) -> Result<Self, CheckpointError> {
        note.verify(key)?;
        let checkpoint: Self = note.text().parse()?;
        if checkpoint.origin != key.name() {
            return Err(CheckpointError::Origin {
                found: checkpoint.origin,
                expected: key.name().to_owned(),
            });
        }
        Ok(checkpoint)
    }

    /// Reads a signed checkpoint from its text.
    ///
    /// # Errors
    ///
    /// As [`Self::open`].
    pub fn open_text(note: &str, key: &VerifierKey) -> Result<Self, CheckpointError> {
        Self::open(&note.parse()?, key)
    }
}

impl fmt::Display for Checkpoint {
    /// Writes the text that is signed.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let root = BASE64.encode(&self.root);
        write!(f, "{}\n{}\n{root}\n", self.origin, self.size)
    }
}

impl FromStr for Checkpoint {
    type Err = CheckpointError;

    fn from_str(text: &str) -> Result<Self, CheckpointError> {
        use CheckpointError::Shape;

        let mut lines = text.split('\n');
        let mut line = |missing| lines.next().ok_or(Shape(missing));
        let origin = line("it names no log")?;
        let size = line("it has no size")?;
        let root = line("it has no root")?;
        if lines.next() != Some("") || lines.next().is_some() {
            return Err(Shape("it is not three lines"));
        }
        let number: u64 = size.parse().map_err(|_| Shape("its size is no number"))?;
        // One way to write each number: no sign, no leading zero.
        if number.to_string() != size {
            return Err(Shape("its size is not written as numbers are"));
        }
        let root = BASE64
            .decode(root.as_bytes())
            .ok()
            .and_then(|root| root.try_into().ok())
            .ok_or(Shape("its root is not 32 bytes of base64"))?;
        Ok(Self {
            origin: origin.to_owned(),
            size: number,
            root,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key() -> SignerKey {
        SignerKey::new("interdict.example/log", &[9; 32]).expect("works")
    }

    #[test]
    fn a_checkpoint_reads_back_under_its_own_key_alone() {
        let mut tree = Frontier::default();
        tree.push([5; 32]);
        let checkpoint = Checkpoint::of("interdict.example/log", &tree);
        let text = checkpoint.sign(&key()).to_string();
        assert_eq!(
            Checkpoint::open_text(&text, key().verifier()),
            Ok(checkpoint)
        );
        let other = SignerKey::new("interdict.example/log", &[8; 32]).expect("works");
        assert!(matches!(
            Checkpoint::open_text(&text, other.verifier()),
            Err(CheckpointError::Note(NoteError::NotSigned(_)))
        ));
    }

    #[test]
    fn a_checkpoint_of_another_log_is_refused_even_if_the_key_signed_it() {
        let note = Checkpoint::of("another", &Frontier::default()).sign(&key());
        assert!(matches!(
            Checkpoint::open(&note, key().verifier()),
            Err(CheckpointError::Origin { .. })
        ));
    }

    /// The text of the C2SP specification.
    #[test]
    fn the_published_text_reads_and_others_do_not() {
        let text =
            "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n";
        let checkpoint: Checkpoint = text.parse().expect("works");
        assert_eq!(
            (checkpoint.size, checkpoint.to_string().as_str()),
            (20_852_163, text)
        );
        for other in [
            text.replace("20852163", "020852163"),
            text.replace("20852163", "+20852163"),
            text.replace("20852163", ""),
            text.replace("I=\n", "\n"),
            text.replace("I=\n", "I="),
            format!("{text}extension\n"),
            format!("{text}\n"),
        ] {
            assert!(other.parse::<Checkpoint>().is_err(), "{other:?}");
        }
    }
}
