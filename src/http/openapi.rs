//! The OpenAPI document, made of the table of routes and the descriptors of
//! the API: what is served is what is documented, and the words are those of
//! the protos.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use prost_reflect::{EnumDescriptor, FieldDescriptor, Kind as FieldKind, MessageDescriptor};
use serde_json::{Map, Value, json};

use crate::access::{Rule, method};

use super::json::{self, descriptor, pool};
use super::refusal::Refusal;
use super::route::{Answer, Gives, Kind, Parameter, Place, Route, Shape, Takes, Verb};
use super::routes::ROUTES;
use super::shapes;

static DOCUMENT: LazyLock<Value> = LazyLock::new(made);

/// Returns the document.
pub fn document() -> &'static Value {
    &DOCUMENT
}

/// `GET /v1/openapi.json`
pub(super) async fn answer() -> Result<Answer, Refusal> {
    static TEXT: LazyLock<String> = LazyLock::new(|| format!("{}\n", document()));
    Ok(Answer::Written(TEXT.as_str()))
}

const ABOUT: &str = "\
Screens wallet addresses against sanctions and heist lists. The same services as gRPC, with the \
same checks, roles and audit records.\n\n\
An answer says what the lists say. It never says that an address is clean: `NOT_LISTED` means \
\"not on the lists named in the answer, as of the generation named in the answer\". Only status \
200 carries a verdict; whatever else comes, or does not come, is to be taken for BLOCK.";

fn made() -> Value {
    let mut paths = Map::new();
    for route in &ROUTES {
        let verb = match route.verb {
            Verb::Get => "get",
            Verb::Post => "post",
        };
        let path = paths.entry(route.path).or_insert_with(|| json!({}));
        path[verb] = operation(route);
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "interdict",
            "version": env!("CARGO_PKG_VERSION"),
            "description": ABOUT,
            "license": { "name": "Apache-2.0", "identifier": "Apache-2.0" },
        },
        "servers": [{ "url": "/" }],
        "security": [{}, { "bearer": [] }, { "key": [] }, { "certificate": [] }],
        "paths": paths,
        "components": {
            "schemas": schemas(),
            "securitySchemes": {
                "bearer": { "type": "http", "scheme": "bearer", "description": "An API key: `ik_PREFIX_SECRET`." },
                "key": { "type": "apiKey", "in": "header", "name": "X-API-Key" },
                "certificate": { "type": "mutualTLS", "description": "A client certificate whose SAN is configured." },
            },
        },
    })
}

fn operation(route: &Route) -> Value {
    let needs = match route.stands_for.and_then(method::rule) {
        None => "Asks for no role.".to_owned(),
        Some(rule) => role_text(rule),
    };
    let text = [route.text, &needs]
        .into_iter()
        .filter(|text| !text.is_empty());
    let mut operation = json!({
        "operationId": operation_id(route),
        "summary": route.summary,
        "description": text.collect::<Vec<_>>().join("\n\n"),
        "parameters": route.parameters.iter().map(parameter).collect::<Value>(),
        "responses": {
            "200": {
                "description": "The answer.",
                "content": match route.gives {
                    Gives::Json(shape) => json!({ "application/json": { "schema": shape_schema(shape) } }),
                    Gives::Text => json!({ "text/plain": { "schema": { "type": "string" } } }),
                },
            },
            "default": {
                "description": "No answer, and why.",
                "content": { "application/json": { "schema": reference("Error") } },
            },
        },
    });
    if let Takes::Small(shape) | Takes::Batch(shape) = route.takes {
        operation["requestBody"] = json!({
            "required": true,
            "content": { "application/json": { "schema": shape_schema(shape) } },
        });
    }
    if route.stands_for.is_none() {
        operation["security"] = json!([]);
    }
    operation
}

fn role_text(rule: Rule) -> String {
    let names: Vec<String> = rule.roles.iter().map(|role| format!("`{role}`")).collect();
    match names.as_slice() {
        [one] => format!("Needs the role {one}."),
        several => format!("Needs one of the roles {}.", several.join(", ")),
    }
}

/// `get_v1_addresses_address_history`
fn operation_id(route: &Route) -> String {
    let verb = match route.verb {
        Verb::Get => "get",
        Verb::Post => "post",
    };
    let words = route
        .path
        .split(|letter: char| !letter.is_ascii_alphanumeric());
    let words: Vec<&str> = words.filter(|word| !word.is_empty()).collect();
    format!("{verb}_{}", words.join("_"))
}

fn parameter(one: &Parameter) -> Value {
    let schema = match one.kind {
        Kind::Text => json!({ "type": "string" }),
        Kind::Number => json!({ "type": "integer", "format": "uint64", "minimum": 0 }),
        Kind::Flag => json!({ "type": "boolean", "default": false }),
        Kind::Limit(default, max) => {
            json!({ "type": "integer", "minimum": 1, "maximum": max, "default": default })
        }
        Kind::Enum(name) => reference(name),
    };
    json!({
        "name": one.name,
        "in": match one.place { Place::Path => "path", Place::Query => "query" },
        "required": one.place == Place::Path,
        "description": one.text,
        "schema": schema,
    })
}

fn reference(name: &str) -> Value {
    json!({ "$ref": format!("#/components/schemas/{name}") })
}

fn shape_schema(shape: Shape) -> Value {
    match shape {
        Shape::Message(name) | Shape::Own(name) => reference(name),
        Shape::Either(one, other) => json!({ "oneOf": [shape_schema(*one), shape_schema(*other)] }),
    }
}

/// Every schema that a route leads to.
fn schemas() -> Map<String, Value> {
    let mut schemas = shapes::all();
    let mut gathered = Gathered::default();
    for route in &ROUTES {
        if let Takes::Small(shape) | Takes::Batch(shape) = route.takes {
            gathered.shape(shape, true);
        }
        if let Gives::Json(shape) = route.gives {
            gathered.shape(shape, false);
        }
        for one in route.parameters {
            if let Kind::Enum(name) = one.kind {
                gathered.enums.insert(name.to_owned());
            }
        }
    }
    for name in shapes::MESSAGES {
        gathered.message(&descriptor(name), false);
    }
    for (name, is_asked) in &gathered.messages {
        schemas.insert(name.clone(), message_schema(&descriptor(name), *is_asked));
    }
    for name in &gathered.enums {
        let named = pool().get_enum_by_name(&format!("interdict.v1.{name}"));
        let named = named.expect("only enums of the API are named");
        schemas.insert(name.clone(), enum_schema(&named));
    }
    schemas
}

/// Messages and enums that are led to. Of a question every field may be left
/// out, and of an answer every field is there; no message is both.
#[derive(Default)]
struct Gathered {
    messages: BTreeSet<(String, bool)>,
    enums: BTreeSet<String>,
}

impl Gathered {
    fn shape(&mut self, shape: Shape, is_asked: bool) {
        match shape {
            Shape::Message(name) => self.message(&descriptor(name), is_asked),
            Shape::Own(_) => {}
            Shape::Either(one, other) => {
                self.shape(*one, is_asked);
                self.shape(*other, is_asked);
            }
        }
    }

    fn message(&mut self, message: &MessageDescriptor, is_asked: bool) {
        if !self.messages.insert((message.name().to_owned(), is_asked)) {
            return;
        }
        for field in message.fields() {
            match field.kind() {
                FieldKind::Message(inner) => self.message(&inner, is_asked),
                FieldKind::Enum(named) => {
                    self.enums.insert(named.name().to_owned());
                }
                _ => {}
            }
        }
    }
}

fn message_schema(message: &MessageDescriptor, is_asked: bool) -> Value {
    let mut properties = Map::new();
    for field in message.fields() {
        properties.insert(field.name().to_owned(), field_schema(&field));
    }
    let names: Vec<&String> = properties.keys().collect();
    let required = if is_asked { json!([]) } else { json!(names) };
    json!({
        "type": "object",
        "description": comment(message.parent_file_descriptor_proto(), message.path()),
        "properties": properties,
        "required": required,
        "additionalProperties": false,
    })
}

fn field_schema(field: &FieldDescriptor) -> Value {
    let mut schema = value_schema(&field.kind());
    if field.is_list() {
        schema = json!({ "type": "array", "items": schema });
    } else if field.supports_presence() {
        schema = json!({ "oneOf": [schema, { "type": "null" }] });
    }
    let file = field.parent_message().parent_file();
    schema["description"] = json!(comment(file.file_descriptor_proto(), field.path()));
    schema
}

fn value_schema(kind: &FieldKind) -> Value {
    match kind {
        FieldKind::Message(message) => reference(message.name()),
        FieldKind::Enum(named) => reference(named.name()),
        FieldKind::Bool => json!({ "type": "boolean" }),
        FieldKind::String => json!({ "type": "string" }),
        FieldKind::Bytes => json!({ "type": "string", "pattern": "^([0-9a-f]{2})*$" }),
        FieldKind::Uint32 | FieldKind::Fixed32 => {
            json!({ "type": "integer", "format": "uint32", "minimum": 0, "maximum": u32::MAX })
        }
        FieldKind::Uint64 | FieldKind::Fixed64 => {
            json!({ "type": "integer", "format": "uint64", "minimum": 0 })
        }
        FieldKind::Float | FieldKind::Double => json!({ "type": "number" }),
        _ => json!({ "type": "integer" }),
    }
}

fn enum_schema(named: &EnumDescriptor) -> Value {
    let file = named.parent_file_descriptor_proto();
    let mut words = vec![comment(file, named.path())];
    for value in named.values() {
        let name = json::short(named, value.name());
        words.push(format!(
            "- `{name}`: {}",
            comment(file, value.path()).replace('\n', " ")
        ));
    }
    let names = named
        .values()
        .map(|value| json!(json::short(named, value.name())));
    json!({
        "type": "string",
        "description": words.join("\n"),
        "enum": names.collect::<Value>(),
    })
}

/// What a proto says of something: the comment before it.
fn comment(file: &prost_reflect::prost_types::FileDescriptorProto, path: &[i32]) -> String {
    let places = file.source_code_info.iter().flat_map(|info| &info.location);
    let mut said = places.filter(|place| place.path == path);
    let text = said.find_map(|place| place.leading_comments.as_deref());
    let lines: Vec<&str> = text.unwrap_or_default().lines().map(str::trim).collect();
    lines.join("\n").trim().to_owned()
}

#[cfg(test)]
#[path = "openapi_tests.rs"]
mod tests;
