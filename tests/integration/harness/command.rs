//! The command line, as a person or a script meets it.

use std::ffi::OsStr;
use std::io::Read;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

/// No command of the tests takes longer.
const COMMAND_MAX: Duration = Duration::from_secs(60);

/// A command that has ended.
#[derive(Debug)]
pub struct Ran {
    /// Its exit code.
    pub code: i32,
    /// What it printed.
    pub stdout: String,
    /// What it said beside that.
    pub stderr: String,
}

impl Ran {
    /// Returns what it printed as JSON.
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// Holds that it ended with a code, and passes itself on.
    #[track_caller]
    pub fn expect_code(self, code: i32) -> Self {
        assert_eq!(self.code, code, "{self:?}");
        self
    }
}

/// Runs the program with arguments to its end.
#[track_caller]
pub fn interdict<A: AsRef<OsStr>>(arguments: impl IntoIterator<Item = A>) -> Ran {
    let mut child = program()
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program can be run");
    let stdout = read_beside(child.stdout.take().expect("it is piped"));
    let stderr = read_beside(child.stderr.take().expect("it is piped"));
    let code = wait(&mut child, COMMAND_MAX).unwrap_or_else(|| {
        child.kill().expect("our own child can be ended");
        panic!("the command did not end within {COMMAND_MAX:?}");
    });
    Ran {
        code,
        stdout: stdout.join().expect("the reader ends with the pipe"),
        stderr: stderr.join().expect("the reader ends with the pipe"),
    }
}

/// Returns the program with nothing of our surroundings: neither its own
/// variables nor a log filter nor a proxy.
pub fn program() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_interdict"));
    for (name, _) in std::env::vars_os() {
        let name_text = name.to_string_lossy();
        let is_proxy = name_text.to_ascii_lowercase().ends_with("_proxy");
        if name_text.starts_with("INTERDICT") || name_text == "RUST_LOG" || is_proxy {
            command.env_remove(&name);
        }
    }
    command.env("NO_COLOR", "1");
    command
}

/// Waits for a child; -1 stands for a signal, `None` for too long.
pub fn wait(child: &mut Child, within: Duration) -> Option<i32> {
    let deadline = Instant::now() + within;
    loop {
        if let Some(status) = child.try_wait().expect("our own child can be waited for") {
            return Some(status.code().unwrap_or(-1));
        }
        if Instant::now() > deadline {
            return None;
        }
        thread::sleep(Duration::from_millis(2));
    }
}

fn read_beside(mut pipe: impl Read + Send + 'static) -> thread::JoinHandle<String> {
    thread::spawn(move || {
        let mut bytes = Vec::new();
        pipe.read_to_end(&mut bytes).expect("a pipe can be read");
        String::from_utf8_lossy(&bytes).into_owned()
    })
}
