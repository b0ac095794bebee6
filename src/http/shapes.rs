//! The shapes that are this edge's own, as JSON schemas: pages, and what no
//! message of the API says. A test holds what is served against them.

use serde_json::{Map, Value, json};

/// Messages that only these shapes lead to.
pub(super) const MESSAGES: [&str; 4] = ["Change", "IncidentTotals", "IncidentEntry", "Alert"];

/// Returns every shape, by name.
pub(super) fn all() -> Map<String, Value> {
    let shapes = [
        ("Error", error()),
        ("ExplanationRequest", explanation_request()),
        ("Explanation", explanation()),
        ("Difference", difference()),
        ("IncidentWithAddresses", incident()),
        ("Alerts", alerts()),
        ("RecordSummary", record_summary(false)),
        ("RecordAnswer", record_summary(true)),
        ("Records", page("records", "RecordSummary")),
        ("Rescreen", rescreen()),
        ("Rescreens", page("rescreens", "Rescreen")),
        ("Status", status()),
        ("Identifications", identifications()),
        (
            "Document",
            json!({ "type": "object", "description": "An OpenAPI 3.1 document." }),
        ),
    ];
    let named = shapes.map(|(name, shape)| (name.to_owned(), shape));
    named.into_iter().collect()
}

/// An object whose members are all there, and no others.
fn object(text: &str, members: &[(&str, Value)]) -> Value {
    let properties: Map<String, Value> = members
        .iter()
        .map(|(name, schema)| ((*name).to_owned(), schema.clone()))
        .collect();
    let names: Vec<&str> = members.iter().map(|(name, _)| *name).collect();
    json!({
        "type": "object",
        "description": text,
        "properties": properties,
        "required": names,
        "additionalProperties": false,
    })
}

fn text(description: &str) -> Value {
    json!({ "type": "string", "description": description })
}

fn number(description: &str) -> Value {
    json!({ "type": "integer", "minimum": 0, "description": description })
}

fn flag(description: &str) -> Value {
    json!({ "type": "boolean", "description": description })
}

fn or_null(schema: &Value) -> Value {
    json!({ "oneOf": [schema, { "type": "null" }] })
}

fn list(items: &Value) -> Value {
    json!({ "type": "array", "items": items })
}

fn message(name: &str) -> Value {
    json!({ "$ref": format!("#/components/schemas/{name}") })
}

fn page(name: &str, item: &str) -> Value {
    object(
        "A page, newest first.",
        &[
            (name, list(&message(item))),
            (
                "next_before",
                or_null(&number(
                    "Ask with `before` at this for the next page; null: this is the last.",
                )),
            ),
        ],
    )
}

fn error() -> Value {
    let mut inner = object(
        "Why there is no answer.",
        &[
            ("code", text("The name of a gRPC code: `INVALID_ARGUMENT`.")),
            ("message", text("What was wrong, where, and what to do.")),
        ],
    );
    inner["properties"]["retry_after_ms"] = number("When to ask again, where it is known.");
    object("No answer, and no verdict.", &[("error", inner)])
}

fn explanation_request() -> Value {
    let mut asked = object(
        "A text to be explained.",
        &[
            ("text", text("The text.")),
            ("network", text("Ticker or CAIP-2 id, as a hint.")),
        ],
    );
    asked["required"] = json!([]);
    asked
}

fn explanation() -> Value {
    let step = object(
        "Something that was done to the text.",
        &[
            ("done", text("What.")),
            ("left", text("The text after it.")),
        ],
    );
    let link = object(
        "Another address that the candidate leads to.",
        &[
            ("rule", text("By which rule.")),
            ("canonical", text("Its canonical spelling.")),
            ("kind", text("Its kind.")),
            ("networks", list(&text("A network."))),
            ("key", text("The key it is looked up by.")),
        ],
    );
    let candidate = object(
        "One reading of the text.",
        &[
            ("canonical", text("The canonical spelling.")),
            ("kind", text("The kind of address.")),
            ("networks", list(&text("A network it may belong to."))),
            (
                "strict",
                flag("The format's own rules accept the text as it stands."),
            ),
            (
                "destination",
                number("Which destination of the text, from 0."),
            ),
            ("tag", or_null(&text("The customer behind the account."))),
            ("key", text("The key it is looked up by.")),
            ("leads_to", list(&link)),
        ],
    );
    object(
        "How a text is understood.",
        &[
            (
                "text",
                or_null(&text(
                    "The text; null: it may be a private key, and is not repeated.",
                )),
            ),
            ("strict", flag("It can be NOT_LISTED.")),
            ("fault", or_null(&text("What is wrong with it."))),
            ("advice", or_null(&text("What to do about it."))),
            ("flags", list(&text("What was noticed."))),
            ("steps", list(&step)),
            ("candidates", list(&candidate)),
        ],
    )
}

fn difference() -> Value {
    object(
        "What changed between two generations.",
        &[
            ("from", number("The earlier generation.")),
            ("to", number("The later one.")),
            ("listed", number("Entries that came.")),
            ("delisted", number("Entries that went.")),
            ("amended", number("Entries with other particulars.")),
            ("total", number("All of them.")),
            ("truncated", flag("There are more than `changes` holds.")),
            ("changes", list(&message("Change"))),
        ],
    )
}

fn incident() -> Value {
    object(
        "An incident and its addresses.",
        &[
            ("incident", or_null(&message("IncidentTotals"))),
            ("total", number("All entries.")),
            ("truncated", flag("There are more than `addresses` holds.")),
            ("addresses", list(&message("IncidentEntry"))),
        ],
    )
}

fn alerts() -> Value {
    object(
        "Alerts, oldest first.",
        &[
            ("alerts", list(&message("Alert"))),
            (
                "next_after",
                or_null(&number(
                    "Ask with `after` at this for those that follow; null: there are none yet.",
                )),
            ),
        ],
    )
}

/// With `whole`, all that the record says.
fn record_summary(whole: bool) -> Value {
    let mut members = vec![
        ("sequence", number("Its number in the log, from 0.")),
        ("id", text("Its id.")),
        ("at", text("When it was made (RFC 3339).")),
        (
            "kind",
            text("What happened: `SCREENING`, `CHANGED`, `RESCREENED` …"),
        ),
        ("sentence", text("What it proves, in one sentence.")),
        ("caller", text("Who asked; empty: nobody did.")),
        ("call", text("How they asked.")),
        ("generation", number("The generation it is about; 0: none.")),
        ("screening_id", text("Of a screening, its id.")),
        ("verdict", text("Of a screening, what the lists said.")),
        ("action", text("Of a screening, what the policy advised.")),
        (
            "canonical",
            text("Of a screening, the first address that was read."),
        ),
        ("reasons", list(&text("Why."))),
        ("sources", list(&text("Whose entries applied."))),
        ("matches_total", number("How many applied.")),
    ];
    if whole {
        let all = json!({ "type": "object", "description": "All that the record says, as `interdict audit show` prints it." });
        members.push(("record", all));
    }
    object("A record of the audit log.", &members)
}

fn rescreen() -> Value {
    object(
        "The end of a rescreen.",
        &[
            ("sequence", number("The number of its record.")),
            ("at", text("When it ended (RFC 3339).")),
            ("caller", text("Who asked.")),
            ("queries", number("Addresses.")),
            ("listed", number("Of these, LISTED.")),
            ("not_listed", number("Of these, NOT_LISTED.")),
            ("indeterminate", number("Of these, INDETERMINATE.")),
            ("review", number("Of these, for REVIEW.")),
            ("block", number("Of these, for BLOCK.")),
            (
                "generation",
                number("The generation every answer came from."),
            ),
            ("generation_digest", text("Its digest.")),
            (
                "complete",
                flag("It came to its end; false: it was cut off."),
            ),
        ],
    )
}

fn status() -> Value {
    let caller = object(
        "Who asks.",
        &[
            ("name", text("The name that was proved, or `anonymous`.")),
            ("roles", list(&text("A role."))),
        ],
    );
    object(
        "How the daemon stands.",
        &[
            ("version", text("Of the program.")),
            ("started_at", text("When it was started (RFC 3339).")),
            (
                "health",
                json!({ "type": "string", "enum": ["ready", "degraded", "failing"] }),
            ),
            ("reasons", list(&text("Why it is not ready."))),
            ("generation", number("The live generation; 0: none.")),
            ("generation_digest", text("Its digest.")),
            ("entries", number("Active entries.")),
            (
                "sources_stale",
                list(&text("A required source that is stale or missing.")),
            ),
            ("caller", caller),
        ],
    )
}

fn identifications() -> Value {
    let one = object(
        "An entry that applies.",
        &[
            (
                "category",
                text("Why it is listed: `sanctions`, `stolen funds` …"),
            ),
            ("name", text("Category, source, subject, date and address.")),
            (
                "description",
                text("What the entry says, and what the policy advises."),
            ),
            ("url", text("Where it can be checked; may be empty.")),
        ],
    );
    object("Chainalysis' shape.", &[("identifications", list(&one))])
}
