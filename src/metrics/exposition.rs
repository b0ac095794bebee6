//! The two texts that scrapers take, by what they ask for.
//!
//! prometheus-client writes OpenMetrics; Prometheus' own older text differs in
//! a few lines only, and is made from it.

/// A format of the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    OpenMetrics,
    Prometheus,
}

impl Format {
    /// Chooses by the `Accept` of a request: OpenMetrics for those who name
    /// it, and otherwise what everybody reads.
    pub(super) fn of(accept: &str) -> Self {
        if accept.contains("application/openmetrics-text") {
            Self::OpenMetrics
        } else {
            Self::Prometheus
        }
    }

    pub(super) const fn content_type(self) -> &'static str {
        match self {
            Self::OpenMetrics => "application/openmetrics-text; version=1.0.0; charset=utf-8",
            Self::Prometheus => "text/plain; version=0.0.4; charset=utf-8",
        }
    }

    /// Turns OpenMetrics into the format.
    pub(super) fn write(self, open_metrics: String) -> String {
        match self {
            Self::OpenMetrics => open_metrics,
            Self::Prometheus => older(&open_metrics),
        }
    }
}

/// Counters and infos carry the endings of their samples; there are no units
/// and no end.
fn older(open_metrics: &str) -> String {
    let mut text = String::with_capacity(open_metrics.len());
    // The description comes before the type that decides its name.
    let mut help = None;
    for line in open_metrics.lines() {
        if let Some(described) = line.strip_prefix("# HELP ") {
            help = described.split_once(' ');
        } else if let Some((name, kind)) = line
            .strip_prefix("# TYPE ")
            .and_then(|typed| typed.split_once(' '))
        {
            let (ending, kind) = match kind {
                "counter" => ("_total", "counter"),
                "info" => ("_info", "gauge"),
                other => ("", other),
            };
            if let Some((_, words)) = help.take() {
                text += &format!("# HELP {name}{ending} {words}\n");
            }
            text += &format!("# TYPE {name}{ending} {kind}\n");
        } else if !line.starts_with('#') {
            text += line;
            text.push('\n');
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_older_text_names_counters_as_their_samples_are_named() {
        let given = "# HELP a_seconds How long.\n# TYPE a_seconds counter\n# UNIT a_seconds seconds\n\
            a_seconds_total 4.5\n# HELP b It.\n# TYPE b info\nb_info{version=\"1\"} 1\n\
            # HELP c C.\n# TYPE c gauge\nc{x=\"# y\"} 1\n# EOF\n";
        let expected = "# HELP a_seconds_total How long.\n# TYPE a_seconds_total counter\n\
            a_seconds_total 4.5\n# HELP b_info It.\n# TYPE b_info gauge\nb_info{version=\"1\"} 1\n\
            # HELP c C.\n# TYPE c gauge\nc{x=\"# y\"} 1\n";
        assert_eq!(Format::Prometheus.write(given.to_owned()), expected);
        assert_eq!(Format::OpenMetrics.write(given.to_owned()), given);
    }

    #[test]
    fn scrapers_get_what_they_ask_for() {
        let prometheus =
            "application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5,*/*;q=0.1";
        assert_eq!(Format::of(prometheus), Format::OpenMetrics);
        for other in ["", "*/*", "text/plain;version=0.0.4"] {
            assert_eq!(Format::of(other), Format::Prometheus);
        }
    }
}
