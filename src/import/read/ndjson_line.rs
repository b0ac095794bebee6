//! The lines of interdict's own JSON, field by field.
//!
//! They mirror [`ListEntry`] and nothing else, so that what is stored and
//! what is written down can change apart. Fields that say nothing are left
//! out in writing.

use std::borrow::Cow;
use std::fmt::Display;
use std::str::FromStr;

use jiff::civil::Date;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::list::{Act, Category, Confidence, Designation, Effect, Incident, ListEntry, Tier};

/// As much of a header as tells what can read it.
#[derive(Deserialize)]
pub(super) struct Kind {
    #[serde(default)]
    pub(super) interdict: String,
    pub(super) version: Option<u64>,
}

/// The first line.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct HeaderLine {
    pub(super) interdict: String,
    pub(super) version: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) source: Option<String>,
    #[serde(default, with = "named", skip_serializing_if = "Option::is_none")]
    pub(super) tier: Option<Tier>,
    #[serde(default, with = "day", skip_serializing_if = "Option::is_none")]
    pub(super) published_on: Option<Date>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) licence: Option<String>,
}

/// An entry, or the end.
#[derive(Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Line<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) entries: Option<u64>,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    address: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ticker: Option<Cow<'a, str>>,
    #[serde(with = "named", skip_serializing_if = "Option::is_none")]
    category: Option<Category>,
    #[serde(skip_serializing_if = "Option::is_none")]
    designation: Option<DesignationPart<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    incident: Option<IncidentPart<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    role: Option<Cow<'a, str>>,
    #[serde(with = "named", skip_serializing_if = "Option::is_none")]
    confidence: Option<Confidence>,
    #[serde(with = "day", skip_serializing_if = "Option::is_none")]
    listed_on: Option<Date>,
    #[serde(with = "day", skip_serializing_if = "Option::is_none")]
    delisted_on: Option<Date>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reference: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    act: Option<ActPart<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    effect: Option<EffectName>,
}

#[derive(PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct DesignationPart<'a> {
    #[serde(default, skip_serializing_if = "<[_]>::is_empty")]
    subjects: Cow<'a, [String]>,
    #[serde(default, skip_serializing_if = "<[_]>::is_empty")]
    programs: Cow<'a, [String]>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    subject_id: Option<Cow<'a, str>>,
    #[serde(default, with = "day", skip_serializing_if = "Option::is_none")]
    designated_on: Option<Date>,
}

#[derive(PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct IncidentPart<'a> {
    id: Cow<'a, str>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    name: Option<Cow<'a, str>>,
    #[serde(default, with = "day", skip_serializing_if = "Option::is_none")]
    date: Option<Date>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    loss_usd: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    attributed_to: Option<Cow<'a, str>>,
}

#[derive(PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ActPart<'a> {
    author: Cow<'a, str>,
    reason: Cow<'a, str>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    ticket: Option<Cow<'a, str>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    approver: Option<Cow<'a, str>>,
}

#[derive(Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
enum EffectName {
    Lists,
    Exempts,
}

impl<'a> Line<'a> {
    /// Returns the line that ends a list.
    pub(super) fn end(entries: u64) -> Self {
        Self {
            entries: Some(entries),
            ..Self::default()
        }
    }

    /// Returns the line of an entry.
    pub(super) fn of(entry: &'a ListEntry) -> Self {
        // Every field is named, so that a new one cannot be forgotten here.
        let ListEntry {
            address,
            ticker,
            category,
            designation,
            incident,
            role,
            confidence,
            listed_on,
            delisted_on,
            reference,
            note,
            act,
            effect,
        } = entry;
        Self {
            entries: None,
            address: Some(address.into()),
            ticker: borrowed(ticker),
            category: Some(*category),
            designation: (*designation != Designation::default())
                .then(|| DesignationPart::of(designation)),
            incident: incident.as_ref().map(IncidentPart::of),
            role: borrowed(role),
            confidence: *confidence,
            listed_on: *listed_on,
            delisted_on: *delisted_on,
            reference: borrowed(reference),
            note: borrowed(note),
            act: act.as_ref().map(ActPart::of),
            effect: match effect {
                Effect::Lists => None,
                Effect::Exempts => Some(EffectName::Exempts),
            },
        }
    }

    /// Tells whether a line that counts the entries says anything else.
    pub(super) fn is_more_than_an_end(&self) -> bool {
        let end = Self {
            entries: self.entries,
            ..Self::default()
        };
        *self != end
    }

    /// Returns the entry, if the line has an address.
    pub(super) fn entry(self, default: Category) -> Option<ListEntry> {
        Some(ListEntry {
            address: self.address?.into_owned(),
            ticker: owned(self.ticker),
            category: self.category.unwrap_or(default),
            designation: self
                .designation
                .map(DesignationPart::designation)
                .unwrap_or_default(),
            incident: self.incident.map(IncidentPart::incident),
            role: owned(self.role),
            confidence: self.confidence,
            listed_on: self.listed_on,
            delisted_on: self.delisted_on,
            reference: owned(self.reference),
            note: owned(self.note),
            act: self.act.map(ActPart::act),
            effect: match self.effect {
                None | Some(EffectName::Lists) => Effect::Lists,
                Some(EffectName::Exempts) => Effect::Exempts,
            },
        })
    }
}

impl<'a> DesignationPart<'a> {
    fn of(designation: &'a Designation) -> Self {
        let Designation {
            subjects,
            programs,
            subject_id,
            designated_on,
        } = designation;
        Self {
            subjects: subjects.into(),
            programs: programs.into(),
            subject_id: borrowed(subject_id),
            designated_on: *designated_on,
        }
    }

    fn designation(self) -> Designation {
        Designation {
            subjects: self.subjects.into_owned(),
            programs: self.programs.into_owned(),
            subject_id: owned(self.subject_id),
            designated_on: self.designated_on,
        }
    }
}

impl<'a> IncidentPart<'a> {
    fn of(incident: &'a Incident) -> Self {
        let Incident {
            id,
            name,
            date,
            loss_usd,
            attributed_to,
        } = incident;
        Self {
            id: id.into(),
            name: Some(name.into()),
            date: *date,
            loss_usd: *loss_usd,
            attributed_to: borrowed(attributed_to),
        }
    }

    fn incident(self) -> Incident {
        let id = self.id.into_owned();
        Incident {
            name: owned(self.name).unwrap_or_else(|| id.clone()),
            id,
            date: self.date,
            loss_usd: self.loss_usd,
            attributed_to: owned(self.attributed_to),
        }
    }
}

impl<'a> ActPart<'a> {
    fn of(act: &'a Act) -> Self {
        let Act {
            author,
            reason,
            ticket,
            approver,
        } = act;
        Self {
            author: author.into(),
            reason: reason.into(),
            ticket: borrowed(ticket),
            approver: borrowed(approver),
        }
    }

    fn act(self) -> Act {
        Act {
            author: self.author.into_owned(),
            reason: self.reason.into_owned(),
            ticket: owned(self.ticket),
            approver: owned(self.approver),
        }
    }
}

fn borrowed(text: &Option<String>) -> Option<Cow<'_, str>> {
    text.as_deref().map(Cow::from)
}

fn owned(text: Option<Cow<'_, str>>) -> Option<String> {
    text.map(Cow::into_owned)
}

/// A value written by its name.
mod named {
    use super::*;

    pub(super) fn serialize<T: Display, S: Serializer>(
        value: &Option<T>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        match value {
            Some(value) => serializer.collect_str(value),
            None => serializer.serialize_none(),
        }
    }

    pub(super) fn deserialize<'de, T, D>(deserializer: D) -> Result<Option<T>, D::Error>
    where
        T: FromStr<Err: Display>,
        D: Deserializer<'de>,
    {
        let text = Option::<Cow<'de, str>>::deserialize(deserializer)?;
        let value = text.map(|text| text.parse().map_err(D::Error::custom));
        value.transpose()
    }
}

/// A date written `YYYY-MM-DD`, and in no other of the forms that the parser
/// would take.
mod day {
    use super::*;

    pub(super) use super::named::serialize;

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<Date>, D::Error> {
        let Some(text) = Option::<Cow<'de, str>>::deserialize(deserializer)? else {
            return Ok(None);
        };
        let date = text.parse().ok();
        let date: Option<Date> = date.filter(|date: &Date| date.to_string() == *text);
        date.map(Some)
            .ok_or_else(|| D::Error::custom(format_args!("`{text}` is not a date")))
    }
}
