//! FollowTheMoney entities, as far as wallets need them.
//!
//! Every property is an array of texts; those that point at another entity
//! hold its id, or, in the nested form, the entity itself.

use std::fmt;

use serde::de::value::MapAccessDeserializer;
use serde::de::{Error, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};

use super::super::json_lines::Object;

/// An entity of any schema.
#[derive(Deserialize)]
pub(super) struct Entity {
    pub(super) id: String,
    pub(super) schema: String,
    #[serde(default)]
    properties: Option<Object<Properties>>,
}

/// What is read of it. Properties that are not named here are skipped.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Properties {
    // Of a wallet.
    pub(super) public_key: Vec<String>,
    pub(super) crypto_address: Vec<String>,
    pub(super) account_id: Vec<String>,
    pub(super) currency: Vec<String>,
    pub(super) currency_symbol: Vec<String>,
    pub(super) blockchain: Vec<String>,
    pub(super) managing_exchange: Vec<String>,
    pub(super) holder: Vec<Link>,
    // Of any thing.
    pub(super) name: Vec<String>,
    pub(super) alias: Vec<String>,
    pub(super) previous_name: Vec<String>,
    pub(super) topics: Vec<String>,
    pub(super) crypto_wallets: Vec<Link>,
    pub(super) sanctions: Vec<Link>,
    pub(super) risks: Vec<Link>,
    // Of an order, and some of any thing too.
    pub(super) entity: Vec<Link>,
    pub(super) program: Vec<String>,
    pub(super) program_id: Vec<String>,
    pub(super) authority: Vec<String>,
    pub(super) listing_date: Vec<String>,
    pub(super) start_date: Vec<String>,
    pub(super) end_date: Vec<String>,
    pub(super) source_url: Vec<String>,
}

/// What points at another entity.
pub(super) enum Link {
    /// Its id.
    Id(String),
    /// The entity itself.
    Nested(Box<Entity>),
}

impl Entity {
    /// Takes its properties apart from it.
    pub(super) fn split(self) -> (String, String, Properties) {
        let properties = self.properties.map(|Object(properties)| properties);
        (self.id, self.schema, properties.unwrap_or_default())
    }
}

impl Link {
    /// Returns the id it points at.
    pub(super) fn id(&self) -> &str {
        match self {
            Self::Id(id) => id,
            Self::Nested(entity) => &entity.id,
        }
    }

    /// Returns the entity, if it is here.
    pub(super) fn nested(self) -> Option<Entity> {
        match self {
            Self::Id(_) => None,
            Self::Nested(entity) => Some(*entity),
        }
    }
}

impl<'de> Deserialize<'de> for Link {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either;

        impl<'de> Visitor<'de> for Either {
            type Value = Link;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an entity or its id")
            }

            fn visit_str<E: Error>(self, id: &str) -> Result<Link, E> {
                Ok(Link::Id(id.to_owned()))
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Link, A::Error> {
                let entity = Entity::deserialize(MapAccessDeserializer::new(map))?;
                Ok(Link::Nested(Box::new(entity)))
            }
        }

        deserializer.deserialize_any(Either)
    }
}
