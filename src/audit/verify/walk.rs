//! One segment: every record of it, and every signature in and around it.

use std::path::Path;

use prost::Message as _;

use super::super::checkpoint::Checkpoint;
use super::super::log::BEHIND_MAX;
use super::super::merkle::{Frontier, Hash, leaf_hash};
use super::super::note::VerifierKey;
use super::super::record::{Record, record::Event};
use super::super::segment::footer::{Block, Footer, GROUP_LEVEL, Span};
use super::super::segment::frame::Frame;
use super::super::segment::header::header_hash;
use super::super::segment::{Records, Segment, peek};
use super::TRIES;
use super::broken::{Broken, Damage};

/// Fields of the events that the log itself must understand.
const CHECKPOINTED: u32 = 15;
const RETIRED: u32 = 23;
/// Records between two words on progress.
const PROGRESS: u64 = 1 << 14;

/// What a segment was found to be.
#[derive(Debug)]
pub(super) struct Walked {
    pub(super) first: u64,
    /// The tree before its first record.
    pub(super) begin: Frontier,
    /// Hashes of the previous header, by its word, and of its own.
    pub(super) previous: Hash,
    pub(super) header: Hash,
    /// The tree after the last record that was read.
    pub(super) end: Frontier,
    /// Its header says what was signed.
    pub(super) is_header_signed: bool,
    /// Size of the tree at the last signature that held.
    pub(super) held: u64,
    /// The largest tree that a signature within it is of.
    pub(super) newest_within: u64,
    /// Roots at the sizes that were asked for.
    pub(super) roots: Vec<(u64, Hash)>,
    /// Number of each record that says that the beginning was removed, and
    /// where the log begins by its word.
    pub(super) retired: Vec<(u64, u64)>,
    /// Where it is not what was written and signed.
    pub(super) broken: Option<Broken>,
    /// That is that it ends within a record.
    pub(super) is_torn: bool,
}

/// Walks a segment to its end, or to the first place that is broken.
pub(super) struct Walker<'w> {
    pub(super) key: &'w VerifierKey,
    /// Sizes of the tree whose roots are asked for, ascending.
    pub(super) wanted: &'w [u64],
    pub(super) progress: &'w (dyn Fn(u64) + Sync),
    /// Waits for more of a record that ends too early; false: there is none.
    pub(super) wait_for_more: &'w (dyn Fn() -> bool + Sync),
}

/// The tree, moved on as far as signatures need it.
struct Tree<'w> {
    tree: Frontier,
    /// Hashes of the records behind it.
    leaves: Vec<Hash>,
    wanted: &'w [u64],
    roots: Vec<(u64, Hash)>,
    /// Roots of groups, as the footer has them.
    groups: Option<std::slice::Iter<'w, Hash>>,
    groups_differ: bool,
}

impl Tree<'_> {
    /// Moves the tree on to a size that was read.
    fn advance(&mut self, size: u64) {
        let count = size.saturating_sub(self.tree.size()) as usize;
        for leaf in self.leaves.drain(..count) {
            let group = self.tree.push_noting(leaf, GROUP_LEVEL);
            if let (Some(group), Some(groups)) = (group, &mut self.groups) {
                self.groups_differ |= groups.next() != Some(&group);
            }
            if self.wanted.contains(&self.tree.size()) {
                self.roots.push((self.tree.size(), self.tree.root()));
            }
        }
    }

    fn read(&self) -> u64 {
        self.tree.size() + self.leaves.len() as u64
    }
}

impl Walker<'_> {
    pub(super) fn walk(&self, segment: &Segment) -> Walked {
        let mut walked = Walked {
            first: segment.first(),
            begin: segment.header().tree.clone(),
            previous: segment.header().previous,
            header: header_hash(segment.header_bytes()),
            end: Frontier::default(),
            is_header_signed: false,
            held: segment.first(),
            newest_within: 0,
            roots: Vec::new(),
            retired: Vec::new(),
            broken: None,
            is_torn: false,
        };
        let begin = &segment.header().tree;
        let mut tree = Tree {
            tree: begin.clone(),
            leaves: Vec::new(),
            wanted: self.wanted,
            roots: Vec::new(),
            groups: segment.footer().map(|footer| footer.groups.iter()),
            groups_differ: false,
        };
        if self.wanted.contains(&begin.size()) {
            tree.roots.push((begin.size(), begin.root()));
        }
        let header = self.check_header(segment);
        walked.is_header_signed = header.is_ok();
        let outcome = header.and_then(|()| self.walk_records(segment, &mut tree, &mut walked));
        tree.advance(tree.read());
        let outcome = outcome.and_then(|()| match segment.footer() {
            Some(footer) => self.check_footer(segment.path(), footer, &tree, &walked),
            None => Ok(()),
        });
        if outcome.is_ok() && segment.footer().is_some() {
            walked.held = tree.tree.size();
        }
        walked.broken = outcome.err();
        walked.roots = tree.roots;
        walked.end = tree.tree;
        walked
    }

    fn check_header(&self, segment: &Segment) -> Result<(), Broken> {
        let (header, first) = (segment.header(), segment.first());
        let broken = |damage| Broken::at(segment.path().to_owned(), first, damage);
        let place = "in the header";
        let checkpoint = Checkpoint::open_text(&header.note, self.key)
            .map_err(|fault| broken(Damage::Signature { place, fault }))?;
        if checkpoint.size != first {
            let size = checkpoint.size;
            return Err(broken(Damage::Misplaced { place, size }));
        }
        if checkpoint.root != header.tree.root() {
            return Err(broken(Damage::Chain));
        }
        Ok(())
    }

    fn walk_records(
        &self,
        segment: &Segment,
        tree: &mut Tree<'_>,
        walked: &mut Walked,
    ) -> Result<(), Broken> {
        let mut records = segment.records(segment.first());
        let mut spans = Spans::new(segment);
        let mut unsaid = 0;
        while self.advance(segment, &mut records, walked)? {
            let Frame { number, record } = records.current();
            spans.add(number, record)?;
            if let Some(CHECKPOINTED | RETIRED) = peek::event_field(record) {
                self.check_own(segment.path(), number, record, tree, walked)?;
            }
            tree.leaves.push(leaf_hash(record));
            if tree.leaves.len() as u64 >= BEHIND_MAX {
                tree.advance(tree.read() - BEHIND_MAX / 2);
            }
            unsaid += 1;
            if unsaid == PROGRESS {
                (self.progress)(unsaid);
                unsaid = 0;
            }
        }
        (self.progress)(unsaid);
        spans.close()
    }

    /// Goes to the next record. At the end of a file that is written to, it
    /// waits for one that is on its way.
    fn advance(
        &self,
        segment: &Segment,
        records: &mut Records<'_>,
        walked: &mut Walked,
    ) -> Result<bool, Broken> {
        for again in 0.. {
            match records.advance() {
                Ok(more) => return Ok(more),
                Err(error) => {
                    let torn = error.is_cut_off() && segment.footer().is_none();
                    if torn && again < TRIES && (self.wait_for_more)() {
                        continue;
                    }
                    walked.is_torn = torn;
                    let path = segment.path().to_owned();
                    return Err(Broken::of_segment(path, segment.first(), error));
                }
            }
        }
        Ok(false)
    }

    /// Checks a record that the log wrote about itself.
    fn check_own(
        &self,
        path: &Path,
        number: u64,
        record: &[u8],
        tree: &mut Tree<'_>,
        walked: &mut Walked,
    ) -> Result<(), Broken> {
        let broken = |damage| Broken::at(path.to_owned(), number, damage);
        let place = "in the record";
        let checkpointed = match Record::decode(record).ok().and_then(|record| record.event) {
            Some(Event::Retired(retired)) => {
                walked.retired.push((number, retired.first_record));
                return Ok(());
            }
            Some(Event::Checkpointed(checkpointed)) => checkpointed,
            _ => return Ok(()),
        };
        let checkpoint = Checkpoint::open_text(&checkpointed.note, self.key)
            .map_err(|fault| broken(Damage::Signature { place, fault }))?;
        let size = checkpoint.size;
        walked.newest_within = walked.newest_within.max(size);
        if size < walked.first {
            // The header's own signature is newer.
            return Ok(());
        }
        if size > number {
            // Records before it are not there any more.
            let damage = Damage::Misplaced { place, size };
            return Err(Broken::stretch(
                path.to_owned(),
                walked.held,
                number + 1,
                damage,
            ));
        }
        if size < tree.tree.size() {
            return Err(broken(Damage::Misplaced { place, size }));
        }
        tree.advance(size);
        if tree.tree.root() != checkpoint.root {
            let from = walked.held;
            let damage = Damage::Unlike { from, to: size };
            return Err(Broken::stretch(path.to_owned(), from, size, damage));
        }
        walked.held = size;
        Ok(())
    }

    fn check_footer(
        &self,
        path: &Path,
        footer: &Footer,
        tree: &Tree<'_>,
        walked: &Walked,
    ) -> Result<(), Broken> {
        let (first, end) = (walked.first, tree.tree.size());
        let broken = |damage| Broken::stretch(path.to_owned(), first, end, damage);
        let place = "in the footer";
        let checkpoint = Checkpoint::open_text(&footer.note, self.key)
            .map_err(|fault| broken(Damage::Signature { place, fault }))?;
        if checkpoint.size != end {
            let size = checkpoint.size;
            return Err(broken(Damage::Misplaced { place, size }));
        }
        if checkpoint.root != tree.tree.root() {
            let from = walked.held;
            let damage = Damage::Unlike { from, to: end };
            return Err(Broken::stretch(path.to_owned(), from, end, damage));
        }
        if footer.tree != tree.tree {
            return Err(broken(Damage::Footer("the tree after the last record")));
        }
        if tree.groups_differ {
            return Err(broken(Damage::Footer("the roots of the groups")));
        }
        Ok(())
    }
}

/// The times of each block, held against the table.
struct Spans<'s> {
    path: &'s Path,
    blocks: &'s [Block],
    at: usize,
    span: Span,
}

impl<'s> Spans<'s> {
    fn new(segment: &'s Segment) -> Self {
        Self {
            path: segment.path(),
            blocks: segment.footer().map_or(&[], |footer| &footer.blocks),
            at: 0,
            span: Span::NONE,
        }
    }

    fn add(&mut self, number: u64, record: &[u8]) -> Result<(), Broken> {
        if self.blocks.is_empty() {
            return Ok(());
        }
        if self
            .blocks
            .get(self.at + 1)
            .is_some_and(|block| block.first <= number)
        {
            self.close()?;
        }
        self.span.add(record);
        Ok(())
    }

    /// Checks the block that ends.
    fn close(&mut self) -> Result<(), Broken> {
        let Some(block) = self.blocks.get(self.at) else {
            return Ok(());
        };
        if block.span != self.span {
            let end = block.first + u64::from(block.records);
            let damage = Damage::Footer("when the records of a block were made");
            return Err(Broken::stretch(
                self.path.to_owned(),
                block.first,
                end,
                damage,
            ));
        }
        self.at += 1;
        self.span = Span::NONE;
        Ok(())
    }
}
