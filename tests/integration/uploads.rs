//! Uploads that end early. A text list that is cut looks like a whole one, so
//! the end of the stream must be meant, and not merely come.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;

use super::harness::{Daemon, Upload, block_on, eventually, evms, program, runtime, v1};
use v1::list_service_client::ListServiceClient;

/// Long enough for the daemon to have done what it should not.
const SETTLED: Duration = Duration::from_millis(700);

fn incoming(daemon: &Daemon) -> usize {
    let folder = daemon.home().data_dir().join("incoming");
    std::fs::read_dir(folder).map_or(0, Iterator::count)
}

/// Sends the first messages of an upload and then ends the call in the way
/// given; nothing of it may be listed.
fn cut_short(
    end: impl FnOnce(tokio::task::JoinHandle<()>, mpsc::Sender<v1::ImportPublicationRequest>),
) {
    let daemon = Daemon::empty().start();
    daemon.import_text("ours", &evms(0..10));
    let before = daemon.live();
    let messages = Upload::of("cut").lines(&evms(0..50_000)).messages();
    assert!(messages.len() > 5);
    let (sender, receiver) = mpsc::channel(16);
    for message in messages.into_iter().take(4) {
        block_on(sender.send(message)).expect("there is room");
    }
    let channel = daemon.own_channel();
    let call = runtime().spawn(async move {
        let mut client = ListServiceClient::new(channel);
        let _ = client
            .import_publication(ReceiverStream::new(receiver))
            .await;
    });
    eventually("the upload has begun", Duration::from_secs(10), || {
        incoming(&daemon) == 1
    });
    thread::sleep(Duration::from_millis(100));
    end(call, sender);
    thread::sleep(SETTLED);
    let what = "half of a list was imported";
    assert_eq!(daemon.live(), before, "{what}");
    eventually("the half is tidied up", Duration::from_secs(10), || {
        incoming(&daemon) == 0
    });
    assert_eq!(daemon.sources().sources.len(), 1, "{what}");
}

#[test]
fn law_4_an_upload_that_is_cancelled_changes_nothing() {
    cut_short(|call, sender| {
        call.abort();
        assert!(block_on(call).is_err_and(|error| error.is_cancelled()));
        drop(sender);
    });
}

/// What a caller's deadline does: the client resets the stream.
#[test]
fn law_4_an_upload_that_runs_out_of_time_changes_nothing() {
    let daemon = Daemon::empty().start();
    let messages = Upload::of("cut").lines(&evms(0..50_000)).messages();
    let (sender, receiver) = mpsc::channel(16);
    for message in messages.into_iter().take(4) {
        block_on(sender.send(message)).expect("there is room");
    }
    let mut request = tonic::Request::new(ReceiverStream::new(receiver));
    request.set_timeout(Duration::from_millis(300));
    let mut client = ListServiceClient::new(daemon.own_channel());
    block_on(client.import_publication(request)).expect_err("it runs out of time");
    thread::sleep(SETTLED);
    assert_eq!(daemon.live().0, 0, "half of a list was imported");
    drop(sender);
}

/// The command line is killed while it reads a pipe that goes on.
#[test]
fn law_4_an_upload_whose_client_is_killed_changes_nothing() {
    let daemon = Daemon::empty().start();
    let pipe = daemon.home().path("list.txt");
    let made = Command::new("mkfifo").arg(&pipe).status();
    assert!(
        made.is_ok_and(|status| status.success()),
        "a pipe can be made"
    );
    let mut child = program()
        .args([
            "import",
            "--server",
            daemon.url(),
            "--source",
            "cut",
            "--format",
            "text",
        ])
        .arg(&pipe)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("the program can be run");
    let mut list = OpenOptions::new()
        .write(true)
        .open(&pipe)
        .expect("the reader is there");
    list.write_all(evms(0..50_000).join("\n").as_bytes())
        .expect("it is read");
    eventually("the upload has begun", Duration::from_secs(10), || {
        incoming(&daemon) == 1
    });
    thread::sleep(Duration::from_millis(200));
    child.kill().expect("our own child can be killed");
    child.wait().expect("and waited for");
    drop(list);
    thread::sleep(SETTLED);
    assert_eq!(daemon.live().0, 0, "half of a list was imported");
    eventually("the half is tidied up", Duration::from_secs(10), || {
        incoming(&daemon) == 0
    });
}

#[test]
fn an_upload_that_stands_still_is_ended() {
    let config = "[limits]\nstream_idle_timeout = \"300ms\"";
    let daemon = Daemon::empty().config(config).start();
    let (sender, receiver) = mpsc::channel(16);
    for message in Upload::of("slow").lines(&evms(0..10)).messages() {
        block_on(sender.send(message)).expect("there is room");
    }
    let mut client = ListServiceClient::new(daemon.channel());
    let ended = block_on(client.import_publication(ReceiverStream::new(receiver)));
    assert_eq!(
        ended.expect_err("it stands still").code(),
        tonic::Code::DeadlineExceeded
    );
    assert_eq!((daemon.live().0, incoming(&daemon)), (0, 0));
    drop(sender);
}
