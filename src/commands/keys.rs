//! `keys`: credentials for callers, made here and kept nowhere.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::process::ExitCode;

use zeroize::Zeroizing;

use crate::access::{ApiKey, Roles};
use crate::cli::{CreateKey, KeysCommand};
use crate::config::Config;

use super::{Failure, print};

pub(super) fn run(command: &KeysCommand) -> Result<ExitCode, Failure> {
    match command {
        KeysCommand::Create(arguments) => create(arguments),
    }
}

fn create(arguments: &CreateKey) -> Result<ExitCode, Failure> {
    let roles: Roles = arguments.roles.iter().copied().collect();
    let key = ApiKey::generate()
        .map_err(|error| Failure::other("the system has no randomness for a key", error))?;
    let table = table(&arguments.name, roles, &key);
    // What is printed must be taken by the daemon as it stands.
    Config::parse(&table)?;
    match &arguments.key_file {
        Some(path) => {
            write(path, &key)?;
            print(&table)?;
        }
        None => {
            let words = Zeroizing::new(format!(
                "# The key of `{}`. It is shown this once and kept nowhere:\n\n{}\n\n\
                 # For the configuration; then `interdict config reload`:\n\n{table}",
                arguments.name,
                key.reveal(),
            ));
            print(&words)?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn table(name: &str, roles: Roles, key: &ApiKey) -> String {
    let names: Vec<_> = roles.iter().map(|role| format!("\"{role}\"")).collect();
    format!(
        "[[access.keys]]\nname = {}\nhash = \"{}\"\nroles = [{}]\n",
        toml::Value::String(name.to_owned()),
        key.hash(),
        names.join(", "),
    )
}

/// Writes the key to a file of its own, which only its owner may read.
fn write(path: &Path, key: &ApiKey) -> Result<(), Failure> {
    let written = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)
        .and_then(|mut file| {
            file.write_all(key.reveal().as_bytes())?;
            file.write_all(b"\n")?;
            file.sync_all()
        });
    written.map_err(|error| {
        Failure::other(format!("cannot write the key to {}", path.display()), error)
    })
}
