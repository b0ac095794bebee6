//! `export`: the entries of a source as lines of JSON, nothing lost.

use std::fs;
use std::io::{self, Read as _, Write as _};
use std::process::ExitCode;

use crate::cli::Export;
use crate::commands::client::{self, refused};
use crate::commands::{Failure, print};
use crate::grpc::v1;
use crate::import::read::{InputFile, Limits, unpack};

use super::create::{partial_path, receive};

/// What the daemon describes lasts no longer than it takes to fetch it.
const LIFE_SECONDS: u64 = 3_600;

pub(in crate::commands) async fn run(arguments: Export) -> Result<ExitCode, Failure> {
    if arguments.file.exists() {
        return Err(Failure::Refused(format!(
            "{} is there already: name another file",
            arguments.file.display()
        )));
    }
    let request = v1::CreateBundleRequest {
        source: arguments.source.to_string(),
        generation: arguments.generation.unwrap_or_default(),
        expires_in_seconds: LIFE_SECONDS,
        ..v1::CreateBundleRequest::default()
    };
    let mut client = client::bundles(&arguments.ask.server).await?;
    let answer = client.create_bundle(request).await.map_err(refused)?;
    let packed = partial_path(&arguments.file);
    let received = receive(answer.into_inner(), &packed).await;
    let plain = packed.with_extension("plain");
    let written = received.and_then(|manifest| {
        write(&packed, &plain)?;
        fs::rename(&plain, &arguments.file)
            .map_err(|error| Failure::other("cannot name the export", error))?;
        Ok(manifest)
    });
    let _ = fs::remove_file(&packed);
    let _ = fs::remove_file(&plain);
    let manifest = written?;
    let entries: u64 = manifest.sources.iter().map(|source| source.entries).sum();
    print(&format!(
        "{entries} entries of {} as of generation {} are in {}\n",
        arguments.source,
        manifest.sequence,
        arguments.file.display()
    ))?;
    Ok(ExitCode::SUCCESS)
}

/// Unpacks what came; a damaged part is an error and never a shorter list.
fn write(packed: &std::path::Path, plain: &std::path::Path) -> Result<(), Failure> {
    let cannot = |error: io::Error| Failure::other("cannot write the export", error);
    let file = InputFile::at("part", packed);
    let files = unpack(vec![file], &Limits::default())
        .map_err(|error| Failure::other("the daemon's answer is damaged", error))?;
    let mut output = io::BufWriter::new(fs::File::create(plain).map_err(cannot)?);
    let mut last = None;
    for file in files {
        let mut content = file.open().map_err(cannot)?;
        let mut buffer = vec![0; 64 << 10];
        loop {
            let read = content.read(&mut buffer).map_err(cannot)?;
            let Some(byte) = buffer[..read].last() else {
                break;
            };
            last = Some(*byte);
            output.write_all(&buffer[..read]).map_err(cannot)?;
        }
    }
    if last != Some(b'\n') {
        return Err(client::incomplete("end"));
    }
    let file = output
        .into_inner()
        .map_err(|error| cannot(error.into_error()))?;
    file.sync_all().map_err(cannot)
}
