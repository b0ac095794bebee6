//! What a data directory promises: all or nothing, and nothing silently less.

use jiff::Timestamp;
use tempfile::TempDir;

use super::*;
use crate::list::{
    Category, EntryId, ListEntry, Made, Origin, Publication, PublicationDigest, ReadAs, Tier,
};

fn source() -> SourceId {
    "test".parse().expect("a source id")
}

fn key(number: u32) -> AddressKey {
    let mut bytes = vec![0x07];
    bytes.extend_from_slice(&blake3::hash(&number.to_le_bytes()).as_bytes()[..20]);
    AddressKey::from_bytes(&bytes).expect("an EVM key")
}

fn id(number: u32) -> EntryId {
    let mut id = [0; 16];
    id[..4].copy_from_slice(&number.to_be_bytes());
    EntryId(id)
}

fn encoded(number: u32, note: &str) -> Bytes {
    let mut entry = ListEntry::bare(number.to_string(), Category::Theft);
    entry.note = Some(note.to_owned());
    KeyedEntry {
        source: source(),
        kind: crate::address::Kind::Evm,
        networks: crate::address::Networks::EVM,
        extra: Vec::new(),
        tag: None,
        derived: None,
        is_contract: false,
        entry,
    }
    .encode()
    .into()
}

fn sorted(mut changes: Vec<Change>) -> Vec<Change> {
    changes.sort_by(|a, b| (&a.key, a.id).cmp(&(&b.key, b.id)));
    changes
}

fn listed(numbers: std::ops::Range<u32>) -> Vec<Change> {
    let change = |number| Change {
        key: key(number),
        id: id(number),
        kind: ChangeKind::Listed(encoded(number, "as listed")),
    };
    sorted(numbers.map(change).collect())
}

fn delisted(number: u32) -> Change {
    Change {
        key: key(number),
        id: id(number),
        kind: ChangeKind::Delisted,
    }
}

fn next() -> NextGeneration {
    let now = Timestamp::now();
    NextGeneration {
        added: 0,
        amended: 0,
        removed: 0,
        sources: vec![source()],
        publications: vec![Publication {
            source: source(),
            tier: Tier::Attributed,
            digest: PublicationDigest([5; 32]),
            read_as: ReadAs {
                format: "text".to_owned(),
                category: Category::Theft,
                rules: 1,
            },
            confirmed_at: None,
            incomplete: false,
            licence: None,
            published_on: None,
            retrieved_at: now,
            held_since: now,
            origin: Origin::Imported,
            entries: 1,
        }],
        committed_at: now,
        made: Made::default(),
    }
}

fn commit(store: &Store, changes: &[Change]) -> GenerationRecord {
    let staged = store.stage(changes).expect("stages");
    staged.commit(next()).expect("commits")
}

fn created() -> (TempDir, Store) {
    let folder = tempfile::tempdir().expect("a folder");
    let store = Store::create(folder.path()).expect("creates");
    (folder, store)
}

fn covers(store: &Store, number: u32, generation: u64) -> bool {
    let rows = store.rows(&key(number)).expect("reads");
    rows.iter()
        .any(|row| row.life.covers(GenerationNumber(generation)))
}

#[test]
fn law_9_a_missing_directory_is_an_error_and_stays_missing() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("nowhere");
    assert!(matches!(Store::open(&path), Err(OpenError::Missing { .. })));
    assert!(!path.exists());
    assert!(matches!(
        Store::open(folder.path()),
        Err(OpenError::Missing { .. })
    ));
}

#[test]
fn a_directory_that_holds_something_is_never_created_over() {
    let (folder, store) = created();
    drop(store);
    assert!(matches!(
        Store::create(folder.path()),
        Err(CreateError::NotEmpty { .. })
    ));
    assert!(Store::open(folder.path()).is_ok());
}

#[test]
fn a_directory_in_use_is_refused_by_name() {
    let (folder, _store) = created();
    assert!(matches!(
        Store::open(folder.path()),
        Err(OpenError::Locked { .. })
    ));
}

#[test]
fn generations_come_back_as_they_were_committed() {
    let (folder, store) = created();
    let first = commit(&store, &listed(0..100));
    let second = commit(&store, &sorted(vec![delisted(3), delisted(4)]));
    drop(store);
    let store = Store::open(folder.path()).expect("opens");
    assert_eq!(store.head_generation(), GenerationNumber(2));
    assert_eq!(
        store.generation(GenerationNumber(1)).expect("reads"),
        Some(first)
    );
    assert_eq!(
        store.generation(GenerationNumber(2)).expect("reads"),
        Some(second)
    );
    assert_eq!(store.generation(GenerationNumber(3)).expect("reads"), None);
    assert!(covers(&store, 3, 1) && !covers(&store, 3, 2) && covers(&store, 5, 2));
}

/// The same set has the same digest, whichever way it came about, in batches
/// or in table files.
#[test]
fn the_digest_is_that_of_the_set_and_not_of_its_history() {
    let (_one, straight) = created();
    let direct = commit(&straight, &listed(0..21_000));
    let (_two, winding) = created();
    commit(&winding, &listed(0..10_000));
    commit(&winding, &listed(10_000..21_005));
    let gone = sorted((21_000..21_005).map(delisted).collect());
    let detour = commit(&winding, &gone);
    assert_eq!(direct.digest, detour.digest);
    assert_eq!((direct.rows, detour.rows), (21_000, 21_000));
}

#[test]
fn law_4_a_stage_that_is_dropped_leaves_no_trace() {
    for size in [50, 25_000] {
        let (folder, store) = created();
        commit(&store, &listed(0..10));
        let mut changes = listed(10..size);
        changes.push(delisted(2));
        drop(store.stage(&sorted(changes)).expect("stages"));
        assert!(covers(&store, 2, 1));
        assert_eq!(store.rows(&key(2)).expect("reads")[0].life.until, None);
        assert!(store.rows(&key(11)).expect("reads").is_empty());
        assert_eq!(store.shelves().count(), 10);
        // The next import gets the same number, and only its own rows.
        commit(&store, &listed(size..size + 1));
        drop(store);
        let store = Store::open(folder.path()).expect("opens");
        assert_eq!(store.head().set.rows(), 11);
    }
}

/// As a kill between stage and commit leaves it: the rows are in RocksDB and
/// nobody has taken them out.
#[test]
fn law_4_a_stage_that_was_never_dropped_is_taken_out_when_opening() {
    let (folder, store) = created();
    commit(&store, &listed(0..10));
    let mut changes = listed(10..30);
    changes.push(delisted(2));
    std::mem::forget(store.stage(&sorted(changes)).expect("stages"));
    drop(store);
    let store = Store::open(folder.path()).expect("opens");
    assert_eq!(store.head_generation(), GenerationNumber(1));
    assert_eq!(store.shelves().count(), 10);
    assert_eq!(store.rows(&key(2)).expect("reads")[0].life.until, None);
}

#[test]
fn a_database_below_its_floor_is_refused() {
    let (folder, store) = created();
    commit(&store, &listed(0..3));
    drop(store);
    let floor = Floor::read(folder.path()).expect("reads");
    let above = Floor {
        generation: floor.generation.next(),
        ..floor
    };
    above.write(folder.path()).expect("writes");
    assert!(matches!(
        Store::open(folder.path()),
        Err(OpenError::BelowFloor { .. })
    ));
    let other = Floor {
        digest: GenerationDigest([9; 32]),
        ..floor
    };
    other.write(folder.path()).expect("writes");
    assert!(matches!(
        Store::open(folder.path()),
        Err(OpenError::FloorDisagrees(_))
    ));
    floor.write(folder.path()).expect("writes");
    assert!(Store::open(folder.path()).is_ok());
}

/// The process died after the head was synced and before the floor was.
#[test]
fn a_floor_left_behind_is_raised() {
    let (folder, store) = created();
    commit(&store, &listed(0..3));
    let behind = Floor::read(folder.path()).expect("reads");
    commit(&store, &listed(3..5));
    drop(store);
    behind.write(folder.path()).expect("writes");
    drop(Store::open(folder.path()).expect("opens"));
    let raised = Floor::read(folder.path()).expect("reads");
    assert_eq!(raised.generation, GenerationNumber(2));
}

#[test]
fn rows_that_are_not_those_committed_are_refused() {
    let (folder, store) = created();
    commit(&store, &listed(0..50));
    let family = store.family(schema::ENTRIES);
    store
        .database
        .delete_cf(&family, key(7).as_bytes())
        .expect("deletes");
    drop(family);
    drop(store);
    match Store::open(folder.path()) {
        Err(OpenError::Damaged {
            found, expected, ..
        }) => assert_eq!((found, expected), (49, 50)),
        other => panic!("{:?}", other.map(|store| store.head())),
    }
}

#[test]
fn another_format_or_key_rules_are_refused_with_an_instruction() {
    for meta in [schema::META_FORMAT, schema::META_KEY_RULES] {
        let (folder, store) = created();
        let family = store.family(schema::META);
        store
            .database
            .put_cf(&family, meta, 99_u32.to_le_bytes())
            .expect("puts");
        drop(family);
        drop(store);
        let error = Store::open(folder.path()).map(|_| ()).expect_err("refused");
        assert!(error.to_string().contains("99"), "{error}");
        assert!(
            error.to_string().contains("import the lists again"),
            "{error}"
        );
    }
}

#[test]
fn a_change_that_does_not_fit_is_an_error_and_leaves_no_trace() {
    let (_folder, store) = created();
    commit(&store, &listed(0..3));
    let twice = store.stage(&listed(2..5)).map(|_| ());
    assert!(matches!(twice, Err(CommitError::Conflict { .. })));
    let absent = store.stage(&[delisted(9)]).map(|_| ());
    assert!(matches!(absent, Err(CommitError::Conflict { .. })));
    assert_eq!(store.shelves().count(), 3);
}

#[test]
fn changes_between_generations_are_their_net_effect() {
    let (_folder, store) = created();
    commit(&store, &listed(0..3));
    let amended = Change {
        kind: ChangeKind::Amended(encoded(1, "amended")),
        ..delisted(1)
    };
    let mut second = listed(3..5);
    second.extend([amended, delisted(0)]);
    commit(&store, &sorted(second));
    commit(&store, &sorted(vec![delisted(3)]));

    let between = |from: u64, to: u64| {
        let (from, to) = (GenerationNumber(from), GenerationNumber(to));
        let mut found = Vec::new();
        for key in store.changed_keys(from, to).expect("reads") {
            for changed in store.changes_under(&key, from, to).expect("reads") {
                let row = changed
                    .after
                    .as_ref()
                    .or(changed.before.as_ref())
                    .expect("one");
                let address = row.entry().expect("decodes").entry.address;
                found.push((address, changed.before.is_some(), changed.after.is_some()));
            }
        }
        found.sort();
        found
    };
    let row = |number: &str, before, after| (number.to_owned(), before, after);
    assert_eq!(
        between(1, 3),
        [
            row("0", true, false),
            row("1", true, true),
            row("4", false, true)
        ]
    );
    assert_eq!(between(2, 3), [row("3", true, false)]);
    assert_eq!(between(3, 3), []);
    let all = [
        row("1", false, true),
        row("2", false, true),
        row("4", false, true),
    ];
    assert_eq!(between(0, 3), all);
}

#[test]
fn law_3_a_reader_beside_an_import_under_way_sees_what_was_committed() {
    let (folder, store) = created();
    commit(&store, &listed(0..500));
    let amended = Change {
        key: key(3),
        id: id(3),
        kind: ChangeKind::Amended(encoded(3, "amended")),
    };
    let mut more = listed(500..900);
    more.extend([amended, delisted(7)]);
    let staged = store.stage(&sorted(more)).expect("stages");

    let visited = Mutex::new(0);
    let reader = Store::open_read_only(folder.path(), |_| *visited.lock() += 1).expect("opens");
    assert_eq!(*visited.lock(), 500);
    assert_eq!(reader.head_generation(), GenerationNumber(1));
    let rows = reader.rows(&key(3)).expect("reads");
    let covering: Vec<_> = rows
        .iter()
        .filter(|row| row.life.covers(GenerationNumber(1)))
        .collect();
    assert_eq!(covering.len(), 1);
    assert_eq!(covering[0].encoded(), &encoded(3, "as listed"));
    assert!(covers(&reader, 7, 1) && !covers(&reader, 600, 1));

    staged.commit(next()).expect("commits");
    assert_eq!(reader.head_generation(), GenerationNumber(1));
    let later = Store::open_read_only(folder.path(), |_| {}).expect("opens");
    assert_eq!(later.head_generation(), GenerationNumber(2));
    assert!(covers(&later, 600, 2) && !covers(&later, 7, 2));
}
