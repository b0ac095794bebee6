//! The running daemon: the real binary on a port of its own.
//!
//! ```ignore
//! let mut daemon = Daemon::with_bundled_lists().config("drain = \"1s\"").start();
//! daemon.kill();
//! daemon.start_again();
//! ```

use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use tonic::transport::{Channel, Endpoint};

use super::command::{Ran, interdict, program, wait};
use super::home::Home;
use super::runtime;

/// What the daemon says of each listener once it serves.
const SAID: [&str; 4] = [
    "interdict is serving on ",
    "admin on ",
    "console on ",
    "metrics on ",
];

/// What it says last.
const READY: &str = "try: ";
const READY_MAX: Duration = Duration::from_secs(60);

/// A daemon to be.
pub struct Setup {
    home: Home,
    content: Content,
    config: String,
    env: Env,
}

/// Variables of the daemon's environment.
type Env = Vec<(String, String)>;

enum Content {
    Bundled,
    Empty,
    AsItIs,
}

/// A daemon that would not start.
#[derive(Debug)]
pub struct Refused {
    /// Its exit code.
    pub code: i32,
    /// Why, in its own words.
    pub stderr: String,
}

impl Setup {
    /// Sets the configuration file.
    pub fn config(mut self, text: &str) -> Self {
        text.clone_into(&mut self.config);
        self
    }

    /// Sets a variable of its environment.
    pub fn env(mut self, name: &str, value: &str) -> Self {
        self.env.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Starts it.
    #[track_caller]
    pub fn start(self) -> Daemon {
        self.try_start()
            .unwrap_or_else(|refused| panic!("{refused:?}"))
    }

    /// Starts it, or returns why it would not.
    pub fn try_start(self) -> Result<Daemon, Refused> {
        let data_dir = self.home.data_dir();
        match self.content {
            Content::Bundled => init(&data_dir, &[]),
            Content::Empty => init(&data_dir, &["--empty"]),
            Content::AsItIs => {}
        }
        self.home.write("interdict.toml", &self.config);
        let running = Running::start(&self.home, &self.env)?;
        Ok(Daemon {
            home: self.home,
            env: self.env,
            running: Some(running),
        })
    }
}

fn init(data_dir: &Path, more: &[&str]) {
    let mut arguments = vec!["init".as_ref(), "--data-dir".as_ref(), data_dir.as_os_str()];
    arguments.extend(more.iter().map(AsRef::<std::ffi::OsStr>::as_ref));
    interdict(arguments).expect_code(0);
}

/// A daemon, running or dead. Dropping it ends what it started.
pub struct Daemon {
    home: Home,
    env: Env,
    running: Option<Running>,
}

/// Where a daemon is reached.
#[derive(Debug, Clone, Default)]
struct Urls {
    public: String,
    admin: String,
    http: String,
    metrics: String,
}

struct Running {
    child: Child,
    urls: Urls,
    channel: Channel,
    started_in: Duration,
}

impl Daemon {
    /// Begins one that holds the bundled lists.
    pub fn with_bundled_lists() -> Setup {
        Self::with(Home::new(), Content::Bundled)
    }

    /// Begins one that holds no list yet.
    pub fn empty() -> Setup {
        Self::with(Home::new(), Content::Empty)
    }

    /// Begins one on whatever a home holds.
    pub fn at(home: Home) -> Setup {
        Self::with(home, Content::AsItIs)
    }

    fn with(home: Home, content: Content) -> Setup {
        Setup {
            home,
            content,
            config: String::new(),
            env: Env::new(),
        }
    }

    #[track_caller]
    fn running(&self) -> &Running {
        self.running.as_ref().expect("the daemon is running")
    }

    /// Returns its home.
    pub fn home(&self) -> &Home {
        &self.home
    }

    /// Ends it and returns its home.
    pub fn into_home(mut self) -> Home {
        self.kill();
        std::mem::replace(&mut self.home, Home::new())
    }

    /// Returns the address of all its services: the operator's.
    pub fn url(&self) -> &str {
        &self.running().urls.admin
    }

    /// Returns the address that customers' systems use.
    pub fn public_url(&self) -> &str {
        &self.running().urls.public
    }

    /// Returns the address of HTTP and the console, without a slash at its
    /// end.
    pub fn http_url(&self) -> &str {
        self.running().urls.http.trim_end_matches('/')
    }

    /// Returns the address of the metrics, path and all.
    pub fn metrics_url(&self) -> &str {
        &self.running().urls.metrics
    }

    /// Returns host and port that customers' systems use.
    pub fn host_and_port(&self) -> &str {
        self.public_url().trim_start_matches("http://")
    }

    /// Returns the connection that all calls of the harness share.
    pub fn channel(&self) -> Channel {
        self.running().channel.clone()
    }

    /// Returns a connection of its own.
    pub fn own_channel(&self) -> Channel {
        let _entered = runtime().enter();
        endpoint(self.url()).connect_lazy()
    }

    /// Returns a connection of its own to where customers' systems ask.
    pub fn public_channel(&self) -> Channel {
        let _entered = runtime().enter();
        endpoint(self.public_url()).connect_lazy()
    }

    /// Returns its process id.
    pub fn pid(&self) -> u32 {
        self.running().child.id()
    }

    /// Returns how long the last start took, until the line that says so.
    pub fn started_in(&self) -> Duration {
        self.running().started_in
    }

    /// Returns everything it logged since it was last started.
    pub fn logs(&self) -> String {
        fs::read_to_string(self.home.path("stderr")).expect("the logs can be read")
    }

    /// Runs a subcommand against it.
    #[track_caller]
    pub fn command(&self, subcommand: &str, arguments: &[&str]) -> Ran {
        let server = ["--server", self.url()];
        // Commands with commands of their own take their options after those.
        let nested = [
            "operator",
            "exempt",
            "pending",
            "bundle",
            "backup",
            "audit",
            "portfolio",
            "alerts",
            "config",
        ];
        let words = match arguments.first() {
            Some(word) if nested.contains(&subcommand) && !word.starts_with('-') => 1,
            _ => 0,
        };
        let (words, options) = arguments.split_at(words);
        interdict(
            [subcommand]
                .iter()
                .chain(words)
                .chain(&server)
                .chain(options),
        )
    }

    /// Returns the most memory it has held, in bytes.
    pub fn most_resident(&self) -> u64 {
        let path = format!("/proc/{}/status", self.pid());
        let status = fs::read_to_string(path).expect("it is running");
        let line = status
            .lines()
            .find_map(|line| line.strip_prefix("VmHWM:"))
            .expect("Linux tells");
        let kilobytes = line.trim().trim_end_matches(" kB");
        kilobytes.parse::<u64>().expect("a number") * 1024
    }

    /// Kills it with no chance to tidy up.
    pub fn kill(&mut self) {
        if let Some(mut running) = self.running.take() {
            running.child.kill().expect("our own child can be killed");
            running.child.wait().expect("and waited for");
        }
    }

    /// Asks it to stop, as an operator's service manager does.
    pub fn ask_to_stop(&self) {
        self.signal("TERM");
    }

    /// Sends it a signal by name.
    pub fn signal(&self, name: &str) {
        let sent = Command::new("kill")
            .args(["-s", name, &self.pid().to_string()])
            .status();
        assert!(
            sent.is_ok_and(|status| status.success()),
            "the signal is sent"
        );
    }

    /// Waits for its end and returns the exit code.
    #[track_caller]
    pub fn wait(&mut self, within: Duration) -> i32 {
        let running = self.running.as_mut().expect("the daemon is running");
        let code = wait(&mut running.child, within);
        let code = code.unwrap_or_else(|| panic!("still running after {within:?}"));
        self.running = None;
        code
    }

    /// Stops it in order.
    #[track_caller]
    pub fn stop(&mut self) {
        self.ask_to_stop();
        assert_eq!(self.wait(Duration::from_secs(30)), 0, "{}", self.logs());
    }

    /// Starts it again on the same home; another port.
    #[track_caller]
    pub fn start_again(&mut self) {
        self.try_start_again()
            .unwrap_or_else(|refused| panic!("{refused:?}"));
    }

    /// Starts it again, or returns why it would not.
    pub fn try_start_again(&mut self) -> Result<(), Refused> {
        assert!(self.running.is_none(), "it is running already");
        self.running = Some(Running::start(&self.home, &self.env)?);
        Ok(())
    }

    /// Starts it and kills it before it has said anything, or soon after.
    pub fn start_and_kill(&self, after: Duration) {
        assert!(self.running.is_none(), "it is running already");
        let mut child = serve(&self.home, &self.env)
            .spawn()
            .expect("the program can be run");
        let _unread = first_ready_line(&mut child);
        thread::sleep(after);
        child.kill().expect("our own child can be killed");
        child.wait().expect("and waited for");
    }

    /// Stops it in order and starts it again.
    #[track_caller]
    pub fn restart(&mut self) {
        self.stop();
        self.start_again();
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        if let Some(mut running) = self.running.take() {
            let _ = running.child.kill();
            let _ = running.child.wait();
        }
    }
}

impl Running {
    fn start(home: &Home, env: &Env) -> Result<Self, Refused> {
        let started_at = Instant::now();
        let mut child = serve(home, env).spawn().expect("the program can be run");
        let ready = first_ready_line(&mut child);
        match ready.recv_timeout(READY_MAX) {
            Ok(urls) => {
                let _entered = runtime().enter();
                Ok(Self {
                    channel: endpoint(&urls.admin).connect_lazy(),
                    child,
                    urls,
                    started_in: started_at.elapsed(),
                })
            }
            Err(_) => {
                let code = wait(&mut child, Duration::from_secs(5));
                if code.is_none() {
                    child.kill().expect("our own child can be killed");
                    child.wait().expect("and waited for");
                }
                let stderr = fs::read_to_string(home.path("stderr"));
                Err(Refused {
                    code: code.expect("a daemon either says that it serves, or ends"),
                    stderr: stderr.expect("the logs can be read"),
                })
            }
        }
    }
}

fn serve(home: &Home, env: &Env) -> Command {
    let logs = File::create(home.path("stderr")).expect("a file for logs can be made");
    let mut command = program();
    command
        .arg("serve")
        .arg("--data-dir")
        .arg(home.data_dir())
        .args(["--listen", "127.0.0.1:0", "--config"])
        .arg(home.path("interdict.toml"))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(logs)
        .env("INTERDICT_ADMIN_LISTEN", "127.0.0.1:0")
        .env("INTERDICT_HTTP_LISTEN", "127.0.0.1:0")
        .env("INTERDICT_METRICS_LISTEN", "127.0.0.1:0")
        .envs(env.iter().map(|(name, value)| (name, value)));
    command
}

/// Sends the addresses once the daemon has printed them, and goes on reading
/// so that it can never block on us. Ends with the daemon.
fn first_ready_line(child: &mut Child) -> mpsc::Receiver<Urls> {
    let stdout = child.stdout.take().expect("it is piped");
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        let mut said: [String; 4] = Default::default();
        for line in BufReader::new(stdout).lines() {
            let Ok(line) = line else { return };
            for (said, prefix) in said.iter_mut().zip(SAID) {
                if let Some(url) = line.strip_prefix(prefix) {
                    url.trim().clone_into(said);
                }
            }
            if line.starts_with(READY) {
                let [public, admin, http, metrics] = said.clone();
                let _ = sender.send(Urls {
                    public,
                    admin,
                    http,
                    metrics,
                });
            }
        }
    });
    receiver
}

fn endpoint(url: &str) -> Endpoint {
    Endpoint::from_shared(url.to_owned()).expect("the daemon prints a URL")
}
