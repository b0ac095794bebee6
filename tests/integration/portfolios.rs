//! Portfolios come in, are replaced, added to and removed: from the command
//! line and over gRPC, and under `kill -9`.

use std::fs;
use std::thread;
use std::time::{Duration, Instant};

use tokio_stream::iter;
use tonic::{Code, Status};

use super::harness::{Daemon, Ran, Random, block_on, evm, evms, runtime, v1};
use v1::import_portfolio_request::Part;

/// A private key of the number 1: the least secret there is.
const SECRET: &str = "KwDiBf89QgGbjEhKnhXJuH7LrciVrZi3qYjgd9M7rFU73sVHnoWn";

/// Makes rows, each with a reference that says which.
pub fn rows<A: AsRef<str>>(addresses: &[A]) -> Vec<v1::PortfolioRow> {
    let row = |(number, address): (usize, &A)| v1::PortfolioRow {
        address: address.as_ref().to_owned(),
        network: String::new(),
        reference: format!("customer-{number}"),
    };
    addresses.iter().enumerate().map(row).collect()
}

fn parts(name: &str, add: bool, rows: &[v1::PortfolioRow]) -> Vec<Part> {
    let header = v1::ImportPortfolioHeader {
        name: name.to_owned(),
        add,
        no_initial: false,
    };
    let mut parts = vec![Part::Header(header)];
    for some in rows.chunks(1_000) {
        let rows = some.to_vec();
        parts.push(Part::Rows(v1::PortfolioRows { rows }));
    }
    let rows = rows.len() as u64;
    parts.push(Part::End(v1::ImportPortfolioEnd { rows }));
    parts
}

fn send(daemon: &Daemon, parts: Vec<Part>) -> Result<v1::ImportPortfolioResponse, Status> {
    let messages = parts
        .into_iter()
        .map(|part| v1::ImportPortfolioRequest { part: Some(part) });
    let messages: Vec<_> = messages.collect();
    let answer = block_on(daemon.monitor().import_portfolio(iter(messages)))?;
    Ok(answer.into_inner())
}

/// Imports a portfolio whole.
#[track_caller]
pub fn import(
    daemon: &Daemon,
    name: &str,
    rows: &[v1::PortfolioRow],
) -> v1::ImportPortfolioResponse {
    send(daemon, parts(name, false, rows)).expect("the portfolio is taken")
}

fn portfolios(daemon: &Daemon) -> Vec<(String, u64, u64)> {
    let request = v1::ListPortfoliosRequest {};
    let answer = block_on(daemon.monitor().list_portfolios(request)).expect("the daemon answers");
    let portfolios = answer.into_inner().portfolios.into_iter();
    portfolios
        .map(|one| (one.name, one.members, one.refused))
        .collect()
}

/// Writes a file of five rows, of which two cannot be watched and one is
/// listed, and returns where it is.
fn customers(daemon: &Daemon) -> String {
    let listed = "0x098B716B8Aaf21512996dC57EB0615e2383E2f96";
    let file = format!(
        "id,wallet,net\nada,{},ETH\nbob,{listed},\n\"c, d\",not an address,ETH\neve,{SECRET},BTC\nfay,{},nonsense\n",
        evm(1),
        evm(2),
    );
    let path = daemon.home().write("customers.csv", file);
    path.to_str().expect("a path of text").to_owned()
}

#[track_caller]
fn import_file(daemon: &Daemon, path: &str, more: &[&str]) -> Ran {
    let columns = [
        "--column",
        "wallet",
        "--reference-column",
        "id",
        "--network-column",
        "net",
    ];
    let mut arguments = vec!["import", "retail", path];
    arguments.extend(columns);
    arguments.extend(more);
    daemon.command("portfolio", &arguments).expect_code(10)
}

#[test]
fn a_portfolio_comes_from_a_file_and_says_what_it_could_not_read() {
    let daemon = Daemon::with_bundled_lists().start();
    let path = customers(&daemon);
    let report = import_file(&daemon, &path, &["--output", "json"]).json();
    let counts = ["rows", "taken", "refused", "matched", "alerted"].map(|key| report[key].as_u64());
    assert_eq!(counts, [5, 3, 2, 1, 1].map(Some), "{report}");
    let faults = report["faults"].as_array().expect("a list");
    let said: Vec<_> = faults
        .iter()
        .map(|fault| (fault["row"].as_u64(), fault["reason"].as_str()))
        .collect();
    assert_eq!(
        said,
        [
            (Some(3), Some("UNKNOWN_FORMAT")),
            (Some(4), Some("PRIVATE_KEY"))
        ]
    );
    // The same again: nobody is told twice. In words this time.
    let words = import_file(&daemon, &path, &[]).stdout;
    let is_said = words.contains("PRIVATE_KEY") && words.contains("watches 3 addresses");
    assert!(is_said, "{words}");
    let words = import_file(&daemon, &path, &["--add"]).stdout;
    assert!(words.contains("watches 6 addresses"), "{words}");
    // Neither on disk nor in the logs.
    let secret = SECRET.as_bytes();
    let holds = |bytes: Vec<u8>| bytes.windows(secret.len()).any(|some| some == secret);
    for path in daemon.home().files_ending("") {
        let content = fs::read(&path).expect("reads");
        assert!(!holds(content), "{}", path.display());
    }
    assert!(!daemon.logs().contains(SECRET));
}

#[test]
fn portfolios_are_listed_and_removed_and_a_column_that_is_not_there_is_named() {
    let daemon = Daemon::with_bundled_lists().start();
    let path = customers(&daemon);
    import_file(&daemon, &path, &[]);
    let list = daemon
        .command("portfolio", &["list", "--output", "json"])
        .expect_code(0)
        .json();
    assert_eq!(
        (&list[0]["name"], &list[0]["members"]),
        (&"retail".into(), &3.into())
    );
    daemon
        .command("portfolio", &["remove", "retail"])
        .expect_code(0);
    daemon
        .command("portfolio", &["remove", "retail"])
        .expect_code(5);
    assert_eq!(portfolios(&daemon), []);
    for column in ["--column", "--reference-column", "--network-column"] {
        let mut wrong = vec!["import", "retail", &path, column, "no such"];
        if column != "--column" {
            wrong.extend(["--column", "wallet"]);
        }
        let ran = daemon.command("portfolio", &wrong).expect_code(5);
        assert!(ran.stderr.contains("no such"), "{ran:?}");
    }
}

#[test]
fn lines_of_json_are_read_and_a_broken_one_imports_nothing() {
    let daemon = Daemon::empty().start();
    daemon.import_text("ours", &evms(0..3));
    let lines = format!(
        "{{\"a\":\"{}\",\"id\":7}}\n\n{{\"a\":\"{}\"}}\n",
        evm(1),
        evm(9)
    );
    let path = daemon.home().write("customers.ndjson", lines);
    let path = path.to_str().expect("a path of text");
    let arguments = [
        "import",
        "retail",
        path,
        "--column",
        "a",
        "--reference-column",
        "id",
    ];
    daemon.command("portfolio", &arguments).expect_code(0);
    assert_eq!(portfolios(&daemon), [("retail".to_owned(), 2, 0)]);
    let broken = daemon.home().write(
        "broken.ndjson",
        format!("{{\"a\":\"{}\"}}\n{{\"a\":", evm(3)),
    );
    let broken = broken.to_str().expect("a path of text");
    let ran = daemon
        .command("portfolio", &["import", "retail", broken, "--column", "a"])
        .expect_code(5);
    assert!(ran.stderr.contains("broken.ndjson:2"), "{ran:?}");
    assert_eq!(portfolios(&daemon), [("retail".to_owned(), 2, 0)]);
}

#[test]
fn an_upload_that_is_not_whole_or_not_right_changes_nothing() {
    let daemon = Daemon::empty().start();
    let members = rows(&evms(0..5));
    let refused = send(&daemon, parts("retail", false, &members)).expect_err("nothing is live");
    assert_eq!(refused.code(), Code::Unavailable);
    daemon.import_text("ours", &evms(100..103));
    import(&daemon, "retail", &members);
    let whole = parts("retail", false, &rows(&evms(5..9)));
    let many = Part::Rows(v1::PortfolioRows {
        rows: vec![v1::PortfolioRow::default(); 10_001],
    });
    let (header, some, end) = (whole[0].clone(), whole[1].clone(), whole[2].clone());
    let more = Part::End(v1::ImportPortfolioEnd { rows: 5 });
    for (wrong, why) in [
        (vec![header.clone(), some.clone()], "no end"),
        (vec![header.clone(), some.clone(), more], "rows missing"),
        (vec![some.clone(), end.clone()], "no header"),
        (
            vec![header.clone(), header.clone(), some.clone(), end.clone()],
            "two headers",
        ),
        (
            vec![header.clone(), some.clone(), end.clone(), some.clone()],
            "more after the end",
        ),
        (
            vec![header.clone(), many, end.clone()],
            "too many rows at once",
        ),
        (parts("Not A Name", false, &members), "no name"),
        (vec![], "nothing"),
    ] {
        let refused = send(&daemon, wrong).expect_err(why);
        assert_eq!(refused.code(), Code::InvalidArgument, "{why}: {refused}");
        assert_eq!(portfolios(&daemon), [("retail".to_owned(), 5, 0)], "{why}");
    }
    // And it is not in the way of the next.
    import(&daemon, "retail", &rows(&evms(5..9)));
    assert_eq!(portfolios(&daemon), [("retail".to_owned(), 4, 0)]);
}

#[test]
fn a_portfolio_has_no_more_members_than_the_configuration_says() {
    let daemon = Daemon::empty()
        .config("[monitoring]\nmembers_max = 5")
        .start();
    daemon.import_text("ours", &evms(100..103));
    import(&daemon, "retail", &rows(&evms(0..5)));
    for (add, members) in [(false, evms(0..6)), (true, evms(5..6))] {
        let refused = send(&daemon, parts("retail", add, &rows(&members))).expect_err("too many");
        assert_eq!(refused.code(), Code::ResourceExhausted, "{refused}");
    }
    assert_eq!(portfolios(&daemon), [("retail".to_owned(), 5, 0)]);
}

#[test]
fn law_4_a_killed_import_leaves_one_portfolio_or_the_other() {
    let seed = 0xb00c;
    let mut random = Random::seeded(seed);
    let mut daemon = Daemon::empty().start();
    let listed: Vec<String> = (0..20).map(|number| evm(number * 1_000)).collect();
    daemon.import_text("ours", &listed);
    let began = Instant::now();
    import(&daemon, "retail", &rows(&evms(0..3_000)));
    // The first makes the book as well; later ones take about half as long.
    let span = began.elapsed().as_micros() as u64 * 3 / 4;
    let (mut size, mut before, mut after) = (3_000, 0, 0);
    for kill in 0..12 {
        let next = 3_000 + 500 * (kill + 1);
        let importing = {
            let parts = parts("retail", false, &rows(&evms(0..next)));
            let messages = parts
                .into_iter()
                .map(|part| v1::ImportPortfolioRequest { part: Some(part) });
            let messages: Vec<_> = messages.collect();
            let mut client =
                v1::monitor_service_client::MonitorServiceClient::new(daemon.own_channel());
            runtime().spawn(async move { client.import_portfolio(iter(messages)).await.is_ok() })
        };
        thread::sleep(Duration::from_micros(random.below(span * next / 3_000)));
        daemon.kill();
        let was_told = block_on(importing).expect("the task ends");
        daemon.start_again();
        let found = portfolios(&daemon);
        let expected = [size, next].map(|members| vec![("retail".to_owned(), members, 0)]);
        assert!(
            expected.contains(&found),
            "seed {seed}, kill {kill}: {found:?}"
        );
        let is_new = found == expected[1];
        assert!(
            is_new || !was_told,
            "seed {seed}, kill {kill}: what was told is there"
        );
        if is_new {
            (size, after) = (next, after + 1);
        } else {
            before += 1;
        }
    }
    eprintln!("{before} kills before, {after} after");
    // What is in it is watched: every hundredth is listed now.
    let hits: Vec<String> = (0..30).map(|number| evm(number * 100 + 7)).collect();
    daemon.import_text("more", &hits);
    let told = super::alerts::all(&daemon, 0);
    let of_more = told.iter().filter(|alert| {
        alert
            .r#match
            .as_ref()
            .is_some_and(|found| found.source == "more")
    });
    assert_eq!(of_more.count(), 30);
}
