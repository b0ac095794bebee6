//! Lists that somebody puts on this machine's disk.

use std::fs::{self, File};
use std::path::Path;
use std::time::{Duration, SystemTime};

use jiff::{SignedDuration, Timestamp};

use super::harness::{Daemon, Home, eventually, evm, v1};
use super::sync::{SOON, fetching, sync_one, until_tried};
use v1::Verdict;

/// Writes a file that was last modified some time ago.
fn write(path: &Path, content: &str, seconds_ago: u64) {
    fs::write(path, content).expect("a file can be written");
    let at = SystemTime::now() - Duration::from_secs(seconds_ago);
    let file = File::options().write(true).open(path);
    file.and_then(|file| file.set_modified(at))
        .expect("its date can be set");
}

fn watching(path: &Path, more: &str) -> String {
    fetching("ours", &format!("path = \"{}\"\n{more}", path.display()))
}

#[test]
fn a_file_is_as_fresh_as_its_date() {
    let home = Home::new();
    let path = home.path("list.txt");
    write(&path, &(evm(1) + "\n"), 7200);
    let config = watching(&path, "max_age = \"1h\"");
    let daemon = Daemon::empty().config(&config).start();
    until_tried(&daemon);
    assert_eq!(
        daemon.screen(&evm(1)).verdict(),
        Verdict::Listed,
        "{}",
        daemon.logs()
    );
    assert_eq!(
        daemon.screen(&evm(2)).verdict(),
        Verdict::Indeterminate,
        "it is stale"
    );
    let held: Timestamp = daemon.sources().sources[0]
        .retrieved_at
        .parse()
        .expect("a time");
    let age = Timestamp::now().duration_since(held);
    assert!((SignedDuration::from_mins(119)..SignedDuration::from_mins(122)).contains(&age));
    write(&path, &(evm(1) + "\n"), 60);
    let (code, outcome, _) = sync_one(&daemon, "ours");
    assert_eq!((code, outcome.as_str()), (0, "UNCHANGED"));
    assert_eq!(
        daemon.screen(&evm(2)).verdict(),
        Verdict::NotListed,
        "it is fresh"
    );
}

#[test]
fn a_file_that_is_replaced_is_found_by_itself() {
    let home = Home::new();
    let path = home.path("list.txt");
    write(&path, &(evm(1) + "\n"), 60);
    let config = watching(&path, "").replace("1h", "1s");
    let daemon = Daemon::empty().config(&config).start();
    until_tried(&daemon);
    let aside = home.path("list.new");
    write(&aside, &(evm(1) + "\n" + &evm(2) + "\n"), 30);
    fs::rename(&aside, &path).expect("it can be renamed");
    eventually("the new file is live", SOON, || {
        daemon.screen(&evm(2)).verdict() == Verdict::Listed
    });
}

#[test]
fn a_file_that_cannot_be_taken_leaves_what_is_held() {
    let home = Home::new();
    let path = home.path("list.txt");
    write(&path, &(evm(1) + "\n"), 60);
    let daemon = Daemon::empty().config(&watching(&path, "")).start();
    until_tried(&daemon);
    let failed = (4, "FAILED".to_owned(), "PATH".to_owned());
    write(&path, &(evm(2) + "\n"), 0);
    assert_eq!(sync_one(&daemon, "ours"), failed, "it is being written");
    write(&path, "", 60);
    assert_eq!(sync_one(&daemon, "ours"), failed, "it is empty");
    fs::remove_file(&path).expect("it can be removed");
    assert_eq!(sync_one(&daemon, "ours"), failed, "it is gone");
    fs::create_dir(&path).expect("a folder can be made");
    assert_eq!(sync_one(&daemon, "ours"), failed, "it is a folder");
    assert_eq!(daemon.live().0, 1);
    assert_eq!(daemon.screen(&evm(1)).verdict(), Verdict::Listed);
}

#[test]
fn a_folder_gives_the_files_that_are_named() {
    let home = Home::new();
    let fixtures = Path::new("tests/fixtures/lists");
    for (fixture, name) in [
        ("SDN_2021-07.CSV", "SDN.CSV"),
        ("SDN_COMMENTS_2021-07.CSV", "SDN_COMMENTS.CSV"),
    ] {
        let content = fs::read(fixtures.join(fixture)).expect("the fixture is there");
        fs::write(home.path(name), content).expect("a copy can be written");
        let at = SystemTime::now() - Duration::from_secs(60);
        let file = File::options().write(true).open(home.path(name));
        file.and_then(|file| file.set_modified(at))
            .expect("its date can be set");
    }
    home.write("other.txt", "not a list");
    let files = "files = [\"SDN.CSV\", \"SDN_COMMENTS.CSV\"]\nformat = \"ofac-csv\"";
    let config = fetching(
        "ours",
        &format!("path = \"{}\"\n{files}", home.path("").display()),
    );
    let daemon = Daemon::empty().config(&config).start();
    until_tried(&daemon);
    let held = &daemon.sources().sources[0];
    assert_eq!((held.entries, held.incomplete), (97, false));
}
