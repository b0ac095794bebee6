//! The profiles that bear wallets, held until their sanctions entries come.

use std::collections::{HashMap, VecDeque};

use jiff::civil::Date;

use crate::list::Designation;

use super::super::Limits;
use super::super::error::ReadError;
use super::super::facts::{Facts, Warning};
use super::super::fault::RowFault;
use super::super::row::Excerpt;
use super::super::wallet::{NewTickers, Pending, Wallet};
use super::super::xml::Document;
use super::entries::Entry;

/// What a wallet takes beside its texts.
const WALLET_BYTES: usize = size_of::<Wallet>() + 64;

/// A profile that bears wallets.
#[derive(Debug, Default)]
pub(super) struct Profile {
    pub(super) uid: String,
    pub(super) subjects: Vec<String>,
    pub(super) wallets: VecDeque<Wallet>,
    pub(super) programs: Vec<String>,
    pub(super) designated_on: Option<Date>,
    /// Whether a sanctions entry was found for it.
    pub(super) has_entry: bool,
    /// The date of its entry, if it is none.
    pub(super) bad_date: Option<Excerpt>,
}

impl Profile {
    /// Returns about how much memory it takes.
    fn bytes(&self) -> usize {
        let texts = self.subjects.iter().map(String::len).sum::<usize>();
        let of_wallet = |wallet: &Wallet| {
            let texts = [&wallet.ticker, &wallet.address];
            WALLET_BYTES + texts.into_iter().flatten().map(String::len).sum::<usize>()
        };
        let wallets = self.wallets.iter().map(of_wallet).sum::<usize>();
        size_of::<Self>() + self.uid.len() + texts + wallets
    }
}

/// All that bear wallets, in the order of the document.
#[derive(Debug)]
pub(super) struct Held {
    profiles: VecDeque<Profile>,
    /// Where each is, by its id.
    by_id: HashMap<String, usize>,
    bytes: usize,
    bytes_max: usize,
}

impl Held {
    /// Begins with nothing.
    pub(super) fn new(limits: &Limits) -> Self {
        Self {
            profiles: VecDeque::new(),
            by_id: HashMap::new(),
            bytes: 0,
            bytes_max: limits.held_bytes_max,
        }
    }

    /// Holds a profile. `false` means that there is one of the same id, which
    /// the schema excludes: an entry could not be told to be of which.
    pub(super) fn push(&mut self, id: String, profile: Profile) -> bool {
        self.bytes += id.len() + profile.bytes();
        let is_new = self.by_id.insert(id, self.profiles.len()).is_none();
        self.profiles.push_back(profile);
        is_new
    }

    /// Tells whether a profile bears wallets.
    pub(super) fn contains(&self, id: &str) -> bool {
        self.by_id.contains_key(id)
    }

    /// Adds what a sanctions entry says of a profile.
    pub(super) fn tell(&mut self, id: &str, entry: &Entry) {
        let at = self.by_id.get(id).copied();
        if let Some(profile) = at.and_then(|at| self.profiles.get_mut(at)) {
            self.bytes += entry.tell(profile);
        }
    }

    /// Refuses a document of which too much would have to be held.
    pub(super) fn check(&self, document: &Document) -> Result<(), ReadError> {
        if self.bytes <= self.bytes_max {
            return Ok(());
        }
        let what = "what is said of subjects with wallets, in bytes,";
        Err(document.over(what, self.bytes_max))
    }

    /// Reports what the whole document says of them.
    pub(super) fn conclude(&mut self, facts: &mut Facts, new_tickers: &mut NewTickers) {
        for profile in &mut self.profiles {
            new_tickers.count(&profile.wallets);
            if !profile.has_entry {
                facts.warn(Warning::SubjectWithoutEntry {
                    uid: Excerpt::of(&profile.uid),
                    name: Excerpt::of(profile.subjects.first().map_or("", String::as_str)),
                });
            }
            let given = profile.bad_date.take();
            if let (Some(given), Some(wallet)) = (given, profile.wallets.front_mut()) {
                let column = "the date of the sanctions entry";
                wallet
                    .fault
                    .get_or_insert(RowFault::BadDate { column, given });
            }
        }
    }

    /// Returns the next designation.
    pub(super) fn next(&mut self) -> Option<Pending> {
        let profile = self.profiles.pop_front()?;
        Some(Pending {
            designation: Designation {
                subjects: profile.subjects,
                programs: profile.programs,
                subject_id: Some(profile.uid).filter(|uid| !uid.is_empty()),
                designated_on: profile.designated_on,
            },
            wallets: profile.wallets,
        })
    }
}
