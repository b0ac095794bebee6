//! What of a MISP event belongs to a wallet, held until the event ends.

use crate::list::{Category, ListEntry};

use super::super::fault::RowFault;
use super::super::json_documents::Settings;
use super::super::json_fields::Fields;
use super::super::json_value::{Object, Value};
use super::super::row::{Locator, Row};

/// Attribute types that are wallet addresses; each also names the coin.
const WALLET_TYPES: [&str; 3] = ["btc", "xmr", "dash"];

/// The relation of a `coin-address` object whose type is only `text`.
const OTHER_COIN: &str = "address-crypto";

/// The object template whose texts are addresses.
pub(super) const COIN_ADDRESS: &str = "coin-address";

/// What is read of an attribute. What it may carry besides, such as a file,
/// is skipped.
pub(super) const ATTRIBUTE: &[&str] = &[
    "type",
    "value",
    "to_ids",
    "deleted",
    "uuid",
    "comment",
    "object_relation",
    "first_seen",
    "last_seen",
    "Tag",
    "Event",
];

/// Galaxies whose clusters are who or what an address belongs to.
const SUBJECT_GALAXIES: [&str; 6] = [
    "threat-actor",
    "ransomware",
    "mitre-intrusion-set",
    "mitre-malware",
    "malpedia",
    "microsoft-activity-group",
];

/// What an event says of itself.
#[derive(Default)]
pub(super) struct About {
    pub(super) info: Option<String>,
    pub(super) date: Option<String>,
    pub(super) uuid: Option<String>,
    pub(super) tags: Vec<String>,
}

impl About {
    /// Reads what an attribute found by a search says of its event.
    pub(super) fn of(event: &Object) -> Self {
        let text = |key| event.text(key).map(str::to_owned);
        Self {
            info: text("info"),
            date: text("date"),
            uuid: text("uuid"),
            tags: tags(event),
        }
    }
}

/// An attribute that is an address, or tells of the one beside it.
pub(super) struct Attribute {
    pub(super) at: Locator,
    pub(super) said: Object,
}

impl Attribute {
    /// Tells whether it is an address. What is only `text` is one where the
    /// object is a coin's address.
    pub(super) fn is_address(&self, object: Option<&str>) -> bool {
        self.is_typed() || (object == Some(COIN_ADDRESS) && self.relation() == OTHER_COIN)
    }

    fn is_typed(&self) -> bool {
        let kind = self.said.text("type").unwrap_or_default();
        WALLET_TYPES.contains(&kind)
    }

    /// Returns about how much memory it takes.
    pub(super) fn bytes(&self) -> usize {
        size_of::<Self>() + self.said.bytes()
    }

    fn relation(&self) -> &str {
        self.said.text("object_relation").unwrap_or_default()
    }

    /// Tells whether it may be an address or tell of one.
    pub(super) fn is_wanted(&self) -> bool {
        let relations = [OTHER_COIN, "symbol", "first-seen", "last-seen"];
        self.is_typed() || relations.contains(&self.relation())
    }

    /// Returns why it is not a listing, if so.
    pub(super) fn not_listed(&self) -> Option<&'static str> {
        if flag(self.said.get("deleted")) == Some(true) {
            Some("deleted attribute(s)")
        } else if self.is_typed() && flag(self.said.get("to_ids")) == Some(false) {
            // A text is never for detection unless somebody said so, which
            // few do: its relation decides.
            Some("attribute(s) that are not for detection (to_ids)")
        } else {
            None
        }
    }

    /// Returns the row of an address.
    pub(super) fn row(&self, beside: &[Self], event: &About, settings: &Settings) -> Row {
        let mut fields = Fields::new(&settings.limits);
        let entry = self.entry(beside, event, &mut fields, settings.category);
        fields.row(self.at.clone(), entry)
    }

    fn entry(
        &self,
        beside: &[Self],
        event: &About,
        fields: &mut Fields<'_>,
        category: Category,
    ) -> Option<ListEntry> {
        let Some(value) = self.said.get("value").map(|value| value.text()) else {
            fields.blame(RowFault::NoAddress);
            return None;
        };
        let Some(value) = value else {
            fields.blame(RowFault::NotText { column: "value" });
            return None;
        };
        let address = fields.address(value)?;
        let told = |relation: &str| {
            let mut beside = beside.iter();
            let found = beside.find(|attribute| attribute.relation() == relation);
            found.and_then(|attribute| attribute.said.text("value"))
        };
        let own_type = self.said.text("type").filter(|_| self.is_typed());
        let ticker = told("symbol").or(own_type);
        let own_tags = tags(&self.said);
        let tags = || own_tags.iter().chain(&event.tags).map(|tag| &**tag);
        let is_ransom = tags().any(|tag| tag.to_ascii_lowercase().contains("ransomware"));
        let category = if is_ransom {
            Category::Ransomware
        } else {
            category
        };
        let mut entry = ListEntry::bare(address, category);
        entry.ticker = ticker.and_then(|text| fields.text("symbol", text));
        entry.designation.subjects = fields.names(tags().filter_map(subject_of));
        let date = event.date.as_deref();
        entry.listed_on = date.and_then(|date| fields.day("date", date));
        let reference = self.reference(event);
        entry.reference = reference.and_then(|text| fields.text("uuid", &text));
        let seen = |relation, key| told(relation).or(self.said.text(key));
        let parts = [
            ("", event.info.as_deref()),
            ("", self.said.text("comment")),
            ("first seen ", seen("first-seen", "first_seen")),
            ("last seen ", seen("last-seen", "last_seen")),
        ];
        let parts = parts.into_iter().filter_map(|(what, said)| {
            let said = said.map(str::trim).filter(|said| !said.is_empty());
            said.map(|said| format!("{what}{said}"))
        });
        let note = parts.collect::<Vec<_>>().join("; ");
        entry.note = fields.text("note", &note);
        Some(entry)
    }

    fn reference(&self, event: &About) -> Option<String> {
        let own = self
            .said
            .text("uuid")
            .map(|uuid| format!("MISP attribute {uuid}"));
        let event = event.uuid.as_ref().map(|uuid| format!("MISP event {uuid}"));
        let parts: Vec<String> = event.into_iter().chain(own).collect();
        (!parts.is_empty()).then(|| parts.join(", "))
    }
}

/// Returns the names of the tags of an event or attribute.
pub(super) fn tags(of: &Object) -> Vec<String> {
    tag_names(of.elements("Tag"))
}

/// Returns the names of tags.
pub(super) fn tag_names(tags: &[Value]) -> Vec<String> {
    let names = tags.iter().filter_map(|tag| tag.object()?.text("name"));
    names.map(str::to_owned).collect()
}

/// Returns whom a galaxy's tag names: `misp-galaxy:threat-actor="Lazarus"`.
fn subject_of(tag: &str) -> Option<&str> {
    let (galaxy, cluster) = tag.strip_prefix("misp-galaxy:")?.split_once('=')?;
    let is_subject = SUBJECT_GALAXIES.contains(&galaxy);
    is_subject.then(|| cluster.trim_matches('"'))
}

/// Reads a truth value, which older servers write as a number or a text.
pub(super) fn flag(value: Option<&Value>) -> Option<bool> {
    match value? {
        Value::Bool(flag) => Some(*flag),
        Value::Number(text) | Value::Text(text) => match text.as_str() {
            "1" | "true" => Some(true),
            "0" | "false" => Some(false),
            _ => None,
        },
        _ => None,
    }
}
