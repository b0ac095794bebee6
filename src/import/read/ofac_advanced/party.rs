//! A party: its names, and the features that are wallets.

use std::collections::VecDeque;

use super::super::Limits;
use super::super::error::{Problem, ReadError};
use super::super::row::Excerpt;
use super::super::wallet::{Kind as Said, Wallet, unmarked};
use super::super::xml::{Document, Element};
use super::super::xml_walk::Walk;
use super::bounded;
use super::held::{Held, Profile};
use super::reference::{Kind, Kinds};

/// Reads the `DistinctParties` just begun, and returns how many there are.
pub(super) fn read_all(
    walk: &mut Walk,
    kinds: &Kinds,
    limits: &Limits,
    held: &mut Held,
) -> Result<u64, ReadError> {
    let mut parties = 0;
    loop {
        let uid = walk.child(|document, element| {
            if element.name() != "DistinctParty" {
                return Ok(None);
            }
            refuse_change(document, element)?;
            let uid = document.attribute(element, "FixedRef")?;
            Ok(Some(bounded(&uid.unwrap_or_default(), limits)))
        })?;
        match uid {
            None => return Ok(parties),
            Some(None) => walk.skip()?,
            Some(Some(uid)) => {
                parties += 1;
                read_party(walk, &uid, kinds, limits, held)?;
            }
        }
    }
}

fn read_party(
    walk: &mut Walk,
    uid: &str,
    kinds: &Kinds,
    limits: &Limits,
    held: &mut Held,
) -> Result<(), ReadError> {
    loop {
        let id = walk.child(|document, element| {
            if element.name() != "Profile" {
                return Ok(None);
            }
            let id = document.attribute(element, "ID")?;
            Ok(Some(bounded(&id.unwrap_or_default(), limits)))
        })?;
        match id {
            None => return Ok(()),
            Some(None) => walk.skip()?,
            Some(Some(id)) => {
                let (names, wallets) = read_profile(walk, kinds, limits)?;
                if !wallets.is_empty() {
                    let profile = Profile {
                        uid: uid.to_owned(),
                        subjects: names.in_order(),
                        wallets,
                        ..Profile::default()
                    };
                    let given = Excerpt::of(&id);
                    if !held.push(id, profile) {
                        let problem = Problem::Twice("profile", given);
                        return Err(walk.document.malformed(problem));
                    }
                    held.check(&walk.document)?;
                }
            }
        }
    }
}

/// The children of a profile that matter here.
enum Child<'k> {
    Identity { is_primary: bool },
    Feature(Type<'k>),
    Other,
}

/// What a feature's type says.
enum Type<'k> {
    Wallet { ticker: &'k str },
    Other { name: &'k str },
    Unknown { id: String },
}

fn read_profile(
    walk: &mut Walk,
    kinds: &Kinds,
    limits: &Limits,
) -> Result<(Names, VecDeque<Wallet>), ReadError> {
    let mut names = Names::new(limits);
    let mut wallets = VecDeque::new();
    loop {
        let child = walk.child(|document, element| match element.name() {
            "Identity" => {
                let is_primary = is_true(document, element, "Primary")?;
                Ok(Child::Identity { is_primary })
            }
            "Feature" => {
                refuse_change(document, element)?;
                let id = document.attribute(element, "FeatureTypeID")?;
                let id = id.unwrap_or_default();
                Ok(Child::Feature(match kinds.feature(&id) {
                    Some(Kind::Wallet { ticker }) => Type::Wallet { ticker },
                    Some(Kind::Other(name)) => Type::Other { name },
                    None => Type::Unknown {
                        id: bounded(&id, limits),
                    },
                }))
            }
            _ => Ok(Child::Other),
        })?;
        match child {
            None => return Ok((names, wallets)),
            Some(Child::Identity { is_primary }) => read_identity(walk, is_primary, &mut names)?,
            Some(Child::Feature(kind)) => read_feature(walk, &kind, limits, &mut wallets)?,
            Some(Child::Other) => walk.skip()?,
        }
    }
}

/// Reads a feature: versions, and in each the details that say something.
fn read_feature(
    walk: &mut Walk,
    kind: &Type<'_>,
    limits: &Limits,
    wallets: &mut VecDeque<Wallet>,
) -> Result<(), ReadError> {
    let line = walk.document.line();
    let before = wallets.len();
    while let Some(is_version) = walk.child(|_, element| Ok(element.name() == "FeatureVersion"))? {
        if !is_version {
            walk.skip()?;
            continue;
        }
        while let Some(is_detail) =
            walk.child(|_, element| Ok(element.name() == "VersionDetail"))?
        {
            if is_detail {
                let line = walk.document.line();
                let text = walk.text()?;
                wallets.extend(wallets_of(kind, text, line, limits));
                check_count(walk, wallets, limits)?;
            } else {
                walk.skip()?;
            }
        }
    }
    if let Type::Wallet { ticker } = kind
        && wallets.len() == before
    {
        wallets.push_back(Wallet::new(line, Some(ticker), "", limits.line_bytes_max));
    }
    check_count(walk, wallets, limits)
}

fn check_count(walk: &Walk, wallets: &VecDeque<Wallet>, limits: &Limits) -> Result<(), ReadError> {
    if wallets.len() <= limits.ids_max {
        return Ok(());
    }
    let what = "the wallets of one designation";
    Err(walk.document.over(what, limits.ids_max))
}

/// Returns the wallets in a detail: the one that it is, or those in it though
/// it is something else.
fn wallets_of(kind: &Type<'_>, text: &str, line: u64, limits: &Limits) -> Vec<Wallet> {
    let bytes_max = limits.line_bytes_max;
    let kind = match kind {
        Type::Wallet { .. } if text.is_empty() => return Vec::new(),
        Type::Wallet { ticker } => return vec![Wallet::new(line, Some(ticker), text, bytes_max)],
        Type::Other { name } => Said::Named(name),
        Type::Unknown { id } => Said::Unexplained(id),
    };
    unmarked(kind, text, line, bytes_max).collect()
}

/// Reads an identity's aliases.
fn read_identity(walk: &mut Walk, is_primary: bool, names: &mut Names) -> Result<(), ReadError> {
    loop {
        let alias = walk.child(|document, element| {
            if element.name() != "Alias" {
                return Ok(None);
            }
            let is_first = is_primary && is_true(document, element, "Primary")?;
            Ok(Some((is_first, is_true(document, element, "LowQuality")?)))
        })?;
        match alias {
            None => return Ok(()),
            Some(None) => walk.skip()?,
            Some(Some((is_first, is_weak))) => {
                while let Some(is_name) =
                    walk.child(|_, element| Ok(element.name() == "DocumentedName"))?
                {
                    if is_name {
                        read_name(walk, names)?;
                        names.take(is_first, is_weak);
                    } else {
                        walk.skip()?;
                    }
                }
            }
        }
    }
}

/// Gathers a name's parts, which stand in the order they are read aloud in.
fn read_name(walk: &mut Walk, names: &mut Names) -> Result<(), ReadError> {
    names.whole.clear();
    while let Some(is_part) = walk.child(|_, element| Ok(element.name() == "DocumentedNamePart"))? {
        if !is_part {
            walk.skip()?;
            continue;
        }
        while let Some(is_value) = walk.child(|_, element| Ok(element.name() == "NamePartValue"))? {
            if is_value {
                names.add(walk.text()?);
            } else {
                walk.skip()?;
            }
        }
    }
    Ok(())
}

/// The names of a profile, the best first.
struct Names {
    /// The name being read.
    whole: String,
    kept: Vec<(Rank, String)>,
    names_max: usize,
    bytes_max: usize,
}

/// What makes a name come after another: another script, being an alias,
/// being a weak one. An examiner reads Latin script, as OFAC's own forms do.
type Rank = (bool, bool, bool);

impl Names {
    const fn new(limits: &Limits) -> Self {
        Self {
            whole: String::new(),
            kept: Vec::new(),
            names_max: limits.names_max,
            bytes_max: limits.field_bytes_max,
        }
    }

    fn add(&mut self, part: &str) {
        if !self.whole.is_empty() && !part.is_empty() {
            self.whole.push(' ');
        }
        let room = self.bytes_max.saturating_sub(self.whole.len());
        self.whole.push_str(&part[..part.floor_char_boundary(room)]);
    }

    fn take(&mut self, is_first: bool, is_weak: bool) {
        let name = self.whole.trim();
        if name.is_empty() || self.kept.iter().any(|(_, kept)| kept == name) {
            return;
        }
        // By its letters, not by the number of its script: it needs nothing
        // from the reference values.
        let rank = (!name.chars().all(is_latin), !is_first, is_weak);
        let at = self.kept.partition_point(|(kept, _)| *kept <= rank);
        if at < self.names_max {
            self.kept.truncate(self.names_max - 1);
            self.kept.insert(at, (rank, name.to_owned()));
        }
    }

    fn in_order(self) -> Vec<String> {
        self.kept.into_iter().map(|(_, name)| name).collect()
    }
}

/// Tells whether a character can stand in a name in Latin script.
fn is_latin(character: char) -> bool {
    let is_letter = matches!(character, '\0'..='\u{24f}' | '\u{1e00}'..='\u{1eff}');
    is_letter || !character.is_alphabetic()
}

fn is_true(document: &Document, element: &Element<'_>, name: &str) -> Result<bool, ReadError> {
    let value = document.attribute(element, name)?;
    Ok(matches!(value.as_deref(), Some("true" | "1")))
}

/// Refuses a removal: it belongs to an edition of changes, not to a list.
fn refuse_change(document: &Document, element: &Element<'_>) -> Result<(), ReadError> {
    match document.attribute(element, "DeltaAction")?.as_deref() {
        Some("delete") => Err(document.malformed(Problem::Changes)),
        _ => Ok(()),
    }
}
