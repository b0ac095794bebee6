//! One JSON for every message of the API.
//!
//! The rule: names of fields as in the protos; enums by their names without
//! the prefix (`VERDICT_LISTED` is `"LISTED"`); numbers as numbers, 64 bits
//! too; bytes as lower-case hexadecimal; every field is there, and a message
//! or a member of a `oneof` that is absent is `null`.
//!
//! It is read back by the same rule, strictly: a name that is not known, a
//! value of another kind and a name given twice are refused, and the refusal
//! says where. What was sent is never repeated in it: it may be a secret.

use std::fmt;
use std::sync::LazyLock;

use prost::Message;
use prost_reflect::{
    DescriptorPool, DynamicMessage, EnumDescriptor, FieldDescriptor, Kind, MessageDescriptor,
    ReflectMessage as _, Value as Held,
};
use serde::de::{self, Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde::ser::{Serialize, SerializeMap as _, Serializer};
use serde_json::{Map, Number, Value};
use thiserror::Error;

use crate::grpc::v1;

const PACKAGE: &str = "interdict.v1";

/// Longest name of the sender's that a refusal repeats; a secret is longer.
const NAME_BYTES_MAX: usize = 24;

static POOL: LazyLock<DescriptorPool> = LazyLock::new(|| {
    DescriptorPool::decode(v1::DESCRIPTORS)
        .expect("the descriptors were written by the build of this program")
});

/// Returns the descriptors of the API.
pub(super) fn pool() -> &'static DescriptorPool {
    &POOL
}

/// Returns the descriptor of a message of the API.
pub(super) fn descriptor(name: &str) -> MessageDescriptor {
    POOL.get_message_by_name(&format!("{PACKAGE}.{name}"))
        .expect("only messages of the API are named")
}

/// A message that knows its name in the API.
pub(super) trait Named: Message + Default {
    /// Without the package.
    const NAME: &'static str;
}

macro_rules! named {
    ($($name:ident),* $(,)?) => {
        $(impl Named for v1::$name {
            const NAME: &'static str = stringify!($name);
        })*
    };
}

named!(
    AcknowledgeAlertsRequest,
    AcknowledgeAlertsResponse,
    Alert,
    Change,
    GetAddressHistoryRequest,
    GetAddressHistoryResponse,
    IncidentEntry,
    IncidentTotals,
    ListGenerationsResponse,
    ListIncidentsResponse,
    ListPortfoliosResponse,
    ListSourcesResponse,
    ScreenAddressRequest,
    ScreenAddressResponse,
    ScreenAddressesRequest,
    ScreenAddressesResponse,
);

/// Why a JSON text is not what was asked for.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub(super) enum Misfit {
    /// It is no JSON.
    #[error("the body is no JSON: line {line}, column {column}")]
    Syntax {
        /// From 1.
        line: usize,
        /// From 1.
        column: usize,
    },
    /// A name stands twice in one object.
    #[error("the body gives a name twice in one object, before line {line}, column {column}")]
    Twice {
        /// From 1.
        line: usize,
        /// From 1.
        column: usize,
    },
    /// A value is not of its kind.
    #[error("{place} must be {rule}")]
    Kind {
        /// Where.
        place: Place,
        /// What it must be.
        rule: String,
    },
    /// There is no such field.
    #[error("{place} has no field {name}: it has {known}")]
    Unknown {
        /// In what.
        place: Place,
        /// Which, if it can be repeated.
        name: String,
        /// Those that there are.
        known: String,
    },
    /// Two that exclude each other.
    #[error("{place} can have only one of {known}")]
    Several {
        /// In what.
        place: Place,
        /// Those that exclude each other.
        known: String,
    },
}

/// Where in the body something stands.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Place(String);

impl Place {
    fn field(&self, name: &str) -> Self {
        match self.0.as_str() {
            "" => Self(name.to_owned()),
            above => Self(format!("{above}.{name}")),
        }
    }

    fn item(&self, index: usize) -> Self {
        Self(format!("{}[{index}]", self.0))
    }

    /// Names a field at the top.
    pub(super) fn top(name: &str) -> Self {
        Self(name.to_owned())
    }

    /// Says what must stand here.
    pub(super) fn must_be(&self, rule: impl Into<String>) -> Misfit {
        Misfit::Kind {
            place: self.clone(),
            rule: rule.into(),
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.as_str() {
            "" => formatter.write_str("the body"),
            path => write!(formatter, "`{path}`"),
        }
    }
}

/// Writes a message.
pub(super) fn write<M: Named>(message: &M) -> Value {
    serde_json::to_value(Written(&dynamic(message))).expect(WRITES)
}

/// Writes a message as text, without the detour that costs memory.
pub(super) fn write_text<M: Named>(message: &M) -> String {
    serde_json::to_string(&Written(&dynamic(message))).expect(WRITES)
}

/// Writes several.
pub(super) fn write_all<'m, M: Named + 'm>(messages: impl IntoIterator<Item = &'m M>) -> Value {
    messages.into_iter().map(write).collect()
}

const WRITES: &str = "names are texts, and nothing else of a message can fail to be written";

fn dynamic<M: Named>(message: &M) -> DynamicMessage {
    let bytes = message.encode_to_vec();
    DynamicMessage::decode(descriptor(M::NAME), bytes.as_slice())
        .expect("a message decodes by its own descriptor")
}

/// A message that is written by the rule.
struct Written<'m>(&'m DynamicMessage);

impl Serialize for Written<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let descriptor = self.0.descriptor();
        let mut members = serializer.serialize_map(Some(descriptor.fields().len()))?;
        for field in descriptor.fields() {
            if field.supports_presence() && !self.0.has_field(&field) {
                members.serialize_entry(field.name(), &())?;
            } else {
                let held = self.0.get_field(&field);
                members.serialize_entry(field.name(), &Member(&field.kind(), &held))?;
            }
        }
        members.end()
    }
}

/// What a field holds.
struct Member<'m>(&'m Kind, &'m Held);

impl Serialize for Member<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self(kind, held) = self;
        match held {
            Held::Bool(value) => serializer.serialize_bool(*value),
            Held::I32(value) => serializer.serialize_i32(*value),
            Held::I64(value) => serializer.serialize_i64(*value),
            Held::U32(value) => serializer.serialize_u32(*value),
            Held::U64(value) => serializer.serialize_u64(*value),
            Held::F32(value) => serializer.serialize_f32(*value),
            Held::F64(value) => serializer.serialize_f64(*value),
            Held::String(text) => serializer.serialize_str(text),
            Held::Bytes(bytes) => serializer.serialize_str(&const_hex::encode(bytes)),
            Held::EnumNumber(number) => write_enum(kind, *number, serializer),
            Held::Message(message) => Written(message).serialize(serializer),
            Held::List(values) => {
                serializer.collect_seq(values.iter().map(|value| Member(kind, value)))
            }
            Held::Map(_) => serializer.serialize_unit(),
        }
    }
}

fn write_enum<S: Serializer>(kind: &Kind, number: i32, serializer: S) -> Result<S::Ok, S::Error> {
    let named = kind.as_enum();
    let value = named.and_then(|named| named.get_value(number));
    match (named, value) {
        (Some(named), Some(value)) => serializer.serialize_str(short(named, value.name())),
        _ => serializer.serialize_i32(number),
    }
}

/// Returns the name of an enum's value without the enum's prefix.
pub(super) fn short<'n>(named: &EnumDescriptor, name: &'n str) -> &'n str {
    let zero = named.default_value();
    let prefix = zero.name().strip_suffix("UNSPECIFIED").unwrap_or_default();
    name.strip_prefix(prefix).unwrap_or(name)
}

/// Parses a text, and refuses names given twice: which of the two is meant
/// would depend on who reads it.
pub(super) fn parse(text: &[u8]) -> Result<Value, Misfit> {
    serde_json::from_slice::<Strict>(text)
        .map(|strict| strict.0)
        .map_err(|error| {
            let (line, column) = (error.line(), error.column());
            match error.is_data() {
                true => Misfit::Twice { line, column },
                false => Misfit::Syntax { line, column },
            }
        })
}

struct Strict(Value);

impl<'de> Deserialize<'de> for Strict {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(StrictVisitor).map(Self)
    }
}

struct StrictVisitor;

impl<'de> Visitor<'de> for StrictVisitor {
    type Value = Value;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(Number::from_f64(value).map_or(Value::Null, Value::Number))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(Value::String(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut all = Vec::new();
        while let Some(Strict(item)) = items.next_element()? {
            all.push(item);
        }
        Ok(Value::Array(all))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let mut all = Map::new();
        while let Some((name, Strict(value))) = members.next_entry::<String, _>()? {
            if all.insert(name, value).is_some() {
                return Err(de::Error::custom("a name is given twice"));
            }
        }
        Ok(Value::Object(all))
    }
}

/// Reads a message.
pub(super) fn read<M: Named>(value: &Value) -> Result<M, Misfit> {
    let dynamic = read_message(&descriptor(M::NAME), value, &Place::default())?;
    dynamic
        .transcode_to()
        .map_err(|_| Place::default().must_be("a message of the API"))
}

fn read_message(
    descriptor: &MessageDescriptor,
    value: &Value,
    place: &Place,
) -> Result<DynamicMessage, Misfit> {
    let members = value
        .as_object()
        .ok_or_else(|| place.must_be("an object"))?;
    let mut message = DynamicMessage::new(descriptor.clone());
    for (name, value) in members {
        let Some(field) = descriptor.get_field_by_name(name) else {
            return Err(unknown(
                descriptor.fields().map(|field| field.name().to_owned()),
                name,
                place,
            ));
        };
        // Many a client writes what it does not have so.
        if value.is_null() {
            continue;
        }
        if let Some(oneof) = field.containing_oneof()
            && oneof.fields().any(|other| message.has_field(&other))
        {
            return Err(Misfit::Several {
                place: place.clone(),
                known: listed(oneof.fields().map(|field| field.name().to_owned())),
            });
        }
        let held = read_field(&field, value, &place.field(name))?;
        message.set_field(&field, held);
    }
    Ok(message)
}

/// Says that there is no such field, and names it if it can be no secret.
pub(super) fn unknown(known: impl Iterator<Item = String>, name: &str, place: &Place) -> Misfit {
    let is_word = name.len() <= NAME_BYTES_MAX
        && !name.is_empty()
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphabetic() || byte == b'_');
    Misfit::Unknown {
        place: place.clone(),
        name: match is_word {
            true => format!("`{name}`"),
            false => "of that name".to_owned(),
        },
        known: listed(known),
    }
}

fn listed(names: impl Iterator<Item = String>) -> String {
    let names: Vec<String> = names.map(|name| format!("`{name}`")).collect();
    match names.as_slice() {
        [] => "none".to_owned(),
        names => names.join(", "),
    }
}

fn read_field(field: &FieldDescriptor, value: &Value, place: &Place) -> Result<Held, Misfit> {
    let kind = field.kind();
    if !field.is_list() {
        return read_value(&kind, value, place);
    }
    let items = value.as_array().ok_or_else(|| place.must_be("a list"))?;
    let items = items
        .iter()
        .enumerate()
        .map(|(index, item)| read_value(&kind, item, &place.item(index)));
    items.collect::<Result<_, _>>().map(Held::List)
}

fn read_value(kind: &Kind, value: &Value, place: &Place) -> Result<Held, Misfit> {
    let whole = |from: i64, to: u64| place.must_be(format!("a whole number from {from} to {to}"));
    let read = match kind {
        Kind::Message(descriptor) => {
            return read_message(descriptor, value, place).map(Held::Message);
        }
        Kind::Enum(named) => return read_enum(named, value, place),
        Kind::Bool => value.as_bool().map(Held::Bool),
        Kind::String => value.as_str().map(|text| Held::String(text.to_owned())),
        Kind::Bytes => value
            .as_str()
            .and_then(|text| const_hex::decode(text).ok())
            .map(|bytes| Held::Bytes(bytes.into())),
        Kind::Int32 | Kind::Sint32 | Kind::Sfixed32 => value
            .as_i64()
            .and_then(|n| n.try_into().ok())
            .map(Held::I32),
        Kind::Int64 | Kind::Sint64 | Kind::Sfixed64 => value.as_i64().map(Held::I64),
        Kind::Uint32 | Kind::Fixed32 => value
            .as_u64()
            .and_then(|n| n.try_into().ok())
            .map(Held::U32),
        Kind::Uint64 | Kind::Fixed64 => value.as_u64().map(Held::U64),
        Kind::Float | Kind::Double => value.as_f64().map(Held::F64),
    };
    read.ok_or_else(|| match kind {
        Kind::Bool => place.must_be("true or false"),
        Kind::String => place.must_be("a text"),
        Kind::Bytes => place.must_be("hexadecimal digits, two for each byte"),
        Kind::Int32 | Kind::Sint32 | Kind::Sfixed32 => whole(i32::MIN.into(), i32::MAX as u64),
        Kind::Int64 | Kind::Sint64 | Kind::Sfixed64 => whole(i64::MIN, i64::MAX as u64),
        Kind::Uint32 | Kind::Fixed32 => whole(0, u32::MAX.into()),
        Kind::Uint64 | Kind::Fixed64 => whole(0, u64::MAX),
        _ => place.must_be("a number"),
    })
}

fn read_enum(named: &EnumDescriptor, value: &Value, place: &Place) -> Result<Held, Misfit> {
    let found = value.as_str().and_then(|text| {
        let mut values = named.values();
        values.find(|known| short(named, known.name()) == text)
    });
    let names = || {
        let names = named
            .values()
            .map(|known| short(named, known.name()).to_owned());
        format!("one of {}", listed(names))
    };
    found
        .map(|known| Held::EnumNumber(known.number()))
        .ok_or_else(|| place.must_be(names()))
}

#[cfg(test)]
#[path = "json_tests.rs"]
mod tests;
