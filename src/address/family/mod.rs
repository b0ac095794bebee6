//! The families: how each network writes its addresses, one file each.
//!
//! A family is a `read` that adds what it finds to a [`Draft`], and a `write`
//! that undoes it. [`FAMILY`](evm::FAMILY) says with which characters and at
//! which lengths its texts begin, so that [`read`] asks only the few that can
//! have anything to say: two table look-ups for a text of any kind.
//!
//! `generic` comes last and only when nobody else has read the text strictly.

use super::Draft;

pub(super) mod algorand;
pub(super) mod bitcoin;
pub(super) mod cardano;
pub(super) mod cashaddr;
pub(super) mod cosmos;
pub(super) mod eos;
pub(super) mod evm;
pub(super) mod evm_forms;
pub(super) mod filecoin;
pub(super) mod generic;
pub(super) mod hedera;
pub(super) mod hex32;
pub(super) mod liquid;
pub(super) mod monero;
pub(super) mod near;
pub(super) mod script;
pub(super) mod segwit;
pub(super) mod solana;
pub(super) mod stellar;
pub(super) mod substrate;
pub(super) mod tezos;
pub(super) mod ton;
pub(super) mod tron;
pub(super) mod xrp;
pub(super) mod zcash;

/// One family: when to ask it, and how.
pub(super) struct Family {
    /// Every character its texts can begin with.
    pub(super) first: &'static str,
    /// Fewest and most bytes of its texts.
    pub(super) chars: (usize, usize),
    /// Adds what it finds in a text of that shape.
    pub(super) read: fn(&str, &mut Draft),
}

/// Every family, in the order their candidates are reported: those whose
/// texts carry a checksum before those whose texts do not, because some of
/// the latter hold back when a checksum has spoken.
pub(super) const FAMILIES: &[Family] = &[
    evm::FAMILY,
    tron::FAMILY,
    bitcoin::FAMILY,
    segwit::FAMILY,
    cashaddr::FAMILY,
    xrp::FAMILY,
    monero::FAMILY,
    evm_forms::FAMILY,
    liquid::FAMILY,
    zcash::FAMILY,
    cardano::FAMILY,
    cosmos::FAMILY,
    stellar::FAMILY,
    ton::FAMILY,
    algorand::FAMILY,
    substrate::FAMILY,
    filecoin::FAMILY,
    tezos::FAMILY,
    hedera::FAMILY,
    script::FAMILY,
    eos::FAMILY,
    near::FAMILY,
    hex32::FAMILY,
    solana::FAMILY,
];

/// Texts of this length and more share the last row of [`BY_CHARS`].
const LONG_CHARS: usize = 255;

/// For every first character, the families to ask: a bit each.
static BY_FIRST: [u32; 256] = {
    let mut table = [0; 256];
    let mut family = 0;
    while family < FAMILIES.len() {
        let first = FAMILIES[family].first.as_bytes();
        let mut index = 0;
        while index < first.len() {
            table[first[index] as usize] |= 1 << family;
            index += 1;
        }
        family += 1;
    }
    table
};

/// For every length, the families to ask: a bit each.
static BY_CHARS: [u32; LONG_CHARS + 1] = {
    let mut table = [0; LONG_CHARS + 1];
    let mut family = 0;
    while family < FAMILIES.len() {
        let (least, most) = FAMILIES[family].chars;
        let mut chars = if least < LONG_CHARS {
            least
        } else {
            LONG_CHARS
        };
        while chars <= most && chars <= LONG_CHARS {
            table[chars] |= 1 << family;
            chars += 1;
        }
        family += 1;
    }
    table
};

/// Asks every family that can have anything to say about a text, and if none
/// of them reads it strictly as more than a name, the generic formats.
#[inline]
pub(super) fn read(text: &str, draft: &mut Draft) {
    let Some(&first) = text.as_bytes().first() else {
        return;
    };
    let mut asked = BY_FIRST[usize::from(first)] & BY_CHARS[text.len().min(LONG_CHARS)];
    while asked != 0 {
        let family = asked.trailing_zeros() as usize;
        asked &= asked - 1;
        (FAMILIES[family].read)(text, draft);
    }
    if !draft.has_strict_address() {
        (generic::FAMILY.read)(text, draft);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::address::Networks;
    use proptest::prelude::*;

    #[test]
    fn there_is_a_bit_for_every_family() {
        assert!(FAMILIES.len() <= 32);
        for family in FAMILIES {
            let (least, most) = family.chars;
            assert!(least <= most && !family.first.is_empty());
        }
    }

    /// Asks everybody, which is what the tables save.
    fn read_by_all(text: &str) -> Draft {
        let mut draft = Draft::new(Networks::NONE);
        for family in FAMILIES {
            (family.read)(text, &mut draft);
        }
        draft
    }

    proptest! {
        #[test]
        fn the_tables_leave_nobody_out(text in "(0x|0X|41|bc1|cosmos1|addr1|u1|[GTXDrstz1-9])?[0-9a-zA-Z]{0,110}|[a-z0-9.:-]{2,70}|0\\.0\\.[0-9]{1,9}") {
            let mut asked = Draft::new(Networks::NONE);
            let Some(&first) = text.as_bytes().first() else { return Ok(()) };
            for (index, family) in FAMILIES.iter().enumerate() {
                let bit = 1 << index;
                if BY_FIRST[usize::from(first)] & BY_CHARS[text.len().min(LONG_CHARS)] & bit != 0 {
                    (family.read)(&text, &mut asked);
                }
            }
            prop_assert_eq!(asked.finish(), read_by_all(&text).finish());
        }
    }
}
