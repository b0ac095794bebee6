//! The columns that a rescreen adds to each row.

use std::collections::BTreeSet;

use crate::grpc::v1;

use super::super::names;
use super::answer::{Answer, Told};

/// What every added column begins with.
pub(super) const PREFIX: &str = "interdict_";

/// The columns, without their prefix.
const ANSWER: [&str; 11] = [
    "verdict",
    "action",
    "reasons",
    "relation",
    "sources",
    "subjects",
    "programs",
    "incidents",
    "listed_as",
    "canonical",
    "entry_ids",
];

/// What a row that is plainly not listed has in the first two of them.
const PLAIN: [&str; 2] = ["NOT_LISTED", "ALLOW"];

/// Which columns a run adds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Columns {
    /// How the answer changed.
    pub(super) change: bool,
    /// The row's number in the input, where rows are left out.
    pub(super) row: bool,
}

impl Columns {
    /// The names of all text columns, in order. The row number comes last, and
    /// is not among them.
    pub(super) fn texts(self) -> Vec<String> {
        let change = self.change.then_some("change");
        let names = ANSWER.into_iter().chain(change);
        names.map(|name| format!("{PREFIX}{name}")).collect()
    }

    /// The name of the column with the row's number.
    pub(super) fn row_name() -> String {
        format!("{PREFIX}row")
    }

    /// Every name.
    pub(super) fn names(self) -> Vec<String> {
        let mut names = self.texts();
        names.extend(self.row.then(Self::row_name));
        names
    }

    /// The first name that the input has already.
    pub(super) fn collision<'n>(self, mut given: impl Iterator<Item = &'n str>) -> Option<&'n str> {
        let names = self.names();
        given.find(|name| names.iter().any(|ours| ours.eq_ignore_ascii_case(name)))
    }

    /// The texts of a row, one for each text column.
    pub(super) fn cells(self, answer: &Answer) -> Vec<String> {
        let mut cells: Vec<String> = match answer {
            Answer::Plain | Answer::Unchanged => PLAIN.map(str::to_owned).to_vec(),
            Answer::Told(told) => told_cells(told),
        };
        cells.resize(ANSWER.len(), String::new());
        if self.change {
            cells.push(
                match answer {
                    Answer::Told(told) => told.change.map_or("", super::answer::Change::name),
                    _ => "",
                }
                .to_owned(),
            );
        }
        cells
    }
}

fn told_cells(told: &Told) -> Vec<String> {
    let outcome = &told.outcome;
    let matches = &outcome.matches;
    let each = |of: fn(&v1::Match) -> &[String]| joined(matches.iter().flat_map(of));
    let one = |of: fn(&v1::Match) -> &str| joined(matches.iter().map(of));
    vec![
        names::verdict(outcome.verdict).to_owned(),
        names::action(outcome.action).to_owned(),
        joined(told.reasons()),
        matches
            .first()
            .map_or("", |found| names::relation(found.relation))
            .to_owned(),
        one(|found| &found.source),
        each(|found| &found.subjects),
        each(|found| &found.programs),
        joined(matches.iter().filter_map(|found| {
            let incident = found.incident.as_ref()?;
            Some(incident.name.as_str())
        })),
        one(|found| &found.published_address),
        joined(
            outcome
                .candidates
                .iter()
                .map(|read| read.canonical.as_str()),
        ),
        one(|found| &found.entry_id),
    ]
}

/// Puts texts into one cell: each once, in order, with `;` between them.
fn joined<T: AsRef<str>>(texts: impl Iterator<Item = T>) -> String {
    let mut seen = BTreeSet::new();
    let mut cell = String::new();
    for text in texts {
        // What separates must not stand in what is separated.
        let text = text.as_ref().replace(';', ",");
        if text.is_empty() || seen.contains(&text) {
            continue;
        }
        if !cell.is_empty() {
            cell.push(';');
        }
        cell.push_str(&text);
        seen.insert(text);
    }
    cell
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_holds_each_text_once_and_in_order() {
        assert_eq!(joined(["b", "a", "", "b", "c;d"].into_iter()), "b;a;c,d");
        assert_eq!(joined(std::iter::empty::<&str>()), "");
    }

    #[test]
    fn there_is_a_cell_for_every_text_column() {
        for change in [false, true] {
            let columns = Columns { change, row: true };
            let told = Answer::of(v1::Outcome::default());
            for answer in [Answer::Plain, Answer::Unchanged, told] {
                assert_eq!(columns.cells(&answer).len(), columns.texts().len());
            }
        }
    }

    #[test]
    fn a_column_that_is_there_already_is_named() {
        let columns = Columns {
            change: false,
            row: false,
        };
        let given = ["address", "INTERDICT_Verdict"];
        assert_eq!(
            columns.collision(given.into_iter()),
            Some("INTERDICT_Verdict")
        );
        assert_eq!(columns.collision(["interdict_row"].into_iter()), None);
    }
}
