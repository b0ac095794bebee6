//! An explanation for machines and for the console: the one JSON of both.

use serde_json::{Value, json};

use super::{Candidate, Explanation, Fault, Linked, Network, Networks};

/// Returns a text and how it was understood. A private key is not repeated,
/// even to the one who typed it.
pub fn json(text: &str, how: &Explanation) -> Value {
    let steps = how
        .steps
        .iter()
        .map(|step| json!({ "done": step.done, "left": step.left }));
    let candidates = how.reading.candidates.iter().zip(&how.linked);
    json!({
        "text": repeated(text, how),
        "strict": how.reading.is_strict(),
        "fault": how.reading.fault.map(Fault::name),
        "advice": how.reading.fault.map(Fault::advice),
        "flags": how.reading.flags.names().collect::<Vec<_>>(),
        "steps": steps.collect::<Value>(),
        "candidates": candidates.map(candidate_json).collect::<Value>(),
    })
}

/// Returns the text if it may be shown again.
pub fn repeated<'t>(text: &'t str, how: &Explanation) -> Option<&'t str> {
    (how.reading.fault != Some(Fault::PrivateKey)).then_some(text)
}

fn candidate_json((candidate, linked): (&Candidate, &Vec<Linked>)) -> Value {
    let links = linked.iter().map(|link| {
        json!({
            "rule": link.rule.name(),
            "canonical": link.canonical(),
            "kind": link.kind.name(),
            "networks": network_names(link.networks),
            "key": link.key.to_string(),
        })
    });
    json!({
        "canonical": candidate.canonical(),
        "kind": candidate.kind.name(),
        "networks": network_names(candidate.networks),
        "strict": candidate.strict,
        "destination": candidate.destination,
        "tag": candidate.tag.as_ref().map(ToString::to_string),
        "key": candidate.key.to_string(),
        "leads_to": links.collect::<Value>(),
    })
}

/// Returns the names of networks.
pub fn network_names(networks: Networks) -> Vec<&'static str> {
    networks.iter().map(Network::name).collect()
}
