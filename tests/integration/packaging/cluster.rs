//! The manifests for a cluster, of which there is none here.

use std::collections::BTreeSet;

use serde_json::Value;
use toml::Table;

use super::{read, understood, yaml};

/// The base: what its kustomization names.
fn manifests() -> Vec<Value> {
    let base = kustomization();
    let named = base["resources"].as_array().expect("resources");
    let files = named.iter().filter_map(Value::as_str);
    let read = |file| yaml::documents(&read(&format!("deploy/kubernetes/{file}")));
    files.flat_map(read).collect()
}

fn kustomization() -> Value {
    yaml::documents(&read("deploy/kubernetes/kustomization.yaml")).remove(0)
}

fn config() -> Table {
    let text = read("deploy/kubernetes/interdict.toml");
    text.parse().expect("TOML")
}

fn of_kind(kind: &str) -> Value {
    let found = manifests().into_iter().find(|one| one["kind"] == kind);
    found.unwrap_or_else(|| panic!("there is no {kind}"))
}

fn list(value: &Value) -> &[Value] {
    value.as_array().expect("a list")
}

fn texts(value: &Value) -> Vec<&str> {
    list(value).iter().filter_map(Value::as_str).collect()
}

#[test]
fn the_base_is_one_daemon_and_what_belongs_to_it() {
    let manifests = manifests();
    let kinds = manifests.iter().filter_map(|one| one["kind"].as_str());
    let kinds: BTreeSet<_> = kinds.collect();
    let wanted = [
        "NetworkPolicy",
        "PodDisruptionBudget",
        "Service",
        "StatefulSet",
    ];
    assert_eq!(kinds, BTreeSet::from(wanted));
    for manifest in &manifests {
        assert_eq!(manifest["metadata"]["name"], "interdict");
        assert!(manifest["metadata"].get("namespace").is_none());
    }
    let files = &kustomization()["configMapGenerator"][0]["files"];
    assert_eq!(texts(files), ["interdict.toml"]);
    // Two would each have an operator's list of its own.
    assert_eq!(of_kind("StatefulSet")["spec"]["replicas"], "1");
}

#[test]
fn the_pod_is_locked_down_and_runs_what_there_is() {
    let set = of_kind("StatefulSet");
    let pod = &set["spec"]["template"]["spec"];
    assert_eq!(pod["securityContext"]["runAsNonRoot"], "true");
    let seccomp = &pod["securityContext"]["seccompProfile"]["type"];
    assert_eq!(seccomp, "RuntimeDefault");
    assert_eq!(pod["automountServiceAccountToken"], "false");
    let container = &pod["containers"][0];
    let guarded = &container["securityContext"];
    assert_eq!(guarded["readOnlyRootFilesystem"], "true");
    assert_eq!(guarded["allowPrivilegeEscalation"], "false");
    assert_eq!(texts(&guarded["capabilities"]["drop"]), ["ALL"]);
    understood(std::iter::once("interdict").chain(texts(&container["args"])));
    for (probe, path) in [
        ("startupProbe", "/healthz"),
        ("livenessProbe", "/healthz"),
        ("readinessProbe", "/readyz"),
    ] {
        let asked = &container[probe]["httpGet"];
        assert_eq!(
            (&asked["port"], &asked["path"]),
            (&"metrics".into(), &path.into())
        );
    }
}

#[test]
fn the_pod_listens_where_its_ports_are_and_has_what_its_configuration_names() {
    let (set, config) = (of_kind("StatefulSet"), config());
    let pod = &set["spec"]["template"]["spec"];
    let container = &pod["containers"][0];
    for (name, listen) in [
        ("grpc", &config["listen"]),
        ("metrics", &config["metrics"]["listen"]),
    ] {
        let mut ports = list(&container["ports"]).iter();
        let port = ports
            .find(|port| port["name"] == name)
            .expect("it is named");
        let port = port["containerPort"].as_str().expect("a number");
        let listen = listen.as_str().expect("it is set");
        assert!(listen.ends_with(&format!(":{port}")), "{name}");
    }
    let volumes = list(&pod["volumes"]).iter().map(|volume| &volume["name"]);
    let claims = list(&set["spec"]["volumeClaimTemplates"]).iter();
    let claims = claims.map(|claim| &claim["metadata"]["name"]);
    let known: Vec<_> = volumes.chain(claims).collect();
    let mounts = list(&container["volumeMounts"]);
    for mount in mounts {
        assert!(known.contains(&&mount["name"]), "{mount}");
    }
    let paths: Vec<_> = mounts
        .iter()
        .filter_map(|one| one["mountPath"].as_str())
        .collect();
    let tls = &config["tls"];
    for file in [
        &tls["certificate"],
        &tls["key"],
        &tls["client_ca"],
        &config["data_dir"],
    ] {
        let file = file.as_str().expect("a path");
        let within = |path: &&str| file.starts_with(&format!("{path}/"));
        assert!(paths.iter().any(within), "{file}");
    }
}

#[test]
fn every_selector_finds_the_pod() {
    let set = of_kind("StatefulSet");
    let labels = &set["spec"]["template"]["metadata"]["labels"];
    for manifest in manifests() {
        let spec = &manifest["spec"];
        let wrapped = [
            &spec["selector"]["matchLabels"],
            &spec["podSelector"]["matchLabels"],
        ];
        let wrapped = wrapped.into_iter().find(|one| one.is_object());
        let selector = wrapped.unwrap_or(&spec["selector"]);
        let selector = selector.as_object().expect("it selects");
        assert!(!selector.is_empty());
        for (key, value) in selector {
            assert_eq!(&labels[key], value, "{key}");
        }
    }
}

#[test]
fn the_first_start_in_a_cluster_runs_init_where_the_daemon_looks() {
    let overlay =
        yaml::documents(&read("deploy/kubernetes-first-start/kustomization.yaml")).remove(0);
    assert_eq!(overlay["resources"][0], "../kubernetes");
    let patch = overlay["patches"][0]["patch"].as_str().expect("inline");
    let added = yaml::documents(patch).remove(0);
    let init = &added[0]["value"][0];
    let words: Vec<_> = init["args"]
        .as_array()
        .expect("words")
        .iter()
        .filter_map(Value::as_str)
        .collect();
    understood(std::iter::once("interdict").chain(words.iter().copied()));
    let config: Table = read("deploy/kubernetes/interdict.toml")
        .parse()
        .expect("TOML");
    assert!(words.contains(&config["data_dir"].as_str().expect("it is set")));
    let kustomization = yaml::documents(&read("deploy/kubernetes/kustomization.yaml")).remove(0);
    let image = &kustomization["images"][0];
    let text = |key: &str| image[key].as_str().expect("text");
    assert_eq!(
        init["image"],
        format!("{}:{}", text("newName"), text("newTag")).as_str()
    );
    assert_eq!(text("newTag"), env!("CARGO_PKG_VERSION"));
}
