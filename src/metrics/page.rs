//! Writing metrics down: a name, what it means, and its samples.

use std::fmt;

use prometheus_client::encoding::{
    DescriptorEncoder, EncodeCounterValue, EncodeGaugeValue, MetricEncoder, NoLabelSet,
};
use prometheus_client::metrics::MetricType;
use prometheus_client::registry::Unit;

use crate::counters::{BOUNDS_NS, Distribution};

/// What is measured in seconds.
pub(super) const SECONDS: Option<Unit> = Some(Unit::Seconds);

/// What is measured in bytes.
pub(super) const BYTES: Option<Unit> = Some(Unit::Bytes);

/// Names and values of labels.
pub(super) type Labels = Vec<(&'static str, String)>;

/// No labels: there is one of it.
pub(super) fn only<T>(value: T) -> [(Labels, T); 1] {
    [(Labels::new(), value)]
}

/// One sample, if there is a value.
pub(super) fn perhaps<T>(value: Option<T>) -> Option<(Labels, T)> {
    value.map(|value| (Labels::new(), value))
}

/// What is being written.
pub(super) struct Page<'a> {
    pub(super) encoder: DescriptorEncoder<'a>,
}

impl Page<'_> {
    /// Writes what only grows.
    pub(super) fn counter<V: EncodeCounterValue>(
        &mut self,
        (name, unit): (&str, Option<Unit>),
        help: &str,
        samples: impl IntoIterator<Item = (Labels, V)>,
    ) -> fmt::Result {
        self.family(
            (name, unit),
            help,
            MetricType::Counter,
            samples,
            |to, value| to.encode_counter::<NoLabelSet, _, f64>(value, None),
        )
    }

    /// Writes what goes up and down.
    pub(super) fn gauge<V: EncodeGaugeValue>(
        &mut self,
        (name, unit): (&str, Option<Unit>),
        help: &str,
        samples: impl IntoIterator<Item = (Labels, V)>,
    ) -> fmt::Result {
        self.family(
            (name, unit),
            help,
            MetricType::Gauge,
            samples,
            |to, value| to.encode_gauge(value),
        )
    }

    /// Writes how long things took.
    pub(super) fn durations(
        &mut self,
        name: &str,
        help: &str,
        samples: impl IntoIterator<Item = (Labels, Distribution)>,
    ) -> fmt::Result {
        let bounds = BOUNDS_NS.iter().map(|bound| *bound as f64 / 1e9);
        let bounds: Vec<f64> = bounds.chain([f64::INFINITY]).collect();
        let kind = MetricType::Histogram;
        let unit = Some(Unit::Seconds);
        self.family((name, unit), help, kind, samples, |to, read| {
            let buckets: Vec<(f64, u64)> = bounds
                .iter()
                .copied()
                .zip(read.buckets.iter().copied())
                .collect();
            let sum = read.sum.as_secs_f64();
            to.encode_histogram::<NoLabelSet>(sum, read.count(), &buckets, None)
        })
    }

    /// Writes what does not change while the process lives.
    pub(super) fn info(&mut self, name: &str, help: &str, labels: &Labels) -> fmt::Result {
        let mut to = self
            .encoder
            .encode_descriptor(name, help, None, MetricType::Info)?;
        to.encode_info(&labels.as_slice())
    }

    fn family<V>(
        &mut self,
        (name, unit): (&str, Option<Unit>),
        help: &str,
        kind: MetricType,
        samples: impl IntoIterator<Item = (Labels, V)>,
        write: impl Fn(&mut MetricEncoder<'_>, &V) -> fmt::Result,
    ) -> fmt::Result {
        let mut to = self
            .encoder
            .encode_descriptor(name, help, unit.as_ref(), kind)?;
        for (labels, value) in samples {
            if labels.is_empty() {
                write(&mut to, &value)?;
            } else {
                write(&mut to.encode_family(&labels.as_slice())?, &value)?;
            }
        }
        Ok(())
    }
}
