use sha2::{Digest as _, Sha256};

use super::*;

fn source() -> SourceId {
    "ofac-sdn".parse().expect("a source id")
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_790_000_000 + second).expect("a time")
}

struct Home {
    folder: tempfile::TempDir,
    archive: Archive,
}

impl Home {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let archive = Archive::in_data_dir(folder.path());
        Self { folder, archive }
    }

    fn part(&self, name: &str, content: &str) -> (RawFile, Taken) {
        let path = self.folder.path().join("part");
        fs::write(&path, content).expect("writes");
        (raw(name, content), Taken::Moved(path))
    }

    fn keep(&self, second: i64, content: &str) -> Kept {
        let files = vec![self.part("SDN.XML", content)];
        self.archive
            .keep(&source(), at(second), files)
            .expect("is kept")
    }
}

fn raw(name: &str, content: &str) -> RawFile {
    let url = format!("https://lists.example.org/{name}?key=secret");
    RawFile {
        name: name.to_owned(),
        from: format!("https://lists.example.org/{name}"),
        final_url: Some("https://bucket.example.org/signed".to_owned()),
        status: Some(200),
        validators: Validators::default(),
        modified_at: None,
        bytes: 0,
        blake3: String::new(),
        sha256: String::new(),
        asked: asked_digest(&url),
    }
    .measured(
        content.len() as u64,
        &Digests {
            blake3: blake3::hash(content.as_bytes()),
            sha256: Sha256::digest(content.as_bytes()).into(),
        },
    )
}

#[test]
fn what_is_kept_is_found_again_and_names_no_secret() {
    let home = Home::new();
    let kept = home.keep(0, "0x01\n");
    let name = kept.folder.file_name().expect("a name").to_string_lossy();
    assert_eq!(
        name,
        format!("20260921T141320Z-{}", &kept.digest.to_string()[..16])
    );
    assert_eq!(kept.digest, PublicationDigest::of_text("0x01\n"));
    assert_eq!(
        fs::read(kept.path(&kept.files[0])).expect("is there"),
        b"0x01\n"
    );
    let note = fs::read_to_string(kept.folder.join(NOTE)).expect("is there");
    assert!(
        !note.contains("secret") && note.contains("signed"),
        "{note}"
    );
    let found = home.archive.newest(&source()).expect("is there");
    assert_eq!(found, kept);
    assert!(
        found
            .asked_as("https://lists.example.org/SDN.XML?key=secret")
            .is_some()
    );
    assert!(
        found
            .asked_as("https://lists.example.org/SDN.XML")
            .is_none()
    );
    let newer = home.keep(1, "0x02\n");
    assert_eq!(home.archive.newest(&source()), Some(newer));
}

#[test]
fn damaged_raw_files_are_never_handed_out() {
    type Damage = fn(&Kept);
    let damages: [Damage; 7] = [
        |kept| fs::write(kept.folder.join("SDN.XML"), "0x02\n").expect("writes"),
        |kept| fs::write(kept.folder.join("SDN.XML"), "0x0").expect("writes"),
        |kept| fs::remove_file(kept.folder.join("SDN.XML")).expect("removes"),
        |kept| fs::remove_file(kept.folder.join(NOTE)).expect("removes"),
        |kept| fs::write(kept.folder.join(NOTE), "{").expect("writes"),
        |kept| replace(kept, "\"name\": \"SDN.XML\"", "\"name\": \"../SDN.XML\""),
        |kept| replace(kept, &kept.digest.to_string(), &"0".repeat(64)),
    ];
    fn replace(kept: &Kept, from: &str, to: &str) {
        let note = fs::read_to_string(kept.folder.join(NOTE)).expect("is there");
        assert!(note.contains(from), "{note}");
        fs::write(kept.folder.join(NOTE), note.replace(from, to)).expect("writes");
    }
    for damage in damages {
        let home = Home::new();
        damage(&home.keep(0, "0x01\n"));
        assert_eq!(home.archive.newest(&source()), None);
    }
}

#[test]
fn the_newest_and_the_live_publication_stay() {
    let home = Home::new();
    let all: Vec<Kept> = (0..6).map(|n| home.keep(n, &format!("0x0{n}\n"))).collect();
    let aside = home.archive.folder(&source()).join(".half-filled");
    fs::create_dir(&aside).expect("is made");
    home.archive.prune(&source(), 2, Some(all[1].digest));
    let left: Vec<bool> = all.iter().map(|kept| kept.folder.exists()).collect();
    assert_eq!(left, [false, true, false, false, true, true]);
    assert!(!aside.exists(), "what a dead process left goes too");
    home.archive.prune(&source(), 0, None);
    assert_eq!(home.archive.newest(&source()).as_ref(), all.last());
}

#[test]
fn a_file_that_did_not_change_is_shared_with_the_next_publication() {
    let home = Home::new();
    let first = home.keep(0, "0x01\n");
    let shared = (
        first.files[0].clone(),
        Taken::Shared(first.path(&first.files[0])),
    );
    let files = vec![shared, home.part("SDN.XML", "0x02\n")];
    let second = home.archive.keep(&source(), at(1), files).expect("is kept");
    let names: Vec<&str> = second.files.iter().map(|file| file.name.as_str()).collect();
    assert_eq!(names, ["SDN.XML", "2_SDN.XML"]);
    home.archive.prune(&source(), 1, None);
    assert!(!first.folder.exists());
    assert_eq!(home.archive.newest(&source()), Some(second));
}

#[test]
fn another_edition_of_the_same_files_is_noted() {
    let home = Home::new();
    let kept = home.keep(0, "0x01\n");
    let mut files = kept.files.clone();
    files[0].validators.etag = Some("\"two\"".to_owned());
    home.archive.note_editions(&kept, files).expect("is noted");
    let found = home.archive.newest(&source()).expect("is there");
    assert_eq!(found.files[0].validators.etag.as_deref(), Some("\"two\""));
}

#[test]
fn what_cannot_be_kept_leaves_nothing_behind() {
    let home = Home::new();
    let missing = (
        raw("SDN.XML", ""),
        Taken::Moved(home.folder.path().join("missing")),
    );
    let refused = home.archive.keep(&source(), at(0), vec![missing]);
    assert!(refused.is_err());
    assert!(home.archive.left_aside(&source()).is_empty());
    assert_eq!(home.archive.newest(&source()), None);
}
