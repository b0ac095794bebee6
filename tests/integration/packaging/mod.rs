//! What is shipped around the program agrees with the program: units, images,
//! manifests, packages, manual pages and the commands that the pages name.

mod cluster;
mod containers;
mod pages;
mod system;
mod yaml;

use std::fs;
use std::path::{Path, PathBuf};

use clap::Parser as _;
use interdict::cli::Cli;
use serde_json::Value;

/// Where the images and the manifests put the configuration.
const CONFIG: &str = "/etc/interdict/interdict.toml";

fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

#[track_caller]
fn read(path: &str) -> String {
    let whole = repository().join(path);
    fs::read_to_string(whole).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// Returns the files under a folder.
fn files(folder: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![repository().join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("the folder is there") {
            let path = entry.expect("and can be read").path();
            if path.is_dir() {
                folders.push(path);
            } else {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

/// Holds that the program takes a command line.
#[track_caller]
fn understood<'a>(words: impl IntoIterator<Item = &'a str>) {
    let words: Vec<_> = words.into_iter().collect();
    if let Err(error) = Cli::try_parse_from(&words) {
        panic!("{words:?}: {error}");
    }
}

/// Goes through every value, with the path to it.
fn walk(value: &Value, path: &str, visit: &mut impl FnMut(&str, &Value)) {
    visit(path, value);
    match value {
        Value::Array(values) => {
            for value in values {
                walk(value, &format!("{path}[]"), visit);
            }
        }
        Value::Object(values) => {
            for (key, value) in values {
                walk(value, &format!("{path}.{key}"), visit);
            }
        }
        _ => {}
    }
}

#[test]
fn every_yaml_file_of_the_deployment_can_be_read() {
    let mut read = 0;
    for path in files("deploy") {
        let extension = path.extension().and_then(|end| end.to_str());
        if matches!(extension, Some("yaml" | "yml")) {
            let text = fs::read_to_string(&path).expect("it can be read");
            for document in yaml::documents(&text) {
                let mut values = 0;
                walk(&document, "", &mut |_, _| values += 1);
                assert!(values > 1, "{}", path.display());
            }
            read += 1;
        }
    }
    assert!(read >= 7, "{read}");
}
