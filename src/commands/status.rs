//! `status`: how the daemon stands, on one screen.

use std::process::ExitCode;

use serde_json::{Value, json};

use crate::cli::{Output, Status};
use crate::grpc::v1;

use super::client::{self, refused};
use super::names::{bytes, count, several};
use super::paint::{Hue, Paint};
use super::{Failure, names, print, print_json, shown};

/// Exit codes beside success.
const DEGRADED: u8 = 10;
const FAILING: u8 = 20;

/// Room for the names on the left.
const LEFT: usize = 12;

pub(super) async fn run(arguments: Status) -> Result<ExitCode, Failure> {
    let mut client = client::status(&arguments.ask.server).await?;
    let request = v1::GetStatusRequest {};
    let answer = client.get_status(request).await.map_err(refused)?;
    let status = answer.into_inner();
    match arguments.ask.output {
        Output::Json => print_json(&to_json(&status))?,
        Output::Text => {
            let paint = Paint::of(arguments.color);
            print(&to_text(&status, &arguments.ask.server.url, paint))?;
        }
    }
    Ok(match status.readiness() {
        v1::Readiness::Ready => ExitCode::SUCCESS,
        v1::Readiness::Degraded => ExitCode::from(DEGRADED),
        // What is not said is not to be taken for ready.
        v1::Readiness::Failing | v1::Readiness::Unspecified => ExitCode::from(FAILING),
    })
}

fn hue(readiness: v1::Readiness) -> Hue {
    match readiness {
        v1::Readiness::Ready => Hue::Good,
        v1::Readiness::Degraded => Hue::Warning,
        v1::Readiness::Failing | v1::Readiness::Unspecified => Hue::Bad,
    }
}

struct Screen {
    text: String,
    paint: Paint,
}

impl Screen {
    fn line(&mut self, name: &str, words: &str) {
        // What an operator configured may be shown as it is; controls not.
        let name = self.paint.paint(Hue::Faint, &format!("{name:<LEFT$}"));
        self.text += format!("{name}  {words}").trim_end();
        self.text.push('\n');
    }

    fn gap(&mut self) {
        self.text.push('\n');
    }
}

fn to_text(status: &v1::GetStatusResponse, url: &str, paint: Paint) -> String {
    let text = String::new();
    let mut screen = Screen { text, paint };
    let readiness = status.readiness();
    let standing = names::readiness(status.readiness);
    screen.text += &format!(
        "{}  {}\n",
        paint.paint(hue(readiness), standing),
        paint.paint(
            Hue::Heading,
            &format!("interdict {} at {}", shown(&status.version), shown(url))
        ),
    );
    for cause in &status.causes {
        let marked = paint.paint(hue(cause.readiness()), &shown(&cause.name));
        screen.text += &format!("  {marked}: {}\n", shown(&cause.message));
    }
    screen.gap();
    serving(&mut screen, status);
    screen.gap();
    sources(&mut screen, status);
    screen.gap();
    kept(&mut screen, status);
    screen.text
}

fn serving(screen: &mut Screen, status: &v1::GetStatusResponse) {
    let paint = screen.paint;
    screen.line("started", &since(&status.started_at));
    if status.generation == 0 {
        let none = "none is live: import a list, or wait for the daemon to be ready";
        screen.line("generation", &paint.paint(Hue::Bad, none));
    } else {
        let words = format!(
            "{}  {}  {}  {}",
            status.generation,
            names::short_digest(&status.generation_digest),
            several_entries(status.entries),
            paint.paint(Hue::Faint, &since(&status.generation_committed_at)),
        );
        screen.line("generation", &words);
    }
    if let Some(filter) = &status.filter {
        let absent = filter.absent + filter.in_vain;
        let observed = match (filter.in_vain, absent) {
            (_, 0) => "nothing asked yet".to_owned(),
            (0, _) => format!("none in vain of {}", count(absent)),
            (in_vain, _) => format!("{} in vain of {}", count(in_vain), count(absent)),
        };
        let words = format!(
            "{} of {} keys  {}  {observed}",
            count(filter.keys),
            count(filter.capacity),
            bytes(filter.bytes),
        );
        screen.line("filter", &words);
    }
    let screened = status.screenings.unwrap_or_default();
    let mut words = several(screened.answered, "screening");
    for (number, name, hue) in [
        (screened.listed, "listed", Hue::Bad),
        (screened.indeterminate, "indeterminate", Hue::Warning),
        (screened.review, "for review", Hue::Warning),
        (screened.block, "for block", Hue::Bad),
    ] {
        if number > 0 {
            words += &format!(
                "  {}",
                paint.paint(hue, &format!("{} {name}", count(number)))
            );
        }
    }
    screen.line("since then", &words);
}

fn several_entries(entries: u64) -> String {
    match entries {
        1 => "1 entry".to_owned(),
        entries => format!("{} entries", count(entries)),
    }
}

fn sources(screen: &mut Screen, status: &v1::GetStatusResponse) {
    let paint = screen.paint;
    let widest = |of: fn(&v1::SourceStatus) -> String| {
        let widths = status
            .sources
            .iter()
            .map(|source| of(source).chars().count());
        widths.max().unwrap_or_default()
    };
    let id = |source: &v1::SourceStatus| shown(&source.id);
    let entries = |source: &v1::SourceStatus| count(source.entries);
    let aged = |source: &v1::SourceStatus| {
        if !source.present {
            return "-".to_owned();
        }
        let age = names::age(source.age_seconds);
        match source.max_age_seconds {
            0 => age,
            max_age => format!("{age} of {}", names::age(max_age)),
        }
    };
    let (id_width, entries_width, age_width) = (widest(id), widest(entries), widest(aged));
    for (index, source) in status.sources.iter().enumerate() {
        let (hue, state) = state(source);
        let words = format!(
            "{:<id_width$}  {:>entries_width$}  {:<age_width$}  {}{}",
            id(source),
            entries(source),
            aged(source),
            paint.paint(hue, state),
            trouble(source, paint),
        );
        screen.line(if index == 0 { "sources" } else { "" }, &words);
    }
    if status.sources.is_empty() {
        screen.line("sources", &paint.paint(Hue::Bad, "none"));
    }
}

fn state(source: &v1::SourceStatus) -> (Hue, &'static str) {
    // As `readiness` judges: four fifths of its age is close.
    let nears = source.max_age_seconds > 0 && source.age_seconds * 5 >= source.max_age_seconds * 4;
    match (source.present, source.required) {
        (false, true) => (Hue::Bad, "MISSING, required"),
        (false, false) => (Hue::Warning, "missing"),
        (true, true) if source.stale => (Hue::Bad, "STALE, required"),
        (true, true) if source.incomplete => (Hue::Bad, "INCOMPLETE, required"),
        (true, false) if source.stale => (Hue::Warning, "stale"),
        (true, false) if source.incomplete => (Hue::Warning, "incomplete"),
        (true, true) if nears => (Hue::Warning, "aging, required"),
        (true, _) if source.bundled => (Hue::Warning, "bundled snapshot"),
        (true, true) => (Hue::Good, "fresh, required"),
        (true, false) => (Hue::Good, "fresh"),
    }
}

/// What is wrong with fetching it, if anything is.
fn trouble(source: &v1::SourceStatus, paint: Paint) -> String {
    let Some(sync) = source.sync.as_ref().filter(|sync| sync.failures > 0) else {
        return String::new();
    };
    let words = format!(
        "  {}: {}",
        several(sync.failures.into(), "failed attempt"),
        shown(&sync.trouble)
    );
    paint.paint(Hue::Warning, &words)
}

fn kept(screen: &mut Screen, status: &v1::GetStatusResponse) {
    let paint = screen.paint;
    let log = status.audit_log.clone().unwrap_or_default();
    let mut words = format!(
        "{}  {} signed  {}",
        several(log.records, "record"),
        count(log.signed),
        shown(&log.durability)
    );
    if log.disk_free_bytes > 0 {
        words += &format!("  {} left on its disk", bytes(log.disk_free_bytes));
    }
    if log.refusing {
        words += &format!(
            "  {}",
            paint.paint(Hue::Bad, "REFUSES: nothing is answered")
        );
    }
    screen.line("audit log", &words);
    let attention = |number: u64, words: String| {
        let hue = if number > 0 { Hue::Warning } else { Hue::Good };
        paint.paint(hue, &words)
    };
    match &status.monitor {
        None => screen.line("portfolios", &paint.paint(Hue::Bad, "cannot be read")),
        Some(watched) => {
            let waits = format!(
                "{} unacknowledged",
                several(watched.unacknowledged, "alert")
            );
            let words = format!(
                "{}  {}  {}",
                several(watched.portfolios, "portfolio"),
                several(watched.members, "member"),
                attention(watched.unacknowledged, waits),
            );
            screen.line("portfolios", &words);
        }
    }
    let waits = match (status.pending_unknown, status.pending) {
        (true, _) => paint.paint(Hue::Bad, "cannot be read"),
        (false, 0) => "nothing".to_owned(),
        (false, number) => attention(number, format!("{}: interdict pending", count(number))),
    };
    screen.line("waits", &waits);
    let caller = status.caller.clone().unwrap_or_default();
    let roles = match caller.roles.join(", ") {
        none if none.is_empty() => "no role".to_owned(),
        roles => roles,
    };
    screen.line(
        "you are",
        &format!("{} ({})", shown(&caller.name), shown(&roles)),
    );
}

/// An instant, and how long ago that is.
fn since(at: &str) -> String {
    let Ok(instant) = at.parse::<jiff::Timestamp>() else {
        return shown(at);
    };
    let ago = jiff::Timestamp::now().duration_since(instant).as_secs();
    let ago = names::age(u64::try_from(ago).unwrap_or_default());
    format!("{}  {ago} ago", shown(at))
}

fn to_json(status: &v1::GetStatusResponse) -> Value {
    let optional = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    let log = status.audit_log.clone().unwrap_or_default();
    let screened = status.screenings.unwrap_or_default();
    let caller = status.caller.clone().unwrap_or_default();
    let causes = status.causes.iter().map(|cause| {
        json!({
            "readiness": names::readiness(cause.readiness),
            "name": cause.name,
            "message": cause.message,
        })
    });
    json!({
        "readiness": names::readiness(status.readiness),
        "causes": causes.collect::<Value>(),
        "version": status.version,
        "started_at": status.started_at,
        "generation": status.generation,
        "generation_digest": const_hex::encode(&status.generation_digest),
        "generation_committed_at": optional(&status.generation_committed_at),
        "entries": status.entries,
        "filter": status.filter.map(|filter| json!({
            "keys": filter.keys,
            "capacity": filter.capacity,
            "bytes": filter.bytes,
            "false_positive_rate": filter.false_positive_rate,
            "absent": filter.absent,
            "in_vain": filter.in_vain,
        })),
        "sources": status.sources.iter().map(source_to_json).collect::<Value>(),
        "audit_log": {
            "records": log.records,
            "synced": log.synced,
            "signed": log.signed,
            "queued": log.queued,
            "durability": log.durability,
            "refusing": log.refusing,
            "disk_free_bytes": (log.disk_free_bytes > 0).then_some(log.disk_free_bytes),
        },
        "monitor": status.monitor.map(|watched| json!({
            "portfolios": watched.portfolios,
            "members": watched.members,
            "alerts": watched.alerts,
            "unacknowledged": watched.unacknowledged,
        })),
        "pending": (!status.pending_unknown).then_some(status.pending),
        "screenings": {
            "answered": screened.answered,
            "listed": screened.listed,
            "indeterminate": screened.indeterminate,
            "review": screened.review,
            "block": screened.block,
        },
        "caller": { "name": caller.name, "roles": caller.roles },
    })
}

fn source_to_json(source: &v1::SourceStatus) -> Value {
    let optional = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    json!({
        "id": source.id,
        "tier": names::tier(source.tier),
        "required": source.required,
        "present": source.present,
        "entries": source.entries,
        "current_at": optional(&source.current_at),
        "age_seconds": source.present.then_some(source.age_seconds),
        "max_age_seconds": (source.max_age_seconds != 0).then_some(source.max_age_seconds),
        "stale": source.stale,
        "incomplete": source.incomplete,
        "bundled": source.bundled,
        "sync": source.sync.as_ref().map(|sync| json!({
            "last_attempt": optional(&sync.last_attempt),
            "last_success": optional(&sync.last_success),
            "next_attempt": optional(&sync.next_attempt),
            "failures": sync.failures,
            "trouble": optional(&sync.trouble),
        })),
    })
}
