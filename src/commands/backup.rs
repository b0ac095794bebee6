//! `backup`: makes, checks and restores backups.

use std::process::ExitCode;

use serde_json::{Value, json};

use crate::backup::{self, BackupError, BackupManifest};
use crate::cli::{BackupCommand, CreateBackup, Output, RestoreBackup, VerifyBackup};
use crate::grpc::v1;
use crate::store::Store;

use super::client::{self, refused};
use super::{Failure, ask, print, print_json};

pub(super) fn run(command: BackupCommand) -> Result<ExitCode, Failure> {
    match command {
        BackupCommand::Create(arguments) if arguments.data_dir.is_some() => offline(&arguments),
        BackupCommand::Create(arguments) => ask(online(arguments)),
        BackupCommand::Verify(arguments) => verify(&arguments),
        BackupCommand::Restore(arguments) => restore(&arguments),
    }
}

/// What is said of a backup.
struct Said {
    path: String,
    created_at: String,
    generation: u64,
    generation_digest: String,
    entries: u64,
    files: u64,
    bytes: u64,
}

async fn online(arguments: CreateBackup) -> Result<ExitCode, Failure> {
    let mut client = client::backups(&arguments.ask.server).await?;
    let request = v1::CreateBackupRequest {
        name: arguments.name.unwrap_or_default(),
    };
    let answer = client.create_backup(request).await.map_err(refused)?;
    let made = answer.into_inner();
    let said = Said {
        path: made.path,
        created_at: made.created_at,
        generation: made.generation,
        generation_digest: const_hex::encode(&made.generation_digest),
        entries: made.entries,
        files: made.files,
        bytes: made.bytes,
    };
    said.print("made", arguments.ask.output)
}

fn offline(arguments: &CreateBackup) -> Result<ExitCode, Failure> {
    let Some(data_dir) = &arguments.data_dir else {
        return Err(Failure::Usage(
            "no data directory: name it with --data-dir".to_owned(),
        ));
    };
    let store = Store::open(data_dir).map_err(Failure::data_directory)?;
    let into = arguments
        .into
        .clone()
        .unwrap_or_else(|| backup::default_dir(data_dir));
    let (path, manifest) =
        backup::create(&store, &into, arguments.name.as_deref()).map_err(failed)?;
    Said::of(&path, &manifest).print("made", arguments.ask.output)
}

fn verify(arguments: &VerifyBackup) -> Result<ExitCode, Failure> {
    let manifest = backup::verify(&arguments.folder).map_err(failed)?;
    Said::of(&arguments.folder, &manifest).print("whole", arguments.output)
}

fn restore(arguments: &RestoreBackup) -> Result<ExitCode, Failure> {
    // A name to make another beside: `.` and `x/..` have none.
    let target = std::path::absolute(&arguments.data_dir)
        .and_then(|path| {
            if path.exists() {
                path.canonicalize()
            } else {
                Ok(path)
            }
        })
        .map_err(|error| Failure::other("cannot tell where to restore it", error))?;
    let manifest = backup::restore(&arguments.folder, &target).map_err(failed)?;
    Said::of(&target, &manifest).print("restored", arguments.output)
}

fn failed(error: BackupError) -> Failure {
    match error {
        BackupError::Name(_) => Failure::Usage(error.to_string()),
        BackupError::Exists(_) => Failure::Refused(error.to_string()),
        _ => Failure::data_directory(error),
    }
}

impl Said {
    fn of(path: &std::path::Path, manifest: &BackupManifest) -> Self {
        Self {
            path: path.display().to_string(),
            created_at: manifest.created_at.to_string(),
            generation: manifest.generation,
            generation_digest: manifest.generation_digest.clone(),
            entries: manifest.entries,
            files: manifest.files.len() as u64,
            bytes: manifest.bytes(),
        }
    }

    fn print(&self, what: &str, output: Output) -> Result<ExitCode, Failure> {
        match output {
            Output::Json => print_json(&self.to_json(what))?,
            Output::Text => print(&format!(
                "{what}: {}\n  generation {} ({}), {} entries, {} files, {} bytes, made at {}\n",
                self.path,
                self.generation,
                self.generation_digest,
                self.entries,
                self.files,
                self.bytes,
                self.created_at,
            ))?,
        }
        Ok(ExitCode::SUCCESS)
    }

    fn to_json(&self, what: &str) -> Value {
        json!({
            "outcome": what,
            "path": self.path,
            "created_at": self.created_at,
            "generation": self.generation,
            "generation_digest": self.generation_digest,
            "entries": self.entries,
            "files": self.files,
            "bytes": self.bytes,
        })
    }
}
