//! What a service manager is told, as `sd_notify(3)` has it.

use std::os::unix::net::UnixDatagram;
use std::time::{Duration, Instant};

use super::harness::{Daemon, Home, evm, evms};

/// The manager's end of the socket.
struct Manager {
    socket: UnixDatagram,
    _home: Home,
    path: String,
}

impl Manager {
    fn new() -> Self {
        let home = Home::new();
        let path = home.path("notify");
        let socket = UnixDatagram::bind(&path).expect("a socket can be bound");
        let wait = Some(Duration::from_millis(200));
        socket.set_read_timeout(wait).expect("it can");
        Self {
            socket,
            path: path.display().to_string(),
            _home: home,
        }
    }

    /// Returns the lines of the next message, if one comes soon.
    fn next(&self) -> Option<Vec<String>> {
        let mut bytes = [0; 4096];
        let count = self.socket.recv(&mut bytes).ok()?;
        let text = String::from_utf8_lossy(&bytes[..count]);
        Some(text.lines().map(str::to_owned).collect())
    }

    /// Waits for a line, and returns the message it came in.
    #[track_caller]
    fn hear(&self, line: &str) -> Vec<String> {
        let deadline = Instant::now() + Duration::from_secs(20);
        let mut heard = Vec::new();
        while Instant::now() < deadline {
            let Some(message) = self.next() else { continue };
            if message.iter().any(|said| said.starts_with(line)) {
                return message;
            }
            heard.push(message);
        }
        panic!("no {line}: {heard:?}");
    }

    /// Counts the messages with a line over some time.
    fn count(&self, line: &str, within: Duration) -> usize {
        let deadline = Instant::now() + within;
        let mut count = 0;
        while Instant::now() < deadline {
            let message = self.next().unwrap_or_default();
            count += usize::from(message.iter().any(|said| said == line));
        }
        count
    }
}

#[test]
fn the_manager_is_told_of_the_whole_life() {
    let manager = Manager::new();
    let setup = Daemon::with_bundled_lists().env("NOTIFY_SOCKET", &manager.path);
    let mut daemon = setup.start();
    let ready = manager.hear("READY=1");
    let said = |message: &[String], words: &str| {
        let status = message.iter().find(|line| line.starts_with("STATUS="));
        assert!(
            status.is_some_and(|line| line.contains(words)),
            "{message:?}"
        );
    };
    said(&ready, "serving generation 4, ");
    // It serves once it says so.
    daemon.screen(&evm(1));
    daemon.import_text("cases", &evms(1..4));
    let status = manager.hear("STATUS=");
    said(&status, "serving generation 5, ");
    daemon.signal("HUP");
    let reloading = manager.hear("RELOADING=1");
    let clock = reloading
        .iter()
        .find_map(|line| line.strip_prefix("MONOTONIC_USEC="));
    assert!(
        clock.is_some_and(|clock| clock.parse::<u64>().is_ok()),
        "{reloading:?}"
    );
    manager.hear("READY=1");
    // Whoever asks for it, and whether or not it is taken.
    daemon.home().write("interdict.toml", "colour = 1\n");
    daemon.command("config", &["reload"]).expect_code(3);
    manager.hear("RELOADING=1");
    manager.hear("READY=1");
    assert_eq!(
        manager.count("WATCHDOG=1", Duration::from_secs(1)),
        0,
        "nobody watches"
    );
    daemon.ask_to_stop();
    manager.hear("STOPPING=1");
    assert_eq!(daemon.wait(Duration::from_secs(30)), 0);
}

#[test]
fn the_watchdog_is_content_while_every_thread_answers() {
    let manager = Manager::new();
    for runtime in ["per-core", "work-stealing"] {
        let daemon = Daemon::with_bundled_lists()
            .config(&format!("runtime = \"{runtime}\"\nworkers = 2\n"))
            .env("NOTIFY_SOCKET", &manager.path)
            .env("WATCHDOG_USEC", "2000000")
            .start();
        manager.hear("READY=1");
        let told = manager.count("WATCHDOG=1", Duration::from_secs(4));
        assert!(
            (3..=6).contains(&told),
            "every second: {told} in 4 s, {runtime}"
        );
        daemon.screen(&evm(1));
        drop(daemon);
        while manager.next().is_some() {}
    }
}

#[test]
fn an_empty_daemon_says_that_it_answers_nothing() {
    let manager = Manager::new();
    let daemon = Daemon::empty().env("NOTIFY_SOCKET", &manager.path).start();
    let ready = manager.hear("READY=1");
    assert!(
        ready.iter().any(|line| line.contains("unavailable")),
        "{ready:?}"
    );
    drop(daemon);
}
