//! Manual pages, and the commands that the documentation names.

use std::collections::BTreeSet;
use std::fs;

use clap::CommandFactory as _;
use interdict::cli::Cli;

use super::{read, understood};
use crate::harness::{Home, interdict, program};

#[test]
fn each_subcommand_has_a_manual_page_that_names_its_options() {
    let home = Home::new();
    let folder = home.path("man");
    let out = folder.to_str().expect("text");
    interdict(["man", "--out", out]).expect_code(0);
    let mut wanted = BTreeSet::new();
    let mut command = Cli::command();
    command.build();
    pages(&command, "interdict", &mut wanted);
    assert!(wanted.len() > 40, "{}", wanted.len());
    for (name, options) in &wanted {
        let page = fs::read_to_string(folder.join(format!("{name}.1")));
        let page = page.unwrap_or_else(|error| panic!("{name}: {error}"));
        assert!(
            page.contains(".SH NAME") && page.contains(".SH SYNOPSIS"),
            "{name}"
        );
        for option in options {
            let written = option.replace('-', "\\-");
            assert!(page.contains(&written), "{name} lacks --{option}");
        }
    }
    let written = fs::read_dir(&folder).expect("it is there").count();
    assert_eq!(written, wanted.len());
}

/// Gathers the names of pages, and what each must name.
fn pages(command: &clap::Command, name: &str, wanted: &mut BTreeSet<(String, Vec<String>)>) {
    let options = command.get_arguments().filter(|one| !one.is_hide_set());
    let options = options.filter_map(|one| one.get_long().map(str::to_owned));
    wanted.insert((name.to_owned(), options.collect()));
    for subcommand in command.get_subcommands() {
        if subcommand.get_name() != "help" {
            let name = format!("{name}-{}", subcommand.get_name());
            pages(subcommand, &name, wanted);
        }
    }
}

#[test]
fn manual_pages_say_nothing_of_whoever_wrote_them() {
    let (plain, other) = (Home::new(), Home::new());
    let write = |home: &Home, name: &str, value: &str| {
        let written = program()
            .args(["man", "--out"])
            .arg(home.path("man"))
            .env(name, value)
            .status();
        assert!(written.expect("it runs").success());
        fs::read_to_string(home.path("man").join("interdict-screen.1")).expect("a page")
    };
    let page = write(&plain, "UNUSED", "");
    assert_eq!(
        page,
        write(&other, "INTERDICT_SERVER", "https://internal.example")
    );
}

/// Returns what code blocks of a page tell the reader to type.
fn commands(page: &str) -> Vec<String> {
    let program = Cli::command();
    let known: BTreeSet<_> = program
        .get_subcommands()
        .map(|one| one.get_name())
        .collect();
    let mut found = Vec::new();
    let mut inside = false;
    for line in page.lines() {
        if line.starts_with("```") {
            inside = !inside;
        } else if inside {
            let typed = line.split(" #").next().unwrap_or_default().trim();
            // Also behind `sudo`, `kubectl exec … --` and their like: wherever
            // the program's name is followed by one of its commands.
            let words: Vec<_> = typed.split_whitespace().collect();
            let is_command = |word: &&str| known.contains(*word);
            let at = words.windows(2).position(|pair| {
                matches!(pair[0], "interdict" | "/usr/bin/interdict") && is_command(&pair[1])
            });
            if let Some(at) = at {
                found.push(words[at..].join(" "));
            }
        }
    }
    found
}

#[test]
fn every_command_that_the_pages_name_is_understood() {
    let mut checked = 0;
    for page in [
        "docs/deployment.md",
        "docs/integration.md",
        "docs/clients.md",
    ] {
        for line in commands(&read(page)) {
            let words = line
                .split_whitespace()
                .take_while(|word| !matches!(*word, "|" | ">" | "&&"));
            understood(words.map(|word| word.trim_matches(['\'', '"'])));
            checked += 1;
        }
    }
    assert!(checked >= 12, "{checked}");
}
