//! What a peer sends beside calls: HTTP/2's control frames, counted.
//!
//! HTTP/2 lets a peer send settings, pings, priorities, window updates and
//! resets without end, each of which costs us more than it costs the peer,
//! and the layer above has no budget for them. Here only the nine bytes that
//! head each frame are looked at. A peer earns what an honest client needs by
//! what honest clients do, making calls and taking answers; what it spends
//! beyond that is a flood, and ends the connection.
//!
//! Frames themselves are for `h2` to judge.

use std::time::Duration;

use tokio::time::Instant;

const HEADER_BYTES: usize = 9;
const MAGIC_BYTES: usize = 24;

/// Frame types, RFC 9113 section 6.
const DATA: u8 = 0;
const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const CONTINUATION: u8 = 9;

/// The flag that ends a header block.
const END_HEADERS: u8 = 0x4;

/// A data frame below this carries next to nothing.
const TINY_BYTES: usize = 16;

/// A window update is due for so many bytes of answers.
const BYTES_PER_UPDATE: usize = 4096;

/// Header bytes of a call that are an honest client's: a long token fits.
const HEADER_BYTES_PER_CALL: i64 = 4096;

/// What ended a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum Flood {
    #[error("a flood of control frames")]
    Control,
    #[error("a flood of resets")]
    Resets,
    #[error("a flood of headers")]
    Headers,
}

/// Something that is earned and spent.
#[derive(Debug)]
struct Budget {
    left: i64,
    most: i64,
    per_second: i64,
}

impl Budget {
    const fn new(most: i64, per_second: i64) -> Self {
        Self {
            left: most,
            most,
            per_second,
        }
    }

    fn earn(&mut self, amount: i64) {
        self.left = self.most.min(self.left + amount);
    }

    fn after(&mut self, time: Duration) {
        let milliseconds = i64::try_from(time.as_millis()).unwrap_or(i64::MAX);
        self.earn(milliseconds.saturating_mul(self.per_second) / 1000);
    }

    /// Tells whether there was enough.
    fn spend(&mut self, amount: i64) -> bool {
        self.left -= amount;
        self.left >= 0
    }
}

/// Counts the frames of one connection.
#[derive(Debug)]
pub(super) struct Frames {
    /// Bytes of the preface that are not frames.
    magic_left: usize,
    header: [u8; HEADER_BYTES],
    header_have: usize,
    payload_left: usize,
    /// Frames begun, which is how one is told from the next.
    begun: u64,
    /// A header block was begun and not ended.
    block_open: bool,
    control: Budget,
    /// In halves: a call earns half a reset.
    resets: Budget,
    headers: Budget,
    written: usize,
    seen_at: Instant,
}

impl Frames {
    /// Counts from the first byte of a connection.
    pub(super) fn new() -> Self {
        Self {
            magic_left: MAGIC_BYTES,
            header: [0; HEADER_BYTES],
            header_have: 0,
            payload_left: 0,
            begun: 0,
            block_open: false,
            control: Budget::new(10_000, 2_000),
            resets: Budget::new(1_000, 100),
            headers: Budget::new(1 << 20, 64 << 10),
            written: 0,
            seen_at: Instant::now(),
        }
    }

    /// Tells what was begun that the peer has yet to end: the number of the
    /// frame, or of the first frame of a header block.
    pub(super) fn partial(&self) -> Option<u64> {
        let is_partial = self.header_have > 0 || self.payload_left > 0 || self.block_open;
        is_partial.then_some(self.begun)
    }

    /// Counts what was written to the peer: taking answers earns updates of
    /// their window.
    pub(super) fn wrote(&mut self, bytes: usize) {
        self.written += bytes;
        let updates = self.written / BYTES_PER_UPDATE;
        self.written %= BYTES_PER_UPDATE;
        self.control.earn(updates as i64);
    }

    /// Counts what was read from the peer.
    pub(super) fn read(&mut self, bytes: &[u8], now: Instant) -> Result<(), Flood> {
        let passed = now.saturating_duration_since(self.seen_at);
        // Below a millisecond nothing would be earned, and the rest lost.
        if passed >= Duration::from_millis(10) {
            self.seen_at = now;
            for budget in [&mut self.control, &mut self.resets, &mut self.headers] {
                budget.after(passed);
            }
        }
        let magic = self.magic_left.min(bytes.len());
        self.magic_left -= magic;
        let mut rest = &bytes[magic..];
        while !rest.is_empty() {
            if self.payload_left > 0 {
                let skipped = self.payload_left.min(rest.len());
                self.payload_left -= skipped;
                rest = &rest[skipped..];
                continue;
            }
            if self.header_have == 0 && !self.block_open {
                self.begun += 1;
            }
            let wanted = (HEADER_BYTES - self.header_have).min(rest.len());
            self.header[self.header_have..][..wanted].copy_from_slice(&rest[..wanted]);
            self.header_have += wanted;
            rest = &rest[wanted..];
            if self.header_have == HEADER_BYTES {
                self.header_have = 0;
                self.frame()?;
            }
        }
        Ok(())
    }

    /// Judges the frame whose header is whole.
    fn frame(&mut self) -> Result<(), Flood> {
        let [high, middle, low, kind, flags, ..] = self.header;
        let length = u32::from_be_bytes([0, high, middle, low]) as usize;
        self.payload_left = length;
        let (enough, flood) = match kind {
            HEADERS | CONTINUATION => {
                if kind == HEADERS {
                    self.control.earn(8);
                    self.resets.earn(1);
                    self.headers.earn(HEADER_BYTES_PER_CALL);
                }
                self.block_open = flags & END_HEADERS == 0;
                (self.headers.spend(length as i64), Flood::Headers)
            }
            RST_STREAM => (self.resets.spend(2), Flood::Resets),
            DATA if length >= TINY_BYTES => return Ok(()),
            _ => (self.control.spend(1), Flood::Control),
        };
        if enough { Ok(()) } else { Err(flood) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(kind: u8, flags: u8, length: usize) -> Vec<u8> {
        let length_bytes = (length as u32).to_be_bytes();
        let mut bytes = length_bytes[1..].to_vec();
        bytes.extend([kind, flags, 0, 0, 0, 1]);
        bytes.resize(HEADER_BYTES + length, 7);
        bytes
    }

    fn begun() -> Frames {
        let mut frames = Frames::new();
        let now = frames.seen_at;
        let magic = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
        frames.read(magic, now).expect("the preface");
        frames
    }

    /// How many of a frame are taken at once before it is a flood.
    fn taken(kind: u8, flags: u8, length: usize) -> (usize, Option<Flood>) {
        let (mut frames, bytes) = (begun(), frame(kind, flags, length));
        let now = frames.seen_at;
        for count in 0..100_000 {
            if let Err(flood) = frames.read(&bytes, now) {
                return (count, Some(flood));
            }
        }
        (100_000, None)
    }

    #[test]
    fn what_is_beside_calls_has_a_budget() {
        for kind in [2, 4, 6, 8, 77] {
            assert_eq!(taken(kind, 0, 8), (10_000, Some(Flood::Control)), "{kind}");
        }
        assert_eq!(taken(DATA, 0, 0), (10_000, Some(Flood::Control)));
        assert_eq!(taken(DATA, 0, 1), (10_000, Some(Flood::Control)));
        assert_eq!(taken(RST_STREAM, 0, 4), (500, Some(Flood::Resets)));
        let (count, flood) = taken(HEADERS, END_HEADERS, 12 << 10);
        assert_eq!(flood, Some(Flood::Headers));
        assert!(count < 200, "{count}");
    }

    #[test]
    fn calls_and_data_are_free() {
        assert_eq!(taken(HEADERS, END_HEADERS, 300).1, None);
        assert_eq!(taken(HEADERS, END_HEADERS, 3_000).1, None);
        assert_eq!(taken(DATA, 0, 16_384).1, None);
        // A stream of messages with an address each.
        assert_eq!(taken(DATA, 0, 45).1, None);
    }

    #[test]
    fn an_honest_client_earns_what_it_needs() {
        let mut frames = begun();
        let now = frames.seen_at;
        for _ in 0..200_000 {
            // A call, its body, and as many window updates as clients send;
            // one call in three is given up.
            for sent in [frame(HEADERS, END_HEADERS, 200), frame(DATA, 1, 40)] {
                frames.read(&sent, now).expect("honest");
            }
            frames.wrote(600);
            frames.read(&frame(8, 0, 4), now).expect("honest");
            frames.read(&frame(8, 0, 4), now).expect("honest");
        }
        for round in 0..200_000 {
            let call = frame(HEADERS, END_HEADERS, 200);
            frames.read(&call, now).expect("honest");
            if round % 3 == 0 {
                frames.read(&frame(RST_STREAM, 0, 4), now).expect("honest");
            }
        }
        // A long answer, with an update for every 8 KiB of it.
        for _ in 0..200_000 {
            frames.wrote(8 << 10);
            frames.read(&frame(8, 0, 4), now).expect("honest");
        }
    }

    #[test]
    fn time_earns_too() {
        let mut frames = begun();
        let mut now = frames.seen_at;
        for _ in 0..10_000 {
            frames.read(&frame(6, 0, 8), now).expect("the budget");
        }
        assert!(frames.read(&frame(6, 0, 8), now).is_err());
        let mut later = begun();
        for _ in 0..60 {
            for _ in 0..1_900 {
                later.read(&frame(6, 0, 8), now).expect("within the rate");
            }
            now += Duration::from_secs(1);
        }
    }

    #[test]
    fn frames_are_told_apart_however_they_are_cut() {
        let mut whole = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec();
        for length in [0, 1, 8, 300, 16_384] {
            whole.extend(frame(6, 0, length));
            whole.extend(frame(DATA, 0, length));
        }
        let spent = |step: usize| {
            let mut frames = Frames::new();
            let now = frames.seen_at;
            for part in whole.chunks(step) {
                frames.read(part, now).expect("few");
            }
            assert_eq!(frames.partial(), None, "{step}");
            frames.control.left
        };
        // Five pings, and three data frames that carry next to nothing.
        assert_eq!(spent(whole.len()), 10_000 - 8);
        for step in [1, 2, 5, 8, 9, 10, 23, 24, 25, 4096] {
            assert_eq!(spent(step), 10_000 - 8, "{step}");
        }
    }

    #[test]
    fn what_is_begun_is_seen_until_it_is_ended() {
        let mut frames = begun();
        let now = frames.seen_at;
        let block = frame(HEADERS, 0, 10);
        frames.read(&block[..5], now).expect("few");
        let begun = frames.partial();
        assert!(begun.is_some());
        frames.read(&block[5..], now).expect("few");
        assert_eq!(frames.partial(), begun, "the block goes on");
        let end = frame(CONTINUATION, END_HEADERS, 3);
        frames.read(&end[..11], now).expect("few");
        assert_eq!(frames.partial(), begun, "and is not whole yet");
        frames.read(&end[11..], now).expect("few");
        assert_eq!(frames.partial(), None);
    }

    #[test]
    fn a_long_upload_is_many_frames_and_not_one_that_never_ends() {
        let mut frames = begun();
        let now = frames.seen_at;
        let upload: Vec<u8> = (0..4).flat_map(|_| frame(DATA, 0, 16_384)).collect();
        let mut seen = Vec::new();
        for part in upload.chunks(9_000) {
            frames.read(part, now).expect("data is free");
            seen.extend(frames.partial());
        }
        seen.dedup();
        assert!(seen.len() >= 4, "{seen:?}");
    }
}
