//! What the command line reports of lists and their history.

use serde_json::json;

use super::harness::{Daemon, evm};

#[test]
fn lists_generations_and_differences_are_told_to_machines() {
    let daemon = Daemon::with_bundled_lists().start();
    let (before, _) = daemon.live();
    daemon.import_text("ours", &[evm(0), evm(1)]);
    daemon.import_text("ours", &[evm(1), evm(2)]);
    let lists = daemon
        .command("lists", &["--output", "json"])
        .expect_code(0)
        .json();
    let sources = lists["sources"].as_array().expect("an array");
    assert_eq!(
        (&lists["generation"], sources.len()),
        (&json!(before + 2), 5)
    );
    let ours = sources
        .iter()
        .find(|source| source["id"] == "ours")
        .expect("it is held");
    assert_eq!(
        (&ours["entries"], &ours["tier"], &ours["bundled"]),
        (&json!(2), &json!("ATTRIBUTED"), &json!(false))
    );

    let generations = daemon
        .command("generations", &["--output", "json", "--limit", "2"])
        .expect_code(0)
        .json();
    let numbers: Vec<_> = generations
        .as_array()
        .expect("an array")
        .iter()
        .map(|one| one["number"].clone())
        .collect();
    assert_eq!(numbers, [json!(before + 2), json!(before + 1)]);

    let (from, to) = ((before + 1).to_string(), (before + 2).to_string());
    let diff = daemon
        .command("diff", &["--output", "json", &from, &to])
        .expect_code(0)
        .json();
    assert_eq!(
        (&diff["listed"], &diff["delisted"], &diff["amended"]),
        (&json!(1), &json!(1), &json!(0))
    );
    let changes = diff["changes"].as_array().expect("an array");
    let of_kind = |kind: &str| {
        changes
            .iter()
            .find(|change| change["kind"] == kind)
            .expect("it is there")
    };
    assert_eq!(
        (
            &of_kind("LISTED")["address"],
            &of_kind("DELISTED")["address"]
        ),
        (&json!(evm(2)), &json!(evm(0)))
    );
    daemon.command("diff", &[&to, &from]).expect_code(5);
    for (subcommand, arguments) in [
        ("lists", &[][..]),
        ("generations", &[]),
        ("diff", &[from.as_str(), to.as_str()]),
    ] {
        let told = daemon.command(subcommand, arguments).expect_code(0);
        assert!(
            told.stdout.contains("ours"),
            "{subcommand}: {}",
            told.stdout
        );
    }
}

#[test]
fn an_import_is_reported_to_people_and_to_machines() {
    let daemon = Daemon::empty().start();
    let path = daemon
        .home()
        .write("ours.txt", format!("{}\n{}\n{0}\n", evm(0), evm(1)));
    let path = path.to_string_lossy().into_owned();
    let arguments = [
        "--source", "ours", "--tier", "operator", "--output", "json", &path,
    ];
    let report = daemon.command("import", &arguments).expect_code(0).json();
    for (field, value) in [
        ("source", json!("ours")),
        ("format", json!("text")),
        ("changed", json!(true)),
        ("generation", json!(1)),
        ("accepted", json!(2)),
        ("added", json!(2)),
        ("unchanged", json!(0)),
        ("amended", json!(0)),
        ("removed", json!(0)),
        ("repeated", json!(1)),
        ("rejected", json!(0)),
        ("warnings", json!([])),
    ] {
        assert_eq!(report[field], value, "{field} of {report}");
    }
    let told = daemon
        .command("import", &["--source", "ours", &path])
        .expect_code(0);
    assert!(told.stdout.contains("unchanged"), "{}", told.stdout);
    daemon.command("screen", &[&evm(0)]).expect_code(20);
    let wrong = ["--source", "ours", "--tier", "sanctions", &path];
    daemon.command("import", &wrong).expect_code(5);
    daemon
        .command("import", &["--source", "OURS", &path])
        .expect_code(2);
}
