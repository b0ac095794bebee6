//! A wallet or an indicator of wallets, with what is related to it.

use jiff::Timestamp;
use jiff::civil::Date;

use crate::list::{Category, Confidence, Designation, ListEntry};

use super::super::fault::RowFault;
use super::super::held::bytes_of;
use super::super::json_documents::Settings;
use super::super::json_fields::{Fields, add_addresses, address_of, day_of};
use super::super::json_value::{Object, Value};
use super::super::row::{Excerpt, Locator};
use super::pattern::wallets_in;

/// The objects that are wallets.
const WALLET: &str = "cryptocurrency-wallet";

/// The objects that an address may belong to.
const SUBJECTS: [&str; 5] = [
    "threat-actor",
    "intrusion-set",
    "malware",
    "campaign",
    "identity",
];

/// A wallet, or an indicator whose pattern names wallets.
pub(super) struct Item {
    pub(super) id: String,
    pub(super) at: Locator,
    /// In order, so that one is soon found.
    pub(super) addresses: Vec<String>,
    /// Why others could not be read.
    pub(super) lost: Vec<RowFault>,
    /// Whether it is an indicator.
    pub(super) is_indicator: bool,
    /// Whether it is an indicator that accuses nobody.
    pub(super) is_benign: bool,
    /// Whose wallet it is said to be: an exchange, for one in custody.
    pub(super) holder: Option<String>,
    pub(super) ticker: Option<String>,
    /// When this version of it was made.
    pub(super) modified: Option<Timestamp>,
    name: Option<String>,
    valid_until: Option<Date>,
    listed_on: Option<Date>,
    /// When it was revoked.
    pub(super) delisted_on: Option<Date>,
    reference: Option<String>,
    confidence: Option<Confidence>,
    fault: Option<RowFault>,
}

/// Something that an address belongs to.
pub(super) struct Subject {
    id: String,
    /// When this version of it was made.
    pub(super) modified: Option<Timestamp>,
    names: Vec<String>,
    is_ransomware: bool,
    /// Whether it is somebody of whom nothing else is known.
    pub(super) is_identity: bool,
}

impl Item {
    /// Returns what an object says, if it is a wallet or names one.
    pub(super) fn of(said: &Object, at: &Locator, settings: &Settings) -> Option<Self> {
        let kind = said.text("type")?;
        let mut fields = Fields::new(&settings.limits);
        let mut lost = Vec::new();
        let mut addresses = match kind {
            WALLET => wallet_addresses(said, &mut lost, settings),
            "indicator" => indicator_addresses(said, &mut lost, settings)?,
            _ => return None,
        };
        addresses.sort_unstable();
        let is_indicator = kind == "indicator";
        let mut day = |key: &'static str| said.text(key).and_then(|text| fields.day(key, text));
        let created = day("created").or_else(|| day("valid_from"));
        let valid_until = day("valid_until");
        let revoked_on = revoked_on(said);
        if is_revoked(said) && revoked_on.is_none() {
            let given = Excerpt::of(said.text("modified").unwrap_or_default());
            let column = "modified";
            fields.blame(RowFault::BadDate { column, given });
        }
        Some(Self {
            id: said.text("id").unwrap_or_default().to_owned(),
            at: at.clone(),
            addresses,
            lost,
            is_indicator,
            is_benign: is_indicator && is_benign(said),
            holder: said.text("holder_ref").map(str::to_owned),
            ticker: said
                .text("symbol")
                .and_then(|text| fields.text("symbol", text)),
            modified: modified(said),
            name: said.text("name").and_then(|text| fields.text("name", text)),
            listed_on: created,
            valid_until,
            delisted_on: revoked_on,
            reference: reference(said).and_then(|text| fields.text("reference", text)),
            confidence: confidence(said.get("confidence")),
            fault: fields.fault(),
        })
    }

    /// Tells whether it names the address of a wallet.
    pub(super) fn names_as(&self, wallet: &Self) -> bool {
        let is_named = |address| self.addresses.binary_search(address).is_ok();
        self.is_indicator && wallet.addresses.iter().any(is_named)
    }

    /// Returns about how much memory it takes.
    pub(super) fn bytes(&self) -> usize {
        let texts = [&self.holder, &self.ticker, &self.name, &self.reference];
        let texts = texts.into_iter().flatten().map(String::len).sum::<usize>();
        let lost = self.lost.len() * size_of::<RowFault>();
        // Its id is held twice.
        size_of::<Self>() + 2 * self.id.len() + 128 + texts + lost + bytes_of(&self.addresses)
    }

    /// Returns the entry that its addresses share.
    pub(super) fn entry(
        &self,
        subjects: &[&Subject],
        holder: Option<&Subject>,
        delisted_on: Option<Date>,
        settings: &Settings,
    ) -> (ListEntry, Option<RowFault>) {
        let mut fields = Fields::new(&settings.limits);
        let is_ransom = subjects.iter().any(|subject| subject.is_ransomware);
        let category = if is_ransom {
            Category::Ransomware
        } else {
            settings.category
        };
        let names = subjects.iter().flat_map(|subject| &subject.names);
        let holder = holder.and_then(|holder| holder.names.first());
        let held = holder.map(|name| format!("held by {name}"));
        let valid = self.valid_until.map(|day| format!("valid until {day}"));
        let note = self.name.clone().into_iter().chain(valid).chain(held);
        let note: Vec<String> = note.collect();
        let entry = ListEntry {
            ticker: self.ticker.clone(),
            designation: Designation {
                subjects: fields.names(names.map(|name| &**name)),
                subject_id: subjects
                    .first()
                    .and_then(|subject| fields.text("id", &subject.id)),
                ..Designation::default()
            },
            confidence: self.confidence,
            listed_on: self.listed_on,
            delisted_on,
            reference: self.reference.clone(),
            note: fields.text("note", &note.join("; ")),
            ..ListEntry::bare("", category)
        };
        let fault = self.fault.clone().or(fields.fault());
        (entry, fault)
    }
}

impl Subject {
    /// Returns what an object says, if an address may belong to it.
    pub(super) fn of(said: &Object, settings: &Settings) -> Option<Self> {
        let kind = said.text("type")?;
        if !SUBJECTS.contains(&kind) {
            return None;
        }
        let mut fields = Fields::new(&settings.limits);
        let mut kinds = said.texts("malware_types").chain(said.texts("labels"));
        Some(Self {
            id: said.text("id")?.to_owned(),
            modified: modified(said),
            is_identity: kind == "identity",
            names: fields.names(said.text("name").into_iter().chain(said.texts("aliases"))),
            is_ransomware: kind == "malware" && kinds.any(|kind| kind == "ransomware"),
        })
    }
}

impl Subject {
    /// Returns about how much memory it takes.
    pub(super) fn bytes(&self) -> usize {
        size_of::<Self>() + 64 + self.id.len() + bytes_of(&self.names)
    }
}

fn wallet_addresses(said: &Object, lost: &mut Vec<RowFault>, settings: &Settings) -> Vec<String> {
    let value = said.get("value").or_else(|| said.get("address"));
    let address = match value.map(Value::text) {
        None => Err(RowFault::NoAddress),
        Some(None) => Err(RowFault::NotText { column: "value" }),
        Some(Some(text)) => address_of(text, &settings.limits),
    };
    address
        .map_err(|fault| lost.push(fault))
        .into_iter()
        .collect()
}

/// Returns the addresses of an indicator, or `None` if it is of other things
/// or only excludes addresses.
fn indicator_addresses(
    said: &Object,
    lost: &mut Vec<RowFault>,
    settings: &Settings,
) -> Option<Vec<String>> {
    let pattern = said.text("pattern")?;
    let wallets = wallets_in(pattern)?;
    let is_stix = said.text("pattern_type").is_none_or(|kind| kind == "stix");
    if wallets.is_unclear || !is_stix {
        lost.push(RowFault::BadPattern(Excerpt::of(pattern)));
    }
    let mut addresses = Vec::new();
    let named = wallets.addresses.iter().map(|address| &**address);
    add_addresses(&mut addresses, lost, named, &settings.limits);
    (!addresses.is_empty() || !lost.is_empty()).then_some(addresses)
}

/// Returns when a version of an object was made.
pub(super) fn modified(said: &Object) -> Option<Timestamp> {
    said.text("modified")?.parse().ok()
}

/// Tells whether an indicator is said to accuse nobody. Before 2.1 its types
/// were labels.
fn is_benign(said: &Object) -> bool {
    let mut kinds = said.texts("indicator_types").peekable();
    let older = kinds.peek().is_none();
    let older = older.then(|| said.texts("labels")).into_iter().flatten();
    let mut kinds = kinds.chain(older).peekable();
    kinds.peek().is_some() && kinds.all(|kind| kind == "benign")
}

/// Tells whether an object was revoked.
pub(super) fn is_revoked(said: &Object) -> bool {
    said.get("revoked") == Some(&Value::Bool(true))
}

fn revoked_on(said: &Object) -> Option<Date> {
    let modified = said.text("modified").filter(|_| is_revoked(said));
    modified.and_then(day_of)
}

/// Returns the first URL that is given, or the object's own id.
fn reference(said: &Object) -> Option<&str> {
    let mut references = said.elements("external_references").iter();
    let url = references.find_map(|reference| reference.object()?.text("url"));
    url.or_else(|| said.text("id"))
}

/// Reads a confidence from 0 to 100 by the scale of the specification.
fn confidence(value: Option<&Value>) -> Option<Confidence> {
    let Some(Value::Number(number)) = value else {
        return None;
    };
    match number.parse().ok()? {
        1..=29 => Some(Confidence::Low),
        30..=69 => Some(Confidence::Medium),
        70..=100 => Some(Confidence::High),
        _ => None,
    }
}
