//! Records of those who run behind others.
//!
//! Threads of a lower priority are interrupted at any time, and whoever is
//! interrupted while it adds to the queue, or writes, has all those wait whom
//! it should let pass. So they hand their records to a thread of the usual
//! priority, which adds and writes them, many at once where many wait.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender};

use tokio::sync::oneshot;

use super::super::settings::Durability;
use super::queue::{AppendError, Ticket, Who, checked};
use super::shared::Shared;

/// Bytes that are added before they are written, as long as there are more.
const GROUP_BYTES: usize = 1 << 20;

/// The way to the thread that writes for others.
#[derive(Debug)]
pub(super) struct Handing {
    sender: Sender<Message>,
    waiting: Waiting,
    bytes_max: usize,
}

/// Bytes that were handed over and are not in the queue yet. Whoever handed
/// them over may have gone away.
type Waiting = Arc<AtomicUsize>;

/// Some of them.
#[derive(Debug)]
struct Counted {
    of: Waiting,
    bytes: usize,
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.of.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

/// What that thread is told.
#[derive(Debug)]
pub(super) enum Message {
    /// To add records and write them.
    Write(Records),
    /// To end.
    Stop,
}

/// Records that are to stand next to each other, all or none.
#[derive(Debug)]
pub(super) struct Records {
    bytes: Vec<u8>,
    /// Where each ends, and its checksum.
    each: Vec<(usize, u32)>,
    told: oneshot::Sender<Result<Ticket, AppendError>>,
    _counted: Counted,
}

/// Records that were handed over.
#[derive(Debug)]
pub struct Handed(oneshot::Receiver<Result<Ticket, AppendError>>);

impl Handing {
    /// As many bytes may wait as in the queue itself.
    pub(super) fn new(sender: Sender<Message>, bytes_max: usize) -> Self {
        Self {
            sender,
            waiting: Waiting::default(),
            bytes_max,
        }
    }

    /// Hands records over: bytes, and where each record in them ends.
    pub(super) fn hand(&self, bytes: Vec<u8>, ends: &[usize]) -> Result<Handed, AppendError> {
        let mut each = Vec::with_capacity(ends.len());
        let mut begin = 0;
        for &end in ends {
            let (_, checksum) = checked(&bytes[begin..end])?;
            each.push((end, checksum));
            begin = end;
        }
        let (told, hears) = oneshot::channel();
        let counted = Counted {
            of: self.waiting.clone(),
            bytes: bytes.len(),
        };
        let before = self.waiting.fetch_add(counted.bytes, Ordering::Relaxed);
        if before + counted.bytes > self.bytes_max {
            return Err(AppendError::QueueFull { bytes: before });
        }
        let records = Records {
            bytes,
            each,
            told,
            _counted: counted,
        };
        // Nobody is there to take it once the log is closed.
        let sent = self.sender.send(Message::Write(records));
        sent.map_err(|_| AppendError::Closed)?;
        Ok(Handed(hears))
    }

    pub(super) fn stop(&self) {
        // It is over already if nobody hears it.
        let _ = self.sender.send(Message::Stop);
    }
}

impl Records {
    fn push(&self, shared: &Shared) -> Result<Ticket, AppendError> {
        let mut begin = 0;
        let each = self.each.iter().map(|&(end, checksum)| {
            let record = &self.bytes[begin..end];
            begin = end;
            (record, checksum)
        });
        let each: Vec<_> = each.collect();
        shared.queue.lock().push(Who::Caller, &each)
    }
}

/// Adds and writes what is handed over, until it is told to stop.
pub(super) fn run(shared: &Shared, handed: &Receiver<Message>) {
    // A small queue must have room for those who serve.
    let group_bytes = GROUP_BYTES.min(shared.settings.queue_bytes_max / 4);
    while let Ok(Message::Write(first)) = handed.recv() {
        let (mut pushed, mut bytes, mut stop) = (Vec::new(), 0, false);
        let mut next = Some(first);
        while let Some(records) = next.take() {
            bytes += records.bytes.len();
            let mut ticket = records.push(shared);
            if matches!(ticket, Err(AppendError::QueueFull { .. })) {
                shared.write();
                ticket = records.push(shared);
            }
            pushed.push((ticket, records.told));
            if bytes >= group_bytes {
                break;
            }
            match handed.try_recv() {
                Ok(Message::Write(records)) => next = Some(records),
                Ok(Message::Stop) => stop = true,
                Err(_) => {}
            }
        }
        for (ticket, told) in pushed {
            let written = ticket.and_then(|ticket| {
                shared.wait_blocking(ticket, Durability::Process)?;
                Ok(ticket)
            });
            // Whoever has given up is not told.
            let _ = told.send(written);
        }
        if stop {
            return;
        }
    }
}

impl Handed {
    /// Waits until they survive what the durability says.
    pub(super) async fn written(
        self,
        shared: &Shared,
        durability: Durability,
    ) -> Result<(), AppendError> {
        let ticket = self.0.await.map_err(|_| AppendError::Closed)??;
        match durability {
            Durability::Process => Ok(()),
            Durability::Strict => shared.wait_durable(ticket).await,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::Ordering::SeqCst;

    use super::super::tests::Home;
    use super::super::{AuditLog, Settings};
    use super::*;

    fn handed(log: &AuditLog, numbers: std::ops::Range<u32>) -> Result<Handed, AppendError> {
        let (mut bytes, mut ends) = (Vec::new(), Vec::new());
        for number in numbers {
            bytes.extend_from_slice(format!("ours {number}").as_bytes());
            ends.push(bytes.len());
        }
        log.append_behind(bytes, &ends)
    }

    #[tokio::test]
    async fn what_is_handed_over_is_written_whole_and_in_its_order() {
        let home = Home::new();
        let log = home.open();
        let all: Vec<_> = (0..200)
            .map(|part| handed(&log, 10 * part..10 * part + 10))
            .collect();
        for (part, handed) in all.into_iter().enumerate() {
            let handed = handed.expect("there is room");
            let durability = [Durability::Process, Durability::Strict][part % 2];
            let written = log.written_behind(handed, durability).await;
            written.expect("it is written");
            assert!(log.size() >= 10 * (part as u64 + 1));
        }
        log.close();
        let expected: Vec<_> = (0..2000).map(|number| format!("ours {number}")).collect();
        assert_eq!(home.ours(), expected);
    }

    /// Law 6: whoever is told that it is written finds it.
    #[tokio::test]
    async fn whoever_hands_over_is_told_what_was_not_written() {
        let home = Home::new();
        let log = home.open();
        let faults = log.shared.faults.clone();
        faults.room.store(20, SeqCst);
        let lost = handed(&log, 0..50).expect("it is taken");
        let lost = log.written_behind(lost, Durability::Process).await;
        assert!(matches!(lost, Err(AppendError::DiskFull(_))), "{lost:?}");
        faults.room.store(usize::MAX, SeqCst);
        let kept = handed(&log, 50..52).expect("it is taken");
        log.written_behind(kept, Durability::Strict)
            .await
            .expect("there is room again");
        assert!(matches!(
            log.append_behind(vec![1], &[0, 1]),
            Err(AppendError::Length(0))
        ));
        log.close();
        assert_eq!(home.ours(), ["ours 50", "ours 51"]);
    }

    /// Law 7, and whoever handed over may be gone.
    #[tokio::test]
    async fn only_so_much_waits_for_a_disk_that_stands_still() {
        let home = Home::new();
        let (log, _) = home
            .try_open(Settings {
                queue_bytes_max: 400,
                ..Settings::default()
            })
            .expect("works");
        let writer = log.shared.writer.lock();
        let (mut taken, mut refused) = (0, None);
        for part in 0..1000 {
            match handed(&log, 10 * part..10 * part + 10) {
                Ok(_gives_up) => taken += 1,
                Err(error) => {
                    refused = Some(error);
                    break;
                }
            }
        }
        assert!(matches!(refused, Some(AppendError::QueueFull { .. })));
        assert!(taken < 20, "{taken}");
        drop(writer);
        // Those before are written or refused, and there is room again.
        let again = loop {
            match handed(&log, 0..1) {
                Ok(handed) => break handed,
                Err(_) => tokio::task::yield_now().await,
            }
        };
        let again = log.written_behind(again, Durability::Process).await;
        again.expect("it is written");
        log.close();
    }

    #[tokio::test]
    async fn a_closed_log_takes_nothing_and_leaves_nobody_waiting() {
        let home = Home::new();
        let log = home.open();
        let (copy, early) = (log.clone(), handed(&log, 0..3).expect("it is taken"));
        log.close();
        let early = copy.written_behind(early, Durability::Strict).await;
        assert_eq!(home.ours().len(), if early.is_ok() { 3 } else { 0 });
        let late = handed(&copy, 3..6);
        assert!(matches!(late, Err(AppendError::Closed)), "{late:?}");
    }
}
