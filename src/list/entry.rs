//! One address on one source, and why it is there.

use std::fmt;
use std::str::FromStr;

use jiff::civil::Date;

use crate::address::Networks;

use super::source::UnknownName;

/// One address on one source, as published.
///
/// The address and the ticker are the publisher's own text, oddities
/// included; what they mean is decided where the address is keyed.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ListEntry {
    /// The address exactly as published.
    pub address: String,
    /// The ticker or chain the publisher put beside it: `XBT`, `USDT`, `ETH`.
    /// A hint only: real lists contradict it.
    pub ticker: Option<String>,
    /// Why it is listed.
    pub category: Category,
    /// The authority's act behind it, or the subject a researcher names.
    pub designation: Designation,
    /// The heist it belongs to, if any.
    pub incident: Option<Incident>,
    /// What the address did in it: `exploiter`, `holding`, `laundering`.
    pub role: Option<String>,
    /// How sure the publisher is, where it says.
    pub confidence: Option<Confidence>,
    /// When this address came on the list, where the publisher says.
    /// OFAC dates entities, never addresses.
    pub listed_on: Option<Date>,
    /// When it came off, where the publisher says.
    pub delisted_on: Option<Date>,
    /// Where this row can be checked: a URL or a citation.
    pub reference: Option<String>,
    /// Anything else the publisher says of it.
    pub note: Option<String>,
    /// Who of the operator's people answers for it, if it is their own.
    pub act: Option<Act>,
    /// What it does to a screening.
    pub effect: Effect,
}

/// A person's act, and why: what an examiner asks of everything that no
/// publisher answers for.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Act {
    /// Who did it.
    pub author: String,
    /// Why.
    pub reason: String,
    /// Where it is on file: a ticket or case number.
    pub ticket: Option<String>,
    /// Who approved it, where a second person must.
    pub approver: Option<String>,
}

/// What an entry does to a screening.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Effect {
    /// It lists the address.
    #[default]
    Lists,
    /// It lets the operator's policy pass what other lists, sanctions lists
    /// excepted, say of the address.
    Exempts,
}

impl ListEntry {
    /// Returns an entry that says nothing but the address and its category.
    pub fn bare(address: impl Into<String>, category: Category) -> Self {
        Self {
            address: address.into(),
            ticker: None,
            category,
            designation: Designation::default(),
            incident: None,
            role: None,
            confidence: None,
            listed_on: None,
            delisted_on: None,
            reference: None,
            note: None,
            act: None,
            effect: Effect::Lists,
        }
    }

    /// Returns the networks that its ticker stands for; none if it has none,
    /// or one that nobody knows.
    pub fn named_networks(&self) -> Networks {
        let named = self.ticker.as_deref().map(Networks::from_hint);
        named.and_then(Result::ok).unwrap_or(Networks::NONE)
    }

    /// Tells whether the publisher says that the address is a contract: the
    /// same bytes elsewhere are then somebody else's.
    pub fn is_contract(&self) -> bool {
        let role = self.role.as_deref().unwrap_or_default();
        // The deployer of a contract is a person.
        role.split(|c: char| !c.is_ascii_alphabetic())
            .next_back()
            .is_some_and(|word| word.eq_ignore_ascii_case("contract"))
    }
}

/// The act of an authority against a subject.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Designation {
    /// The subject's names, primary name first.
    pub subjects: Vec<String>,
    /// The programs it is designated under: `DPRK3`, `CYBER2`.
    pub programs: Vec<String>,
    /// The authority's id for the subject: OFAC's uid.
    pub subject_id: Option<String>,
    /// When the subject was designated.
    pub designated_on: Option<Date>,
}

/// A heist: value stolen in one event.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Incident {
    /// Short stable name: `dmm-bitcoin`.
    pub id: String,
    /// The name people know it by: `DMM Bitcoin 2024`.
    pub name: String,
    /// The day of the theft, where known.
    pub date: Option<Date>,
    /// The loss in whole US dollars, as reported at the time.
    pub loss_usd: Option<u64>,
    /// Whom it is attributed to, and by whom.
    pub attributed_to: Option<String>,
}

/// Identifies an entry of a source across publications: 16 bytes of BLAKE3
/// over source, address, ticker and subject, or incident where there is no
/// subject.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EntryId(pub [u8; 16]);

impl fmt::Display for EntryId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&const_hex::encode(self.0))
    }
}

impl fmt::Debug for EntryId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "EntryId({self})")
    }
}

macro_rules! named_set {
    ($(#[$meta:meta])* $name:ident, $set:literal, { $($(#[$doc:meta])* $variant:ident = $code:literal => $text:literal,)* }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name { $($(#[$doc])* $variant,)* }

        impl $name {
            /// Every value, in order.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// Returns the name used in files, on the wire and in tables.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $text,)* }
            }

            /// Returns the number it is stored under; fixed for ever.
            pub const fn code(self) -> u8 {
                match self { $(Self::$variant => $code,)* }
            }

            /// Returns the value stored under a number.
            pub const fn from_code(code: u8) -> Option<Self> {
                match code { $($code => Some(Self::$variant),)* _ => None }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.name())
            }
        }

        impl FromStr for $name {
            type Err = UnknownName;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                let wanted = text.to_ascii_uppercase().replace('-', "_");
                Self::ALL.iter().copied().find(|value| value.name() == wanted).ok_or_else(|| UnknownName {
                    given: text.to_owned(),
                    set: $set,
                    choices: Self::ALL.iter().map(|value| value.name()).collect::<Vec<_>>().join(", "),
                })
            }
        }
    };
}

named_set! {
    /// Why an address is listed.
    Category, "category", {
        /// The subject is sanctioned.
        Sanctions = 1 => "SANCTIONS",
        /// It held or moved stolen value.
        Theft = 2 => "THEFT",
        /// Ransom was paid to it.
        Ransomware = 3 => "RANSOMWARE",
        /// It belongs to a service that hides origins.
        Mixer = 4 => "MIXER",
        /// It took money under false pretences.
        Scam = 5 => "SCAM",
        /// It funded terrorism.
        TerroristFinancing = 6 => "TERRORIST_FINANCING",
        /// A reason that none of these words covers; the note says which.
        Other = 7 => "OTHER",
    }
}

named_set! {
    /// How sure a publisher is of an attribution.
    Confidence, "confidence", {
        /// An authority or several independent sources say so.
        High = 1 => "HIGH",
        /// One credible source says so.
        Medium = 2 => "MEDIUM",
        /// It is a lead.
        Low = 3 => "LOW",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_contract_is_one_because_its_role_says_so() {
        let mut entry = ListEntry::bare("0x0", Category::Mixer);
        assert!(!entry.is_contract());
        for (role, expected) in [
            ("contract", true),
            ("attack_contract", true),
            ("Mixer contract", true),
            ("exploiter", false),
            ("contractor", false),
            ("contract deployer", false),
        ] {
            entry.role = Some(role.to_owned());
            assert_eq!(entry.is_contract(), expected, "{role}");
        }
    }

    #[test]
    fn stored_numbers_and_names_round_trip() {
        for &category in Category::ALL {
            assert_eq!(Category::from_code(category.code()), Some(category));
            assert_eq!(category.name().parse(), Ok(category));
        }
        for &confidence in Confidence::ALL {
            assert_eq!(Confidence::from_code(confidence.code()), Some(confidence));
            assert_eq!(confidence.name().parse(), Ok(confidence));
        }
        assert_eq!(Category::from_code(0), None);
    }
}
