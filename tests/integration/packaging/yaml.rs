//! YAML as plain values, for files of our own.

use saphyr_parser::{Event, Parser, ScalarStyle};
use serde_json::{Map, Value};

/// Returns the documents of a file. Plain numbers and booleans stay text, and
/// everything is a string, a list or a mapping.
#[track_caller]
pub fn documents(text: &str) -> Vec<Value> {
    let mut documents = Vec::new();
    let mut open: Vec<Open> = Vec::new();
    for event in Parser::new_from_str(text) {
        let (event, _) = event.unwrap_or_else(|error| panic!("{error}\n{text}"));
        let done = match event {
            Event::Scalar(text, style, ..) => {
                let is_null = style == ScalarStyle::Plain && (text.is_empty() || text == "~");
                Some(if is_null { Value::Null } else { text.into() })
            }
            Event::SequenceStart(..) => {
                open.push(Open::List(Vec::new()));
                None
            }
            Event::MappingStart(..) => {
                open.push(Open::Mapping(Map::new(), None));
                None
            }
            Event::SequenceEnd | Event::MappingEnd => open.pop().map(Open::closed),
            Event::Alias(_) => panic!("aliases are not read here"),
            _ => None,
        };
        match (done, open.last_mut()) {
            (Some(value), Some(within)) => within.take(value),
            (Some(value), None) => documents.push(value),
            (None, _) => {}
        }
    }
    documents
}

enum Open {
    List(Vec<Value>),
    Mapping(Map<String, Value>, Option<String>),
}

impl Open {
    fn take(&mut self, value: Value) {
        match self {
            Self::List(values) => values.push(value),
            Self::Mapping(values, key) => match key.take() {
                Some(key) => {
                    let twice = values.insert(key, value);
                    assert!(twice.is_none(), "a key is there twice");
                }
                None => *key = Some(value.as_str().expect("keys are text").to_owned()),
            },
        }
    }

    fn closed(self) -> Value {
        match self {
            Self::List(values) => Value::Array(values),
            Self::Mapping(values, _) => Value::Object(values),
        }
    }
}
