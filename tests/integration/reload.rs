//! A configuration that changes while the daemon serves: all of it, or
//! nothing.

use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use interdict::audit::record::record::Event;
use v1::monitor_service_client::MonitorServiceClient;
use v1::screening_service_client::ScreeningServiceClient;
use v1::{Action, Verdict};

use super::harness::{
    Daemon, Ran, Upload, block_on, eventually, evm, evms, interdict, queries, records, runtime, v1,
};

const ATTRIBUTED: &str = "[[sources]]\nid = \"cases\"\ntier = \"ATTRIBUTED\"\n";

/// Reads the configuration anew, with this text in the file.
#[track_caller]
fn reload(daemon: &Daemon, text: &str) -> Ran {
    daemon.home().write("interdict.toml", text);
    daemon.command("config", &["reload", "--output", "json"])
}

/// The same, and it must be taken; returns what changed.
#[track_caller]
fn reloaded(daemon: &Daemon, text: &str) -> Vec<String> {
    let json = reload(daemon, text).expect_code(0).json();
    let names = json["changed"].as_array().expect("names").iter();
    names
        .map(|name| name.as_str().expect("a name").to_owned())
        .collect()
}

fn policy(action: &str) -> String {
    format!(
        "{ATTRIBUTED}[[sources]]\nid = \"police\"\ntier = \"LAW_ENFORCEMENT\"\n\
         [policy.attributed]\ndirect = \"{action}\"\n\
         [policy.law_enforcement]\ndirect = \"{action}\"\n"
    )
}

fn with_both_lists(config: &str) -> Daemon {
    let daemon = Daemon::with_bundled_lists().config(config).start();
    daemon.import_text("cases", &[evm(1)]);
    let police = Upload::of("police").tier(v1::Tier::LawEnforcement);
    daemon.import(&police.lines(&[evm(2)]));
    daemon
}

#[test]
fn another_policy_acts_from_the_next_screening_and_is_in_the_log() {
    let mut daemon = with_both_lists(&policy("REVIEW"));
    assert_eq!(daemon.screen(&evm(1)).action(), Action::Review);
    let json = reload(&daemon, &policy("BLOCK")).expect_code(0).json();
    assert_eq!(
        json["changed"],
        serde_json::json!(["policy.law_enforcement", "policy.attributed"])
    );
    assert_eq!(json["needs_restart"], serde_json::json!([]));
    assert_ne!(json["file_digest"], json["file_digest_before"]);
    let after = daemon.screen(&evm(1));
    assert_eq!(after.both(), (Verdict::Listed, Action::Block));
    // A stranger stays one.
    assert_eq!(daemon.screen(&evm(3)).verdict(), Verdict::NotListed);
    daemon.stop();

    let records = records(daemon.home());
    let mut told = records.iter().filter_map(|(number, record)| {
        let Some(Event::Reloaded(reloaded)) = &record.event else {
            return None;
        };
        Some((*number, reloaded))
    });
    let (number, reloaded) = told.next().expect("the log knows");
    assert!(told.next().is_none(), "there was one");
    assert_eq!(reloaded.caller, "127.0.0.1");
    assert_eq!(
        json["file_digest"],
        const_hex::encode(&reloaded.file_digest)
    );
    assert_eq!(
        json["file_digest_before"],
        const_hex::encode(&reloaded.file_digest_before)
    );
    assert_eq!(reloaded.changed.len(), 2);
    let Some(Event::Configured(configured)) = &records[number as usize + 1].1.event else {
        panic!("what follows from it comes next");
    };
    assert!(
        configured
            .policy
            .contains("policy.attributed.direct = BLOCK")
    );
    let version = |record: &interdict::audit::record::Record| match &record.event {
        Some(Event::Screening(screening)) => Some(screening.policy_version.clone()),
        _ => None,
    };
    let versions: Vec<_> = records
        .iter()
        .filter_map(|(_, record)| version(record))
        .collect();
    assert_ne!(versions[0], configured.policy_version);
    assert_eq!(versions[1], configured.policy_version);
    let data = daemon.home().data_dir().display().to_string();
    let verified = interdict(["audit", "verify", "--data-dir", &data]);
    verified.expect_code(0);
    let shown = interdict(["audit", "show", "--data-dir", &data, &number.to_string()]);
    assert!(
        shown.code != 0 || shown.stdout.contains("read anew"),
        "{shown:?}"
    );
}

/// Each call is answered by one policy, whole, while another comes a hundred
/// times; and no call fails.
#[test]
fn a_hundred_reloads_under_load_never_mix_two_policies() {
    let daemon = with_both_lists(&policy("REVIEW"));
    let done = Arc::new(AtomicBool::new(false));
    let readers: Vec<_> = (0..3)
        .map(|_| {
            let (channel, done) = (daemon.own_channel(), done.clone());
            runtime().spawn(async move {
                let mut client = ScreeningServiceClient::new(channel);
                let addresses: Vec<String> = (0..20).map(|n| evm(1 + n % 2)).collect();
                let mut seen = [0_u32; 2];
                while !done.load(Ordering::Acquire) {
                    let request = v1::ScreenAddressesRequest {
                        queries: queries(&addresses),
                        ..v1::ScreenAddressesRequest::default()
                    };
                    let answer = client.screen_addresses(request).await.expect("an answer");
                    let outcomes = answer.into_inner().outcomes;
                    assert_eq!(outcomes.len(), addresses.len());
                    let first = outcomes[0].action();
                    let whole = outcomes.iter().all(|outcome| outcome.action() == first);
                    assert!(whole, "two policies in one answer");
                    match first {
                        Action::Review => seen[0] += 1,
                        Action::Block => seen[1] += 1,
                        other => panic!("neither policy says {other:?}"),
                    }
                }
                seen
            })
        })
        .collect();
    let mut client = v1::config_service_client::ConfigServiceClient::new(daemon.own_channel());
    for round in 0..100 {
        let action = if round % 2 == 0 { "BLOCK" } else { "REVIEW" };
        daemon.home().write("interdict.toml", policy(action));
        let request = v1::ReloadConfigurationRequest {};
        let answer = block_on(client.reload_configuration(request));
        let changed = answer.expect("it is taken").into_inner().changed;
        assert_eq!(changed.len(), 2, "round {round}");
        // What is asked after the answer is answered by the new one.
        let expected = if round % 2 == 0 {
            Action::Block
        } else {
            Action::Review
        };
        assert_eq!(daemon.screen(&evm(2)).action(), expected, "round {round}");
    }
    done.store(true, Ordering::Release);
    let mut seen = [0; 2];
    for reader in readers {
        let counted = block_on(reader).expect("a reader ends well");
        seen = [seen[0] + counted[0], seen[1] + counted[1]];
    }
    assert!(seen[0] > 0 && seen[1] > 0, "both were in force: {seen:?}");
}

#[test]
fn a_wrong_file_changes_nothing_and_is_named_by_its_key() {
    let config = policy("REVIEW");
    let mut daemon = with_both_lists(&config);
    let wrong = [
        ("polcy = 1\n", "polcy"),
        ("[policy.sanctions]\ndirect = \"ALLOW\"\n", "policy"),
        ("[policy]\nindeterminate = \"ALLOW\"\n", "policy"),
        (
            "[freshness]\nsanctions_max_age = \"soon\"\n",
            "freshness.sanctions_max_age",
        ),
        ("[log]\nfilter = \"interdict=shout\"\n", "log.filter"),
        (
            "[[sources]]\nid = \"interdict-test\"\ntier = \"OPERATOR\"\n",
            "sources[0].id",
        ),
        (
            "[[webhooks]]\nname = \"a\"\nurl = \"https://x.example\"\nsecret_file = \"/none\"\n",
            "webhooks[0].secret_file",
        ),
        (
            "[monitoring]\nca_file = \"/none\"\n[[webhooks]]\nname = \"a\"\nurl = \"https://x.example\"\nsecret_file = \"SECRET\"\n",
            "monitoring.ca_file",
        ),
        (
            "[access]\nanonymous = [\"everything\"]\n",
            "access.anonymous",
        ),
        ("[policy.attributed]\ndirect = \"BLOCK\"\n[", "line 3"),
    ];
    let secret = daemon
        .home()
        .write("secret", "0123456789abcdef0123456789abcdef");
    for (text, key) in wrong {
        let text = text.replace("SECRET", &secret.display().to_string());
        let refused = reload(&daemon, &text).expect_code(3);
        assert!(refused.stderr.contains(key), "{key}: {refused:?}");
        assert_eq!(refused.stdout, "");
        let answer = daemon.screen(&evm(1));
        assert_eq!(answer.both(), (Verdict::Listed, Action::Review), "{key}");
    }
    fs::remove_file(daemon.home().path("interdict.toml")).expect("it was there");
    let refused = daemon.command("config", &["reload"]).expect_code(3);
    assert!(refused.stderr.contains("cannot read"), "{refused:?}");
    // By the signal it is the log that tells.
    daemon.home().write("interdict.toml", "colour = 1\n");
    daemon.signal("HUP");
    eventually("the log tells", Duration::from_secs(10), || {
        daemon.logs().contains("colour")
    });
    assert_eq!(daemon.screen(&evm(1)).action(), Action::Review);
    // The right file again is no change.
    assert_eq!(reloaded(&daemon, &config), [""; 0]);
    daemon.stop();
    let records = records(daemon.home());
    let refused = records.iter().filter(|(_, record)| {
        matches!(&record.event, Some(Event::Refused(refused)) if refused.call == "ReloadConfiguration")
    });
    assert_eq!(refused.count(), wrong.len() + 2);
}

/// A secret that stands in the wrong place is not repeated by whoever finds
/// it there.
#[test]
fn a_refusal_repeats_no_value() {
    let daemon = Daemon::with_bundled_lists().start();
    const PASTED: &str = "ik_abcdefgh_aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
    for text in [
        format!("[[access.keys]]\nname = \"a\"\nhash = \"{PASTED}\"\nroles = [\"screen\"]\n"),
        format!("access = \"{PASTED}\"\n"),
        format!("workers = \"{PASTED}\"\n"),
        format!("listen = \"127.0.0.1:1\" {PASTED}\n"),
        format!(
            "[[sources]]\nid = \"a\"\ntier = \"ATTRIBUTED\"\nurl = \"http://x.example/?{PASTED}\"\n"
        ),
        format!("[[sources]]\nid = \"a\"\ntier = \"ATTRIBUTED\"\nurl = \"{PASTED}\"\n"),
    ] {
        let refused = reload(&daemon, &text).expect_code(3);
        assert!(!refused.stderr.contains(&PASTED[12..]), "{refused:?}");
    }
    assert!(!daemon.logs().contains(&PASTED[12..]), "{}", daemon.logs());
}

#[test]
fn a_source_that_comes_goes_or_ages_is_heeded_within_a_second() {
    let daemon = Daemon::with_bundled_lists().start();
    let old = jiff::Timestamp::now() - jiff::SignedDuration::from_hours(48);
    let cases = Upload::of("cases").retrieved_at(&old.to_string());
    daemon.import(&cases.lines(&[evm(1)]));
    let asks = |verdict| {
        eventually("a screening heeds it", Duration::from_secs(1), || {
            daemon.screen(&evm(9)).verdict() == verdict
        });
    };
    asks(Verdict::NotListed);
    let required = format!("{ATTRIBUTED}required = true\n");
    assert_eq!(reloaded(&daemon, &required), ["sources.cases"]);
    asks(Verdict::NotListed);
    reloaded(&daemon, &format!("{required}max_age = \"1d\"\n"));
    asks(Verdict::Indeterminate);
    let reasons = daemon.screen(&evm(9)).reasons();
    assert_eq!(reasons, [v1::Reason::SourceStale]);
    let sources = daemon.sources().sources;
    let cases = sources.iter().find(|source| source.id == "cases");
    let cases = cases.expect("it is there");
    assert!(cases.stale && cases.max_age_seconds == 86_400, "{cases:?}");
    // What is listed stays listed, however old, and whether demanded or not.
    assert_eq!(daemon.screen(&evm(1)).verdict(), Verdict::Listed);
    reloaded(&daemon, &format!("{required}max_age = \"3d\"\n"));
    asks(Verdict::NotListed);
    let missing = "[[sources]]\nid = \"never-had\"\ntier = \"SANCTIONS\"\n";
    assert_eq!(
        reloaded(&daemon, missing),
        ["sources.cases", "sources.never-had"]
    );
    asks(Verdict::Indeterminate);
    reloaded(&daemon, "");
    asks(Verdict::NotListed);
    assert_eq!(daemon.screen(&evm(1)).verdict(), Verdict::Listed);
}

#[test]
fn a_source_that_is_to_be_fetched_from_now_on_is_fetched() {
    let daemon = Daemon::with_bundled_lists().start();
    let list = daemon.home().write("cases.txt", format!("{}\n", evm(1)));
    let feed = format!(
        "{ATTRIBUTED}path = \"{}\"\nformat = \"text\"\ninterval = \"1s\"\n",
        list.display()
    );
    assert_eq!(reloaded(&daemon, &feed), ["sources.cases"]);
    let is_listed = |address: &str| daemon.screen(address).verdict() == Verdict::Listed;
    let within = Duration::from_secs(30);
    eventually("it is fetched", within, || is_listed(&evm(1)));
    daemon.command("sync", &["cases"]).expect_code(0);
    // Without it, nothing is fetched any more, and nothing is lost.
    assert_eq!(reloaded(&daemon, ""), ["sources.cases"]);
    let refused = daemon.command("sync", &["cases"]);
    assert_ne!(refused.code, 0, "{refused:?}");
    daemon
        .home()
        .write("cases.txt", format!("{}\n{}\n", evm(1), evm(2)));
    thread::sleep(Duration::from_secs(3));
    assert!(is_listed(&evm(1)) && !is_listed(&evm(2)));
    // And again.
    reloaded(&daemon, &feed);
    eventually("it is fetched again", within, || is_listed(&evm(2)));
}

#[test]
fn what_needs_a_restart_is_named_until_it_has_one() {
    let mut daemon = Daemon::with_bundled_lists().start();
    let text =
        "drain = \"7s\"\n[policy]\nindeterminate = \"BLOCK\"\n[limits]\nbatch_addresses_max = 1\n";
    for changed in [&["policy.indeterminate"][..], &[]] {
        let json = reload(&daemon, text).expect_code(0).json();
        assert_eq!(json["changed"], serde_json::json!(changed));
        assert_eq!(
            json["needs_restart"],
            serde_json::json!(["limits", "drain"])
        );
    }
    assert_eq!(daemon.verdicts(&evms(1..3)).len(), 2, "as before");
    let said = daemon.command("config", &["reload"]).expect_code(0);
    assert_eq!(
        said.stdout,
        "nothing changed\nas before until a restart: limits, drain\n"
    );
    daemon.restart();
    assert_eq!(
        reload(&daemon, text).json()["needs_restart"],
        serde_json::json!([])
    );
    assert!(daemon.try_screen_all(&evms(1..3)).is_err(), "one at a time");
}

/// Imports go on while the demands on them change, each held against one of
/// them; nothing is lost.
#[test]
fn reloads_during_imports_hold_neither_up() {
    let daemon = Daemon::with_bundled_lists().config(ATTRIBUTED).start();
    let done = Arc::new(AtomicBool::new(false));
    let (channel, until) = (daemon.own_channel(), done.clone());
    let importing = runtime().spawn(async move {
        let mut imports = 0_u64;
        while !until.load(Ordering::Acquire) || imports == 0 {
            imports += 1;
            let addresses: Vec<String> = (0..2_000 + imports).map(evm).collect();
            let upload = Upload::of("cases").lines(&addresses);
            let import = super::harness::import(channel.clone(), upload).await;
            import.expect("it is taken");
        }
        imports
    });
    for round in 0..30 {
        let text = format!("{ATTRIBUTED}entries_min = {}\n", 10 + round);
        assert_eq!(reloaded(&daemon, &text), ["sources.cases"], "round {round}");
    }
    done.store(true, Ordering::Release);
    let imports = block_on(importing).expect("it ends well");
    let listed: Vec<String> = (0..2_000 + imports).map(evm).collect();
    assert!(daemon.not_listed_of(&listed).is_empty());
    // The last demand is the one in force.
    let text = format!("{ATTRIBUTED}entries_min = 100000\n");
    reloaded(&daemon, &text);
    let refused = daemon.try_import(&Upload::of("cases").lines(&[evm(1)]));
    refused.expect_err("it has too few entries");
}

#[test]
fn logs_and_webhooks_follow_the_file() {
    let daemon = Daemon::with_bundled_lists().start();
    let secret = daemon
        .home()
        .write("secret", "0123456789abcdef0123456789abcdef");
    let text = format!(
        "[log]\nfilter = \"interdict=debug\"\n[[webhooks]]\nname = \"desk\"\n\
         url = \"http://127.0.0.1:9/in\"\nsecret_file = \"{}\"\n",
        secret.display()
    );
    daemon.screen(&evm(1));
    assert!(!daemon.logs().contains("DEBUG"), "{}", daemon.logs());
    assert_eq!(reloaded(&daemon, &text), ["log.filter", "webhooks"]);
    daemon.screen(&evm(1));
    eventually("it logs more", Duration::from_secs(5), || {
        daemon.logs().contains("DEBUG")
    });
    let webhooks = || {
        let mut client = MonitorServiceClient::new(daemon.channel());
        let answer = block_on(client.list_webhooks(v1::ListWebhooksRequest {}));
        answer.expect("an answer").into_inner().webhooks.len()
    };
    assert_eq!(webhooks(), 1);
    reloaded(&daemon, "");
    assert_eq!(webhooks(), 0);
}

/// Makes a key; returns its file, and what the configuration says of it.
pub(crate) fn create_key(daemon: &Daemon, name: &str, roles: &str) -> (String, String) {
    let file = daemon.home().path(name).display().to_string();
    let named = ["--name", name, "--roles", roles, "--key-file", &file];
    let made = interdict(["keys", "create"].into_iter().chain(named));
    let table = made.expect_code(0).stdout;
    (file, table)
}

/// What was let in is not let in for ever, even where nothing is said.
#[test]
fn a_stream_ends_when_its_caller_is_taken_out_and_only_then() {
    let daemon = Daemon::with_bundled_lists().start();
    let (admin_key, admin) = create_key(&daemon, "admin", "admin");
    let (desk_key, desk) = create_key(&daemon, "desk", "rescreen");
    let (other_key, other) = create_key(&daemon, "other", "rescreen");
    reloaded(&daemon, &format!("{admin}{desk}{other}"));
    runtime().block_on(async {
        let open = async |key: &str| {
            let (sender, messages) = tokio::sync::mpsc::channel(4);
            let header = v1::rescreen_addresses_request::Part::Header(<_>::default());
            let part = Some(header);
            let header = v1::RescreenAddressesRequest { part };
            sender.send(header).await.expect("there is room");
            let messages = tokio_stream::wrappers::ReceiverStream::new(messages);
            let mut request = tonic::Request::new(messages);
            let key = fs::read_to_string(key).expect("it is there");
            let key = key.trim().parse().expect("a header");
            request.metadata_mut().insert("x-api-key", key);
            let url = daemon.public_url().to_owned();
            let endpoint = tonic::transport::Endpoint::from_shared(url).expect("a URL");
            let channel = endpoint.connect().await.expect("it listens");
            let mut client = ScreeningServiceClient::new(channel);
            let replies = client.rescreen_addresses(request).await.expect("it may");
            let mut replies = replies.into_inner();
            let basis = replies.message().await.expect("it goes on");
            assert!(basis.is_some());
            (sender, replies)
        };
        let (_desk, mut of_desk) = open(&desk_key).await;
        let (sender, mut of_other) = open(&other_key).await;
        daemon
            .home()
            .write("interdict.toml", format!("{admin}{other}"));
        let reload = ["reload", "--api-key-file", &admin_key];
        daemon.command("config", &reload).expect_code(0);
        let ended = of_desk.message().await.expect_err("it was taken out");
        assert_eq!(ended.code(), tonic::Code::Unauthenticated, "{ended}");
        drop(sender);
        let summary = of_other.message().await.expect("nothing changed for it");
        let summary = summary.and_then(|message| message.part);
        let summary = matches!(
            summary,
            Some(v1::rescreen_addresses_response::Part::Summary(_))
        );
        assert!(summary);
    });
}

#[test]
fn a_key_that_is_taken_out_is_refused_from_the_next_call_on() {
    let daemon = Daemon::with_bundled_lists().start();
    let create = |name: &str, roles: &str| create_key(&daemon, name, roles);
    let (admin_key, admin) = create("admin", "admin");
    let (desk_key, desk) = create("desk", "screen,audit-read");
    assert!(!desk.contains(fs::read_to_string(&desk_key).expect("it is there").trim()));
    assert_eq!(reloaded(&daemon, &format!("{admin}{desk}")), ["access"]);
    let screens = |key: &str| {
        let options = ["--api-key-file", key, &evm(1)];
        daemon.command("screen", &options).code
    };
    assert_eq!(screens(&desk_key), 0);
    assert_ne!(screens(&admin_key), 0, "it has not the role");
    let refused = daemon.command("screen", &[&evm(1)]);
    assert_ne!(refused.code, 0, "nobody in particular has no role");
    // Nor may the desk reload; the admin may.
    let reload = |key: &str| daemon.command("config", &["reload", "--api-key-file", key]);
    assert_eq!(reload(&desk_key).code, 5);
    daemon.home().write("interdict.toml", &admin);
    reload(&admin_key).expect_code(0);
    assert_ne!(screens(&desk_key), 0, "it was taken out");
}
