//! The files of a backup: copied, hashed, compared, on disk for good.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io;
use std::path::Path;

use super::manifest::{BackupFile, MANIFEST};
use super::{BackupError, failed};

/// Deepest folder of a backup: a file of something that waits is at 3.
const DEPTH_MAX: usize = 8;

/// Copies a file, if it is there.
pub(super) fn copy_if_there(from: &Path, to: &Path) -> Result<(), BackupError> {
    match fs::copy(from, to) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        copied => copied.map(drop).map_err(failed(to)),
    }
}

/// Copies the entries of a folder, if it is there: each is one thing, which
/// may go away meanwhile and is then left out whole. What begins with a dot
/// is not finished.
pub(super) fn copy_entries(from: &Path, to: &Path) -> Result<(), BackupError> {
    for name in names(from)? {
        if name.to_string_lossy().starts_with('.') {
            continue;
        }
        fs::create_dir_all(to).map_err(failed(to))?;
        let (entry, target) = (from.join(&name), to.join(&name));
        match copy_tree(&entry, &target, 1) {
            Err(BackupError::Io { source, .. }) if source.kind() == io::ErrorKind::NotFound => {
                let removed = if target.is_dir() {
                    fs::remove_dir_all(&target)
                } else {
                    remove_if_there(&target)
                };
                removed.map_err(failed(&target))?;
            }
            copied => copied?,
        }
    }
    Ok(())
}

fn copy_tree(from: &Path, to: &Path, depth: usize) -> Result<(), BackupError> {
    check_depth(from, depth)?;
    let facts = fs::symlink_metadata(from).map_err(failed(from))?;
    if facts.is_dir() {
        fs::create_dir_all(to).map_err(failed(to))?;
        for name in names(from)? {
            copy_tree(&from.join(&name), &to.join(&name), depth + 1)?;
        }
        return Ok(());
    }
    if facts.is_file() {
        fs::copy(from, to).map_err(failed(from))?;
    }
    Ok(())
}

/// Describes every file below a folder but the manifest, in order.
pub(super) fn described(folder: &Path) -> Result<Vec<BackupFile>, BackupError> {
    let mut files = Vec::new();
    walk(folder, "", 0, &mut |path, place| {
        if path == MANIFEST {
            return Ok(());
        }
        let mut hasher = blake3::Hasher::new();
        let mut file = File::open(place).map_err(failed(place))?;
        let bytes = io::copy(&mut file, &mut hasher).map_err(failed(place))?;
        files.push(BackupFile {
            path: path.to_owned(),
            bytes,
            blake3: hasher.finalize().to_hex().to_string(),
        });
        Ok(())
    })?;
    files.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(files)
}

/// Compares what a manifest names with what is there.
pub(super) fn compare(named: &[BackupFile], there: &[BackupFile]) -> Result<(), BackupError> {
    let wrong = |file: &BackupFile, rule| {
        Err(BackupError::File {
            file: file.path.clone(),
            rule,
        })
    };
    let mut there: BTreeMap<_, _> = there.iter().map(|file| (&file.path, file)).collect();
    for file in named {
        match there.remove(&file.path) {
            None => return wrong(file, "is missing"),
            Some(found) if found.bytes != file.bytes => return wrong(file, "has another length"),
            Some(found) if found.blake3 != file.blake3 => return wrong(file, "has other content"),
            Some(_) => {}
        }
    }
    match there.values().next() {
        Some(file) => wrong(file, "is not in its manifest"),
        None => Ok(()),
    }
}

/// Makes sure that every file and folder below is on disk.
pub(super) fn sync_all(folder: &Path) -> Result<(), BackupError> {
    walk(folder, "", 0, &mut |_, place| {
        File::open(place)
            .and_then(|file| file.sync_all())
            .map_err(failed(place))
    })?;
    sync_folders(folder)
}

fn sync_folders(folder: &Path) -> Result<(), BackupError> {
    for name in names(folder)? {
        let place = folder.join(name);
        if place.is_dir() {
            sync_folders(&place)?;
        }
    }
    sync_folder(folder)
}

/// Makes sure that the names in a folder are on disk.
pub(super) fn sync_folder(folder: &Path) -> Result<(), BackupError> {
    File::open(folder)
        .and_then(|folder| folder.sync_all())
        .map_err(failed(folder))
}

/// Visits every file below a folder; anything else in it is refused.
fn walk(
    folder: &Path,
    prefix: &str,
    depth: usize,
    visit: &mut impl FnMut(&str, &Path) -> Result<(), BackupError>,
) -> Result<(), BackupError> {
    check_depth(folder, depth)?;
    for name in names(folder)? {
        let place = folder.join(&name);
        let path = format!("{prefix}{}", name.to_string_lossy());
        let facts = fs::symlink_metadata(&place).map_err(failed(&place))?;
        if facts.is_dir() {
            walk(&place, &format!("{path}/"), depth + 1, visit)?;
        } else if facts.is_file() {
            visit(&path, &place)?;
        } else {
            return Err(BackupError::File {
                file: path,
                rule: "is neither a file nor a folder",
            });
        }
    }
    Ok(())
}

fn check_depth(folder: &Path, depth: usize) -> Result<(), BackupError> {
    if depth <= DEPTH_MAX {
        return Ok(());
    }
    Err(BackupError::File {
        file: folder.to_string_lossy().into_owned(),
        rule: "lies deeper than anything in a backup",
    })
}

fn names(folder: &Path) -> Result<Vec<std::ffi::OsString>, BackupError> {
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries.map_err(failed(folder))?,
    };
    entries
        .map(|entry| entry.map(|entry| entry.file_name()))
        .collect::<io::Result<_>>()
        .map_err(failed(folder))
}

fn remove_if_there(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        removed => removed,
    }
}
