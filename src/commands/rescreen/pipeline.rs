//! Workers that screen, and one who puts what they made in order.
//!
//! Each worker takes the next unit of the input, and gives its parts to the
//! sink in the order of the units. A worker that is ahead waits, so that what
//! is in memory is bounded by the number of workers.

use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;

use parking_lot::Mutex;

use super::super::Failure;
use super::answer::Judge;
use super::tally::{Hit, Tally};

/// Parts of one unit that wait for the sink.
const PARTS_WAITING_MAX: usize = 2;

/// What became of some of the input.
pub(super) struct Part<O> {
    /// What is written.
    pub(super) out: O,
    pub(super) tally: Tally,
    /// Their rows are numbered from the beginning of the part.
    pub(super) hits: Vec<Hit>,
    /// Where the input goes on behind it.
    pub(super) file: usize,
    pub(super) offset: u64,
}

/// Why a unit could not be screened.
pub(super) enum Fault {
    /// A row is not as it should be; counted from the beginning of the part.
    Row { row: u64, words: String },
    /// Anything else.
    Failure(Failure),
}

impl From<Failure> for Fault {
    fn from(failure: Failure) -> Self {
        Self::Failure(failure)
    }
}

/// Takes a part; false when nobody wants more.
pub(super) type Give<'g, O> = dyn FnMut(Part<O>) -> bool + 'g;

type Parts<O> = Receiver<Result<Part<O>, Fault>>;
type Sender<O> = SyncSender<Result<Part<O>, Fault>>;

/// Screens every unit with as many workers as there are judges, and gives the
/// parts to `sink` in order. The first thing that goes wrong, in the order of
/// the input, ends it.
pub(super) fn run<U: Send, O: Send>(
    next: impl FnMut() -> Result<Option<U>, Failure> + Send,
    judges: Vec<Box<dyn Judge + '_>>,
    work: impl Fn(U, &mut dyn Judge, &mut Give<'_, O>) -> Result<(), Fault> + Sync,
    mut sink: impl FnMut(Result<Part<O>, Fault>) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let (queue, ordered) = sync_channel::<Parts<O>>(judges.len());
    let units = Mutex::new((next, Some(queue)));
    thread::scope(|scope| {
        let workers: Vec<_> = judges
            .into_iter()
            .map(|mut judge| {
                let (units, work) = (&units, &work);
                scope.spawn(move || {
                    while let Some((unit, parts)) = take(units) {
                        let mut give = |part| parts.send(Ok(part)).is_ok();
                        if let Err(fault) = work(unit, &mut *judge, &mut give) {
                            // Nobody listens when something went wrong before.
                            let _ = parts.send(Err(fault));
                            return Ok(());
                        }
                    }
                    judge.finish()
                })
            })
            .collect();
        let mut outcome = Ok(());
        'units: for parts in ordered {
            for part in parts {
                outcome = sink(part);
                if outcome.is_err() {
                    break 'units;
                }
            }
        }
        // What is still under way ends when nobody takes it.
        units.lock().1 = None;
        for worker in workers {
            let finished = worker
                .join()
                .unwrap_or_else(|panic| std::panic::resume_unwind(panic));
            outcome = outcome.and(finished);
        }
        outcome
    })
}

type Units<N, O> = Mutex<(N, Option<SyncSender<Parts<O>>>)>;

/// Takes the next unit, and announces its parts in the same breath: so the
/// order of the parts is that of the units.
fn take<U, O>(
    units: &Units<impl FnMut() -> Result<Option<U>, Failure>, O>,
) -> Option<(U, Sender<O>)> {
    let mut units = units.lock();
    let (next, queue) = &mut *units;
    let unit = match next() {
        Ok(Some(unit)) => Ok(unit),
        Ok(None) => {
            *queue = None;
            return None;
        }
        Err(failure) => Err(failure),
    };
    let (parts, taken) = sync_channel(PARTS_WAITING_MAX);
    queue.as_ref()?.send(taken).ok()?;
    match unit {
        Ok(unit) => Some((unit, parts)),
        Err(failure) => {
            *queue = None;
            let _ = parts.send(Err(Fault::Failure(failure)));
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commands::rescreen::answer::{Answer, Question};

    struct Idle;

    impl Judge for Idle {
        fn batch(&self) -> usize {
            1
        }

        fn answer(&mut self, _: &[Question<'_>], _: &mut Vec<Answer>) -> Result<(), Failure> {
            Ok(())
        }

        fn finish(self: Box<Self>) -> Result<(), Failure> {
            Ok(())
        }
    }

    fn part(out: u64) -> Part<u64> {
        Part {
            out,
            tally: Tally::default(),
            hits: Vec::new(),
            file: 0,
            offset: 0,
        }
    }

    fn judges(count: usize) -> Vec<Box<dyn Judge>> {
        (0..count)
            .map(|_| Box::new(Idle) as Box<dyn Judge>)
            .collect()
    }

    fn units(count: u64) -> impl FnMut() -> Result<Option<u64>, Failure> + Send {
        let mut all = 0..count;
        move || Ok(all.next())
    }

    #[test]
    fn parts_come_in_the_order_of_the_units() {
        for workers in [1, 2, 7] {
            let mut taken = Vec::new();
            let work = |unit: u64, _: &mut dyn Judge, give: &mut Give<'_, u64>| {
                if unit.is_multiple_of(3) {
                    thread::yield_now();
                }
                (0..unit % 5).for_each(|part_of| {
                    give(part(unit * 10 + part_of));
                });
                Ok(())
            };
            run(units(300), judges(workers), work, |part| {
                taken.extend(part.ok().map(|part| part.out));
                Ok(())
            })
            .expect("runs");
            let expected: Vec<u64> = (0..300)
                .flat_map(|unit| (0..unit % 5).map(move |part| unit * 10 + part))
                .collect();
            assert_eq!(taken, expected, "{workers} workers");
        }
    }

    #[test]
    fn the_first_fault_in_order_ends_it() {
        for _ in 0..50 {
            let mut taken = 0;
            let work = |unit: u64, _: &mut dyn Judge, give: &mut Give<'_, u64>| {
                if unit == 40 || unit == 43 {
                    return Err(Fault::Row {
                        row: unit,
                        words: "bad".to_owned(),
                    });
                }
                give(part(unit));
                Ok(())
            };
            let ended = run(units(10_000), judges(4), work, |part| match part {
                Ok(_) => {
                    taken += 1;
                    Ok(())
                }
                Err(Fault::Row { row, words }) => {
                    Err(Failure::Refused(format!("row {row} is {words}")))
                }
                Err(Fault::Failure(failure)) => Err(failure),
            });
            assert_eq!(taken, 40);
            assert_eq!(ended.expect_err("it failed").to_string(), "row 40 is bad");
        }
    }

    #[test]
    fn an_input_that_cannot_be_read_is_told_in_its_place() {
        let mut count = 0;
        let next = || {
            count += 1;
            match count {
                1..=20 => Ok(Some(count)),
                _ => Err(Failure::Refused("unreadable".to_owned())),
            }
        };
        let mut taken = 0;
        let work = |unit: u64, _: &mut dyn Judge, give: &mut Give<'_, u64>| {
            give(part(unit));
            Ok(())
        };
        let ended = run(next, judges(3), work, |part| match part {
            Ok(_) => {
                taken += 1;
                Ok(())
            }
            Err(Fault::Failure(failure)) => Err(failure),
            Err(Fault::Row { .. }) => Ok(()),
        });
        assert_eq!((taken, ended.is_err()), (20, true));
    }
}
