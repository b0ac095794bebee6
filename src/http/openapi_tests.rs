use std::collections::BTreeSet;

use crate::access::Surface;

use super::*;

fn references(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(members) => {
            if let Some(Value::String(to)) = members.get("$ref") {
                let name = to.strip_prefix("#/components/schemas/").expect("a schema");
                found.insert(name.to_owned());
            }
            members.values().for_each(|value| references(value, found));
        }
        Value::Array(values) => values.iter().for_each(|value| references(value, found)),
        _ => {}
    }
}

#[test]
fn every_reference_leads_somewhere_and_no_schema_is_idle() {
    let mut used = BTreeSet::new();
    references(document(), &mut used);
    let schemas = document()["components"]["schemas"]
        .as_object()
        .expect("schemas");
    let there: BTreeSet<String> = schemas.keys().cloned().collect();
    assert_eq!(used, there);
}

#[test]
fn no_message_is_both_asked_and_answered_and_no_name_is_given_twice() {
    let mut gathered = Gathered::default();
    for route in &ROUTES {
        if let Takes::Small(shape) | Takes::Batch(shape) = route.takes {
            gathered.shape(shape, true);
        }
        if let Gives::Json(shape) = route.gives {
            gathered.shape(shape, false);
        }
    }
    let names: Vec<&String> = gathered.messages.iter().map(|(name, _)| name).collect();
    let once: BTreeSet<&String> = names.iter().copied().collect();
    assert_eq!(once.len(), names.len(), "{names:?}");
    for own in shapes::all().keys() {
        assert!(!once.contains(own), "{own} is a message too");
        assert!(!gathered.enums.contains(own), "{own} is an enum too");
    }
    let ids: BTreeSet<String> = ROUTES.iter().map(operation_id).collect();
    assert_eq!(ids.len(), ROUTES.len());
}

#[test]
fn every_field_and_parameter_says_what_it_is() {
    let schemas = document()["components"]["schemas"]
        .as_object()
        .expect("schemas");
    let says = |value: &Value| {
        value["description"]
            .as_str()
            .is_some_and(|text| !text.is_empty())
    };
    for (name, schema) in schemas {
        assert!(says(schema), "{name}");
        let Some(properties) = schema["properties"].as_object() else {
            continue;
        };
        for (field, of) in properties {
            let plain = of.get("$ref").is_some() || of.get("items").is_some();
            let told = says(of) || plain || of.get("oneOf").is_some() || of.get("enum").is_some();
            assert!(told, "{name}.{field}");
        }
    }
    for route in &ROUTES {
        for one in route.parameters {
            assert!(!one.text.is_empty(), "{}: {}", route.path, one.name);
        }
        assert!(!route.summary.is_empty(), "{}", route.path);
    }
}

/// An HTTP route is no way around the listener of the operator.
#[test]
fn every_route_stands_for_a_method_that_the_public_listener_serves() {
    let everybody = crate::access::Caller::anonymous(crate::access::Roles::ALL, "".into());
    for route in &ROUTES {
        let Some(path) = route.stands_for else {
            assert_eq!(route.path, "/v1/openapi.json", "open to anybody");
            continue;
        };
        let rule = method::rule(path).unwrap_or_else(|| panic!("{path} is in no row"));
        assert_eq!(rule.check(&everybody, Surface::Public), Ok(()), "{path}");
        assert!(!rule.is_open(), "{path}");
    }
}

#[test]
fn every_part_of_a_path_is_a_parameter() {
    for route in &ROUTES {
        let parts = route.path.split('/').filter_map(|part| {
            let part = part.strip_prefix('{')?;
            part.strip_suffix('}')
        });
        let named = route
            .parameters
            .iter()
            .filter(|one| one.place == Place::Path);
        let named: Vec<&str> = named.map(|one| one.name).collect();
        assert_eq!(parts.collect::<Vec<_>>(), named, "{}", route.path);
    }
}
