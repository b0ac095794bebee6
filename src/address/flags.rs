//! What was noticed while reading a text.

use std::fmt;

/// A set of things noticed while reading a text.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Flags(u32);

impl Flags {
    /// Nothing was noticed.
    pub const NONE: Self = Self(0);
    /// The text has an address's shape and not its checksum.
    pub const CHECKSUM_MISMATCH: Self = Self(1);
    /// White space stood before or after the text.
    pub const TRIMMED: Self = Self(1 << 1);
    /// A candidate was read although its specification forbids the text.
    pub const LENIENT_READING: Self = Self(1 << 2);
    /// A candidate belongs to a test network.
    pub const TESTNET: Self = Self(1 << 3);
    /// The text names a customer behind the account: a destination tag, a
    /// memo, a payment id.
    pub const TAG_PRESENT: Self = Self(1 << 4);
    /// Quotes, brackets or closing punctuation around the text were removed.
    pub const UNQUOTED: Self = Self(1 << 5);
    /// Characters that nobody sees, such as a zero-width space, were removed.
    pub const INVISIBLE_REMOVED: Self = Self(1 << 6);
    /// Characters were replaced by their plain form: full-width digits,
    /// mathematical letters (Unicode NFKC).
    pub const COMPATIBILITY_FOLDED: Self = Self(1 << 7);
    /// Letters of other alphabets that look like Latin ones were replaced.
    pub const LOOK_ALIKE_FOLDED: Self = Self(1 << 8);
    /// White space inside the text was removed.
    pub const SPACES_REMOVED: Self = Self(1 << 9);
    /// The address was taken out of a URI or a chain-qualified form.
    pub const UNWRAPPED: Self = Self(1 << 10);
    /// The text names several destinations.
    pub const SEVERAL_DESTINATIONS: Self = Self(1 << 11);
    /// The text was altered in a way that an honest sender rarely needs.
    pub const SUSPICIOUS: Self = Self(1 << 12);

    const NAMES: [(Self, &'static str); 13] = [
        (Self::CHECKSUM_MISMATCH, "CHECKSUM_MISMATCH"),
        (Self::TRIMMED, "TRIMMED"),
        (Self::LENIENT_READING, "LENIENT_READING"),
        (Self::TESTNET, "TESTNET"),
        (Self::TAG_PRESENT, "TAG_PRESENT"),
        (Self::UNQUOTED, "UNQUOTED"),
        (Self::INVISIBLE_REMOVED, "INVISIBLE_REMOVED"),
        (Self::COMPATIBILITY_FOLDED, "COMPATIBILITY_FOLDED"),
        (Self::LOOK_ALIKE_FOLDED, "LOOK_ALIKE_FOLDED"),
        (Self::SPACES_REMOVED, "SPACES_REMOVED"),
        (Self::UNWRAPPED, "UNWRAPPED"),
        (Self::SEVERAL_DESTINATIONS, "SEVERAL_DESTINATIONS"),
        (Self::SUSPICIOUS, "SUSPICIOUS"),
    ];

    /// Returns the set as a number; each flag's bit is fixed for ever.
    pub const fn bits(self) -> u32 {
        self.0
    }

    /// Returns whether nothing was noticed.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Returns whether every flag of the other set is in this one.
    pub const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// Returns the flags that are in either set.
    pub const fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Returns the flags of the set, one by one.
    pub fn iter(self) -> impl Iterator<Item = Self> {
        Self::NAMES
            .into_iter()
            .map(|(flag, _)| flag)
            .filter(move |&flag| self.contains(flag))
    }

    /// Returns the names of the flags of the set.
    pub fn names(self) -> impl Iterator<Item = &'static str> {
        Self::NAMES
            .into_iter()
            .filter(move |&(flag, _)| self.contains(flag))
            .map(|(_, name)| name)
    }
}

impl fmt::Debug for Flags {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.names()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_name_themselves() {
        let flags = Flags::TRIMMED.union(Flags::CHECKSUM_MISMATCH);
        assert_eq!(
            flags.names().collect::<Vec<_>>(),
            ["CHECKSUM_MISMATCH", "TRIMMED"]
        );
        assert_eq!(flags.iter().fold(Flags::NONE, Flags::union), flags);
        assert!(flags.contains(Flags::TRIMMED));
        assert!(!flags.contains(Flags::TESTNET));
    }
}
