//! `GET /api/v1/address/{address}`, answered as Chainalysis' free sanctions
//! API answers, so that its clients change a base URL.
//!
//! Its clients know two answers: a list that is empty, which they read as
//! "no", and one that is not. So an empty list is given for one thing alone,
//! NOT_LISTED with action ALLOW. Every match that applies is an
//! identification, also of an entry that calls for a person's look (REVIEW)
//! and of one that the operator exempted: the shape has no third word, and
//! the description says which it is. What cannot be told (INDETERMINATE) is
//! no list at all but an error: 400 where the text is at fault, 503 where the
//! lists are.

use std::time::Duration;

use http::StatusCode;
use serde_json::{Value, json};
use tonic::Code;

use crate::grpc::v1;
use v1::screening_service_server::ScreeningService as _;
use v1::{Action, Category, Reason, Verdict};

use super::super::Services;
use super::super::asked::Asked;
use super::super::refusal::Refusal;
use super::super::route::Answer;

/// When what is at fault with the lists may have been mended.
const LISTS_MENDED_AFTER: Duration = Duration::from_secs(60);

/// Answers it.
pub(in super::super) async fn identifications(
    services: Services,
    asked: Asked,
) -> Result<Answer, Refusal> {
    let question = v1::ScreenAddressRequest {
        address: asked.part("address").to_owned(),
        ..v1::ScreenAddressRequest::default()
    };
    let answer = services
        .screening
        .screen_address(asked.put(question))
        .await?;
    let outcome = answer.into_inner().outcome.unwrap_or_default();
    answered(&outcome).map(Answer::Json)
}

fn answered(outcome: &v1::Outcome) -> Result<Value, Refusal> {
    let applying = || outcome.matches.iter().filter(|found| found.active);
    if (outcome.verdict(), outcome.action()) == (Verdict::NotListed, Action::Allow) {
        return Ok(json!({ "identifications": [] }));
    }
    let found: Vec<Value> = match outcome.verdict() {
        Verdict::Listed => applying().map(identification).collect(),
        // Held by the policy for what was on a list, or is near one that is.
        Verdict::NotListed => outcome.matches.iter().map(identification).collect(),
        Verdict::Indeterminate | Verdict::Unspecified => Vec::new(),
    };
    match found.is_empty() {
        false => Ok(json!({ "identifications": found })),
        true => Err(untold(outcome)),
    }
}

/// What nobody can tell must not look like a "no".
fn untold(outcome: &v1::Outcome) -> Refusal {
    let words = |what: &str| {
        let reasons: Vec<&str> = outcome
            .reasons()
            .map(|reason| short(reason.as_str_name()))
            .collect();
        format!(
            "{what} ({}): do not let the transfer go on",
            reasons.join(", ")
        )
    };
    let of_lists = |reason: Reason| {
        matches!(
            reason,
            Reason::SourceMissing
                | Reason::SourceStale
                | Reason::SourceIncomplete
                | Reason::StoreError
                | Reason::BeforeHistory
        )
    };
    if outcome.reasons.is_empty() || outcome.reasons().any(of_lists) {
        return Refusal::unavailable(words("the lists cannot vouch for an answer"))
            .retry_after(LISTS_MENDED_AFTER);
    }
    Refusal::new(
        StatusCode::BAD_REQUEST,
        Code::InvalidArgument,
        words("the text is no address that can be told from others"),
    )
}

fn identification(found: &v1::Match) -> Value {
    json!({
        "category": category(found),
        "name": title(found),
        "description": description(found),
        "url": url(found),
    })
}

/// In the words of that API where it has one. A category is the entry's own:
/// nobody is called sanctioned who is not.
fn category(found: &v1::Match) -> &'static str {
    match found.category() {
        Category::Sanctions => "sanctions",
        Category::Theft => "stolen funds",
        Category::Ransomware => "ransomware",
        Category::Mixer => "mixing",
        Category::Scam => "scam",
        Category::TerroristFinancing => "terrorist financing",
        Category::Other | Category::Unspecified => "other",
    }
}

/// `SANCTIONS: ofac-sdn Lazarus Group 2022-04-14 0x098B…`
fn title(found: &v1::Match) -> String {
    let subject = found.subjects.first().map(String::as_str);
    let incident = found
        .incident
        .as_ref()
        .map(|incident| incident.name.as_str());
    let words = [
        found.source.as_str(),
        subject.or(incident).unwrap_or_default(),
        found.designated_on.as_str(),
        found.published_address.as_str(),
    ];
    let words: Vec<&str> = words.into_iter().filter(|word| !word.is_empty()).collect();
    format!("{}: {}", category(found).to_uppercase(), words.join(" "))
}

fn description(found: &v1::Match) -> String {
    let mut parts = Vec::new();
    let subjects = found.subjects.join("; ");
    match subjects.as_str() {
        "" => parts.push(format!("On the list `{}`.", found.source)),
        named => parts.push(format!("On the list `{}`: {named}.", found.source)),
    }
    if !found.programs.is_empty() {
        parts.push(format!("Programs: {}.", found.programs.join(", ")));
    }
    if let Some(incident) = &found.incident {
        let name = &incident.name;
        parts.push(match incident.date.as_str() {
            "" => format!("Incident: {name}."),
            day => format!("Incident: {name} ({day})."),
        });
    }
    if !found.why.is_empty() {
        parts.push(format!("It applies because: {}.", found.why));
    }
    if !found.active {
        parts.push(format!("Off the list since {}.", found.delisted_on));
    }
    if found.exemption.is_some() {
        parts.push("The operator exempted it.".to_owned());
    }
    parts.push(format!("Policy: {}.", short(found.action().as_str_name())));
    if !found.reference.is_empty() {
        parts.push(found.reference.clone());
    }
    parts.join("\n")
}

/// The first URL of where it can be checked.
fn url(found: &v1::Match) -> &str {
    let mut words = found.reference.split_whitespace();
    words
        .find(|word| word.starts_with("https://") || word.starts_with("http://"))
        .unwrap_or_default()
}

/// A name of the API without its prefix.
fn short(name: &str) -> &str {
    let after = name.split_once('_');
    after.map_or(name, |(_, short)| short)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome(verdict: Verdict, action: Action, reasons: &[Reason]) -> v1::Outcome {
        v1::Outcome {
            verdict: verdict.into(),
            action: action.into(),
            reasons: reasons.iter().map(|reason| (*reason).into()).collect(),
            ..v1::Outcome::default()
        }
    }

    fn listed_by(category: Category, active: bool) -> v1::Match {
        v1::Match {
            source: "heists".to_owned(),
            category: category.into(),
            action: Action::Review.into(),
            active,
            reference: "see https://example.org/a and http://b".to_owned(),
            ..v1::Match::default()
        }
    }

    /// Law 1 and law 2: their clients read an empty list as "no".
    #[test]
    fn law_1_an_empty_list_is_given_for_a_plain_not_listed_alone() {
        let verdicts = [
            Verdict::Unspecified,
            Verdict::Listed,
            Verdict::NotListed,
            Verdict::Indeterminate,
        ];
        let actions = [
            Action::Unspecified,
            Action::Allow,
            Action::Review,
            Action::Block,
        ];
        let matches = [
            vec![],
            vec![listed_by(Category::Theft, true)],
            vec![listed_by(Category::Theft, false)],
        ];
        for verdict in verdicts {
            for action in actions {
                for matches in &matches {
                    let mut outcome = outcome(verdict, action, &[Reason::Checksum]);
                    outcome.matches.clone_from(matches);
                    let is_empty = answered(&outcome)
                        .is_ok_and(|answer| answer["identifications"] == json!([]));
                    let is_plain = (verdict, action) == (Verdict::NotListed, Action::Allow);
                    assert_eq!(is_empty, is_plain, "{verdict:?} {action:?} {matches:?}");
                }
            }
        }
    }

    #[test]
    fn a_numbers_that_nobody_knows_is_no_clearance() {
        let mut unknown = outcome(Verdict::NotListed, Action::Allow, &[]);
        unknown.verdict = 99;
        assert!(answered(&unknown).is_err());
        let mut unknown = outcome(Verdict::NotListed, Action::Allow, &[]);
        unknown.action = 99;
        assert!(answered(&unknown).is_err());
    }

    #[test]
    fn what_is_at_fault_decides_the_status() {
        let status = |reasons: &[Reason]| {
            let outcome = outcome(Verdict::Indeterminate, Action::Review, reasons);
            let refusal = answered(&outcome).expect_err("it is untold");
            axum::response::IntoResponse::into_response(refusal)
                .status()
                .as_u16()
        };
        assert_eq!(status(&[Reason::Checksum]), 400);
        assert_eq!(status(&[Reason::PrivateKey]), 400);
        assert_eq!(status(&[Reason::SourceStale]), 503);
        assert_eq!(status(&[Reason::Checksum, Reason::SourceMissing]), 503);
        assert_eq!(status(&[]), 503);
    }

    #[test]
    fn an_identification_has_exactly_their_four_fields() {
        let mut outcome = outcome(Verdict::Listed, Action::Review, &[Reason::Listed]);
        outcome.matches = vec![
            listed_by(Category::Theft, true),
            listed_by(Category::Sanctions, false),
        ];
        let answer = answered(&outcome).expect("listed");
        let all = answer["identifications"].as_array().expect("a list");
        assert_eq!(all.len(), 1, "what is off the list lists nothing");
        let names: Vec<&String> = all[0].as_object().expect("an object").keys().collect();
        assert_eq!(names, ["category", "description", "name", "url"]);
        assert_eq!(all[0]["category"], "stolen funds");
        assert_eq!(all[0]["url"], "https://example.org/a");
        assert!(
            all[0]["description"]
                .as_str()
                .is_some_and(|text| text.contains("REVIEW"))
        );
    }
}
