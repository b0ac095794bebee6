//! The image, and the containers on one machine.
//!
//! There is no container engine here: what can be read is read, and held against
//! what it speaks of.

use std::collections::BTreeSet;
use std::fs;

use toml::Table;

use super::{CONFIG, files, read, repository, understood, yaml};

/// Words of a line of a Dockerfile, or of its JSON form.
fn json_words(line: &str) -> Vec<String> {
    let json = &line[line.find('[').expect("the JSON form, which needs no shell")..];
    serde_json::from_str(json).expect("a list of words")
}

#[test]
fn the_image_is_built_from_what_is_here_and_runs_what_there_is() {
    let text = read("deploy/docker/Dockerfile").replace("\\\n", " ");
    let lines = || text.lines().map(str::trim);
    let one = |begin: &str| {
        let found: Vec<_> = lines().filter(|line| line.starts_with(begin)).collect();
        assert_eq!(found.len(), 1, "{begin}: {found:?}");
        found[0]
    };
    for copied in lines().filter_map(|line| line.strip_prefix("COPY ")) {
        let Some(from) = copied.split(' ').find(|word| !word.starts_with("--")) else {
            panic!("{copied}");
        };
        let is_here = copied.starts_with("--from=build") || repository().join(from).exists();
        assert!(is_here, "{copied}");
    }
    // The compiler of the image is no older than the one that is needed.
    let manifest: Table = read("Cargo.toml").parse().expect("TOML");
    let needed = manifest["package"]["rust-version"]
        .as_str()
        .expect("it is set");
    assert!(one("FROM rust:").starts_with(&format!("FROM rust:{needed}-")));
    // What runs is not root, and is no shell.
    assert_eq!(one("USER "), "USER 65532:65532");
    let program = json_words(one("ENTRYPOINT "));
    let (serve, check) = (
        json_words(one("CMD [\"serve")),
        json_words(one("HEALTHCHECK ")),
    );
    understood(program.iter().chain(&serve).map(String::as_str));
    assert_eq!(check[0], program[0]);
    understood(check.iter().map(String::as_str));
    assert!(one("ENV ").contains(&format!("INTERDICT_CONFIG={CONFIG}")));
    let config: Table = read("deploy/docker/interdict.toml").parse().expect("TOML");
    for (key, table) in [
        ("listen", None),
        ("listen", Some("http")),
        ("listen", Some("metrics")),
    ] {
        let listen = table.map_or(&config[key], |table| &config[table][key]);
        let port = listen
            .as_str()
            .and_then(|one| one.rsplit(':').next())
            .expect("a port");
        assert!(
            one("EXPOSE ").split(' ').any(|exposed| exposed == port),
            "{port}"
        );
    }
    assert!(one("ENV ").contains(config["admin"]["listen"].as_str().expect("it is set")));
    assert!(one("ENV ").contains(config["data_dir"].as_str().expect("it is set")));
}

/// What the build of the image sees holds all that a build reads, and nothing
/// that it does not.
#[test]
fn the_image_is_built_from_what_a_build_reads_alone() {
    let text = read("deploy/docker/Dockerfile.dockerignore");
    let rules: Vec<_> = text.lines().filter(|line| !line.starts_with('#')).collect();
    assert_eq!(rules[0], "*", "all is left out first");
    let seen: BTreeSet<_> = rules[1..]
        .iter()
        .map(|rule| rule.strip_prefix('!').expect("then some is let in"))
        .collect();
    for path in &seen {
        assert!(repository().join(path).exists(), "{path}");
    }
    // Cargo reads every target that the manifest names, benches too.
    for needed in [
        "Cargo.toml",
        "Cargo.lock",
        "build.rs",
        "src",
        "proto",
        "benches",
        ".cargo",
    ] {
        assert!(seen.contains(needed), "{needed}");
    }
    assert!(!seen.contains("tests") && !seen.contains(".git"));
    // Nothing that is compiled in lies elsewhere, but for tests.
    let sources = files("src").into_iter().filter(|path| {
        let name = path.to_string_lossy();
        name.ends_with(".rs") && !name.contains("tests")
    });
    for path in sources {
        let text = fs::read_to_string(&path).expect("a source");
        let shipped = text.split("#[cfg(test)]").next().unwrap_or_default();
        for macro_name in ["include_str!(\"", "include_bytes!(\""] {
            for rest in shipped.split(macro_name).skip(1) {
                let named = rest.split('"').next().unwrap_or_default();
                let included = path.parent().expect("it is in a folder").join(named);
                let included = included.canonicalize().expect("it is there");
                let inside = included.starts_with(repository().join("src"))
                    || included.starts_with(repository().join("proto"));
                let in_tests = included.starts_with(repository().join("tests"));
                assert!(inside || in_tests, "{} takes {named}", path.display());
            }
        }
    }
}

#[test]
fn the_containers_are_locked_down_and_mount_what_is_here() {
    let text = read("deploy/compose.yaml");
    let compose = yaml::documents(&text).remove(0);
    let services = compose["services"].as_object().expect("services");
    assert_eq!(services.len(), 3);
    for (name, service) in services {
        assert_eq!(service["read_only"], "true", "{name}");
        assert_eq!(service["cap_drop"][0], "ALL", "{name}");
        assert_eq!(
            service["security_opt"][0], "no-new-privileges:true",
            "{name}"
        );
        let listed = |key: &str| service[key].as_array().cloned().unwrap_or_default();
        for port in listed("ports") {
            let port = port.as_str().expect("text").to_owned();
            assert!(port.starts_with("127.0.0.1:"), "{name} publishes {port}");
        }
        for mount in listed("volumes") {
            let from = mount
                .as_str()
                .and_then(|text| text.split(':').next())
                .expect("text");
            let is_known = match from.strip_prefix("./") {
                Some(path) => repository().join("deploy").join(path).exists(),
                None => compose["volumes"].get(from).is_some(),
            };
            assert!(is_known, "{name} mounts {from}");
        }
        for config in listed("configs") {
            let source = config["source"].as_str().expect("text");
            let content = compose["configs"][source]["content"]
                .as_str()
                .expect("inline");
            assert_eq!(yaml::documents(content).len(), 1, "{source}");
        }
    }
    let daemon = &services["interdict"];
    let dockerfile = daemon["build"]["dockerfile"].as_str().expect("text");
    assert!(repository().join(dockerfile).exists());
    let version = format!("interdict:{}", env!("CARGO_PKG_VERSION"));
    assert_eq!(daemon["image"], version.as_str());
    let scraped = compose["configs"]["prometheus"]["content"]
        .as_str()
        .expect("inline");
    assert!(scraped.contains("interdict:50090"));
}
