//! `bundle create`: asks the daemon for what a bundle is made of, signs it,
//! and puts the file together.

use std::fs::{self, File};
use std::io::{BufReader, BufWriter, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use tonic::Streaming;

use crate::bundle::{Archive, ArchiveError, ArchiveWriter, Digest, Manifest, SecretKey, Signature};
use crate::cli::{Create, Output};
use crate::commands::client::{self, incomplete, refused};
use crate::commands::{Failure, print, print_json};
use crate::grpc::v1;
use crate::grpc::v1::create_bundle_response::Part;

use super::{secret_key, shown};

pub(super) async fn run(arguments: Create) -> Result<ExitCode, Failure> {
    if arguments.file.exists() {
        return Err(Failure::Refused(format!(
            "{} is there already: name another file",
            arguments.file.display()
        )));
    }
    // A key that cannot be used is told before anything is made.
    let key = match &arguments.key {
        Some(path) => Some(secret_key(path, &arguments.password)?),
        None => None,
    };
    let previous = arguments.previous.as_deref().map(previous).transpose()?;
    let request = v1::CreateBundleRequest {
        source: arguments
            .source
            .as_ref()
            .map(ToString::to_string)
            .unwrap_or_default(),
        generation: arguments.generation.unwrap_or_default(),
        expires_in_seconds: arguments.expires_in.as_secs(),
        previous: previous
            .map(|digest| digest.to_string())
            .unwrap_or_default(),
        created_at: arguments
            .created
            .map(|at| at.to_string())
            .unwrap_or_default(),
    };
    let mut client = client::bundles(&arguments.ask.server).await?;
    let answer = client.create_bundle(request).await.map_err(refused)?;
    let partial = partial_path(&arguments.file);
    let made = receive(answer.into_inner(), &partial).await;
    let written = made.and_then(|manifest| {
        let partial = Partial {
            content: &partial,
            bundle: partial_path(&partial),
        };
        partial.put_together(&manifest, key.as_ref(), &arguments.file)?;
        Ok(manifest)
    });
    let _ = fs::remove_file(&partial);
    let manifest = written?;
    match arguments.ask.output {
        Output::Json => print_json(&shown::manifest_json(&manifest))?,
        Output::Text => print(&format!(
            "made {}\n{}",
            arguments.file.display(),
            shown::manifest_text(&manifest)
        ))?,
    }
    Ok(ExitCode::SUCCESS)
}

/// The digest of a bundle's manifest, given itself or by the bundle's file.
fn previous(given: &str) -> Result<Digest, Failure> {
    if let Ok(digest) = given.parse() {
        return Ok(digest);
    }
    let file = File::open(given).map_err(|error| {
        Failure::Refused(format!("cannot read the previous bundle {given}: {error}"))
    })?;
    let archive = Archive::open(BufReader::new(file)).map_err(|error| {
        Failure::Refused(format!("cannot read the previous bundle {given}: {error}"))
    })?;
    Ok(archive.digest())
}

/// Takes the manifest, and the parts into a file, one after the other.
pub(super) async fn receive(
    mut answer: Streaming<v1::CreateBundleResponse>,
    content: &Path,
) -> Result<Manifest, Failure> {
    let cannot = |error| Failure::other(format!("cannot write {}", content.display()), error);
    let Some(Part::Manifest(text)) = next(&mut answer).await? else {
        return Err(incomplete("manifest"));
    };
    let manifest = Manifest::parse(&text)
        .map_err(|error| Failure::other("the daemon's manifest is refused", error))?;
    let mut file = BufWriter::new(File::create(content).map_err(cannot)?);
    let mut received = 0;
    let end = loop {
        match next(&mut answer).await? {
            Some(Part::Content(bytes)) => {
                received += bytes.len() as u64;
                file.write_all(&bytes).map_err(cannot)?;
            }
            Some(Part::End(end)) => break end,
            Some(Part::Manifest(_)) | None => return Err(incomplete("end")),
        }
    };
    file.flush().map_err(cannot)?;
    if end.content_bytes != received {
        return Err(incomplete("whole content"));
    }
    Ok(manifest)
}

async fn next(answer: &mut Streaming<v1::CreateBundleResponse>) -> Result<Option<Part>, Failure> {
    let message = answer.message().await.map_err(refused)?;
    message
        .map(|message| message.part.ok_or_else(|| incomplete("part")))
        .transpose()
}

struct Partial<'a> {
    content: &'a Path,
    bundle: PathBuf,
}

impl Partial<'_> {
    /// Signs and writes the bundle, checks it as its readers will, and gives
    /// it its name.
    fn put_together(
        &self,
        manifest: &Manifest,
        key: Option<&SecretKey>,
        target: &Path,
    ) -> Result<(), Failure> {
        let cannot = |error: ArchiveError| {
            Failure::other(format!("cannot make {}", target.display()), error)
        };
        let made = self
            .write(manifest, key)
            .and_then(|()| self.check())
            .map_err(cannot);
        let made = made.and_then(|()| {
            fs::rename(&self.bundle, target)
                .map_err(|error| Failure::other(format!("cannot make {}", target.display()), error))
        });
        if made.is_err() {
            let _ = fs::remove_file(&self.bundle);
        }
        made
    }

    fn write(&self, manifest: &Manifest, key: Option<&SecretKey>) -> Result<(), ArchiveError> {
        // As minisign writes it by default.
        let comment = format!(
            "timestamp:{}\tfile:manifest.json\thashed",
            manifest.created_at.as_second()
        );
        let text = manifest.to_text();
        let signature = key.map(|key| Signature::sign(key, text.as_bytes(), &comment));
        let output = BufWriter::new(File::create(&self.bundle)?);
        let mut writer = ArchiveWriter::begin(output, manifest, signature.as_ref())?;
        let mut content = BufReader::new(File::open(self.content)?);
        for source in &manifest.sources {
            writer.part(source, content.by_ref().take(source.part.bytes))?;
        }
        let output = writer.finish()?;
        let file = output
            .into_inner()
            .map_err(std::io::IntoInnerError::into_error)?;
        Ok(file.sync_all()?)
    }

    fn check(&self) -> Result<(), ArchiveError> {
        let mut archive = Archive::open(BufReader::new(File::open(&self.bundle)?))?;
        archive.check_parts()
    }
}

/// Beside the target, so that the rename stays on one file system.
pub(super) fn partial_path(target: &Path) -> PathBuf {
    let mut name = target.file_name().unwrap_or_default().to_owned();
    name.push(format!(".partial-{}", std::process::id()));
    target.with_file_name(name)
}
