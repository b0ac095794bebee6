//! `bundle`: makes keys and bundles, checks bundles, sends them to a daemon.

mod create;
mod export;
mod import;
mod shown;
mod verify;

use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::process::ExitCode;

use zeroize::Zeroizing;

use crate::bundle::SecretKey;
use crate::cli::{BundleCommand, Keygen, Password};

use super::{Failure, ask, print};

/// Where a password may be without a file.
const PASSWORD: &str = "INTERDICT_KEY_PASSWORD";

pub(super) use export::run as export;

pub(super) fn run(command: BundleCommand) -> Result<ExitCode, Failure> {
    match command {
        BundleCommand::Keygen(arguments) => keygen(&arguments),
        BundleCommand::Create(arguments) => ask(create::run(arguments)),
        BundleCommand::Verify(arguments) => verify::run(&arguments),
        BundleCommand::Import(arguments) => ask(import::run(arguments)),
    }
}

fn keygen(arguments: &Keygen) -> Result<ExitCode, Failure> {
    let password = password(&arguments.password)?;
    let key = SecretKey::generate().map_err(|error| Failure::other("cannot make a key", error))?;
    let text = key
        .to_text(password.as_ref().map(|word| word.as_bytes()))
        .map_err(|error| Failure::other("cannot make a key", error))?;
    let public = key.public();
    let mut public_path = arguments.output.clone().into_os_string();
    public_path.push(".pub");
    let words = format!(
        "untrusted comment: minisign public key {}\n{public}\n",
        public.id()
    );
    write_new(&arguments.output, text.as_bytes(), 0o600)?;
    write_new(Path::new(&public_path), words.as_bytes(), 0o644)?;
    let unprotected = if password.is_none() {
        "It is not protected by a password: whoever reads the file can sign.\n"
    } else {
        ""
    };
    print(&format!(
        "made key {}\n{unprotected}Daemons that are to take its bundles need:\n\n[bundles]\ntrusted_keys = [\"{public}\"]\n",
        public.id()
    ))?;
    Ok(ExitCode::SUCCESS)
}

/// Writes a file that must not exist.
fn write_new(path: &Path, content: &[u8], mode: u32) -> Result<(), Failure> {
    let attempt = || {
        let mut file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(mode)
            .open(path)?;
        file.write_all(content)?;
        file.sync_all()
    };
    attempt().map_err(|error| Failure::Refused(format!("cannot write {}: {error}", path.display())))
}

/// Reads a secret key, and its password from a file or the environment:
/// nothing is ever asked for, so that a timer can sign.
fn secret_key(path: &Path, from: &Password) -> Result<SecretKey, Failure> {
    let unreadable =
        |error| Failure::Refused(format!("cannot read the key {}: {error}", path.display()));
    let text = Zeroizing::new(fs::read_to_string(path).map_err(unreadable)?);
    let password = password(from)?;
    SecretKey::parse(&text, password.as_ref().map(|word| word.as_bytes())).map_err(|error| {
        Failure::Refused(format!(
            "cannot use the key {}: {error} (a password is given with --password-file or {PASSWORD})",
            path.display()
        ))
    })
}

fn password(from: &Password) -> Result<Option<Zeroizing<String>>, Failure> {
    let given = match &from.password_file {
        Some(path) => {
            let text = fs::read_to_string(path).map_err(|error| {
                Failure::Refused(format!("cannot read {}: {error}", path.display()))
            })?;
            let text = Zeroizing::new(text);
            let line = text.lines().next().unwrap_or_default();
            Some(Zeroizing::new(line.to_owned()))
        }
        None => std::env::var(PASSWORD).ok().map(Zeroizing::new),
    };
    match given {
        Some(word) if word.is_empty() => Err(Failure::Usage(
            "the password is empty: leave it out for a key without one".to_owned(),
        )),
        given => Ok(given),
    }
}
