//! Whose bundles are taken, for which sources, and how old they may be.
//!
//! A signature that does not hold is forgery or damage, and nobody's word
//! makes it good. Everything else that speaks against a bundle is a
//! [`Doubt`]: a person who has looked may import it all the same, by naming
//! the digest that the refusal printed, themselves and their reason, unless
//! the configuration forbids it. The digest covers the bundle and its doubts,
//! so a word given once never lets anything else pass.
//!
//! The attacks that the doubts stand for are those of The Update Framework:
//! an older list passed off as new (rollback), the newest one for ever
//! (freeze), and sources of different times put together (mix and match;
//! there the manifest is one for all).
//!
//! Source: <https://theupdateframework.github.io/specification/latest/>,
//! section 1.5.2.

use std::collections::BTreeSet;
use std::io::{Read, Seek};

use jiff::{SignedDuration, Timestamp};

use crate::list::{Act, SourceId};

use super::archive::Archive;
use super::doubt::{Doubt, Refusal};
use super::key::{KeyId, PublicKey};
use super::ledger::{Imported, Ledger};
use super::manifest::{BundleKind, Digest, Manifest};

/// Two machines' clocks may differ by so much.
const SKEW: SignedDuration = SignedDuration::from_mins(5);

/// What the configuration says of bundles.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrustPolicy {
    /// The keys whose bundles are taken.
    pub keys: Vec<TrustedKey>,
    /// A person may import a doubtful bundle by name and reason.
    pub overrides: bool,
}

impl Default for TrustPolicy {
    /// No key is trusted, and a person decides.
    fn default() -> Self {
        Self {
            keys: Vec::new(),
            overrides: true,
        }
    }
}

/// A key whose bundles are taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrustedKey {
    /// The key.
    pub key: PublicKey,
    /// The only sources it may speak for; `None`: all.
    pub sources: Option<BTreeSet<SourceId>>,
    /// Whose it is.
    pub comment: Option<String>,
}

/// A person's word for what a bundle was refused for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Word {
    /// The digests that the refusals printed.
    pub digests: Vec<String>,
    /// Who gives it, and why.
    pub act: Act,
}

/// What is held where a bundle is to be imported.
#[derive(Debug, Clone, Copy)]
pub struct Here<'a> {
    /// The bundles that were imported before.
    pub ledger: &'a Ledger,
    /// The sources that are kept by hand, with the digests of what is held.
    pub by_hand: &'a [(SourceId, Digest)],
}

impl<'a> From<&'a Ledger> for Here<'a> {
    fn from(ledger: &'a Ledger) -> Self {
        Self {
            ledger,
            by_hand: &[],
        }
    }
}

/// A bundle that may be imported.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Accepted {
    /// The trusted key that signed it.
    pub signed_by: Option<KeyId>,
    /// What spoke against it, and was resolved by a person's word.
    pub overridden: Vec<Doubt>,
    /// What a person should know.
    pub warnings: Vec<String>,
}

impl TrustPolicy {
    /// Decides whether a bundle may be imported now.
    ///
    /// Its parts are not looked at; the manifest's word covers them.
    ///
    /// # Errors
    ///
    /// If anything speaks against it, and no person's word resolves that.
    pub fn judge<'a, R: Read + Seek>(
        &self,
        archive: &Archive<R>,
        here: impl Into<Here<'a>>,
        now: Timestamp,
        word: Option<&Word>,
    ) -> Result<Accepted, Refusal> {
        let manifest = archive.manifest();
        let Here { ledger, by_hand } = here.into();
        let mut doubts = Vec::new();
        let signed_by = self.signer(archive, &mut doubts)?;
        if manifest.created_at > now + SKEW {
            return Err(Refusal::NotMadeYet {
                created_at: manifest.created_at,
            });
        }
        if manifest.expires_at <= now {
            doubts.push(Doubt::Expired(manifest.expires_at));
        }
        for source in &manifest.sources {
            let imported = ledger.of(&source.id);
            doubts.extend(imported.and_then(|imported| goes_back(manifest, imported)));
            let held = by_hand.iter().find(|(id, _)| *id == source.id);
            let known = [
                imported.map(|imported| imported.publication),
                Some(source.publication),
            ];
            if held.is_some_and(|(_, held)| !known.contains(&Some(*held))) {
                doubts.push(Doubt::ChangedByHand(source.id.clone()));
            }
        }
        if !doubts.is_empty() {
            self.resolve(archive.digest(), &doubts, word)?;
        }
        Ok(Accepted {
            signed_by,
            overridden: doubts,
            warnings: warnings(manifest, ledger),
        })
    }

    /// Checks the signature, if there is one and its key is known.
    fn signer<R: Read + Seek>(
        &self,
        archive: &Archive<R>,
        doubts: &mut Vec<Doubt>,
    ) -> Result<Option<KeyId>, Refusal> {
        let Some((signature, covered)) = archive.signature() else {
            doubts.push(Doubt::Unsigned);
            return Ok(None);
        };
        let key_id = signature.key_id();
        let Some(trusted) = self.keys.iter().find(|trusted| trusted.key.id() == key_id) else {
            doubts.push(Doubt::UnknownKey(key_id));
            return Ok(None);
        };
        signature
            .verify(&trusted.key, covered)
            .map_err(|source| Refusal::Forged { source })?;
        if let Some(allowed) = &trusted.sources {
            let ids = archive.manifest().sources.iter().map(|source| &source.id);
            let sources: Vec<_> = ids.filter(|id| !allowed.contains(*id)).cloned().collect();
            if !sources.is_empty() {
                doubts.push(Doubt::NotForKey {
                    key: key_id,
                    sources,
                });
            }
        }
        Ok(Some(key_id))
    }

    fn resolve(
        &self,
        bundle: Digest,
        doubts: &[Doubt],
        word: Option<&Word>,
    ) -> Result<(), Refusal> {
        let doubts = doubts.to_vec();
        if !self.overrides {
            return Err(Refusal::Forbidden { doubts });
        }
        let confirm_with = confirmation(bundle, &doubts);
        match word {
            Some(word) if word.digests.contains(&confirm_with) => {
                let said = |text: &str| !text.trim().is_empty();
                let is_named = said(&word.act.author) && said(&word.act.reason);
                is_named.then_some(()).ok_or(Refusal::NoName)
            }
            _ => Err(Refusal::Doubtful {
                doubts,
                confirm_with,
            }),
        }
    }
}

/// Tells whether a bundle would take a source back to an earlier state.
fn goes_back(manifest: &Manifest, imported: &Imported) -> Option<Doubt> {
    let source = imported.source.clone();
    if manifest.origin != imported.origin {
        // Two origins number on their own; their clocks are all there is.
        return (manifest.created_at < imported.created_at).then_some(Doubt::OlderThanImported {
            source,
            imported: imported.created_at,
            origin: imported.origin,
        });
    }
    if manifest.sequence < imported.sequence {
        return Some(Doubt::Rollback {
            source,
            imported: imported.sequence,
            given: manifest.sequence,
        });
    }
    let same_number = manifest.sequence == imported.sequence;
    (same_number && manifest.generation_digest != imported.generation_digest).then_some(
        Doubt::Forked {
            source,
            sequence: manifest.sequence,
        },
    )
}

fn warnings(manifest: &Manifest, ledger: &Ledger) -> Vec<String> {
    let mut warnings = Vec::new();
    let from_here = || {
        let mut imported = manifest
            .sources
            .iter()
            .filter_map(|source| ledger.of(&source.id));
        imported.find(|imported| imported.origin == manifest.origin)
    };
    if let Some(previous) = manifest.previous
        && !ledger.has_imported(previous)
        && let Some(last) = from_here()
    {
        warnings.push(format!(
            "bundles between generation {} and {} were not imported here: nothing is missing now, since every bundle is whole, but the history held here has a gap",
            last.sequence, manifest.sequence
        ));
    }
    if manifest.kind == BundleKind::Generation {
        let named: BTreeSet<_> = manifest.sources.iter().map(|source| &source.id).collect();
        let gone = ledger
            .imported()
            .filter(|held| held.origin == manifest.origin && !named.contains(&held.source));
        for held in gone {
            warnings.push(format!(
                "`{}` came in an earlier bundle and is not in this one: it stays as it is, and ages",
                held.source
            ));
        }
    }
    warnings
}

fn confirmation(bundle: Digest, doubts: &[Doubt]) -> String {
    let mut hasher = blake3::Hasher::new_derive_key("interdict 2026-11 bundle confirmation");
    hasher.update(&bundle.0);
    for doubt in doubts {
        let words = doubt.to_string();
        hasher.update(&(words.len() as u64).to_le_bytes());
        hasher.update(words.as_bytes());
    }
    // Half the digest: long enough not to be guessed, short enough to paste.
    const_hex::encode(&hasher.finalize().as_bytes()[..16])
}

#[cfg(test)]
#[path = "trust_tests.rs"]
mod tests;
