//! What one screening says: verdict, action, evidence, flags.

use super::harness::{Daemon, evm, queries, v1};
use v1::{Action, Flag, Reason, Relation, Tier, Verdict};

/// The address that took the Ronin Bridge's funds, as OFAC prints it.
const RONIN: &str = "0x098B716B8Aaf21512996dC57EB0615e2383E2f96";

/// An address of the DMM Bitcoin theft that no authority has published.
const DMM: &str = "1B6rJRfjTXwEy36SCs5zofGMmdv2kdZw7P";

/// OFAC printed this Tron address under XBT.
const TRON_UNDER_XBT: &str = "TUCsTq7TofTCJRRoHk6RvhMoS2mJLm5Yzq";

const NEVER_LISTED: &str = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed";

fn ronin_respelt() -> [String; 8] {
    let bare = &RONIN[2..];
    [
        RONIN.to_owned(),
        RONIN.to_lowercase(),
        RONIN.to_uppercase(),
        bare.to_owned(),
        bare.to_lowercase(),
        bare.to_uppercase(),
        format!("0x{}", bare.to_uppercase()),
        format!("  {RONIN}\n"),
    ]
}

#[test]
fn the_ronin_exploiter_is_blocked_in_every_spelling_with_its_evidence() {
    let daemon = Daemon::with_bundled_lists().start();
    for spelling in ronin_respelt() {
        let answer = daemon.screen(&spelling);
        assert_eq!(
            answer.both(),
            (Verdict::Listed, Action::Block),
            "{spelling}"
        );
        assert_eq!(answer.reasons(), [Reason::Listed]);
        let found = answer.match_on("ofac-sdn");
        assert_eq!(found.relation(), Relation::Direct);
        assert_eq!(
            (found.tier(), found.action()),
            (Tier::Sanctions, Action::Block)
        );
        assert_eq!(found.category(), v1::Category::Sanctions);
        assert_eq!(found.subjects, ["Lazarus Group"]);
        assert_eq!(found.programs, ["DPRK3"]);
        assert_eq!(
            (found.subject_id.as_str(), found.designated_on.as_str()),
            ("27307", "2019-09-13")
        );
        assert_eq!(
            (
                found.published_address.as_str(),
                found.published_ticker.as_str()
            ),
            (RONIN, "ETH")
        );
        assert!(found.active && found.delisted_on.is_empty());
        assert!(
            found
                .reference
                .starts_with("https://sanctionssearch.ofac.treas.gov/")
        );
        assert_eq!(
            (found.publication_digest.len(), found.entry_id.len()),
            (32, 32)
        );
        let incident = found.incident.as_ref().expect("it belongs to a heist");
        assert_eq!(
            (incident.id.as_str(), incident.date.as_str()),
            ("ronin-bridge", "2022-03-23")
        );
        assert_eq!(
            (incident.name.as_str(), incident.loss_usd),
            ("Ronin Bridge 2022", 620_000_000)
        );
        assert!(incident.attributed_to.contains("Lazarus"));
        let candidate = &answer.outcome.candidates[found.candidate as usize];
        assert_eq!(
            (candidate.canonical.as_str(), candidate.kind.as_str()),
            (RONIN, "EVM")
        );
        let on_ethereum = candidate
            .networks
            .iter()
            .any(|name| name.eq_ignore_ascii_case("ethereum"));
        assert!(candidate.strict && on_ethereum);
        assert_eq!(answer.has_flag(Flag::Trimmed), spelling.contains('\n'));
    }
}

#[test]
fn an_attributed_heist_address_is_for_review_with_its_incident() {
    let daemon = Daemon::with_bundled_lists().start();
    let answer = daemon.screen(DMM);
    assert_eq!(answer.both(), (Verdict::Listed, Action::Review));
    let found = answer.match_on("heists");
    assert_eq!(
        (found.tier(), found.category()),
        (Tier::Attributed, v1::Category::Theft)
    );
    let incident = found.incident.as_ref().expect("it belongs to a heist");
    assert_eq!(
        (incident.id.as_str(), incident.name.as_str()),
        ("dmm-bitcoin", "DMM Bitcoin 2024")
    );
    assert_eq!(
        (incident.date.as_str(), incident.loss_usd),
        ("2024-05-31", 308_000_000)
    );
    assert!(incident.attributed_to.contains("DPRK"));
    assert_eq!(
        (found.role.as_str(), found.confidence()),
        ("exploiter", v1::Confidence::Medium)
    );
}

#[test]
fn a_tron_address_published_under_xbt_is_blocked() {
    let daemon = Daemon::with_bundled_lists().start();
    let answer = daemon.screen(TRON_UNDER_XBT);
    assert_eq!(answer.both(), (Verdict::Listed, Action::Block));
    let found = answer.match_on("ofac-sdn");
    assert_eq!(
        (found.published_ticker.as_str(), found.relation()),
        ("XBT", Relation::Direct)
    );
    assert_eq!(answer.outcome.candidates[0].kind, "TRON");
}

#[test]
fn an_unlisted_address_is_not_listed_and_says_what_that_rests_on() {
    let daemon = Daemon::with_bundled_lists().start();
    let (generation, digest) = daemon.live();
    let answer = daemon.screen(NEVER_LISTED);
    assert_eq!(answer.both(), (Verdict::NotListed, Action::Allow));
    assert_eq!(
        (answer.reasons(), answer.outcome.matches.len()),
        (vec![], 0)
    );
    assert!(answer.has_flag(Flag::BundledSnapshot));
    let basis = &answer.basis;
    assert!(generation > 0 && digest.len() == 32);
    assert_eq!(
        (basis.generation, &basis.generation_digest),
        (generation, &digest)
    );
    assert!(basis.oldest_publication_age_seconds > 0 && basis.bundled && !basis.stale);
    assert_eq!(basis.oldest_source, "ofac-sdn");
    assert!(basis.entries > 1_000 && basis.as_of.is_empty());
    assert!(basis.screened_at.ends_with('Z'), "{}", basis.screened_at);
    assert_eq!(answer.outcome.candidates[0].canonical, NEVER_LISTED);
}

#[test]
fn every_screening_has_an_id_that_sorts_by_time() {
    let daemon = Daemon::with_bundled_lists().start();
    let ids = [RONIN, NEVER_LISTED, "garbage"].map(|text| daemon.screen(text).outcome.screening_id);
    for id in &ids {
        let id: uuid::Uuid = id.parse().expect("it is a UUID");
        assert_eq!(id.get_version_num(), 7);
    }
    assert!(ids.is_sorted() && ids[0] != ids[1]);
}

#[test]
fn law_2_what_cannot_be_read_is_indeterminate_and_for_review() {
    let daemon = Daemon::with_bundled_lists().start();
    let public_key = "xpub661MyMwAqRbcFtXgS5sYJABqqG9YLmC4Q1Rdap9gSE8NqtwybGhePY2gZ29ESFjqJoCu1Rupje8YtGqsefD265TMg7usUDFdp6W1EGMcet8";
    for (text, reason) in [
        ("", Reason::Empty),
        (" \t\n", Reason::Empty),
        ("not an address", Reason::UnknownFormat),
        (
            "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAe",
            Reason::UnknownFormat,
        ),
        (
            "0x5aaeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
            Reason::Checksum,
        ),
        ("1B6rJRfjTXwEy36SCs5zofGMmdv2kdZw7Q", Reason::Checksum),
        (
            "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t5",
            Reason::Checksum,
        ),
        ("TUCsTq7TofTCJRRoHk6RvhMoS2mJLm5Yzr", Reason::Checksum),
        (public_key, Reason::ExtendedPublicKey),
        ("' OR 1=1 --", Reason::UnknownFormat),
        ("../../etc/passwd", Reason::UnknownFormat),
        ("\u{202e}\u{0}", Reason::Empty),
    ] {
        let answer = daemon.screen(text);
        assert_eq!(
            answer.both(),
            (Verdict::Indeterminate, Action::Review),
            "{text:?}"
        );
        assert_eq!(answer.reasons(), [reason], "{text:?}");
        assert_eq!(answer.outcome.matches.len(), 0);
    }
}

#[test]
fn a_listed_address_with_a_wrong_checksum_is_still_blocked() {
    let daemon = Daemon::with_bundled_lists().start();
    let slipped = RONIN.replace("0x098B", "0x098b");
    let answer = daemon.screen(&slipped);
    assert_eq!(answer.both(), (Verdict::Listed, Action::Block));
    assert!(answer.has_flag(Flag::ChecksumMismatch) && answer.has_flag(Flag::LenientReading));
    assert!(!answer.outcome.candidates[0].strict);
}

/// Sends secrets with everything logged that the daemon can log at debug, and
/// looks for any part of them in what comes back and in the logs.
#[test]
fn law_8_a_private_key_is_neither_echoed_nor_logged() {
    let secrets = [
        "5HpHagT65TZzG1PH3CSu63k8DbpvD8s5ip4nEB3kEsreAnchuDf",
        "KwDiBf89QgGbjEhKnhXJuH7LrciVrZi3qYjgd9M7rFU73sVHnoWn",
        "snoPBrXtMeMyMHUVTgbuqAfg1SUTb",
        "legal winner thank year wave sausage worth useful legal winner thank yellow",
        "key: KwDiBf89QgGbjEhKnhXJuH7LrciVrZi3qYjgd9M7rFU73sVHnoWn",
    ];
    let mut daemon = Daemon::with_bundled_lists()
        .config("[log]\nfilter = \"debug\"")
        .start();
    for secret in secrets {
        let answer = daemon.screen(secret);
        assert_eq!(answer.both(), (Verdict::Indeterminate, Action::Review));
        assert_eq!(answer.reasons(), [Reason::PrivateKey]);
        assert_eq!(answer.outcome.candidates, []);
        assert!(!format!("{answer:?}").contains(&secret[secret.len() - 12..]));
    }
    let answered = daemon.try_screen_all(&secrets).expect("answered");
    assert!(
        answered
            .outcomes
            .iter()
            .all(|outcome| outcome.candidates.is_empty())
    );
    // The same on the way in: an operator's list may hold one, too.
    daemon.import_text("leaked", &[secrets[1], &evm(1)]);
    daemon.stop();
    let logs = daemon.logs();
    assert!(logs.contains("DEBUG"), "{logs}");
    for secret in secrets {
        assert!(!logs.contains(&secret[secret.len() - 12..]), "{logs}");
    }
}

#[test]
fn law_8_what_is_no_address_is_not_logged() {
    let config = "[log]\nfilter = \"debug\"";
    let mut daemon = Daemon::with_bundled_lists().config(config).start();
    let raw = "account of Jane Doe 4711";
    daemon.screen(raw);
    daemon.screen_hinted(NEVER_LISTED, raw);
    daemon.screen(&format!("  {}  ", NEVER_LISTED.to_lowercase()));
    assert!(
        daemon.screen_hinted(raw, "").outcome.candidates[0]
            .canonical
            .contains("Jane")
    );
    daemon.stop();
    let logs = daemon.logs();
    assert!(!logs.contains("Jane") && !logs.contains("4711"), "{logs}");
    assert!(!logs.contains(&NEVER_LISTED.to_lowercase()), "{logs}");
}

#[test]
fn a_network_hint_never_narrows_and_a_contradiction_never_clears() {
    let daemon = Daemon::with_bundled_lists().start();
    let cases = [
        (RONIN, "ETH", None),
        (RONIN, "eip155:1", None),
        (RONIN, "usdt", None),
        (RONIN, "BTC", Some(Flag::NetworkHintDisagrees)),
        (RONIN, "no such coin", Some(Flag::NetworkHintUnknown)),
        (TRON_UNDER_XBT, "XBT", Some(Flag::NetworkHintDisagrees)),
        (TRON_UNDER_XBT, "TRX", None),
        (DMM, "BTC", None),
        (DMM, "ETH", Some(Flag::NetworkHintDisagrees)),
    ];
    for (address, network, flag) in cases {
        let answer = daemon.screen_hinted(address, network);
        assert_eq!(answer.verdict(), Verdict::Listed, "{address} {network}");
        for noticed in [Flag::NetworkHintDisagrees, Flag::NetworkHintUnknown] {
            assert_eq!(
                answer.has_flag(noticed),
                flag == Some(noticed),
                "{address} {network}"
            );
        }
    }
    let answer = daemon.screen_hinted(NEVER_LISTED, "BTC");
    assert_eq!(answer.both(), (Verdict::Indeterminate, Action::Review));
    assert_eq!(answer.reasons(), [Reason::NetworkContradicts]);
    assert!(answer.has_flag(Flag::NetworkHintDisagrees));
    let answer = daemon.screen_hinted(NEVER_LISTED, "no such coin");
    assert_eq!(answer.both(), (Verdict::NotListed, Action::Allow));
}

#[test]
fn account_names_are_read_where_their_network_is_named() {
    let daemon = Daemon::with_bundled_lists().start();
    let answer = daemon.screen_hinted("eosio.token", "EOS");
    assert_eq!(answer.both(), (Verdict::NotListed, Action::Allow));
    let answer = daemon.screen_hinted("eosio.token", "");
    assert_eq!(answer.both(), (Verdict::Indeterminate, Action::Review));
}

#[test]
fn a_batch_answers_each_query_in_its_place() {
    let daemon = Daemon::with_bundled_lists().start();
    // More than are answered on the serving thread itself.
    let addresses: Vec<String> = (0..200)
        .map(|number| match number % 4 {
            0 => RONIN.to_owned(),
            1 => evm(number),
            2 => DMM.to_owned(),
            _ => format!("garbage {number}"),
        })
        .collect();
    let answered = daemon.try_screen_all(&addresses).expect("answered");
    assert_eq!(answered.outcomes.len(), addresses.len());
    let expected = [
        Verdict::Listed,
        Verdict::NotListed,
        Verdict::Listed,
        Verdict::Indeterminate,
    ];
    for (index, outcome) in answered.outcomes.iter().enumerate() {
        assert_eq!(outcome.verdict(), expected[index % 4], "{index}");
        if index % 4 == 1 {
            let canonical = outcome.candidates[0].canonical.to_lowercase();
            assert_eq!(canonical, addresses[index]);
        }
    }
    assert_eq!(
        daemon
            .try_screen_all::<&str>(&[])
            .expect("answered")
            .outcomes,
        []
    );
}

#[test]
fn a_batch_takes_a_hint_for_each_query() {
    let daemon = Daemon::with_bundled_lists().start();
    let mut asked = queries(&[RONIN, RONIN]);
    "BTC".clone_into(&mut asked[1].network);
    let request = v1::ScreenAddressesRequest {
        queries: asked,
        ..v1::ScreenAddressesRequest::default()
    };
    let answered = super::harness::block_on(daemon.screening().screen_addresses(request));
    let outcomes = answered.expect("answered").into_inner().outcomes;
    let disagrees = |outcome: &v1::Outcome| {
        outcome
            .flags()
            .any(|flag| flag == Flag::NetworkHintDisagrees)
    };
    assert!(!disagrees(&outcomes[0]) && disagrees(&outcomes[1]));
}

#[test]
fn one_key_on_two_networks_is_told_from_one_account() {
    let daemon = Daemon::with_bundled_lists().start();
    let listed = "0x098b716b8aaf21512996dc57eb0615e2383e2f96";
    // The same twenty bytes as a Tron account.
    let tron = format!("41{}", &listed[2..]);
    let answer = daemon.screen(&tron);
    assert_eq!(answer.both(), (Verdict::Listed, Action::Block));
    assert_eq!(answer.match_on("ofac-sdn").relation(), Relation::SameKey);
    assert_eq!(answer.outcome.candidates[0].kind, "TRON");
}
