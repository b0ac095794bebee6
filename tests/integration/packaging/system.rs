//! The unit of systemd, the Debian package, and the configurations.

use std::collections::BTreeSet;
use std::process::Command;

use toml::Table;

use super::{CONFIG, files, read, repository, understood};
use crate::harness::interdict;

#[test]
fn every_configuration_that_is_shipped_is_a_good_one() {
    let shipped: Vec<_> = files("deploy")
        .into_iter()
        .filter(|path| path.ends_with("interdict.toml"))
        .collect();
    assert_eq!(shipped.len(), 3, "{shipped:?}");
    for path in shipped {
        let path = path.to_str().expect("our own paths are text");
        let ran = interdict(["config", "check", "--config", path]);
        assert_eq!(ran.code, 0, "{path}: {}", ran.stderr);
    }
}

/// The unit's lines, as section-less keys and values.
fn unit() -> Vec<(String, String)> {
    let text = read("deploy/systemd/interdict.service");
    let lines = text.lines().filter(|line| !line.starts_with(['#', '[']));
    let pairs = lines.filter_map(|line| line.split_once('='));
    pairs
        .map(|(key, value)| (key.to_owned(), value.to_owned()))
        .collect()
}

#[test]
fn the_unit_starts_what_the_package_installs() {
    let unit = unit();
    let value = |key: &str| {
        let found = unit.iter().find(|(name, _)| name == key);
        found
            .unwrap_or_else(|| panic!("the unit has no {key}"))
            .1
            .as_str()
    };
    let start: Vec<_> = value("ExecStart").split(' ').collect();
    assert_eq!(start[0], "/usr/bin/interdict");
    understood(start.iter().copied());
    assert!(start.contains(&CONFIG));
    assert_eq!(value("Type"), "notify");
    // Exit codes for which another start would be in vain: usage,
    // configuration, data directory.
    assert_eq!(value("RestartPreventExitStatus"), "2 3 6");
    let users = read("deploy/systemd/sysusers.d/interdict.conf");
    assert!(users.contains(&format!("\nu {} ", value("User"))));
    let config: Table = read("deploy/debian/interdict.toml").parse().expect("TOML");
    // Within it: `init` makes the folder beside its place and moves it there,
    // and /var/lib itself is root's.
    let state = format!("/var/lib/{}/", value("StateDirectory"));
    let data_dir = config["data_dir"].as_str().expect("it is set");
    assert!(data_dir.starts_with(&state), "{data_dir}");
    let socket = config["admin"]["listen"].as_str().expect("it is set");
    let runtime = format!("unix:/run/{}/", value("RuntimeDirectory"));
    assert!(socket.starts_with(&runtime), "{socket}");
}

/// Aim 18 of the threat model: at most 1.5. Without systemd there is nothing
/// that could tell.
#[test]
fn the_sandbox_of_the_unit_is_as_tight_as_it_is_meant_to_be() {
    let analyzed = Command::new("systemd-analyze")
        .args(["security", "--offline=true", "--no-pager"])
        .arg(repository().join("deploy/systemd/interdict.service"))
        .output();
    let Ok(analyzed) = analyzed else {
        eprintln!("skipped: there is no systemd-analyze");
        return;
    };
    let text = String::from_utf8_lossy(&analyzed.stdout);
    let warnings = String::from_utf8_lossy(&analyzed.stderr);
    if !analyzed.status.success() && warnings.contains("offline") {
        eprintln!("skipped: this systemd-analyze is too old");
        return;
    }
    assert!(!warnings.contains("ignoring"), "{warnings}");
    let (_, level) = text
        .rsplit_once("exposure level for interdict.service: ")
        .expect("a figure");
    let figure: f32 = level
        .split(' ')
        .next()
        .and_then(|word| word.parse().ok())
        .expect("a figure");
    assert!(figure <= 1.5, "{text}");
}

#[test]
fn the_package_holds_what_is_here() {
    let manifest: Table = read("Cargo.toml").parse().expect("TOML");
    let deb = &manifest["package"]["metadata"]["deb"];
    let assets = deb["assets"].as_array().expect("assets");
    let mut installed = BTreeSet::new();
    for asset in assets {
        let [from, to, _] = asset.as_array().expect("three words").as_slice() else {
            panic!("{asset}");
        };
        let (from, to) = (from.as_str().expect("text"), to.as_str().expect("text"));
        installed.insert(to);
        // What is made while packaging cannot be here yet.
        let folder = from.split('*').next().expect("it begins somehow");
        assert!(
            from.starts_with("target/") || repository().join(folder).exists(),
            "{from}"
        );
    }
    for conf in deb["conf-files"].as_array().expect("conffiles") {
        let conf = conf.as_str().expect("text");
        assert!(installed.contains(conf.trim_start_matches('/')), "{conf}");
        assert_eq!(conf, CONFIG);
    }
    for folder in [
        &deb["maintainer-scripts"],
        &deb["systemd-units"]["unit-scripts"],
    ] {
        assert!(repository().join(folder.as_str().expect("text")).is_dir());
    }
    for script in ["postinst", "postrm"] {
        let text = read(&format!("deploy/debian/{script}"));
        assert!(text.starts_with("#!/bin/sh\nset -e\n") && text.contains("#DEBHELPER#"));
    }
    // cargo-deb calls systemd-sysusers by the file's own name: it must be the
    // one that is installed.
    let users = "deploy/systemd/sysusers.d/interdict.conf";
    let of = |asset: &toml::Value| (asset[0].as_str() == Some(users)).then(|| asset[1].clone());
    let to = assets.iter().find_map(of).expect("the user is installed");
    assert_eq!(to.as_str(), Some("usr/lib/sysusers.d/"));
}
