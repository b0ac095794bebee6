//! What a configuration file may say, and how a wrong one is told.

use super::*;
use crate::list::Tier;
use crate::verdict::Action;

#[test]
fn an_empty_file_is_the_default() {
    assert_eq!(Config::parse("").expect("empty is fine"), Config::default());
}

#[test]
fn the_example_in_the_repository_is_accepted_and_says_the_defaults() {
    let example = include_str!("../../docs/interdict.example.toml");
    let config = Config::parse(example).expect("the example holds");
    assert_eq!(config.policy, Policy::default());
    assert_eq!(config.limits, Limits::default());
    assert_eq!(config.audit, crate::audit::Settings::default());
    assert_eq!(config.false_positive_rate, FalsePositiveRate::DEFAULT);
    assert_eq!(config.listen, Config::default().listen);
    // `[sync]` holds for feeds, and the example has none.
    let fetched = format!("{example}\n[[sources]]\npreset = \"uk\"\n");
    let fetched = Config::parse(&fetched).expect("a source can follow");
    let plain = Config::parse("[[sources]]\npreset = \"uk\"\n").expect("a preset");
    assert_eq!(fetched.feeds, plain.feeds);
}

#[test]
fn every_table_is_read() {
    let config = Config::parse(
        r#"
        data_dir = "/var/lib/interdict"
        listen = "127.0.0.1:6000"
        workers = 3
        runtime = "work-stealing"
        drain = "3s"
        [log]
        format = "json"
        [freshness]
        accept_bundled = false
        [[sources]]
        id = "ofac-sdn"
        tier = "SANCTIONS"
        required = true
        max_age = "36h"
        [policy]
        indeterminate = "BLOCK"
        [policy.attributed]
        direct = "BLOCK"
        [limits]
        batch_addresses_max = 5
        "#,
    )
    .expect("a sound file");
    assert_eq!(config.workers, Some(3));
    assert_eq!(config.runtime, Runtime::WorkStealing);
    assert!(config.log.json && !config.requirements.accept_bundled);
    let rule = &config.requirements.sources[0];
    assert_eq!((rule.tier, rule.required), (Tier::Sanctions, true));
    assert_eq!(rule.max_age, Some(Duration::from_secs(36 * 3600)));
    assert_eq!(config.policy.indeterminate, Action::Block);
    assert_eq!(config.policy.attributed.direct, Action::Block);
    assert_eq!(config.limits.batch_addresses_max, 5);
}

#[test]
fn every_error_names_its_key() {
    let cases = [
        ("listen = \"here\"", "`listen`"),
        ("workers = 0", "`workers`"),
        ("runtime = \"fast\"", "`runtime`"),
        ("drain = \"10\"", "`drain`"),
        ("drain = \"0s\"", "`drain`"),
        (
            "[filter]\nfalse_positive_rate = 0.5",
            "`filter.false_positive_rate`",
        ),
        ("[log]\nfilter = \"a=b=c\"", "`log.filter`"),
        ("[log]\nformat = \"xml\"", "`log.format`"),
        (
            "[policy.sanctions]\ndirect = \"ALLOW\"",
            "`policy.sanctions.direct`",
        ),
        (
            "[policy]\nindeterminate = \"ALLOW\"",
            "`policy.indeterminate`",
        ),
        (
            "[policy.operator]\ndirect = \"STOP\"",
            "`policy.operator.direct`",
        ),
        (
            "[[sources]]\nid = \"OFAC\"\ntier = \"SANCTIONS\"",
            "`sources[0].id`",
        ),
        (
            "[[sources]]\nid = \"x\"\ntier = \"BIG\"",
            "`sources[0].tier`",
        ),
        (
            "[[sources]]\nid = \"x\"\ntier = \"OPERATOR\"\nmax_age = \"old\"",
            "`sources[0].max_age`",
        ),
        (
            "[[sources]]\nid = \"x\"\ntier = \"OPERATOR\"\n[[sources]]\nid = \"x\"\ntier = \"OPERATOR\"",
            "`sources[1].id`",
        ),
        ("[limits]\nconnections_max = 0", "`limits.connections_max`"),
        (
            "[limits]\nrequest_bytes_max = 99999999",
            "`limits.request_bytes_max`",
        ),
        ("[limits]\nmax_conections = 1", "max_conections"),
        ("lisen = \"127.0.0.1:1\"", "lisen"),
    ];
    for (text, key) in cases {
        let error = Config::parse(text).expect_err(text).to_string();
        assert!(error.contains(key), "{text}: {error}");
    }
}

#[test]
fn a_sanctions_source_does_not_become_optional_by_being_named() {
    let named = |tier| {
        let text = format!("[[sources]]\nid = \"x\"\ntier = \"{tier}\"");
        Config::parse(&text).expect("sound").requirements.sources[0].required
    };
    assert!(named("SANCTIONS"));
    assert!(!named("ATTRIBUTED"));
}
