//! The hashes that a proof is made of, without reading every record again:
//! what was removed stands in the oldest header, groups of 256 stand in the
//! footers, and only the rest is computed from records.

use std::collections::HashMap;

use super::merkle::{Frontier, Hash, leaf_hash, node_hash};
use super::reader::{ReadError, Reader, next_within};
use super::segment::Segment;
use super::segment::footer::GROUP_LEVEL;

/// Records that have a hash of their own in a footer.
const GROUP: u64 = 1 << GROUP_LEVEL;

/// The hashes of stretches of the tree: of those that were removed from the
/// oldest header, of groups of 256 from the footers, and of the rest from the
/// records themselves.
pub(super) struct Hashes<'r> {
    reader: &'r Reader,
    segments: &'r [Segment],
    /// The tree before the oldest record.
    base: &'r Frontier,
    /// Hashes of the groups of segments that are not sealed.
    computed: HashMap<u64, Hash>,
}

impl<'r> Hashes<'r> {
    pub(super) fn new(reader: &'r Reader, segments: &'r [Segment]) -> Result<Self, ReadError> {
        let oldest = segments.first().ok_or(ReadError::Differs)?;
        Ok(Self {
            reader,
            segments,
            base: &oldest.header().tree,
            computed: HashMap::new(),
        })
    }

    /// Returns the hash of the records of a stretch that a proof needs.
    pub(super) fn of(&mut self, begin: u64, end: u64) -> Result<Hash, ReadError> {
        let width = end - begin;
        if width.is_power_of_two() && begin.is_multiple_of(width) {
            return self.of_subtree(begin, width.trailing_zeros());
        }
        // The right edge of the tree: split as the tree is.
        let left = 1 << (u64::BITS - 1 - (width - 1).leading_zeros());
        let left_hash = self.of(begin, begin + left)?;
        Ok(node_hash(&left_hash, &self.of(begin + left, end)?))
    }

    fn of_subtree(&mut self, begin: u64, level: u32) -> Result<Hash, ReadError> {
        let end = begin + (1 << level);
        let base = self.base.size();
        if end <= base {
            // What is left of the oldest record is asked for as large as it
            // can be, and so stands in its header.
            let stands_there = begin == (base >> level << level) - (1 << level);
            let hash = self.base.at_level(level).filter(|_| stands_there);
            return hash.copied().ok_or(ReadError::Differs);
        }
        if level > GROUP_LEVEL || begin < base {
            let half = 1 << (level - 1);
            let left = self.of_subtree(begin, level - 1)?;
            let right = self.of_subtree(begin + half, level - 1)?;
            return Ok(node_hash(&left, &right));
        }
        if level == GROUP_LEVEL
            && let Some(hash) = self.of_group(begin / GROUP)?
        {
            return Ok(hash);
        }
        self.of_records(begin, end)
    }

    /// Returns the hash of a group, if a footer has it.
    fn of_group(&mut self, group: u64) -> Result<Option<Hash>, ReadError> {
        let last = group * GROUP + GROUP - 1;
        let segments = self.segments;
        let after = segments.partition_point(|segment| segment.first() <= last);
        let Some(segment) = after.checked_sub(1).and_then(|at| segments.get(at)) else {
            return Ok(None);
        };
        if let Some(footer) = segment.footer() {
            let at = usize::try_from(group - segment.first() / GROUP);
            return Ok(at.ok().and_then(|at| footer.groups.get(at)).copied());
        }
        if let Some(hash) = self.computed.get(&group) {
            return Ok(Some(*hash));
        }
        self.compute(segment)?;
        Ok(self.computed.get(&group).copied())
    }

    /// Computes the groups that end in a segment that is not sealed.
    fn compute(&mut self, segment: &Segment) -> Result<(), ReadError> {
        let mut tree = segment.header().tree.clone();
        let mut records = segment.records(segment.first());
        let signed = 0..self.reader.checkpoint().0.size;
        while let Some(frame) = next_within(&mut records, &signed)? {
            if let Some(hash) = tree.push_noting(leaf_hash(frame.record), GROUP_LEVEL) {
                self.computed.insert(frame.number / GROUP, hash);
            }
        }
        Ok(())
    }

    fn of_records(&self, begin: u64, end: u64) -> Result<Hash, ReadError> {
        let mut tree = Frontier::default();
        for read in self.reader.records(begin..end) {
            tree.push(leaf_hash(&read?.1));
        }
        if tree.size() == end - begin {
            Ok(tree.root())
        } else {
            Err(ReadError::Differs)
        }
    }
}
