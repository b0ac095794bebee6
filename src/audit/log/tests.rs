use std::fs;
use std::os::unix::fs::FileExt as _;
use std::path::PathBuf;
use std::sync::atomic::Ordering::SeqCst;
use std::time::{Duration, Instant};

use prost::Message as _;
use tempfile::TempDir;

use super::super::record::Record;
use super::super::segment::{Kind, Segment};
use super::*;

/// A log in a folder of its own.
pub(super) struct Home {
    dir: TempDir,
}

impl Home {
    pub(super) fn new() -> Self {
        let dir = tempfile::tempdir().expect("works");
        AuditLog::create(&dir.path().join("audit"), Some("test/log")).expect("works");
        Self { dir }
    }

    fn folder(&self) -> PathBuf {
        self.dir.path().join("audit")
    }

    pub(super) fn try_open(&self, settings: Settings) -> Result<(AuditLog, Opened), OpenError> {
        AuditLog::open(&self.folder(), settings)
    }

    pub(super) fn open(&self) -> AuditLog {
        self.try_open(Settings::default()).expect("works").0
    }

    /// The records of all segments, as their files have them.
    fn records(&self) -> Vec<Vec<u8>> {
        let folder = Folder::new(&self.folder());
        let mut all = Vec::new();
        for (first, kind) in folder.list().expect("works").segments {
            let segment = Segment::open(&folder.segment(first, kind), first, kind).expect("works");
            assert_eq!(first, all.len() as u64, "no record is missing or twice");
            let mut records = segment.records(first);
            while let Some(frame) = records.next().expect("works") {
                all.push(frame.record.to_vec());
            }
        }
        all
    }

    /// Those that the tests wrote.
    pub(super) fn ours(&self) -> Vec<String> {
        let texts = self.records().into_iter().filter_map(|record| {
            let text = String::from_utf8(record).ok()?;
            text.starts_with("ours ").then_some(text)
        });
        texts.collect()
    }

    fn events(&self) -> Vec<Event> {
        let records = self.records().into_iter();
        records
            .filter_map(|record| Record::decode(&record[..]).ok()?.event)
            .collect()
    }

    fn last_segment(&self) -> PathBuf {
        let folder = Folder::new(&self.folder());
        let (first, kind) = *folder
            .list()
            .expect("works")
            .segments
            .last()
            .expect("works");
        folder.segment(first, kind)
    }
}

/// Ends a log as a crash does: nothing is written, synced or signed any more.
fn crash(log: AuditLog) {
    let crashed = std::sync::Arc::new(io::Error::other("crashed"));
    log.shared.fail(AppendError::Failed(crashed));
    drop(log);
}

fn write(log: &AuditLog, number: u64, durability: Durability) -> Result<(), AppendError> {
    let ticket = log.append(format!("ours {number}").as_bytes())?;
    log.written_blocking(ticket, durability)
}

fn wait_for(what: &str, mut holds: impl FnMut() -> bool) {
    let began = Instant::now();
    while !holds() {
        assert!(began.elapsed() < Duration::from_secs(20), "in vain: {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn what_is_written_is_there_after_a_restart_and_all_of_it_is_signed() {
    let home = Home::new();
    let log = home.open();
    for number in 0..100 {
        write(&log, number, Durability::Process).expect("works");
    }
    assert_eq!(log.size(), 100);
    log.close();
    let (log, opened) = home.try_open(Settings::default()).expect("works");
    // The hundred, and the signature over them.
    let expected = Opened {
        records: 101,
        recovered: None,
    };
    assert_eq!(opened, expected);
    drop(log);
    assert_eq!(home.ours().len(), 100);
    assert!(matches!(&home.events()[..], [Event::Checkpointed(_)]));
}

#[test]
fn tasks_on_many_threads_lose_nothing_and_repeat_nothing() {
    let home = Home::new();
    let (log, _) = home
        .try_open(Settings {
            segment_bytes_max: 40 << 10,
            ..Settings::default()
        })
        .expect("works");
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(4)
        .enable_time()
        .build()
        .expect("works");
    runtime.block_on(async {
        let tasks: Vec<_> = (0..64_u64)
            .map(|task| {
                let log = log.clone();
                tokio::spawn(async move {
                    for number in 0..100 {
                        let strict = number % 20 == 0;
                        let durability = if strict {
                            Durability::Strict
                        } else {
                            Durability::Process
                        };
                        let text = format!("ours {task} {number}");
                        let ticket = log.append(text.as_bytes()).expect("works");
                        log.written(ticket, durability).await.expect("works");
                        if number % 25 == 0 {
                            tokio::time::sleep(Duration::from_millis(30)).await;
                        }
                    }
                })
            })
            .collect();
        for task in tasks {
            task.await.expect("works");
        }
    });
    log.close();
    let mut ours = home.ours();
    for task in 0..64 {
        let prefix = format!("ours {task} ");
        let of_task: Vec<_> = ours
            .iter()
            .filter(|text| text.starts_with(&prefix))
            .collect();
        let expected: Vec<_> = (0..100).map(|number| format!("{prefix}{number}")).collect();
        assert_eq!(of_task, expected.iter().collect::<Vec<_>>(), "in order");
    }
    ours.sort();
    ours.dedup();
    assert_eq!(ours.len(), 6400);
    let folder = Folder::new(&home.folder());
    assert!(
        folder.list().expect("works").segments.len() > 2,
        "it was rotated"
    );
}

#[test]
fn a_batch_is_written_next_to_each_other() {
    let home = Home::new();
    let log = home.open();
    let texts: Vec<String> = (0..1000).map(|number| format!("ours {number}")).collect();
    let ticket = log
        .append_all(texts.iter().map(|text| text.as_bytes()))
        .expect("works");
    log.written_blocking(ticket, Durability::Strict)
        .expect("works");
    // None is written at once.
    let ticket = log.append_all([]).expect("works");
    log.written_blocking(ticket, Durability::Strict)
        .expect("works");
    assert_eq!(log.size(), 1000);
    log.close();
    assert_eq!(home.ours(), texts);
}

#[test]
fn a_full_disk_refuses_and_goes_on_by_itself_once_there_is_room() {
    let home = Home::new();
    let log = home.open();
    write(&log, 0, Durability::Process).expect("works");
    // Each of these ends within a frame: its head, its record, its first byte.
    for (number, room) in [(1, 10), (2, 18), (3, 1), (4, 0)] {
        log.shared.faults.room.store(room, SeqCst);
        let refused = write(&log, number, Durability::Process);
        assert!(
            matches!(refused, Err(AppendError::DiskFull(_))),
            "{refused:?}"
        );
    }
    let full = write(&log, 5, Durability::Strict).expect_err("is refused");
    assert!(full.to_string().contains("make room"), "{full}");
    log.shared.faults.room.store(usize::MAX, SeqCst);
    write(&log, 6, Durability::Strict).expect("works");
    log.close();
    assert_eq!(home.ours(), ["ours 0", "ours 6"]);
    let (_, opened) = home.try_open(Settings::default()).expect("works");
    assert_eq!(opened.recovered, None);
}

#[test]
fn of_a_batch_that_does_not_fit_nobody_is_told_it_was_written() {
    let home = Home::new();
    let log = home.open();
    log.shared.faults.room.store(60, SeqCst);
    let texts: Vec<String> = (0..10).map(|number| format!("ours {number}")).collect();
    let before = log.append(b"ours before").expect("works");
    let ticket = log
        .append_all(texts.iter().map(|text| text.as_bytes()))
        .expect("works");
    assert!(log.written_blocking(ticket, Durability::Process).is_err());
    assert!(log.written_blocking(before, Durability::Process).is_ok());
    log.shared.faults.room.store(usize::MAX, SeqCst);
    // What comes later does not make it true.
    for number in 100..120 {
        write(&log, number, Durability::Strict).expect("works");
    }
    assert!(log.written_blocking(ticket, Durability::Process).is_err());
    assert!(log.written_blocking(before, Durability::Strict).is_ok());
    log.close();
    let ours = home.ours();
    assert_eq!(ours[..2], ["ours before", "ours 0"]);
    assert_eq!(ours.len(), 22);
}

#[test]
fn a_disk_that_does_not_write_is_tried_again_each_time() {
    let home = Home::new();
    let log = home.open();
    log.shared.faults.write_fails.store(true, SeqCst);
    let refused = write(&log, 0, Durability::Process);
    assert!(matches!(refused, Err(AppendError::Write(_))), "{refused:?}");
    log.shared.faults.write_fails.store(false, SeqCst);
    write(&log, 1, Durability::Process).expect("works");
    log.close();
    assert_eq!(home.ours(), ["ours 1"]);
}

#[test]
fn a_disk_that_does_not_sync_ends_the_log_until_a_restart() {
    let home = Home::new();
    let log = home.open();
    log.shared.faults.sync_fails.store(true, SeqCst);
    let refused = write(&log, 0, Durability::Strict);
    assert!(
        matches!(refused, Err(AppendError::Failed(_))),
        "{refused:?}"
    );
    log.shared.faults.sync_fails.store(false, SeqCst);
    assert!(matches!(log.append(b"ours 1"), Err(AppendError::Failed(_))));
    assert!(log.has_failed());
    log.close();
    let (log, opened) = home.try_open(Settings::default()).expect("works");
    // The kernel had it after all; that it was never answered is as it was.
    assert_eq!(opened.recovered.expect("works").unsigned_records, 1);
    write(&log, 2, Durability::Strict).expect("works");
}

#[test]
fn what_cannot_be_cut_off_ends_the_log_until_a_restart_cuts_it() {
    let home = Home::new();
    let log = home.open();
    write(&log, 0, Durability::Strict).expect("works");
    log.shared.faults.cutting_fails.store(true, SeqCst);
    log.shared.faults.room.store(20, SeqCst);
    assert!(write(&log, 1, Durability::Process).is_err());
    log.shared.faults.room.store(usize::MAX, SeqCst);
    let refused = write(&log, 2, Durability::Process);
    assert!(
        matches!(refused, Err(AppendError::Failed(_))),
        "{refused:?}"
    );
    drop(log);
    let (log, opened) = home.try_open(Settings::default()).expect("works");
    assert_eq!(opened.recovered.expect("works").cut_bytes, 20);
    write(&log, 3, Durability::Strict).expect("works");
    log.close();
    assert_eq!(home.ours(), ["ours 0", "ours 3"]);
}

#[test]
fn a_full_queue_refuses_at_once() {
    let home = Home::new();
    let (log, _) = home
        .try_open(Settings {
            queue_bytes_max: 100,
            ..Settings::default()
        })
        .expect("works");
    // Somebody is writing, and it takes long.
    let writer = log.shared.writer.lock();
    let mut tickets = Vec::new();
    let refused = loop {
        match log.append(b"ours 12345") {
            Ok(ticket) => tickets.push(ticket),
            Err(error) => break error,
        }
    };
    assert!(
        matches!(refused, AppendError::QueueFull { bytes: 78 }),
        "{refused}"
    );
    drop(writer);
    for ticket in tickets {
        log.written_blocking(ticket, Durability::Process)
            .expect("works");
    }
    write(&log, 9, Durability::Process).expect("works");
    log.close();
    assert_eq!(home.ours().len(), 4);
}

#[test]
fn what_nobody_waits_for_is_durable_soon_nevertheless() {
    let home = Home::new();
    let log = home.open();
    let _ = log.append(b"ours and forgotten").expect("works");
    wait_for("written and synced", || log.shared.synced() == 1);
}

#[test]
fn a_closed_log_takes_nothing_more() {
    let home = Home::new();
    let log = home.open();
    let copy = log.clone();
    log.close();
    assert!(matches!(copy.append(b"late"), Err(AppendError::Closed)));
    copy.close();
}

#[test]
fn two_processes_cannot_append() {
    let home = Home::new();
    let log = home.open();
    assert!(matches!(
        home.try_open(Settings::default()),
        Err(OpenError::Locked(_))
    ));
    drop(log);
    home.open();
}

#[test]
fn a_torn_tail_is_cut_at_the_last_whole_record_and_the_log_says_so() {
    let home = Home::new();
    let log = home.open();
    for number in 0..3 {
        write(&log, number, Durability::Strict).expect("works");
    }
    wait_for("a checkpoint", || log.shared.signed.load(SeqCst) == 3);
    write(&log, 3, Durability::Strict).expect("works");
    crash(log);
    let path = home.last_segment();
    let whole = fs::read(&path).expect("works");
    let mut longer = whole.clone();
    let record = [7; 300];
    super::super::segment::frame::write(&mut longer, 4, &record, crc32fast::hash(&record));
    for length in whole.len() + 1..longer.len() {
        if length % 7 != 0 && length > whole.len() + 20 {
            continue;
        }
        fs::write(&path, &longer[..length]).expect("works");
        let (log, opened) = home.try_open(Settings::default()).expect("works");
        let recovery = opened.recovered.expect("works");
        assert_eq!(recovery.cut_bytes, (length - whole.len()) as u64);
        assert_eq!((recovery.records, recovery.unsigned_records), (4, 1));
        assert_eq!(opened.records, 5);
        crash(log);
        let [Event::Recovered(said)] = &home.events()[..] else {
            panic!("{:?}", home.events());
        };
        assert_eq!((said.records, said.cut_bytes), (4, recovery.cut_bytes));
        assert_eq!(said.found, recovery.found);
        assert_eq!(home.ours().len(), 4, "nothing that was answered is missing");
    }
    // Zeros, as a file system leaves where data never came.
    fs::write(&path, [&whole[..], &[0; 5000]].concat()).expect("works");
    let (_, opened) = home.try_open(Settings::default()).expect("works");
    assert_eq!(opened.recovered.expect("works").cut_bytes, 5000);
}

#[test]
fn damage_before_whole_records_is_no_torn_tail() {
    let home = Home::new();
    let log = home.open();
    for number in 0..10 {
        write(&log, number, Durability::Strict).expect("works");
    }
    crash(log);
    let path = home.last_segment();
    let mut bytes = fs::read(&path).expect("works");
    let at = bytes.len() - 50;
    bytes[at] ^= 1;
    fs::write(&path, &bytes).expect("works");
    let refused = home.try_open(Settings::default()).expect_err("is refused");
    assert!(
        matches!(
            refused,
            OpenError::Damaged {
                record: 7,
                later: 8,
                ..
            }
        ),
        "{refused}"
    );
    assert_eq!(
        fs::read(&path).expect("works"),
        bytes,
        "nothing was changed"
    );
}

#[test]
fn a_log_that_is_not_what_was_signed_is_refused() {
    let home = Home::new();
    let log = home.open();
    write(&log, 0, Durability::Strict).expect("works");
    log.close();
    let path = home.last_segment();
    let checkpoint = home.folder().join("checkpoint");
    let (whole, newest) = (
        fs::read(&path).expect("works"),
        fs::read(&checkpoint).expect("works"),
    );
    let header = Segment::open(&path, 0, Kind::Open)
        .expect("works")
        .header_bytes()
        .len();

    // Cut at a record.
    let file = fs::OpenOptions::new()
        .write(true)
        .open(&path)
        .expect("works");
    file.set_len(header as u64 + 16 + 6).expect("works");
    let refused = home.try_open(Settings::default()).expect_err("is refused");
    assert!(
        matches!(
            refused,
            OpenError::Shorter {
                records: 1,
                signed: 2
            }
        ),
        "{refused}"
    );

    // Another record, with a checksum that fits.
    let mut forged = whole[..header].to_vec();
    super::super::segment::frame::write(&mut forged, 0, b"ours 9", crc32fast::hash(b"ours 9"));
    forged.extend(&whole[header + 22..]);
    file.set_len(0).expect("works");
    file.write_all_at(&forged, 0).expect("works");
    let refused = home.try_open(Settings::default()).expect_err("is refused");
    assert!(
        matches!(refused, OpenError::Differs { size: 2 }),
        "{refused}"
    );

    fs::write(&path, &whole).expect("works");
    fs::write(&checkpoint, "nothing").expect("works");
    let refused = home.try_open(Settings::default()).expect_err("is refused");
    assert!(matches!(refused, OpenError::Checkpoint { .. }), "{refused}");
    fs::remove_file(&checkpoint).expect("works");
    assert!(matches!(
        home.try_open(Settings::default()),
        Err(OpenError::Io { .. })
    ));
    fs::write(&checkpoint, &newest).expect("works");
    home.open();
}

#[test]
fn a_log_that_is_gone_is_told_from_one_that_never_was() {
    let home = Home::new();
    fs::rename(home.folder(), home.dir.path().join("elsewhere")).expect("works");
    assert!(matches!(
        home.try_open(Settings::default()),
        Err(OpenError::Gone { .. })
    ));
    let again = AuditLog::create(&home.folder(), None);
    assert!(matches!(again, Err(CreateError::Gone { .. })), "{again:?}");
    fs::rename(home.dir.path().join("elsewhere"), home.folder()).expect("works");
    assert!(matches!(
        AuditLog::create(&home.folder(), None),
        Err(CreateError::Exists(_))
    ));
    home.open();

    let other = Home::new();
    fs::remove_dir_all(home.folder()).expect("works");
    fs::rename(other.folder(), home.folder()).expect("works");
    assert!(matches!(
        home.try_open(Settings::default()),
        Err(OpenError::Other { .. })
    ));

    let dir = tempfile::tempdir().expect("works");
    let missing = AuditLog::open(&dir.path().join("audit"), Settings::default());
    assert!(matches!(missing, Err(OpenError::Missing(_))));
    let misnamed = AuditLog::create(&dir.path().join("audit"), Some("a b"));
    assert!(matches!(misnamed, Err(CreateError::Origin(_))));
}

#[test]
fn the_name_can_be_demanded() {
    let home = Home::new();
    let demand = |origin: &str| Settings {
        origin: Some(origin.to_owned()),
        ..Settings::default()
    };
    assert!(matches!(
        home.try_open(demand("another")),
        Err(OpenError::Other { .. })
    ));
    home.try_open(demand("test/log")).expect("works");
}

#[test]
fn references_are_hashed_the_same_after_a_restart_and_not_once_the_key_is_gone() {
    let home = Home::new();
    let log = home.open();
    let hash = log.reference_hash("case 7");
    assert_ne!(hash, log.reference_hash("case 8"));
    drop(log);
    assert_eq!(home.open().reference_hash("case 7"), hash);
    fs::remove_file(home.folder().join("reference.key")).expect("works");
    assert_ne!(home.open().reference_hash("case 7"), hash);
}

#[test]
fn secret_files_are_for_their_owner_alone() {
    use std::os::unix::fs::PermissionsExt as _;

    let home = Home::new();
    for (name, mode) in [("key", 0o600), ("reference.key", 0o600)] {
        let found = fs::metadata(home.folder().join(name))
            .expect("works")
            .permissions();
        assert_eq!(found.mode() & 0o777, mode, "{name}");
    }
}

#[test]
fn segments_are_closed_by_size_and_sealed_behind() {
    let home = Home::new();
    let settings = Settings {
        segment_bytes_max: 20 << 10,
        ..Settings::default()
    };
    let (log, _) = home.try_open(settings.clone()).expect("works");
    for number in 0..3000 {
        write(&log, number, Durability::Process).expect("works");
        if number % 500 == 0 {
            std::thread::sleep(Duration::from_millis(60));
        }
    }
    let folder = Folder::new(&home.folder());
    wait_for("sealed", || {
        let segments = folder.list().expect("works").segments;
        let open = segments.iter().filter(|(_, kind)| *kind == Kind::Open);
        segments.len() > 2 && open.count() == 1
    });
    assert_eq!(home.ours().len(), 3000);
    log.close();
    let (log, opened) = home.try_open(settings).expect("works");
    assert_eq!(opened.recovered, None);
    log.close();
}

#[test]
fn a_segment_is_closed_by_age_only_if_it_holds_anything() {
    let home = Home::new();
    let settings = Settings {
        segment_age_max: Duration::from_millis(50),
        ..Settings::default()
    };
    let (log, _) = home.try_open(settings).expect("works");
    let first = || log.shared.first.load(SeqCst);
    std::thread::sleep(Duration::from_millis(200));
    assert_eq!(first(), 0);
    write(&log, 0, Durability::Process).expect("works");
    wait_for("the next segment", || first() == 1);
}

/// Of each place that sealing and rotating can end at, the next start makes
/// what it would have been.
#[test]
fn a_crash_anywhere_in_sealing_is_put_in_order() {
    let home = Home::new();
    let settings = Settings {
        segment_bytes_max: 10 << 10,
        ..Settings::default()
    };
    let (log, _) = home.try_open(settings.clone()).expect("works");
    for number in 0..1000 {
        write(&log, number, Durability::Process).expect("works");
        if number % 300 == 0 {
            std::thread::sleep(Duration::from_millis(60));
        }
    }
    let folder = Folder::new(&home.folder());
    wait_for("sealed", || folder.segment(0, Kind::Sealed).exists());
    log.close();
    let records = home.records();
    let sealed = folder.segment(0, Kind::Sealed);
    let packed = fs::read(&sealed).expect("works");
    let mut open = Segment::open(&sealed, 0, Kind::Sealed)
        .expect("works")
        .header_bytes()
        .to_vec();
    let next = folder.list().expect("works").segments[1].0;
    for (number, record) in (0..next).zip(&records) {
        super::super::segment::frame::write(&mut open, number, record, crc32fast::hash(record));
    }

    // The packed file half made, then made and not yet in its place.
    for half in [packed.len() / 2, packed.len()] {
        fs::remove_file(&sealed).expect("works");
        fs::write(folder.segment(0, Kind::Open), &open).expect("works");
        fs::write(sealed.with_extension("new"), &packed[..half]).expect("works");
        let (log, opened) = home.try_open(settings.clone()).expect("works");
        assert_eq!(opened.recovered, None);
        wait_for("sealed again", || {
            sealed.exists() && !folder.segment(0, Kind::Open).exists()
        });
        log.close();
        assert!(fs::read(&sealed).expect("works") == packed, "byte for byte");
    }
    // In its place, and the first not yet removed.
    fs::write(folder.segment(0, Kind::Open), &open).expect("works");
    home.try_open(settings.clone()).expect("works").0.close();
    assert!(!folder.segment(0, Kind::Open).exists());
    assert_eq!(home.records()[..records.len()], records);

    // Two files that differ are not the work of a crash.
    let last = open.len() - 1;
    open[last] ^= 1;
    fs::write(folder.segment(0, Kind::Open), &open).expect("works");
    assert!(home.try_open(settings).is_err());
}

#[test]
fn a_segment_that_does_not_read_is_never_sealed() {
    let home = Home::new();
    let settings = Settings {
        segment_bytes_max: 10 << 10,
        ..Settings::default()
    };
    let (log, _) = home.try_open(settings).expect("works");
    for number in 0..600 {
        write(&log, number, Durability::Process).expect("works");
    }
    wait_for("sealed", || log.shared.first.load(SeqCst) > 0);
    log.close();
    let folder = Folder::new(&home.folder());
    let segments = folder.list().expect("works").segments;
    let last = *segments.last().expect("works");
    let path = folder.segment(last.0, last.1);
    let next = Segment::open(&path, last.0, last.1).expect("works");
    let mut header = next.header().clone();
    header.previous = header_hash_of(&path, last.0);
    // What follows does not follow: another tree.
    header.tree.push([0; 32]);
    let stop = AtomicBool::new(false);
    let sealed = seal::seal(&folder, last.0, &header, &stop);
    assert!(
        matches!(sealed, Err(seal::SealError::Unlike { .. })),
        "{sealed:?}"
    );
    assert!(path.exists());
}

fn header_hash_of(path: &Path, first: u64) -> [u8; 32] {
    let segment = Segment::open(path, first, Kind::Open).expect("works");
    super::super::segment::header::header_hash(segment.header_bytes())
}

#[test]
fn the_log_is_signed_within_every_so_many_records() {
    let home = Home::new();
    let settings = Settings {
        checkpoint_records: 100,
        ..Settings::default()
    };
    let (log, _) = home.try_open(settings).expect("works");
    for number in 0..1000 {
        write(&log, number, Durability::Process).expect("works");
    }
    log.close();
    let signed: Vec<u64> = home
        .events()
        .iter()
        .map(|event| match event {
            Event::Checkpointed(said) => said
                .note
                .lines()
                .nth(1)
                .expect("works")
                .parse()
                .expect("works"),
            other => panic!("{other:?}"),
        })
        .collect();
    assert!(signed.len() >= 10, "{signed:?}");
    let gaps = signed.windows(2).map(|pair| pair[1] - pair[0]);
    assert!(gaps.max().expect("works") <= 100, "{signed:?}");
}

#[test]
fn what_does_not_fit_in_memory_until_it_is_hashed_is_read_back() {
    let home = Home::new();
    let (log, _) = home
        .try_open(Settings {
            // What is kept for hashing is bounded as the queue is.
            queue_bytes_max: 4 << 10,
            ..Settings::default()
        })
        .expect("works");
    for number in 0..5000 {
        write(&log, number, Durability::Process).expect("works");
    }
    log.close();
    // Opening computes the tree again and holds it against what was signed.
    assert_eq!(
        home.try_open(Settings::default())
            .expect("works")
            .1
            .recovered,
        None
    );
}

#[test]
fn segments_past_their_retention_are_removed_after_the_log_says_so() {
    let home = Home::new();
    let settings = Settings {
        segment_bytes_max: 10 << 10,
        retention_years: 0,
        ..Settings::default()
    };
    let (log, _) = home.try_open(settings.clone()).expect("works");
    for number in 0..3000 {
        write(&log, number, Durability::Process).expect("works");
        if number % 500 == 0 {
            std::thread::sleep(Duration::from_millis(60));
        }
    }
    let folder = Folder::new(&home.folder());
    wait_for("sealed", || {
        let segments = folder.list().expect("works").segments;
        segments.len() > 3 && segments.iter().filter(|s| s.1 == Kind::Open).count() == 1
    });
    log.close();
    // Nothing is ten years old.
    let keep = Settings {
        retention_years: 10,
        ..settings.clone()
    };
    home.try_open(keep.clone()).expect("works").0.close();
    let segments = folder.list().expect("works").segments;
    assert_eq!(segments[0].0, 0);
    // Two segments become twelve years old.
    let long_ago = own::now_ns() - 12 * 366 * 86_400_000_000_000;
    for (first, kind) in segments.iter().copied().take(3) {
        tests_only::redate(&folder, first, kind, long_ago);
    }
    let (log, _) = home.try_open(keep).expect("works");
    let third = segments[2].0;
    wait_for("removed", || {
        folder.list().expect("works").segments[0].0 == third
    });
    log.close();
    let (first, kind) = *folder
        .list()
        .expect("works")
        .segments
        .last()
        .expect("works");
    let last = Segment::open(&folder.segment(first, kind), first, kind).expect("works");
    let mut retired = None;
    let mut records = last.records(first);
    while let Some(frame) = records.next().expect("works") {
        if let Ok(Record {
            event: Some(Event::Retired(said)),
            ..
        }) = Record::decode(frame.record)
        {
            retired = Some(said);
        }
    }
    let retired = retired.expect("works");
    assert_eq!(
        (retired.first_record, retired.segments, retired.years),
        (third, 2, 10)
    );
}

mod tests_only {
    use super::*;

    /// Gives a segment another date, as if it had been made then. Only its
    /// header says; the chain of hashes is left broken.
    pub(super) fn redate(folder: &Folder, first: u64, kind: Kind, created_ns: i64) {
        let path = folder.segment(first, kind);
        let segment = Segment::open(&path, first, kind).expect("works");
        let mut header = segment.header().clone();
        header.created_ns = created_ns;
        let encoded = header.encode();
        let mut footer = segment.footer().expect("works").clone();
        footer.header = super::super::super::segment::header::header_hash(&encoded);
        for block in &mut footer.blocks {
            block.span.wall_ns = (created_ns, created_ns);
        }
        let bytes = fs::read(&path).expect("works");
        let end = footer
            .blocks
            .last()
            .map(|b| b.offset + u64::from(b.stored))
            .expect("works");
        let blocks = &bytes[encoded.len()..end as usize];
        fs::write(&path, [&encoded, blocks, &footer.encode()].concat()).expect("works");
    }
}

/// The child of the test below: writes, and says what it was told is durable.
#[test]
#[ignore = "run by the test that kills it"]
fn child_that_is_killed() {
    use std::io::Write as _;

    let Some(dir) = std::env::var_os("INTERDICT_TEST_AUDIT") else {
        return;
    };
    let settings = Settings {
        segment_bytes_max: 20 << 10,
        checkpoint_records: 100,
        ..Settings::default()
    };
    let (log, opened) = AuditLog::open(Path::new(&dir), settings).expect("works");
    for number in opened.records.. {
        // Some of them wait for nobody, as they do under load.
        let _ = log.append(b"unanswered");
        write(&log, number, Durability::Strict).expect("works");
        let mut said = io::stdout().lock();
        if writeln!(said, "said {number}")
            .and_then(|()| said.flush())
            .is_err()
        {
            return;
        }
    }
}

/// Killed at any moment, and started again on what is left, twelve times: all
/// that was answered is there, and the log is whole.
#[test]
fn nothing_that_was_answered_under_strict_is_missing_after_a_kill() {
    use std::io::{BufRead as _, BufReader};
    use std::process::{Command, Stdio};

    let home = Home::new();
    let child = format!("{}::child_that_is_killed", module_path!());
    let (_, child) = child.split_once("::").expect("works");
    let mut answered = Vec::new();
    for round in 0..12 {
        let mut process = Command::new(std::env::current_exe().expect("works"))
            .args(["--exact", child, "--ignored", "--nocapture"])
            .env("INTERDICT_TEST_AUDIT", home.folder())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("works");
        let mut lines = BufReader::new(process.stdout.take().expect("works")).lines();
        let mut told = 0;
        let enough = 1 + round * 17;
        for line in lines.by_ref() {
            // The harness may have begun the first line.
            let Some((_, number)) = line.as_ref().expect("works").split_once("said ") else {
                continue;
            };
            answered.push(format!("ours {number}"));
            told += 1;
            if told == enough {
                process.kill().expect("works");
            }
        }
        process.wait().expect("works");
        assert!(told >= enough, "it ran until it was killed");
        let ours: std::collections::HashSet<_> = home.ours().into_iter().collect();
        for text in &answered {
            assert!(ours.contains(text), "{text}");
        }
    }
    home.open().close();
    let report = super::super::verify(&home.folder(), None, None, 2, |_| {}).expect("works");
    assert_eq!(report.signed, report.records);
}
