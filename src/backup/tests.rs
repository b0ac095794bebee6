//! A backup is whole, or it is not taken for one.

use std::collections::BTreeSet;
use std::os::unix::fs::PermissionsExt as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tempfile::TempDir;

use super::*;
use crate::filter::FalsePositiveRate;
use crate::generation::LiveGeneration;
use crate::import::read::{Format, InputFile};
use crate::import::{Bounds, Importer, Request};
use crate::list::{Origin, PublicationDigest};
use crate::store::GenerationNumber;

/// A data directory that is written to, and a place for its backups.
struct Bench {
    folder: TempDir,
    store: Arc<Store>,
    importer: Importer,
}

impl Bench {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let store = Arc::new(Store::create(&folder.path().join("data")).expect("creates"));
        let importer = Importer::new(
            store.clone(),
            Arc::new(LiveGeneration::default()),
            FalsePositiveRate::DEFAULT,
            Bounds {
                entries_max: 100_000,
                bytes_max: 1 << 30,
            },
        );
        Self {
            folder,
            store,
            importer,
        }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Imports a list of made addresses, under a source of its own.
    fn import(&self, source: &str, entries: u64) {
        let text: String = (0..entries)
            .map(|number| {
                let hash = blake3::hash(format!("{source} {number}").as_bytes());
                format!("0x{}\n", &hash.to_hex()[..40])
            })
            .collect();
        let request = Request {
            source: source.parse().expect("an id"),
            tier: None,
            format: Format::Text,
            category: None,
            approval: None,
            retrieved_at: Timestamp::now(),
            origin: Origin::Imported,
            digest: PublicationDigest::of_text(&text),
        };
        let file = InputFile::of_bytes("list", text);
        self.importer.run(&request, vec![file]).expect("imported");
    }

    fn backup(&self, name: &str) -> PathBuf {
        let made = create(&self.store, &self.path("backups"), Some(name));
        made.expect("a backup").0
    }

    fn digest(&self) -> String {
        self.store.head().set.digest().to_string()
    }
}

/// Every file below a folder, with its content.
fn contents(folder: &Path) -> BTreeSet<(String, u64, String)> {
    let mut files = files::described(folder).expect("readable");
    let manifest = fs::read(folder.join(MANIFEST)).unwrap_or_default();
    files.push(BackupFile {
        path: MANIFEST.to_owned(),
        bytes: manifest.len() as u64,
        blake3: blake3::hash(&manifest).to_hex().to_string(),
    });
    files
        .into_iter()
        .map(|file| (file.path, file.bytes, file.blake3))
        .collect()
}

fn copied(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("made");
    for entry in fs::read_dir(from).expect("readable") {
        let path = entry.expect("an entry").path();
        let target = to.join(path.file_name().expect("a name"));
        if path.is_dir() {
            copied(&path, &target);
        } else {
            fs::copy(&path, &target).expect("copied");
        }
    }
}

#[test]
fn a_backup_verifies_and_restores_to_the_same_set() {
    let bench = Bench::new();
    bench.import("first", 50);
    bench.import("second", 30);
    let backup = bench.backup("mine");
    let digest = bench.digest();
    // What comes later is not in it.
    bench.import("third", 10);

    let manifest = verify(&backup).expect("whole");
    assert_eq!((manifest.generation, manifest.entries), (2, 80));
    assert_eq!(manifest.generation_digest, digest);
    let target = bench.path("restored");
    restore(&backup, &target).expect("restored");
    let store = Store::open(&target).expect("opens");
    assert_eq!(store.head().set.digest().to_string(), digest);
    assert_eq!(store.head_generation(), GenerationNumber(2));
    assert!(!target.join(MANIFEST).exists());
    // What the restored one writes does not reach the backup.
    drop(store);
    verify(&backup).expect("still whole");
}

#[test]
fn looking_at_a_backup_changes_nothing_in_it() {
    let bench = Bench::new();
    bench.import("first", 20);
    let backup = bench.backup("mine");
    let before = contents(&backup);
    for _ in 0..3 {
        verify(&backup).expect("whole");
        assert_eq!(contents(&backup), before);
    }
    // Even where nothing can be written.
    let folders = [backup.clone(), backup.join("db")];
    let allow = |mode| {
        for folder in &folders {
            fs::set_permissions(folder, fs::Permissions::from_mode(mode)).expect("set");
        }
    };
    allow(0o555);
    let verified = verify(&backup);
    allow(0o755);
    verified.expect("whole");
    assert_eq!(contents(&backup), before);
}

/// RocksDB 9.9.3 crashed when it opened a checkpoint for reading with the
/// log's verification on, and the log had been switched.
#[test]
fn a_checkpoint_of_a_database_opened_again_is_readable() {
    let bench = Bench::new();
    bench.import("first", 20);
    let Bench {
        folder,
        store,
        importer,
    } = bench;
    drop((store, importer));
    let path = folder.path().join("data");
    for round in 0..3_u32 {
        let store = Store::open(&path).expect("opens");
        let name = format!("round-{round}");
        let (backup, _) = create(&store, &folder.path().join("b"), Some(&name)).expect("made");
        verify(&backup).expect("whole");
        drop(store);
        // And the database goes on from its own logs.
        Store::open(&path).expect("opens");
    }
}

#[test]
fn backups_made_during_imports_are_each_of_one_generation() {
    let bench = Bench::new();
    bench.import("first", 100);
    let stop = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let mut number = 0;
            while !stop.load(Ordering::Relaxed) {
                bench.import(&format!("list-{number}"), 200);
                number += 1;
            }
        });
        for number in 0..12 {
            let backup = bench.backup(&format!("number-{number}"));
            let manifest = verify(&backup).expect("whole");
            let generation = GenerationNumber(manifest.generation);
            let record = bench.store.generation(generation).expect("read");
            let record = record.expect("committed");
            assert_eq!(record.digest.to_string(), manifest.generation_digest);
            assert_eq!(record.entries(), manifest.entries);
        }
        stop.store(true, Ordering::Relaxed);
    });
}

/// An import that failed and could not tidy up is no part of a backup.
#[test]
fn what_an_unfinished_import_left_is_not_in_a_backup() {
    let bench = Bench::new();
    bench.import("first", 20);
    let digest = bench.digest();
    let key = crate::address::parse("0x098B716B8Aaf21512996dC57EB0615e2383E2f96");
    let key = key.candidates[0].key.clone();
    let bytes = bytes::Bytes::from_static(b"never read");
    bench.store.leave_staged(&[store::Change {
        key,
        id: crate::list::EntryId([9; 16]),
        kind: store::ChangeKind::Listed(bytes),
    }]);
    let manifest = verify(&bench.backup("mine")).expect("whole");
    assert_eq!(manifest.generation_digest, digest);
}

#[test]
fn what_stands_beside_the_database_is_in_the_backup() {
    let bench = Bench::new();
    bench.import("first", 5);
    let data = bench.path("data");
    fs::write(data.join("BUNDLES"), "ledger").expect("written");
    for (folder, file) in [
        ("pending/1", "item.json"),
        ("pending/.half", "x"),
        ("incoming/9", "0"),
    ] {
        fs::create_dir_all(data.join(folder)).expect("made");
        fs::write(data.join(folder).join(file), "words").expect("written");
    }
    let backup = bench.backup("mine");
    for there in ["filter", "BUNDLES", "FLOOR", "pending/1/item.json"] {
        assert!(backup.join(there).is_file(), "{there}");
    }
    for absent in ["pending/.half", "incoming", "db/LOCK"] {
        assert!(!backup.join(absent).exists(), "{absent}");
    }
    verify(&backup).expect("whole");
}

#[test]
fn a_flipped_bit_anywhere_in_a_backup_is_found() {
    let bench = Bench::new();
    bench.import("first", 20);
    let backup = bench.backup("mine");
    let mut places: Vec<PathBuf> = files::described(&backup)
        .expect("readable")
        .into_iter()
        .map(|file| backup.join(file.path))
        .collect();
    places.push(backup.join(MANIFEST));
    for place in places {
        let whole = fs::read(&place).expect("read");
        let step = (whole.len() / 40).max(1);
        for at in (0..whole.len()).step_by(step) {
            let mut bytes = whole.clone();
            bytes[at] ^= 1 << (at % 8);
            fs::write(&place, &bytes).expect("written");
            assert!(verify(&backup).is_err(), "{} at {at}", place.display());
        }
        fs::write(&place, &whole).expect("written");
    }
    verify(&backup).expect("whole again");
}

#[test]
fn a_file_missing_cut_or_added_is_found() {
    let bench = Bench::new();
    bench.import("first", 20);
    let whole = bench.backup("mine");
    let copy = bench.path("copy");
    for file in files::described(&whole).expect("readable") {
        copied(&whole, &copy);
        fs::remove_file(copy.join(&file.path)).expect("removed");
        assert!(verify(&copy).is_err(), "without {}", file.path);
        if file.bytes > 0 {
            copied(&whole, &copy);
            let bytes = fs::read(copy.join(&file.path)).expect("read");
            fs::write(copy.join(&file.path), &bytes[..bytes.len() - 1]).expect("cut");
            assert!(verify(&copy).is_err(), "{} cut", file.path);
        }
        fs::remove_dir_all(&copy).expect("removed");
    }
    copied(&whole, &copy);
    fs::write(copy.join("db/more"), "").expect("written");
    let refused = verify(&copy).expect_err("one too many").to_string();
    assert!(refused.contains("db/more"), "{refused}");
    fs::remove_file(copy.join("db/more")).expect("removed");
    verify(&copy).expect("a copy is as good");
    fs::remove_file(copy.join(MANIFEST)).expect("removed");
    assert!(matches!(verify(&copy), Err(BackupError::NotOne(_))));
}

/// Files of two backups that are each whole make none.
#[test]
fn a_backup_put_together_from_two_is_refused() {
    let bench = Bench::new();
    bench.import("first", 20);
    let older = bench.backup("older");
    bench.import("second", 20);
    let newer = bench.backup("newer");
    for part in ["FLOOR", MANIFEST] {
        let mixed = bench.path("mixed");
        copied(&newer, &mixed);
        fs::copy(older.join(part), mixed.join(part)).expect("copied");
        assert!(verify(&mixed).is_err(), "{part}");
        fs::remove_dir_all(&mixed).expect("removed");
    }
    let mixed = bench.path("mixed");
    copied(&newer, &mixed);
    fs::remove_dir_all(mixed.join("db")).expect("removed");
    copied(&older.join("db"), &mixed.join("db"));
    assert!(verify(&mixed).is_err());
}

/// The set is read back also when every file is as the manifest says.
#[test]
fn a_manifest_that_speaks_of_another_set_is_refused() {
    let bench = Bench::new();
    bench.import("first", 20);
    let backup = bench.backup("mine");
    let whole = BackupManifest::read(&backup).expect("read");
    let changes: [fn(&mut BackupManifest); 4] = [
        |manifest| manifest.generation += 1,
        |manifest| manifest.generation_digest = "00".repeat(32),
        |manifest| manifest.rows += 1,
        |manifest| manifest.keys += 1,
    ];
    for change in changes {
        let mut manifest = whole.clone();
        change(&mut manifest);
        manifest.write(&backup).expect("written");
        let refused = verify(&backup);
        assert!(
            matches!(refused, Err(BackupError::OtherSet { .. })),
            "{refused:?}"
        );
    }
    let mut manifest = whole;
    manifest.files[0].path = "../db".to_owned();
    manifest.write(&backup).expect("written");
    assert!(matches!(verify(&backup), Err(BackupError::Manifest { .. })));
}

#[test]
fn nothing_is_restored_over_something_or_from_something_broken() {
    let bench = Bench::new();
    bench.import("first", 20);
    let backup = bench.backup("mine");
    let target = bench.path("target");
    fs::create_dir(&target).expect("made");
    fs::write(target.join("mine"), "words").expect("written");
    assert!(matches!(
        restore(&backup, &target),
        Err(BackupError::NotFree(_))
    ));
    assert_eq!(fs::read(target.join("mine")).expect("read"), b"words");
    fs::remove_file(target.join("mine")).expect("removed");
    let floor = fs::read(backup.join("FLOOR")).expect("read");
    fs::write(backup.join("FLOOR"), "").expect("written");
    assert!(restore(&backup, &target).is_err());
    assert_eq!(fs::read_dir(&target).expect("there").count(), 0);
    fs::write(backup.join("FLOOR"), floor).expect("written");
    restore(&backup, &target).expect("into an empty folder");
    let left: Vec<_> = fs::read_dir(bench.folder.path())
        .expect("readable")
        .map(|entry| entry.expect("an entry").file_name())
        .filter(|name| name.to_string_lossy().contains("partial"))
        .collect();
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn names_are_folders_right_there_and_taken_once() {
    let bench = Bench::new();
    bench.import("first", 5);
    let into = bench.path("backups");
    for bad in [
        "",
        ".",
        "..",
        ".x",
        "a/b",
        "../x",
        "/x",
        "a b",
        "ä",
        &"x".repeat(65),
    ] {
        let refused = create(&bench.store, &into, Some(bad));
        assert!(matches!(refused, Err(BackupError::Name(_))), "{bad}");
    }
    bench.backup("mine");
    let refused = create(&bench.store, &into, Some("mine"));
    assert!(matches!(refused, Err(BackupError::Exists(_))));
    let (path, _) = create(&bench.store, &into, None).expect("named by its time");
    let name = path
        .file_name()
        .expect("a name")
        .to_string_lossy()
        .into_owned();
    assert!(name.ends_with("Z-g1"), "{name}");
}

#[test]
fn a_data_directory_without_a_generation_can_be_backed_up() {
    let bench = Bench::new();
    let backup = bench.backup("empty");
    assert_eq!(verify(&backup).expect("whole").generation, 0);
    restore(&backup, &bench.path("restored")).expect("restored");
    Store::open(&bench.path("restored")).expect("opens");
}
