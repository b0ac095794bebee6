//! Records from the newest back, for a page that shows what happened last.
//!
//! Blocks of sealed segments are read from the last one back, each unpacked
//! once; a segment that is still appended to has no blocks and is read
//! through. What is not wanted is not kept, so a page costs the memory of its
//! records and of one block.

use std::collections::VecDeque;

use super::{ReadError, Reader, Stretch, next_within};

/// A page of records.
#[derive(Debug)]
pub struct Newest<T> {
    /// What was wanted, with its number, the newest first.
    pub found: Vec<(u64, T)>,
    /// Before which record the next page begins; nothing: the log begins here.
    pub next_before: Option<u64>,
}

impl Reader {
    /// Returns the newest records before a number that are wanted, at most
    /// `limit`. After about `look_max` records the search ends, whatever was
    /// found, and the next page goes on from there.
    ///
    /// # Errors
    ///
    /// If a record does not read.
    pub fn newest<T>(
        &self,
        before: u64,
        limit: usize,
        look_max: u64,
        wanted: impl Fn(u64, &[u8]) -> Option<T>,
    ) -> Result<Newest<T>, ReadError> {
        let (mut found, mut looked) = (Vec::new(), 0);
        for stretch in self.stretches_back(before) {
            let room = limit - found.len();
            let mut last: VecDeque<(u64, T)> = VecDeque::new();
            let mut dropped = false;
            let mut records = stretch.segment.records(stretch.range.start);
            while let Some(frame) = next_within(&mut records, &stretch.range)? {
                if frame.number < stretch.range.start {
                    continue;
                }
                looked += 1;
                if let Some(kept) = wanted(frame.number, frame.record) {
                    last.push_back((frame.number, kept));
                    if last.len() > room {
                        last.pop_front();
                        dropped = true;
                    }
                }
            }
            found.extend(last.into_iter().rev());
            let end = match found.last() {
                Some((number, _)) if dropped || found.len() == limit => *number,
                _ if looked >= look_max => stretch.range.start,
                _ => continue,
            };
            let next_before = (end > self.first()).then_some(end);
            return Ok(Newest { found, next_before });
        }
        Ok(Newest {
            found,
            next_before: None,
        })
    }

    /// Cuts the records before a number into blocks, the last one first.
    fn stretches_back(&self, before: u64) -> impl Iterator<Item = Stretch<'_>> {
        let segments = self.segments.iter().rev();
        let all = segments.flat_map(|segment| {
            let blocks = segment.footer().map(|footer| {
                let blocks = footer.blocks.iter().rev();
                blocks.map(|block| block.first..block.first + u64::from(block.records))
            });
            let open = blocks.is_none().then(|| segment.first()..u64::MAX);
            let ranges = blocks.into_iter().flatten().chain(open);
            ranges.map(move |range| Stretch { segment, range })
        });
        let until = all.map(move |mut stretch| {
            stretch.range.end = stretch.range.end.min(before);
            stretch
        });
        until.filter(|stretch| !stretch.range.is_empty())
    }
}
