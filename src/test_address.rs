//! Test addresses: one for each answer that an integrator must handle.
//!
//! They are off unless the operator says so, and are answered through the
//! ordinary path: looked up, judged, recorded, counted. Each test answer says
//! what it is: [`Reason::TestAddress`](crate::verdict::Reason) is among its
//! reasons, and a match is of the source [`SOURCE`], which no list may be
//! called. A test answer only ever adds to what the lists say, so an address
//! that is really listed stays listed by its real entry; and none of them is
//! ever `NOT_LISTED`, which only the lists can earn.
//!
//! The addresses are nobody's, and can be nobody's: the hash in each is the
//! beginning of the SHA-256 of a public sentence, so whoever held a key to it
//! would have found a preimage of 160 bits. One hash has several spellings:
//! as an EVM and Tron account, and as a Bitcoin key's. `docs/operations.md`
//! has them in full, with one for which nothing is done.

use jiff::Timestamp;

use crate::address::{AddressKey, KeyClass, TagScope};
use crate::list::{
    Category, EntryId, GenerationNumber, ListEntry, PublicationDigest, SourceId, Tier,
};
use crate::verdict::{Action, Match, Relation};

/// The source of test matches. No list may have this name.
pub const SOURCE: &str = "interdict-test";

/// What a test address is answered with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TestAddress {
    /// `LISTED`, to be blocked.
    Listed,
    /// `LISTED`, to be held for a person.
    Review,
    /// `INDETERMINATE`, for no other reason than that it is a test.
    Indeterminate,
    /// `INDETERMINATE`, as if a required source were too old.
    Stale,
}

/// The first 20 bytes of the SHA-256 of `interdict test address: ` and the
/// word.
const EACH: [(TestAddress, &str, [u8; 20]); 4] = [
    (
        TestAddress::Listed,
        "listed",
        [
            0x61, 0x0c, 0x7f, 0x85, 0xeb, 0x3b, 0x21, 0x20, 0xc0, 0x1f, 0x92, 0xa1, 0x45, 0x51,
            0x4f, 0xf3, 0xb0, 0xfd, 0xb3, 0x10,
        ],
    ),
    (
        TestAddress::Review,
        "review",
        [
            0x07, 0xb8, 0x84, 0x02, 0x0f, 0xbe, 0x5c, 0x05, 0x7c, 0x4d, 0x40, 0x37, 0x8c, 0x4d,
            0x20, 0x7f, 0xee, 0x80, 0x3d, 0x5d,
        ],
    ),
    (
        TestAddress::Indeterminate,
        "indeterminate",
        [
            0x5d, 0x10, 0xe5, 0x62, 0x43, 0x42, 0xbd, 0x65, 0x6d, 0x04, 0xb1, 0xe2, 0xb5, 0xa0,
            0xfe, 0x98, 0x5d, 0x2b, 0x7a, 0x04,
        ],
    ),
    (
        TestAddress::Stale,
        "stale",
        [
            0x46, 0x15, 0x95, 0x6d, 0x46, 0x35, 0xc0, 0xd5, 0x61, 0x97, 0x6d, 0x8e, 0x07, 0xaf,
            0x43, 0xe7, 0x42, 0x98, 0x95, 0xcf,
        ],
    ),
];

/// Returns which test address a key is; `None`: it is none.
pub fn of(key: &AddressKey) -> Option<TestAddress> {
    let is_account = matches!(key.class(), KeyClass::Evm20 | KeyClass::KeyHash160);
    let mut each = EACH.iter().filter(|_| is_account);
    each.find(|(_, _, hash)| hash == key.payload())
        .map(|(test, ..)| *test)
}

impl TestAddress {
    /// Returns the match that makes it listed, found by a candidate.
    ///
    /// It never weighs as a sanctions entry does, so no count of sanctions
    /// hits has it; what is to be done about it is fixed, since whoever tries
    /// their handling must get what they came for.
    pub fn as_match(self, candidate: usize, (since, at): (GenerationNumber, Timestamp)) -> Match {
        let (tier, action) = match self {
            Self::Review => (Tier::Attributed, Action::Review),
            _ => (Tier::Operator, Action::Block),
        };
        let word = EACH.iter().find(|(test, ..)| *test == self);
        let word = word.map_or("", |(_, word, _)| word);
        let mut entry = ListEntry::bare(format!("interdict test address: {word}"), Category::Other);
        entry.designation.subjects = vec!["TEST: nobody".to_owned()];
        entry.note = Some("TEST: answered because [test_addresses] is enabled".to_owned());
        let digest = blake3::hash(entry.address.as_bytes());
        let mut id = [0; 16];
        id.copy_from_slice(&digest.as_bytes()[..16]);
        Match {
            relation: Relation::Direct,
            candidate,
            source: source(),
            tier,
            id: EntryId(id),
            entry,
            active: true,
            delisted_on: None,
            since,
            first_seen_at: at,
            last_seen_at: at,
            publication: PublicationDigest(*digest.as_bytes()),
            action,
            scope: TagScope::Covered,
            is_tagged: false,
            why: String::new(),
            exemption: None,
        }
    }
}

/// Returns the source of test matches.
pub fn source() -> SourceId {
    SOURCE.parse().expect("it is a source id")
}

#[cfg(test)]
mod tests {
    use sha2::{Digest as _, Sha256};

    use super::*;
    use crate::address::parse;

    /// Every spelling that the documentation has, by what it stands for.
    const SPELLINGS: [(Option<TestAddress>, [&str; 4]); 5] = [
        (
            Some(TestAddress::Listed),
            [
                "0x610c7f85eb3B2120C01F92a145514ff3b0fdB310",
                "TJpMX3zLyArKhwU2mtmj9vCQD2LP4q72GE",
                "19r9WzccpSjNYmQQBd81dmWGJEb4pGXLzp",
                "bc1qvyx8lp0t8vsjpsqlj2s525207wc0mvcsw5d56m",
            ],
        ),
        (
            Some(TestAddress::Review),
            [
                "0x07b884020fbE5c057c4d40378c4D207FEe803D5D",
                "TAg2mmsGKYecckXLNzSgJeo4wCpSK1NNEj",
                "1hpmiVYApXfTaThninxnW6w2R584HCdQu",
                "bc1qq7uggqs0hewq2lzdgqmccnfq0lhgq02a3k472w",
            ],
        ),
        (
            Some(TestAddress::Indeterminate),
            [
                "0x5D10e5624342bd656D04b1e2B5A0FE985D2b7A04",
                "TJTJ5rbtofRLsP3HQe1sKFj4sTuW1a1FyF",
                "19V65oEAewJPiCyepNN9o72vxgABmXqEgd",
                "bc1qt5gw2cjrg27k2mgyk83ttg87npwjk7syjm2vsf",
            ],
        ),
        (
            Some(TestAddress::Stale),
            [
                "0x4615956D4635C0d561976d8e07af43E7429895cf",
                "TGMnA9apajfaMXyFfb6sehXyhCsJW3FV59",
                "17PaA6D6S1YdCMud5KTA8YqqnR7zLTNFJz",
                "bc1qgc2e2m2xxhqd2cvhdk8q0t6ruapf39w08rytym",
            ],
        ),
        (
            None,
            [
                "0x39Ac2d9C4eBBe50aC7A8a91dD2cbbb13871B3521",
                "TFE9n9C8fcR21KJJfAuLJWB8ArNQzPBhWs",
                "16Fwn5pQWtJ4r9Eg4uFcnMUzG4d6os3akX",
                "bc1q8xkzm8zwh0js43ag4ywa9jamzwr3kdfpfw0pkk",
            ],
        ),
    ];

    #[test]
    fn the_hashes_are_those_of_public_sentences() {
        for (_, word, hash) in EACH {
            let sentence = format!("interdict test address: {word}");
            assert_eq!(Sha256::digest(sentence.as_bytes())[..20], hash, "{word}");
        }
    }

    #[test]
    fn every_documented_spelling_leads_to_its_answer() {
        let page = include_str!("../docs/operations.md");
        for (test, spellings) in SPELLINGS {
            for text in spellings {
                assert!(page.contains(text), "not documented: {text}");
                let reading = parse(text);
                assert!(reading.is_strict(), "{text}");
                let [candidate] = reading.candidates.as_slice() else {
                    panic!("{text} has several readings");
                };
                assert_eq!(of(&candidate.key), test, "{text}");
            }
        }
    }

    #[test]
    fn a_neighbour_is_no_test_address() {
        for (_, _, hash) in EACH {
            for byte in 0..20 {
                let mut other = hash;
                other[byte] ^= 1;
                let key = [&[KeyClass::Evm20 as u8], other.as_slice()].concat();
                let key = AddressKey::from_bytes(&key).expect("a key");
                assert_eq!(of(&key), None);
            }
            // The same bytes as the hash of a script are another account.
            let script = [&[KeyClass::ScriptHash160 as u8], hash.as_slice()].concat();
            let script = AddressKey::from_bytes(&script).expect("a key");
            assert_eq!(of(&script), None);
        }
    }

    #[test]
    fn a_match_says_test_wherever_one_looks() {
        for test in [TestAddress::Listed, TestAddress::Review] {
            let at = (GenerationNumber(7), Timestamp::UNIX_EPOCH);
            let found = test.as_match(0, at);
            assert_eq!(found.source.as_str(), "interdict-test");
            assert_ne!(found.tier, Tier::Sanctions);
            assert!(found.entry.address.contains("test"));
            assert!(found.entry.designation.subjects[0].contains("TEST"));
            assert!(found.lists());
        }
    }
}
