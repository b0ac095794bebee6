//! Backups of a serving daemon: whole, verified, and served again.

use std::fs;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use super::harness::{
    Daemon, Home, Random, Upload, bundled_addresses, evms, import, interdict, runtime, v1,
};
use v1::Verdict;

fn text(path: &Path) -> &str {
    path.to_str().expect("a plain path")
}

/// Makes a backup of a running daemon and returns where it is.
#[track_caller]
fn backup(daemon: &Daemon, more: &[&str]) -> PathBuf {
    let arguments = [&["create", "--output", "json"], more].concat();
    let made = daemon.command("backup", &arguments).expect_code(0).json();
    PathBuf::from(made["path"].as_str().expect("a path"))
}

#[track_caller]
fn verify(folder: &Path) {
    interdict(["backup", "verify", text(folder)]).expect_code(0);
}

/// Restores a backup into a home of its own.
#[track_caller]
fn restored(folder: &Path) -> Home {
    let home = Home::new();
    let data_dir = home.data_dir();
    interdict([
        "backup",
        "restore",
        text(folder),
        "--data-dir",
        text(&data_dir),
    ])
    .expect_code(0);
    home
}

#[test]
fn a_restored_backup_serves_the_same_set() {
    let mut daemon = Daemon::with_bundled_lists().start();
    daemon.import_text("ours", &evms(0..20));
    let live = daemon.live();
    let folder = backup(&daemon, &["mine"]);
    assert!(folder.starts_with(daemon.home().data_dir().join("backups")));
    // What comes later is not in it, and what goes later is.
    daemon.import_text_confirmed("ours", &evms(100..120));
    verify(&folder);
    let again = Daemon::at(restored(&folder)).start();
    assert_eq!(again.live(), live);
    assert_eq!(again.not_listed_of(&evms(0..20)), [] as [&str; 0]);
    assert_eq!(
        again.screen(&evms(100..101)[0]).verdict(),
        Verdict::NotListed
    );
    let asked: Vec<&str> = bundled_addresses().iter().map(|row| row.address).collect();
    assert_eq!(again.verdicts(&asked), daemon.verdicts(&asked));
    // History came along, and goes on.
    assert_eq!(again.generations().len() as u64, live.0);
    again.import_text("more", &evms(500..510));
    assert_eq!(again.live().0, live.0 + 1);
    verify(&folder);
    // A backup in the data directory is no hindrance to a start.
    daemon.restart();
    verify(&folder);
}

#[test]
fn backups_can_be_made_and_restored_without_a_daemon() {
    let daemon = Daemon::empty().start();
    daemon.import_text("ours", &evms(0..20));
    let live = daemon.live();
    let in_use = text(&daemon.home().data_dir()).to_owned();
    let ran = interdict(["backup", "create", "--data-dir", &in_use]).expect_code(6);
    assert!(ran.stderr.contains("in use"), "{ran:?}");
    let home = daemon.into_home();
    let (data_dir, into) = (home.data_dir(), home.path("elsewhere"));
    let made = interdict([
        "backup",
        "create",
        "--data-dir",
        text(&data_dir),
        "--into",
        text(&into),
        "a",
    ]);
    made.expect_code(0);
    let again = Daemon::at(restored(&into.join("a"))).start();
    assert_eq!(again.live(), live);
}

#[test]
fn the_daemon_alone_says_where_backups_go() {
    let home = Home::new();
    let into = home.path("on-another-disk");
    let daemon = Daemon::empty()
        .config(&format!("[backups]\ndir = \"{}\"", text(&into)))
        .start();
    daemon.import_text("ours", &evms(0..5));
    let folder = backup(&daemon, &[]);
    assert!(folder.starts_with(&into), "{folder:?}");
    verify(&folder);
    for wrong in ["../x", "/tmp/x", "a/b", ".x"] {
        let refused = daemon.command("backup", &["create", wrong]);
        assert_eq!(refused.code, 5, "{refused:?}");
    }
    backup(&daemon, &["taken"]);
    let refused = daemon.command("backup", &["create", "taken"]);
    assert!(refused.expect_code(5).stderr.contains("already"));
}

#[test]
fn a_damaged_backup_is_not_restored() {
    const SEED: u64 = 9_001;
    let daemon = Daemon::empty().start();
    daemon.import_text("ours", &evms(0..2_000));
    let folder = backup(&daemon, &["mine"]);
    let mut random = Random::seeded(SEED);
    let files = |folder: &Path| {
        let mut files = vec![
            folder.join("BACKUP.json"),
            folder.join("FLOOR"),
            folder.join("filter"),
        ];
        let db = fs::read_dir(folder.join("db")).expect("there");
        files.extend(db.map(|entry| entry.expect("an entry").path()));
        files.sort();
        files
    };
    for round in 0..40 {
        let files = files(&folder);
        let file = &files[random.below(files.len() as u64) as usize];
        let whole = fs::read(file).expect("read");
        if whole.is_empty() {
            continue;
        }
        let bit = random.below(whole.len() as u64 * 8);
        let mut bytes = whole.clone();
        bytes[(bit / 8) as usize] ^= 1 << (bit % 8);
        // A new file: the old one may be shared with the daemon.
        fs::remove_file(file).expect("removed");
        fs::write(file, bytes).expect("written");
        let target = Home::new();
        let ran = interdict([
            "backup",
            "restore",
            text(&folder),
            "--data-dir",
            text(&target.data_dir()),
        ]);
        let place = format!(
            "seed {SEED}, round {round}: bit {bit} of {}",
            file.display()
        );
        assert_eq!(ran.code, 6, "{place}: {ran:?}");
        assert!(!target.data_dir().exists(), "{place}");
        fs::write(file, whole).expect("written");
    }
    verify(&folder);
    // None of this reached the daemon.
    assert_eq!(daemon.not_listed_of(&evms(0..2_000)), [] as [&str; 0]);
}

#[test]
fn nothing_is_restored_over_a_data_directory() {
    let daemon = Daemon::empty().start();
    daemon.import_text("ours", &evms(0..5));
    let folder = backup(&daemon, &["mine"]);
    let data_dir = daemon.home().data_dir();
    let ran = interdict([
        "backup",
        "restore",
        text(&folder),
        "--data-dir",
        text(&data_dir),
    ]);
    assert!(
        ran.expect_code(6)
            .stderr
            .contains("already holds something")
    );
    let folder = text(&data_dir).to_owned();
    let ran = interdict(["backup", "verify", &folder]).expect_code(6);
    assert!(ran.stderr.contains("BACKUP.json"), "{ran:?}");
}

/// Kill -9 while backups are made beside imports: each folder that has its
/// name is whole, the daemon loses nothing, and what was cut short is not
/// taken for a backup.
#[test]
fn law_4_kills_during_backups_leave_whole_ones_or_none() {
    const SEED: u64 = 9_002;
    let mut random = Random::seeded(SEED);
    let mut daemon = Daemon::empty().start();
    daemon.import_text("base", &evms(0..3_000));
    let mut whole = 0;
    for round in 0..8_u64 {
        let first = 10_000 + round * 3_000;
        let upload = Upload::of(&format!("list-{round}")).lines(&evms(first..first + 3_000));
        let importing = runtime().spawn(import(daemon.own_channel(), upload));
        let url = daemon.url().to_owned();
        let backing_up = thread::spawn(move || {
            for number in 0..20 {
                let name = format!("r{round}-{number}");
                let ran = interdict(["backup", "create", "--server", &url, &name]);
                if ran.code != 0 {
                    return;
                }
            }
        });
        thread::sleep(Duration::from_millis(random.below(400)));
        daemon.kill();
        backing_up.join().expect("no panic");
        let _ = super::harness::block_on(importing).expect("no panic");
        daemon.start_again();
        assert_eq!(
            daemon.not_listed_of(&evms(0..3_000)),
            [] as [&str; 0],
            "seed {SEED}"
        );
        let Ok(entries) = fs::read_dir(daemon.home().data_dir().join("backups")) else {
            continue;
        };
        for entry in entries {
            let path = entry.expect("an entry").path();
            let name = path
                .file_name()
                .expect("a name")
                .to_string_lossy()
                .into_owned();
            if name.starts_with('.') {
                // Cut short: refused, or killed when all of it was there and
                // only its name was not.
                let ran = interdict(["backup", "verify", text(&path)]);
                assert!([0, 6].contains(&ran.code), "seed {SEED}: {ran:?}");
                fs::remove_dir_all(&path).expect("removed");
            } else {
                verify(&path);
                whole += 1;
                fs::remove_dir_all(&path).expect("removed");
            }
        }
    }
    eprintln!("{whole} backups, all whole");
    assert!(whole > 0, "no kill let a backup finish");
}
