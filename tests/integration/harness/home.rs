//! The folder of one daemon: its data directory, configuration and logs.

use std::fs;
use std::path::{Path, PathBuf};

use interdict::audit::Reader;
use interdict::audit::record::Record;
use prost::Message as _;
use tempfile::TempDir;

/// A folder that goes away with its owner.
pub struct Home {
    folder: TempDir,
}

impl Home {
    /// Makes an empty one.
    pub fn new() -> Self {
        let folder = tempfile::Builder::new()
            .prefix("interdict-test-")
            .tempdir_in(env!("CARGO_TARGET_TMPDIR"))
            .expect("a temporary folder can be made");
        Self { folder }
    }

    /// Returns the path of something inside.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Returns where the data directory is, or would be.
    pub fn data_dir(&self) -> PathBuf {
        self.path("data")
    }

    /// Makes another home with a copy of the data directory.
    pub fn copy(&self) -> Self {
        let other = Self::new();
        copy_folder(&self.data_dir(), &other.data_dir());
        other
    }

    /// Writes a file and returns its path.
    pub fn write(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        fs::write(&path, content).expect("a file can be written");
        path
    }

    /// Returns the files under the data directory with an ending, those that
    /// hold nothing left out, in order of their names.
    pub fn files_ending(&self, ending: &str) -> Vec<PathBuf> {
        let mut found = Vec::new();
        collect_files(&self.data_dir(), &mut found);
        found.retain(|path| {
            let named = path.to_string_lossy().ends_with(ending);
            named && fs::metadata(path).is_ok_and(|facts| facts.len() > 0)
        });
        found.sort();
        found
    }
}

/// Returns every record of the audit log of a home, with its number.
#[track_caller]
pub fn records(home: &Home) -> Vec<(u64, Record)> {
    let reader = Reader::open(&home.data_dir().join("audit")).expect("the log can be read");
    let records = reader.records(0..u64::MAX).map(|read| {
        let (number, bytes) = read.expect("a record can be read");
        (
            number,
            Record::decode(bytes.as_slice()).expect("it decodes"),
        )
    });
    records.collect()
}

fn collect_files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("the folder can be read") {
        let path = entry.expect("its entries too").path();
        if path.is_dir() {
            collect_files(&path, found);
        } else {
            found.push(path);
        }
    }
}

fn copy_folder(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a folder can be made");
    for entry in fs::read_dir(from).expect("the folder can be read") {
        let path = entry.expect("its entries too").path();
        let target = to.join(path.file_name().expect("an entry has a name"));
        if path.is_dir() {
            copy_folder(&path, &target);
        } else {
            fs::copy(&path, &target).expect("a file can be copied");
        }
    }
}
