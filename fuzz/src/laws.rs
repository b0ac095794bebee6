//! Laws that hold for every text there is. The fuzz targets check them on
//! what they find, and an ordinary test on what they found before.

use std::collections::HashSet;
use std::sync::OnceLock;

use crate::address::{AddressKey, Fault, Flags, KeyClass, Kind, Networks, Reading, explain, parse};
use crate::respell;

/// What the daemon would hold: a few accounts of every family, by the
/// canonical form and the kind's name. They stand in published lists or
/// specifications.
pub const LISTED: &[(&str, &str)] = &[
    ("0x098B716B8Aaf21512996dC57EB0615e2383E2f96", "EVM"),
    ("0x51E9d833Ecae4E8D9D8Be17300AEE6D3398C135D", "EVM"),
    ("TUCsTq7TofTCJRRoHk6RvhMoS2mJLm5Yzq", "TRON"),
    ("TXEsK1sEsKjZ1xtHitnyAAoqw3WLdYdRNW", "TRON"),
    ("1BgGZ9tcN4rm9KBzDn7KprQz87SZ26SAMH", "P2PKH"),
    ("3NDzzVxiLBUs1WPvVGRfCYDTAD2Ua2PvW4", "P2SH"),
    ("bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4", "P2WPKH"),
    (
        "bc1qq7p0es3dv5hcynjjf40f2xjjr6qp5py47d2f6n847vduuq9gvnyq7y9ecd",
        "P2WSH",
    ),
    (
        "bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqzk5jj0",
        "TAPROOT",
    ),
    (
        "bitcoincash:qpm2qsznhks23z7629mms6s4cwef74vcwvy22gdx6a",
        "P2PKH",
    ),
    ("M9dw1FAoWpHC6PcMzoCHhqQ9McvTyG5Ywj", "P2SH"),
    ("D5hkVKXQvJnw9nEvd36eRipxJgu1ts8ydx", "P2PKH"),
    ("t1UYsZVJkLPeMjxEtACvSxfWuNmddpWfxzs", "P2PKH"),
    (
        "zs1wkejr23wqa9ptpvv73ch3wr96lh8gnyx3689skmyttljy4nyfj69eyclukwkxrhr3rrkgxvnur0",
        "ZCASH_SAPLING",
    ),
    ("rEb8TK3gBgk5auZkwc6sHnwrGVJH8DuaLh", "XRP"),
    ("8mowmVCEewZ9W2cEaQyQeQEeSxhGr1hvRviLwozwNtBt", "SOLANA"),
    (
        "41tQrTUaj2L93qVeWLaaUG3S2PP2rkaRB2woVf23r1tq3fbyCp36LmSWeMGiaLScUk6tB8f4SonDtRozPJq22i46JS1ZmLt",
        "MONERO",
    ),
    (
        "GAHK7EEG2WWHVKDNT4CEQFZGKF2LGDSW2IVM4S5DP42RBW3K6BTODB4A",
        "STELLAR",
    ),
    ("Ef8zMzMzMzMzMzMzMzMzMzMzMzMzMzMzMzMzMzMzMzMzM0vF", "TON"),
    (
        "addr1vy6aahffs2sreuu70h8q8jpen98lmmpwc6cy788j6s8xrgcpajqhn",
        "CARDANO",
    ),
    (
        "15rRgsWxz4H5LTnNGcCFsszfXD8oeAFd8QRsR6MbQE2f6XFF",
        "SUBSTRATE",
    ),
    ("cosmos1w508d6qejxtdg4y5r3zarvary0c5xw7k6ah60c", "COSMOS"),
    ("bnb136ns6lfw4zs5hg4n85vdthaad7hq5m4gtkgf23", "COSMOS"),
    (
        "SGP2HJQBCDEX4B4PH7TVIWJZ4YZZX5C5B3TQ24QA3USY7O5X2KO5V2FPXM",
        "ALGORAND",
    ),
    ("f12fiakbhe2gwd5cnmrenekasyn6v5tnaxaqizq6a", "FILECOIN"),
    ("KT1XnTn74bUtxHfDtBmm2bGZAQfhPbvKWR8o", "TEZOS"),
    ("0.0.1377988", "HEDERA"),
];

/// What must leave no trace: a private key each, in a format of its own.
/// All are published examples.
const SECRETS: &[&str] = &[
    "5HpHagT65TZzG1PH3CSu63k8DbpvD8s5ip4nEB3kEsreAnchuDf",
    "KwDiBf89QgGbjEhKnhXJuH7LrciVrZi3qYjgd9M7rFU73sVHnoWn",
    "snoPBrXtMeMyMHUVTgbuqAfg1SUTb",
    "SBGWSG6BTNCKCOB3DIFBGCVMUPQFYPA2G4O34RMTB343OYPXU5DJDVMN",
    "legal winner thank year wave sausage worth useful legal winner thank yellow",
];

/// Demands of one text what holds for all.
///
/// # Panics
///
/// Panics where a law is broken.
pub fn of_text(text: &str) {
    let reading = parse(text);
    assert_eq!(parse(text), reading, "a text has one reading");
    let explanation = explain(text, Networks::NONE);
    assert_eq!(explanation.reading, reading, "to explain is to read");
    assert_eq!(explanation.linked.len(), reading.candidates.len());
    assert_eq!(reading.fault.is_some(), !reading.is_strict());
    of_reading(&reading);
    for candidate in reading.candidates.iter().filter(|one| one.strict) {
        let is_named = matches!(candidate.kind, Kind::EosName | Kind::NearNamed);
        let canonical = candidate.canonical();
        let again = parse(&canonical);
        let same = again.candidates.iter().find(|one| one.key == candidate.key);
        assert!(
            is_named || same.is_some_and(|same| same.strict && again.is_strict()),
            "{text:?} gives {canonical:?}, which gives {again:?}"
        );
        let kept = again
            .candidates
            .iter()
            .find(|one| one.key == candidate.key && one.kind == candidate.kind);
        if let Some(kept) = kept {
            assert_eq!(
                kept.canonical(),
                canonical,
                "{text:?} has one canonical form"
            );
        }
    }
    // A text in which nothing was read is found again by itself.
    let is_secret = matches!(
        reading.fault,
        Some(Fault::PrivateKey | Fault::ExtendedPublicKey)
    );
    let is_nothing = matches!(reading.fault, Some(Fault::Empty | Fault::TooLong));
    assert_eq!(
        reading.candidates.is_empty(),
        is_secret || is_nothing,
        "{text:?} {reading:?}"
    );
    if is_secret {
        assert!(explanation.steps.is_empty() && explanation.linked.is_empty());
    }
}

/// What holds for a reading, whatever it is of.
fn of_reading(reading: &Reading) {
    if reading.is_strict() {
        // Every destination has a strict candidate of its own.
        let last = reading.candidates.iter().map(|one| one.destination).max();
        for destination in 0..=last.expect("a strict reading has candidates") {
            let mut strict = reading.candidates.iter().filter(|one| one.strict);
            assert!(
                strict.any(|one| one.destination == destination),
                "{reading:?}"
            );
        }
        assert!(
            !reading.flags.contains(Flags::LOOK_ALIKE_FOLDED),
            "{reading:?}"
        );
        assert!(
            !reading.flags.contains(Flags::CHECKSUM_MISMATCH),
            "{reading:?}"
        );
    }
    for candidate in &reading.candidates {
        let is_text = matches!(
            candidate.key.class(),
            KeyClass::Opaque | KeyClass::OpaqueDigest
        );
        assert_eq!(is_text, candidate.kind == Kind::Opaque);
        assert!(
            !(is_text && candidate.strict),
            "a text nobody reads clears nothing: {reading:?}"
        );
        let stored = AddressKey::from_bytes(candidate.key.as_bytes());
        assert_eq!(
            stored.as_ref(),
            Some(&candidate.key),
            "a key is stored and comes back"
        );
    }
}

/// The keys of [`LISTED`].
static LISTED_KEYS: OnceLock<HashSet<AddressKey>> = OnceLock::new();

/// Takes a byte of the input as a choice; the input's end chooses 0.
struct Choices<'b>(&'b [u8]);

impl Choices<'_> {
    fn next(&mut self) -> usize {
        let (first, rest) = self
            .0
            .split_first()
            .map_or((0, self.0), |(&first, rest)| (first, rest));
        self.0 = rest;
        usize::from(first)
    }

    fn pick<'t, T>(&mut self, of: &'t [T]) -> Option<&'t T> {
        let at = self.next() << 8 | self.next();
        of.get(at % of.len().max(1))
    }
}

/// Spells a listed address as the input says and demands that the set finds
/// it; alters it further and demands that it does not clear.
///
/// # Panics
///
/// Panics where a law is broken.
pub fn of_pipeline(input: &[u8]) {
    let listed = LISTED_KEYS.get_or_init(|| {
        let read = |(canonical, _): &(&str, _)| parse(canonical).candidates;
        LISTED.iter().flat_map(read).map(|one| one.key).collect()
    });
    let is_found = |text: &str| {
        parse(text)
            .candidates
            .iter()
            .any(|one| listed.contains(&one.key))
    };
    let mut choices = Choices(input);
    let Some(&(canonical, kind)) = choices.pick(LISTED) else {
        return;
    };
    let formal = respell::formal(canonical, kind);
    let spelt = choices.pick(&formal).map_or(canonical, String::as_str);

    // However it is spelt, and whatever is around it, it is found.
    assert!(is_found(spelt), "{canonical}: {spelt:?}");
    assert!(
        parse(spelt).is_strict(),
        "{canonical}: {spelt:?} {:?}",
        parse(spelt)
    );
    let around = respell::around(spelt);
    let wrapped = choices.pick(&around).map_or(spelt, String::as_str);
    assert!(is_found(wrapped), "{canonical}: {wrapped:?}");

    // Whatever got into it, it is found.
    let inside = respell::inside(canonical);
    let noisy = choices.pick(&inside).map_or(canonical, String::as_str);
    assert!(is_found(noisy), "{canonical}: {noisy:?}");
    let twice = format!("\u{feff}“{noisy}”\r\n");
    assert!(is_found(&twice), "{canonical}: {twice:?}");

    // In letters of other alphabets it is found and never cleared.
    if let Some(text) = respell::look_alike(canonical) {
        let reading = parse(&text);
        assert!(!reading.is_strict(), "{text:?} {reading:?}");
    }

    // Any other input behind, in front and between breaks no law.
    let other = String::from_utf8_lossy(choices.0);
    for text in [
        format!("{spelt}{other}"),
        format!("{other}{noisy}"),
        format!("{wrapped} {other}"),
    ] {
        of_text(&text);
    }

    // A secret leaves nothing, whatever is around it.
    if let Some(secret) = choices.pick(SECRETS) {
        for text in respell::around(secret) {
            let reading = parse(&text);
            assert_eq!(
                reading.fault,
                Some(Fault::PrivateKey),
                "a secret with {} bytes around",
                text.len() - secret.len()
            );
            assert!(reading.candidates.is_empty());
        }
    }
}
