//! The table of routes: what is served is what stands here.

use super::handlers::{addresses, alerts, compatible, lists, records, standing};
use super::openapi;
use super::route::{Gives, Kind, Parameter, Place, Route, Shape, Takes, Verb};

/// The method that every route stands for whose answer is a verdict.
pub(super) const SCREEN: &str = "/interdict.v1.ScreeningService/ScreenAddress";
const SCREEN_MANY: &str = "/interdict.v1.ScreeningService/ScreenAddresses";
const HISTORY: &str = "/interdict.v1.HistoryService/GetAddressHistory";
const INCIDENTS: &str = "/interdict.v1.HistoryService/ListIncidents";
const INCIDENT: &str = "/interdict.v1.HistoryService/GetIncident";
const STATUS: &str = "/interdict.v1.StatusService/GetStatus";
const SOURCES: &str = "/interdict.v1.ListService/ListSources";
const GENERATIONS: &str = "/interdict.v1.ListService/ListGenerations";
const DIFFERENCE: &str = "/interdict.v1.ListService/DiffGenerations";
const ALERTS: &str = "/interdict.v1.MonitorService/StreamAlerts";
const ACKNOWLEDGE: &str = "/interdict.v1.MonitorService/AcknowledgeAlerts";
const PORTFOLIOS: &str = "/interdict.v1.MonitorService/ListPortfolios";
const RECORD: &str = "/interdict.v1.AuditService/GetRecord";
const RECORDS: &str = "/interdict.v1.AuditService/StreamRecords";
const RECEIPT: &str = "/interdict.v1.AuditService/GetReceipt";

const ADDRESS: Parameter = path(
    "address",
    Kind::Text,
    "The address, in any spelling, percent-encoded: a slash in it is `%2F`, a question mark `%3F`.",
);
const NETWORK: Parameter = query("network", Kind::Text, "Ticker or CAIP-2 id, as a hint.");

/// What a screening may be asked besides the address.
const SCREENING: [Parameter; 7] = [
    ADDRESS,
    NETWORK,
    query(
        "as_of",
        Kind::Text,
        "What was in force on this day (YYYY-MM-DD).",
    ),
    query(
        "generation",
        Kind::Number,
        "What the daemon knew at this generation.",
    ),
    query(
        "min_generation",
        Kind::Number,
        "Refuse to answer from an older generation.",
    ),
    query(
        "purpose",
        Kind::Enum("Purpose"),
        "What the screening is for: recorded, never judged.",
    ),
    query(
        "reference",
        Kind::Text,
        "The caller's own reference, at most 256 bytes; kept as a keyed hash.",
    ),
];

const fn path(name: &'static str, kind: Kind, text: &'static str) -> Parameter {
    Parameter {
        name,
        place: Place::Path,
        kind,
        text,
    }
}

const fn query(name: &'static str, kind: Kind, text: &'static str) -> Parameter {
    Parameter {
        name,
        place: Place::Query,
        kind,
        text,
    }
}

const fn limit(default: usize, max: usize) -> Parameter {
    query("limit", Kind::Limit(default, max), "At most so many.")
}

const fn message(name: &'static str) -> Gives {
    Gives::Json(Shape::Message(name))
}

const fn own(name: &'static str) -> Gives {
    Gives::Json(Shape::Own(name))
}

/// Every route but the console's files and gRPC-Web.
pub(super) static ROUTES: [Route; 20] = [
    Route {
        verb: Verb::Get,
        path: "/v1/addresses/{address}",
        stands_for: Some(SCREEN),
        summary: "Screen one address",
        text: "The address becomes part of a URL, which proxies and browsers keep: prefer `POST /v1/screenings`.",
        parameters: &SCREENING,
        takes: Takes::Nothing,
        gives: message("ScreenAddressResponse"),
        handle: |services, asked| Box::pin(addresses::one(services, asked)),
    },
    Route {
        verb: Verb::Post,
        path: "/v1/screenings",
        stands_for: Some(SCREEN_MANY),
        summary: "Screen one address, or many against one generation",
        text: "With `address` it is answered by one `outcome`, with `queries` by as many `outcomes`, in the same order.",
        parameters: &[],
        takes: Takes::Batch(Shape::Either(
            &Shape::Message("ScreenAddressRequest"),
            &Shape::Message("ScreenAddressesRequest"),
        )),
        gives: Gives::Json(Shape::Either(
            &Shape::Message("ScreenAddressResponse"),
            &Shape::Message("ScreenAddressesResponse"),
        )),
        handle: |services, asked| Box::pin(addresses::several(services, asked)),
    },
    Route {
        verb: Verb::Post,
        path: "/v1/explanations",
        stands_for: Some(SCREEN_MANY),
        summary: "Explain how a text is understood",
        text: "Looks at no list and leaves no record. A private key is not repeated.",
        parameters: &[],
        takes: Takes::Small(Shape::Own("ExplanationRequest")),
        gives: own("Explanation"),
        handle: |_, asked| Box::pin(addresses::explained(asked)),
    },
    Route {
        verb: Verb::Get,
        path: "/v1/addresses/{address}/history",
        stands_for: Some(HISTORY),
        summary: "Tell when entries about an address came, changed and went",
        text: "",
        parameters: &[ADDRESS, NETWORK],
        takes: Takes::Nothing,
        gives: message("GetAddressHistoryResponse"),
        handle: |services, asked| Box::pin(addresses::history(services, asked)),
    },
    Route {
        verb: Verb::Post,
        path: "/v1/histories",
        stands_for: Some(HISTORY),
        summary: "Tell when entries about an address came, changed and went",
        text: "As above, with the address in the body.",
        parameters: &[],
        takes: Takes::Small(Shape::Message("GetAddressHistoryRequest")),
        gives: message("GetAddressHistoryResponse"),
        handle: |services, asked| Box::pin(addresses::history(services, asked)),
    },
    Route {
        verb: Verb::Get,
        path: "/v1/sources",
        stands_for: Some(SOURCES),
        summary: "List the sources, their publications and their ages",
        text: "",
        parameters: &[],
        takes: Takes::Nothing,
        gives: message("ListSourcesResponse"),
        handle: |services, asked| Box::pin(lists::sources(services, asked)),
    },
    Route {
        verb: Verb::Get,
        path: "/v1/generations",
        stands_for: Some(GENERATIONS),
        summary: "List the generations, newest first",
        text: "",
        parameters: &[
            limit(50, 1000),
            query("before", Kind::Number, "Older than this generation only."),
        ],
        takes: Takes::Nothing,
        gives: message("ListGenerationsResponse"),
        handle: |services, asked| Box::pin(lists::generations(services, asked)),
    },
    Route {
        verb: Verb::Get,
        path: "/v1/generations/{from}/difference/{to}",
        stands_for: Some(DIFFERENCE),
        summary: "Tell what changed between two generations",
        text: "Changes are in order of address key. `total` counts all of them, those beyond `limit` too.",
        parameters: &[
            path(
                "from",
                Kind::Number,
                "The earlier generation; 0: before the first.",
            ),
            path("to", Kind::Number, "The later generation; 0: the live one."),
            limit(500, 10_000),
        ],
        takes: Takes::Nothing,
        gives: own("Difference"),
        handle: |services, asked| Box::pin(lists::difference(services, asked)),
    },
    Route {
        verb: Verb::Get,
        path: "/v1/incidents",
        stands_for: Some(INCIDENTS),
        summary: "List the incidents, with totals",
        text: "",
        parameters: &[],
        takes: Takes::Nothing,
        gives: message("ListIncidentsResponse"),
        handle: |services, asked| Box::pin(lists::incidents(services, asked)),
    },
    Route {
        verb: Verb::Get,
        path: "/v1/incidents/{id}",
        stands_for: Some(INCIDENT),
        summary: "Tell of one incident and its addresses",
        text: "Entries are in order of address key. `total` counts all of them, those beyond `limit` too.",
        parameters: &[
            path("id", Kind::Text, "Its short name: `dmm-bitcoin`."),
            limit(1000, 10_000),
        ],
        takes: Takes::Nothing,
        gives: own("IncidentWithAddresses"),
        handle: |services, asked| Box::pin(lists::incident(services, asked)),
    },
    Route {
        verb: Verb::Get,
        path: "/v1/alerts",
        stands_for: Some(ALERTS),
        summary: "List alerts, oldest first",
        text: "To go on, ask again with `after` at the answer's `next_after`, until that is null.",
        parameters: &[
            query(
                "unacknowledged",
                Kind::Flag,
                "Only those that nobody has dealt with.",
            ),
            query("after", Kind::Number, "After this sequence only."),
            limit(100, 1000),
        ],
        takes: Takes::Nothing,
        gives: own("Alerts"),
        handle: |services, asked| Box::pin(alerts::alerts(services, asked)),
    },
    Route {
        verb: Verb::Post,
        path: "/v1/alerts/acknowledgements",
        stands_for: Some(ACKNOWLEDGE),
        summary: "Note that alerts have been dealt with",
        text: "",
        parameters: &[],
        takes: Takes::Small(Shape::Message("AcknowledgeAlertsRequest")),
        gives: message("AcknowledgeAlertsResponse"),
        handle: |services, asked| Box::pin(alerts::acknowledge(services, asked)),
    },
    Route {
        verb: Verb::Get,
        path: "/v1/portfolios",
        stands_for: Some(PORTFOLIOS),
        summary: "List the portfolios",
        text: "",
        parameters: &[],
        takes: Takes::Nothing,
        gives: message("ListPortfoliosResponse"),
        handle: |services, asked| Box::pin(alerts::portfolios(services, asked)),
    },
    Route {
        verb: Verb::Get,
        path: "/v1/records",
        stands_for: Some(RECORDS),
        summary: "List records of the audit log, newest first",
        text: "A page may hold fewer than `limit` and still have a `next_before`: a search ends after so many records, found or not.",
        parameters: &[
            query(
                "hits_only",
                Kind::Flag,
                "Only screenings that were LISTED, or whose action was not ALLOW.",
            ),
            limit(50, 1000),
            query(
                "before",
                Kind::Number,
                "Before this sequence only; 0: from the newest.",
            ),
        ],
        takes: Takes::Nothing,
        gives: own("Records"),
        handle: |services, asked| Box::pin(records::newest(services, asked)),
    },
    Route {
        verb: Verb::Get,
        path: "/v1/records/{id}",
        stands_for: Some(RECORD),
        summary: "Return one record of the audit log",
        text: "",
        parameters: &[path(
            "id",
            Kind::Text,
            "Its id: of a screening, its screening id.",
        )],
        takes: Takes::Nothing,
        gives: own("RecordAnswer"),
        handle: |services, asked| Box::pin(records::record(services, asked)),
    },
    Route {
        verb: Verb::Get,
        path: "/v1/records/{id}/receipt",
        stands_for: Some(RECEIPT),
        summary: "Return the proof that a record is in the audit log",
        text: "A text that `interdict audit check-receipt` checks with nothing but the log's public key. 503 for about a second after a screening: no checkpoint covers it yet.",
        parameters: &[path(
            "id",
            Kind::Text,
            "Its id: of a screening, its screening id.",
        )],
        takes: Takes::Nothing,
        gives: Gives::Text,
        handle: |services, asked| Box::pin(records::receipt(services, asked)),
    },
    Route {
        verb: Verb::Get,
        path: "/v1/rescreens",
        stands_for: Some(RECORDS),
        summary: "List rescreens that ended, newest first",
        text: "Read from the audit log, page by page as `/v1/records`.",
        parameters: &[
            limit(20, 200),
            query(
                "before",
                Kind::Number,
                "Before this sequence only; 0: from the newest.",
            ),
        ],
        takes: Takes::Nothing,
        gives: own("Rescreens"),
        handle: |services, asked| Box::pin(records::rescreens(services, asked)),
    },
    Route {
        verb: Verb::Get,
        path: "/v1/status",
        stands_for: Some(STATUS),
        summary: "Tell how the daemon stands, and who asks",
        text: "",
        parameters: &[],
        takes: Takes::Nothing,
        gives: own("Status"),
        handle: |services, asked| Box::pin(standing::status(services, asked)),
    },
    Route {
        verb: Verb::Get,
        path: "/v1/openapi.json",
        stands_for: None,
        summary: "Return this document",
        text: "",
        parameters: &[],
        takes: Takes::Nothing,
        gives: own("Document"),
        handle: |_, _| Box::pin(openapi::answer()),
    },
    Route {
        verb: Verb::Get,
        path: "/api/v1/address/{address}",
        stands_for: Some(SCREEN),
        summary: "Screen one address, answered as Chainalysis' free sanctions API does",
        text: "An empty list means NOT_LISTED with action ALLOW and nothing else. What cannot be told is an error: 400 where the text is at fault, 503 where the lists are.",
        parameters: &[ADDRESS],
        takes: Takes::Nothing,
        gives: own("Identifications"),
        handle: |services, asked| Box::pin(compatible::identifications(services, asked)),
    },
];
