//! One designation of the UK Sanctions List, until it ends.

use std::collections::VecDeque;
use std::sync::Arc;

use jiff::civil::Date;

use crate::import::read::fault::RowFault;
use crate::import::read::prose::Mentions;
use crate::import::read::row::{Excerpt, Row};
use crate::list::{Category, Designation, ListEntry};

/// The list writes days so, in XML and CSV alike.
pub(super) const DATE: &str = "%d/%m/%Y";

/// The type of the name that is shown first.
const PRIMARY: &str = "Primary Name";

/// Most regimes kept of one subject; nobody is under more than a few. Each is
/// held against all before it.
const REGIMES_MAX: usize = 64;

/// Where the list is searched by people.
const SEARCH: &str = "https://search-uk-sanctions-list.service.gov.uk/designations";

/// A designation being read.
#[derive(Debug, Default)]
pub(super) struct Draft {
    pub(super) unique_id: String,
    /// `Individual`, `Entity` or `Ship`.
    pub(super) sort: String,
    pub(super) regimes: Vec<String>,
    pub(super) designated: String,
    pub(super) mentions: Mentions,
    pub(super) primary: Option<String>,
    pub(super) names: Vec<String>,
    pub(super) other_scripts: Vec<String>,
}

impl Draft {
    /// Takes a name in its parts. The sixth is the family name, or the whole
    /// name of what is no person; the others come before it.
    pub(super) fn take_name(&mut self, parts: &[String], name_type: &str, names_max: usize) {
        let said: Vec<&str> = parts
            .iter()
            .map(|part| part.trim())
            .filter(|part| !part.is_empty())
            .collect();
        let name = said.join(" ");
        let is_primary = name_type.trim().eq_ignore_ascii_case(PRIMARY);
        if name.is_empty() || self.primary.as_ref() == Some(&name) {
            return;
        }
        if is_primary && self.primary.is_none() {
            self.primary = Some(name);
        } else if self.names.len() < names_max && !self.names.contains(&name) {
            self.names.push(name);
        }
    }

    /// Takes a name in another script.
    pub(super) fn take_other_script(&mut self, name: &str, names_max: usize) {
        let name = name.trim();
        let is_new = !name.is_empty() && !self.other_scripts.iter().any(|known| known == name);
        if is_new && self.other_scripts.len() < names_max {
            self.other_scripts.push(name.to_owned());
        }
    }

    /// Takes a regime, once.
    pub(super) fn take_regime(&mut self, regime: &str) {
        let regime = regime.trim();
        let is_new = !regime.is_empty() && !self.regimes.iter().any(|known| known == regime);
        if is_new && self.regimes.len() < REGIMES_MAX {
            self.regimes.push(regime.to_owned());
        }
    }

    /// Ends the designation and returns its rows.
    pub(super) fn finish(mut self, file: &Arc<str>, names_max: usize) -> VecDeque<Row> {
        let designated = self.designated.trim();
        let designated_on = Date::strptime(DATE, designated).ok();
        if designated_on.is_none() && !designated.is_empty() {
            let given = Excerpt::of(designated);
            self.mentions.blame(RowFault::UnreadableDate {
                field: "the date of designation",
                given,
            });
        }
        // What people search by in other scripts must not be crowded out by
        // spellings in Latin ones.
        let primary = self.primary.into_iter();
        let room = names_max.saturating_sub(self.other_scripts.len()).max(1);
        let latin: Vec<String> = primary.chain(self.names).take(room).collect();
        let subjects = latin.into_iter().chain(self.other_scripts);
        let subject_id = Some(self.unique_id.trim()).filter(|id| !id.is_empty());
        let template = ListEntry {
            designation: Designation {
                subjects: subjects.take(names_max).collect(),
                programs: self.regimes,
                subject_id: subject_id.map(str::to_owned),
                designated_on,
            },
            reference: subject_id.and_then(|id| page_of(id, self.sort.trim())),
            ..ListEntry::bare("", Category::Sanctions)
        };
        self.mentions.into_rows(file, &template)
    }
}

/// Returns the page that shows a designation.
fn page_of(id: &str, sort: &str) -> Option<String> {
    let is_id = id.bytes().all(|byte| byte.is_ascii_alphanumeric());
    let is_sort = matches!(sort, "Individual" | "Entity" | "Ship");
    (is_id && is_sort).then(|| format!("{SEARCH}/{id}/{sort}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn regimes_are_kept_once_and_bounded() {
        let mut draft = Draft::default();
        for at in (0..REGIMES_MAX + 9).chain(0..3) {
            draft.take_regime(&format!(" R{at} "));
        }
        assert_eq!(draft.regimes.len(), REGIMES_MAX);
        assert_eq!(draft.regimes[..2], ["R0", "R1"]);
    }
}
