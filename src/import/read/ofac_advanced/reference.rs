//! The reference values: what the numbers in the rest of the document mean.

use std::collections::{HashMap, HashSet};

use super::super::Limits;
use super::super::error::ReadError;
use super::super::wallet::currency_of;
use super::super::xml::{Document, Element};
use super::super::xml_walk::Walk;
use super::bounded;

/// What a feature of some type is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Kind {
    /// A wallet in a currency.
    Wallet {
        /// The publisher's ticker.
        ticker: String,
    },
    /// Anything else; its name.
    Other(String),
}

/// The kinds of features and measures, by their ids.
#[derive(Debug, Default)]
pub(super) struct Kinds {
    features: HashMap<String, Kind>,
    /// The ids of the measures whose comment is a program.
    programs: HashSet<String>,
}

/// The reference values that matter here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Set {
    Feature,
    Measure,
    Other,
}

impl Set {
    fn of(element: &Element<'_>) -> Self {
        match element.name() {
            "FeatureTypeValues" => Self::Feature,
            "SanctionsTypeValues" => Self::Measure,
            _ => Self::Other,
        }
    }
}

impl Kinds {
    /// Reads the `ReferenceValueSets` just begun.
    pub(super) fn read(&mut self, walk: &mut Walk, limits: &Limits) -> Result<(), ReadError> {
        while let Some(set) = walk.child(|_, element| Ok(Set::of(element)))? {
            if set == Set::Other {
                walk.skip()?;
                continue;
            }
            while let Some(id) = walk.child(|document, element| id_of(document, element, limits))? {
                let text = walk.text()?;
                let text = &text[..text.floor_char_boundary(limits.field_bytes_max)];
                let kept = match set {
                    Set::Feature => {
                        self.features.insert(id, kind_of(text));
                        self.features.len()
                    }
                    _ => {
                        if text.eq_ignore_ascii_case("program") {
                            self.programs.insert(id);
                        }
                        self.programs.len()
                    }
                };
                if kept > limits.ids_max {
                    let what = "the reference values of one set";
                    return Err(walk.document.over(what, limits.ids_max));
                }
            }
        }
        Ok(())
    }

    /// Returns what a feature is, or `None` if its type was never explained.
    pub(super) fn feature(&self, id: &str) -> Option<&Kind> {
        self.features.get(id)
    }

    pub(super) fn has_no_feature(&self) -> bool {
        self.features.is_empty()
    }

    /// Tells whether the comment of a measure is a program. Where the
    /// document does not say which measures are programs, any comment is one:
    /// the others have none.
    pub(super) fn is_program(&self, id: &str) -> bool {
        self.programs.is_empty() || self.programs.contains(id)
    }
}

fn kind_of(text: &str) -> Kind {
    match currency_of(text) {
        Some(ticker) => Kind::Wallet {
            ticker: ticker.to_owned(),
        },
        None => Kind::Other(text.to_owned()),
    }
}

/// Returns an id as far as it is kept. One that was cut matches none, and what
/// it explains counts as not explained.
fn id_of(document: &Document, element: &Element<'_>, limits: &Limits) -> Result<String, ReadError> {
    let id = document.attribute(element, "ID")?.unwrap_or_default();
    Ok(bounded(&id, limits))
}
