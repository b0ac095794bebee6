//! The shape on disk of what waits.

use std::fmt::Display;
use std::str::FromStr;

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::import::by_hand::{OperatorChange, OperatorList, Particulars, What};
use crate::import::request::Request;
use crate::list::{Act, Origin, PublicationDigest};

use super::{HeldPublication, Matter, PendingItem};

/// The shape on disk.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Stored {
    since: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    publication: Option<StoredPublication>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    change: Option<StoredChange>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct StoredPublication {
    source: String,
    tier: Option<String>,
    format: String,
    category: Option<String>,
    retrieved_at: Timestamp,
    bundled: bool,
    digest: String,
    refusal: String,
    lost: u64,
    listed: u64,
    files: Vec<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct StoredChange {
    list: String,
    add: Option<StoredParticulars>,
    address: String,
    network: String,
    author: String,
    reason: String,
    ticket: Option<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct StoredParticulars {
    category: String,
    subject: Option<String>,
    note: Option<String>,
    expires_on: Option<Date>,
}

impl Stored {
    pub(super) fn of(item: &PendingItem) -> Self {
        let (publication, change) = match &item.matter {
            Matter::Publication(held) => (Some(StoredPublication::of(held)), None),
            Matter::Change(change) => (None, Some(StoredChange::of(change))),
        };
        Self {
            since: item.since,
            publication,
            change,
        }
    }

    pub(super) fn item(self, id: &str) -> Result<PendingItem, String> {
        let matter = match (self.publication, self.change) {
            (Some(publication), None) => Matter::Publication(publication.held()?),
            (None, Some(change)) => Matter::Change(change.change()?),
            _ => return Err("it is neither a publication nor a change".to_owned()),
        };
        Ok(PendingItem {
            id: id.to_owned(),
            since: self.since,
            matter,
        })
    }
}

fn said<T: FromStr>(text: &str) -> Result<T, String>
where
    T::Err: Display,
{
    text.parse().map_err(|error: T::Err| error.to_string())
}

impl StoredPublication {
    fn of(held: &HeldPublication) -> Self {
        let request = &held.request;
        Self {
            source: request.source.to_string(),
            tier: request.tier.map(|tier| tier.to_string()),
            format: request.format.to_string(),
            category: request.category.map(|category| category.to_string()),
            retrieved_at: request.retrieved_at,
            bundled: request.origin == Origin::Bundled,
            digest: request.digest.to_string(),
            refusal: held.refusal.clone(),
            lost: held.lost,
            listed: held.listed,
            files: held.files.clone(),
        }
    }

    fn held(self) -> Result<HeldPublication, String> {
        let mut digest = [0; 32];
        const_hex::decode_to_slice(&self.digest, &mut digest).map_err(|error| error.to_string())?;
        Ok(HeldPublication {
            request: Request {
                source: said(&self.source)?,
                tier: self.tier.as_deref().map(said).transpose()?,
                format: said(&self.format)?,
                category: self.category.as_deref().map(said).transpose()?,
                approval: None,
                retrieved_at: self.retrieved_at,
                origin: if self.bundled {
                    Origin::Bundled
                } else {
                    Origin::Imported
                },
                digest: PublicationDigest(digest),
            },
            refusal: self.refusal,
            lost: self.lost,
            listed: self.listed,
            files: self.files,
        })
    }
}

impl StoredChange {
    fn of(change: &OperatorChange) -> Self {
        let add = match &change.what {
            What::Remove => None,
            What::Add(particulars) => Some(StoredParticulars {
                category: particulars.category.to_string(),
                subject: particulars.subject.clone(),
                note: particulars.note.clone(),
                expires_on: particulars.expires_on,
            }),
        };
        Self {
            list: change.list.name().to_owned(),
            add,
            address: change.address.clone(),
            network: change.network.clone(),
            author: change.act.author.clone(),
            reason: change.act.reason.clone(),
            ticket: change.act.ticket.clone(),
        }
    }

    fn change(self) -> Result<OperatorChange, String> {
        let what = match self.add {
            None => What::Remove,
            Some(add) => What::Add(Particulars {
                category: said(&add.category)?,
                subject: add.subject,
                note: add.note,
                expires_on: add.expires_on,
            }),
        };
        let lists = [OperatorList::Listing, OperatorList::Exemption];
        let list = lists.into_iter().find(|list| list.name() == self.list);
        Ok(OperatorChange {
            list: list.ok_or_else(|| format!("`{}` is no list of the operator's", self.list))?,
            what,
            address: self.address,
            network: self.network,
            act: Act {
                author: self.author,
                reason: self.reason,
                ticket: self.ticket,
                approver: None,
            },
        })
    }
}
