//! How a text was understood, step by step, for a person to see.
//!
//! The same code reads a text to screen it and to explain it; the difference
//! is who watches. A screening is watched by nobody, at no cost.

use super::derive::{Depth, Linked, linked};
use super::{Fault, Networks, Reading, pipeline};

/// Watches a text being read.
pub(super) trait Trace {
    /// Something was done to the text, and this is what is left.
    fn step(&mut self, done: &'static str, left: &str);
}

impl Trace for () {
    #[inline]
    fn step(&mut self, _: &'static str, _: &str) {}
}

impl Trace for Vec<Step> {
    fn step(&mut self, done: &'static str, left: &str) {
        self.push(Step {
            done,
            left: left.to_owned(),
        });
    }
}

/// Something that was done to a text.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Step {
    /// What was done.
    pub done: &'static str,
    /// The text after it.
    pub left: String,
}

/// How a text was understood.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Explanation {
    /// What was done to the text before it was read; nothing for a plain one,
    /// and never anything of a text that holds a secret.
    pub steps: Vec<Step>,
    /// What it was read as.
    pub reading: Reading,
    /// The keys that each candidate leads to besides its own, in the order of
    /// the candidates.
    pub linked: Vec<Vec<Linked>>,
}

/// Reads a text and tells how. Takes longer than [`parse`](super::parse), and
/// gives the same reading.
///
/// ```
/// use interdict::address::{Networks, explain, parse};
///
/// let text = " “1BgGZ9tcN4rm9KBzDn7KprQz87SZ26SAMH” ";
/// let explanation = explain(text, Networks::NONE);
/// assert!(!explanation.steps.is_empty());
/// assert_eq!(explanation.reading, parse(text));
/// ```
pub fn explain(text: &str, hint: Networks) -> Explanation {
    let mut steps = Vec::new();
    let reading = pipeline::read(text, hint, &mut steps);
    if matches!(
        reading.fault,
        Some(Fault::PrivateKey | Fault::ExtendedPublicKey)
    ) {
        steps.clear();
    }
    let linked = reading
        .candidates
        .iter()
        .map(|candidate| linked(candidate, Depth::Import).into_vec())
        .collect();
    Explanation {
        steps,
        reading,
        linked,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::address::parse;

    #[test]
    fn a_plain_address_takes_no_steps() {
        let explanation = explain("1BgGZ9tcN4rm9KBzDn7KprQz87SZ26SAMH", Networks::NONE);
        assert!(explanation.steps.is_empty());
        assert_eq!(
            explanation.linked.len(),
            explanation.reading.candidates.len()
        );
    }

    #[test]
    fn every_step_is_told_in_order() {
        let text = " <bitcoin:1BgGZ9tcN4rm9KBzD\u{200b}n7KprQz87SZ26SAMH?amount=1> ";
        let explanation = explain(text, Networks::NONE);
        let done: Vec<_> = explanation.steps.iter().map(|step| step.done).collect();
        assert_eq!(
            done,
            [
                "ends trimmed",
                "quotes and punctuation taken off",
                "invisible characters inside removed",
                "BIP-21 URI",
            ]
        );
        let last = explanation.steps.last().map(|step| step.left.as_str());
        assert_eq!(last, Some("1BgGZ9tcN4rm9KBzDn7KprQz87SZ26SAMH"));
        assert_eq!(explanation.reading, parse(text));
    }

    #[test]
    fn no_step_shows_a_secret() {
        let secret = "KwDiBf89QgGbjEhKnhXJuH7LrciVrZi3qYjgd9M7rFU73sVHnoWn";
        let (start, end) = secret.split_at(20);
        for text in [
            secret.to_owned(),
            format!(" “{secret}” "),
            format!("{start}\u{200b}{end}"),
            format!("{start}\n{end}"),
            format!("bitcoin:{secret}?amount=1"),
            format!("bitcoin:%4B{}", &secret[1..]),
            secret.replace('K', "К"),
        ] {
            let explanation = explain(&text, Networks::NONE);
            assert_eq!(
                explanation.reading.fault,
                Some(Fault::PrivateKey),
                "{text:?}"
            );
            assert!(explanation.steps.is_empty(), "{text:?}");
            assert!(explanation.reading.candidates.is_empty(), "{text:?}");
        }
    }
}
