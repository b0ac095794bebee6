//! The fields of a header or a tag, and the entry that a tag becomes.

use jiff::civil::Date;

use crate::list::{Category, Designation, ListEntry};

use super::super::Limits;
use super::super::fault::RowFault;
use super::super::row::Excerpt;
use super::rule::{self, Claims};
use super::yaml::Value;

/// The field that accuses.
const ABUSE: &str = "abuse";

/// The keys that a header may begin with.
pub(super) const HEADER_KEYS: &[&str] = &[
    "title",
    "creator",
    "description",
    "owner",
    "is_public",
    "lastmod",
    "source",
    "label",
    "category",
    "abuse",
    "concepts",
    "confidence",
    "currency",
    "network",
    "actor",
    "is_cluster_definer",
    "context",
    "tags",
];

/// What a header or a tag says; `None` where it says nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Fields {
    pub(super) address: Option<String>,
    tx_hash: Option<String>,
    label: Option<String>,
    actor: Option<String>,
    source: Option<String>,
    currency: Option<String>,
    network: Option<String>,
    confidence: Option<String>,
    context: Option<String>,
    lastmod: Option<String>,
    /// An empty list where a tag takes back what the header says.
    abuse: Option<Vec<String>>,
    category: Option<Vec<String>>,
    concepts: Option<Vec<String>>,
    /// The first field that has a value of another kind than the schema's: it
    /// was not read.
    unread: Option<&'static str>,
}

impl Fields {
    /// Takes a key's value, if the key says anything about a listing.
    pub(super) fn set(&mut self, key: &str, value: Value) {
        let (column, several) = match key {
            "abuse" => (ABUSE, &mut self.abuse),
            "category" => ("category", &mut self.category),
            "concepts" => ("concepts", &mut self.concepts),
            _ => return self.set_text(key, value),
        };
        *several = Some(match value {
            Value::None => Vec::new(),
            Value::Text(text) => vec![text],
            Value::Texts(texts) => texts,
            // What the header says then stays.
            Value::Other => {
                self.unread.get_or_insert(column);
                return;
            }
        });
    }

    fn set_text(&mut self, key: &str, value: Value) {
        let field = match key {
            "address" => &mut self.address,
            "tx_hash" => &mut self.tx_hash,
            "label" => &mut self.label,
            "actor" => &mut self.actor,
            "source" => &mut self.source,
            "currency" => &mut self.currency,
            "network" => &mut self.network,
            "confidence" => &mut self.confidence,
            "context" => &mut self.context,
            "lastmod" => &mut self.lastmod,
            _ => return,
        };
        match value {
            Value::Text(text) => *field = Some(text),
            Value::Texts(_) | Value::Other if key == "address" => self.unread = Some("address"),
            _ => {}
        }
    }

    /// Returns the tag with what the header says where it says nothing.
    pub(super) fn under(self, header: &Self) -> Self {
        let or = |own: Option<String>, header: &Option<String>| own.or_else(|| header.clone());
        let several =
            |own: Option<Vec<String>>, header: &Option<Vec<String>>| own.or_else(|| header.clone());
        Self {
            address: self.address,
            tx_hash: self.tx_hash,
            label: or(self.label, &header.label),
            actor: or(self.actor, &header.actor),
            source: or(self.source, &header.source),
            currency: or(self.currency, &header.currency),
            network: or(self.network, &header.network),
            confidence: or(self.confidence, &header.confidence),
            context: or(self.context, &header.context),
            lastmod: or(self.lastmod, &header.lastmod),
            abuse: several(self.abuse, &header.abuse),
            category: several(self.category, &header.category),
            concepts: several(self.concepts, &header.concepts),
            unread: self.unread.or(header.unread),
        }
    }

    /// Returns which of the demanded fields are there, without their texts.
    pub(super) fn shape(&self) -> Self {
        let shape = |text: &Option<String>| text.as_ref().map(|_| String::new());
        Self {
            address: shape(&self.address),
            tx_hash: shape(&self.tx_hash),
            label: shape(&self.label),
            source: shape(&self.source),
            currency: shape(&self.currency),
            network: shape(&self.network),
            ..Self::default()
        }
    }

    /// Tells whether everything is there that the schema demands of a tag.
    /// It also demands a confidence, which real packs lack.
    pub(super) const fn is_complete(&self) -> bool {
        (self.address.is_some() || self.tx_hash.is_some())
            && self.label.is_some()
            && self.source.is_some()
            && (self.currency.is_some() || self.network.is_some())
    }

    /// Tells whether it is about a transaction and no address.
    pub(super) const fn is_of_transaction(&self) -> bool {
        self.tx_hash.is_some()
    }

    /// Returns the field that was not read, if there is one.
    pub(super) const fn unread(&self) -> Option<&'static str> {
        self.unread
    }

    /// Returns what the tag claims of its address.
    pub(super) fn claims(&self) -> Claims<'_> {
        Claims {
            abuses: self.abuse.as_deref().unwrap_or_default(),
            categories: self.category.as_deref().unwrap_or_default(),
            concepts: self.concepts.as_deref().unwrap_or_default(),
            source: self.source.as_deref().unwrap_or_default(),
            is_accused: self.unread == Some(ABUSE),
        }
    }

    /// Returns what the tag says it is, for reports.
    pub(super) fn described(&self) -> String {
        match (self.category.as_deref(), self.concepts.as_deref()) {
            (Some([category, ..]), _) => format!("category {category}"),
            (_, Some(concepts @ [_, ..])) => format!("concepts {}", concepts.join(", ")),
            _ => "no abuse and no category".to_owned(),
        }
    }

    /// Returns the day it was last changed.
    pub(super) fn lastmod(&self) -> Option<Date> {
        let text = self.lastmod.as_deref()?.trim();
        text.get(..10)?.parse().ok()
    }

    /// Returns the entry of a tag, and the first thing wrong with it.
    pub(super) fn entry(
        &self,
        address: &str,
        category: Category,
        why: Option<String>,
        limits: &Limits,
    ) -> (ListEntry, Option<RowFault>) {
        let mut kept = Kept {
            bytes_max: limits.field_bytes_max,
            fault: self
                .unread
                .map(|column| RowFault::NotText { column })
                .or_else(|| RowFault::of_address(address.trim())),
        };
        let confidence = self.confidence.as_deref().map(str::trim);
        let known = confidence.and_then(rule::confidence);
        if let (Some(given), None) = (confidence, known) {
            kept.blame(RowFault::BadConfidence(Excerpt::of(given)));
        }
        let context = kept.text("context", &self.context);
        let notes: Vec<String> = why.into_iter().chain(context).collect();
        let entry = ListEntry {
            ticker: kept
                .text("currency", &self.currency)
                .or_else(|| kept.text("network", &self.network)),
            designation: Designation {
                subjects: kept.text("label", &self.label).into_iter().collect(),
                subject_id: kept.text("actor", &self.actor),
                ..Designation::default()
            },
            confidence: known,
            reference: kept.text("source", &self.source),
            note: (!notes.is_empty()).then(|| notes.join("; ")),
            ..ListEntry::bare(address, category)
        };
        (entry, kept.fault)
    }
}

/// Keeps values that are not too long, and the first thing that was wrong.
struct Kept {
    bytes_max: usize,
    fault: Option<RowFault>,
}

impl Kept {
    fn blame(&mut self, fault: RowFault) {
        self.fault.get_or_insert(fault);
    }

    fn text(&mut self, column: &'static str, text: &Option<String>) -> Option<String> {
        let text = text.as_deref()?.trim();
        if text.len() > self.bytes_max {
            let bytes_max = self.bytes_max;
            self.blame(RowFault::FieldTooLong { column, bytes_max });
            return None;
        }
        (!text.is_empty()).then(|| text.to_owned())
    }
}
