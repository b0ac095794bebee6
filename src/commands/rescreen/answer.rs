//! What is asked about a row, and what was answered.

use std::borrow::Cow;

use jiff::civil::Date;

use crate::address::TEXT_BYTES_MAX;
use crate::grpc::v1;

use super::super::{Failure, names};

/// The bytes of a cell are no text.
pub(super) const NOT_TEXT: &str = "NOT_TEXT";

/// The cell that should say the day says none that has come.
pub(super) const BAD_DATE: &str = "BAD_DATE";

/// Longest name of a network that is looked at, and a byte more.
const NETWORK_BYTES: usize = 65;

/// The day a row is asked about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Day {
    /// The day of the whole run.
    OfTheRun,
    /// The row's own.
    On(Date),
}

/// What is asked about one row.
#[derive(Debug)]
pub(super) struct Question<'r> {
    pub(super) text: Cow<'r, str>,
    pub(super) network: Cow<'r, str>,
    pub(super) day: Day,
    /// Why the row cannot be cleared, whatever the lists say.
    pub(super) doubt: Option<&'static str>,
}

impl<'r> Question<'r> {
    /// Asks about a cell. One whose bytes are no text is still looked for, as
    /// far as it is text, and is never cleared.
    pub(super) fn about(cell: Cow<'r, [u8]>) -> Self {
        let (text, doubt) = text_of(cell);
        Self {
            text: cut(text, TEXT_BYTES_MAX + 1),
            network: Cow::Borrowed(""),
            day: Day::OfTheRun,
            doubt,
        }
    }

    /// Says what the network is; nothing can be said in bytes that are no text.
    pub(super) fn on(mut self, cell: Cow<'r, [u8]>) -> Self {
        if !cell.is_empty() {
            let (network, doubt) = text_of(cell);
            self.network = cut(trimmed(network), NETWORK_BYTES);
            self.doubt = self.doubt.or(doubt);
        }
        self
    }

    /// Says which day is asked about.
    pub(super) fn at(mut self, cell: &[u8]) -> Self {
        match day_of(cell) {
            Some(day) => self.day = Day::On(day),
            None => self.doubt = self.doubt.or(Some(BAD_DATE)),
        }
        self
    }
}

/// The day of a date or of an instant, in UTC.
fn day_of(cell: &[u8]) -> Option<Date> {
    let text = str::from_utf8(cell).ok()?.trim();
    if text.len() == 10 {
        return text.parse().ok();
    }
    let instant: jiff::Timestamp = text.parse().ok()?;
    Some(crate::screening::utc_date(instant))
}

fn text_of(cell: Cow<'_, [u8]>) -> (Cow<'_, str>, Option<&'static str>) {
    match cell {
        Cow::Borrowed(bytes) => match str::from_utf8(bytes) {
            Ok(text) => (Cow::Borrowed(text), None),
            Err(_) => (String::from_utf8_lossy(bytes), Some(NOT_TEXT)),
        },
        Cow::Owned(bytes) => match String::from_utf8(bytes) {
            Ok(text) => (Cow::Owned(text), None),
            Err(error) => {
                let lossy = String::from_utf8_lossy(error.as_bytes()).into_owned();
                (Cow::Owned(lossy), Some(NOT_TEXT))
            }
        },
    }
}

fn trimmed(text: Cow<'_, str>) -> Cow<'_, str> {
    match text {
        Cow::Borrowed(text) => Cow::Borrowed(text.trim()),
        Cow::Owned(text) => Cow::Owned(text.trim().to_owned()),
    }
}

/// Keeps at most so many bytes and a few: what is longer is too long to be
/// anything, and need not travel whole to be told so.
fn cut(text: Cow<'_, str>, bytes: usize) -> Cow<'_, str> {
    if text.len() <= bytes {
        return text;
    }
    let end = text.ceil_char_boundary(bytes);
    match text {
        Cow::Borrowed(text) => Cow::Borrowed(&text[..end]),
        Cow::Owned(mut text) => {
            text.truncate(end);
            Cow::Owned(text)
        }
    }
}

/// How the answer about a row differs between two generations.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Change {
    Listed,
    Delisted,
    Amended,
    Other,
}

impl Change {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Listed => "LISTED",
            Self::Delisted => "DELISTED",
            Self::Amended => "AMENDED",
            Self::Other => "OTHER",
        }
    }

    /// Holds two answers about one text against each other; `None`: what the
    /// lists say of it is the same.
    pub(super) fn between(before: &v1::Outcome, after: &v1::Outcome) -> Option<Self> {
        if evidence(before) == evidence(after) {
            return None;
        }
        let listed = |outcome: &v1::Outcome| outcome.verdict() == v1::Verdict::Listed;
        Some(match (listed(before), listed(after)) {
            (false, true) => Self::Listed,
            (true, false) => Self::Delisted,
            (true, true) => Self::Amended,
            (false, false) => Self::Other,
        })
    }
}

/// What entries say, without when they were last seen, in a fixed order.
fn evidence(outcome: &v1::Outcome) -> Vec<v1::Match> {
    let mut found = outcome.matches.clone();
    for one in &mut found {
        one.last_seen_at.clear();
        one.publication_digest.clear();
    }
    found.sort_by(|a, b| (&a.entry_id, a.relation).cmp(&(&b.entry_id, b.relation)));
    found
}

/// What was answered about one row.
#[derive(Debug)]
pub(super) enum Answer {
    /// `NOT_LISTED`, `ALLOW`, and nothing else to say.
    Plain,
    /// What the lists say of it did not change.
    Unchanged,
    /// Anything else.
    Told(Box<Told>),
}

/// An answer that has something to say.
#[derive(Debug)]
pub(super) struct Told {
    pub(super) outcome: v1::Outcome,
    /// A reason of the row's own.
    pub(super) doubt: Option<&'static str>,
    pub(super) change: Option<Change>,
}

impl Answer {
    pub(super) fn of(outcome: v1::Outcome) -> Self {
        Self::Told(Box::new(Told {
            outcome,
            doubt: None,
            change: None,
        }))
    }

    /// Lays a row's own doubt over what the lists say: a listing stands, and
    /// nothing is cleared.
    pub(super) fn doubted(self, doubt: Option<&'static str>) -> Self {
        let Some(doubt) = doubt else { return self };
        let mut told = match self {
            Self::Unchanged => return self,
            Self::Plain => Box::new(Told {
                outcome: v1::Outcome {
                    verdict: v1::Verdict::NotListed.into(),
                    action: v1::Action::Allow.into(),
                    ..v1::Outcome::default()
                },
                doubt: None,
                change: None,
            }),
            Self::Told(told) => told,
        };
        told.doubt = Some(doubt);
        if told.outcome.verdict() == v1::Verdict::NotListed {
            told.outcome.set_verdict(v1::Verdict::Indeterminate);
        }
        if told.outcome.action() == v1::Action::Allow {
            told.outcome.set_action(v1::Action::Review);
        }
        Self::Told(told)
    }

    /// Whether the row is for a person to look at.
    pub(super) fn is_hit(&self) -> bool {
        match self {
            Self::Plain | Self::Unchanged => false,
            Self::Told(told) => told.outcome.action() != v1::Action::Allow,
        }
    }
}

impl Told {
    /// The names of the reasons, the row's own last.
    pub(super) fn reasons(&self) -> impl Iterator<Item = &'static str> {
        let reasons = self.outcome.reasons.iter().copied().map(names::reason);
        reasons.chain(self.doubt)
    }

    /// Whether the text is one that nobody may repeat.
    pub(super) fn is_secret(&self) -> bool {
        self.outcome
            .reasons()
            .any(|reason| reason == v1::Reason::PrivateKey)
    }
}

/// Whoever answers: the lists themselves, or a daemon.
pub(super) trait Judge: Send {
    /// How many questions are best asked at once.
    fn batch(&self) -> usize;

    /// Answers every question, in order.
    fn answer(
        &mut self,
        questions: &[Question<'_>],
        answers: &mut Vec<Answer>,
    ) -> Result<(), Failure>;

    /// Ends the asking. What was answered counts only when this has succeeded.
    fn finish(self: Box<Self>) -> Result<(), Failure>;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_text_is_looked_for_and_never_cleared() {
        let question = Question::about(Cow::Borrowed(b"0xabc\xff"));
        assert_eq!(
            (&*question.text, question.doubt),
            ("0xabc\u{fffd}", Some(NOT_TEXT))
        );
        let answer = Answer::Plain.doubted(question.doubt);
        let Answer::Told(told) = answer else {
            panic!("it was cleared");
        };
        assert_eq!(told.outcome.verdict(), v1::Verdict::Indeterminate);
        assert_eq!(told.outcome.action(), v1::Action::Review);
        assert_eq!(told.reasons().collect::<Vec<_>>(), [NOT_TEXT]);
    }

    #[test]
    fn a_doubt_never_makes_a_listing_milder() {
        let mut outcome = v1::Outcome::default();
        outcome.set_verdict(v1::Verdict::Listed);
        outcome.set_action(v1::Action::Block);
        let Answer::Told(told) = Answer::of(outcome).doubted(Some(BAD_DATE)) else {
            panic!("it was lost");
        };
        assert_eq!(told.outcome.verdict(), v1::Verdict::Listed);
        assert_eq!(told.outcome.action(), v1::Action::Block);
    }

    #[test]
    fn a_day_is_a_date_or_that_of_an_instant() {
        let day = |text: &str| day_of(text.as_bytes()).map(|day| day.to_string());
        assert_eq!(day("2026-02-28").as_deref(), Some("2026-02-28"));
        assert_eq!(day(" 2026-02-28 ").as_deref(), Some("2026-02-28"));
        assert_eq!(
            day("2026-03-01T00:30:00+02:00").as_deref(),
            Some("2026-02-28")
        );
        for text in ["", "2026-02-30", "28.02.2026", "yesterday", "1772236800"] {
            assert_eq!(day(text), None, "{text}");
        }
    }

    #[test]
    fn what_is_too_long_is_cut_where_it_is_still_too_long() {
        let long = "é".repeat(4_000);
        let question = Question::about(Cow::Borrowed(long.as_bytes()));
        assert!(question.text.len() > TEXT_BYTES_MAX && question.text.len() < TEXT_BYTES_MAX + 8);
    }
}
