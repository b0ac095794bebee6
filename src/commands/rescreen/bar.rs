//! How far a run has come, for a person who waits.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

/// How often the line is drawn.
const PAUSE: Duration = Duration::from_millis(200);

/// A line on standard error; none where that is no terminal.
pub(super) struct Bar {
    line: ProgressBar,
    /// How much of the input has been taken.
    taken: Arc<AtomicU64>,
    begun: Instant,
    drawn: Instant,
    /// Rows that an earlier run had screened.
    before: u64,
}

impl Bar {
    /// Begins at `before` rows of an input of so much.
    pub(super) fn new(input: u64, taken: Arc<AtomicU64>, before: u64) -> Self {
        let line = ProgressBar::new(input.max(1));
        let style = ProgressStyle::with_template("{wide_bar} {percent} %  {msg}");
        line.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
        Self {
            line,
            taken,
            begun: Instant::now(),
            drawn: Instant::now(),
            before,
        }
    }

    /// Shows that so many rows have been screened.
    pub(super) fn show(&mut self, rows: u64) {
        if self.drawn.elapsed() < PAUSE {
            return;
        }
        self.drawn = Instant::now();
        let taken = self.taken.load(Ordering::Relaxed);
        let rate = (rows - self.before) as f64 / self.begun.elapsed().as_secs_f64().max(0.001);
        self.line.set_position(taken);
        let left = self.line.eta().as_secs();
        self.line
            .set_message(format!("{rows} rows, {rate:.0} rows/s, {left} s left"));
    }

    pub(super) fn end(&self) {
        self.line.finish_and_clear();
    }
}
