//! MISP events, as a feed or the API gives them.
//!
//! A document is an event (`{"Event": …}`), a search's answer
//! (`{"response": [{"Event": …}]}`, `{"response": {"Attribute": […]}}`), or an
//! array of events. Several files may be given, such as a feed's; its
//! `manifest.json` is not an event and is refused.
//!
//! An address is an attribute of type `btc`, `xmr` or `dash`, on the event or
//! in any of its objects, or the `address-crypto` of a `coin-address` object.
//!
//! | becomes | is |
//! |---|---|
//! | ticker | the object's `symbol`, else the attribute's type |
//! | subjects | galaxy tags of the attribute, then of the event: `misp-galaxy:threat-actor="…"`, `ransomware`, `mitre-intrusion-set`, `mitre-malware`, `malpedia`, `microsoft-activity-group` |
//! | category | `RANSOMWARE` if a tag says so, else the import's own |
//! | listed on | the event's date |
//! | reference | the UUIDs of event and attribute |
//! | note | the event's info, the attribute's comment, when it was first and last seen |
//!
//! Deleted attributes, those of deleted objects, and typed ones with `to_ids`
//! false are not listings: they are counted and left out. An `address-crypto`
//! is a listing whatever its `to_ids`, because its type, `text`, has it off
//! unless somebody thought of it. Proposals (`ShadowAttribute`) and related
//! events are skipped. A cut document lacks its closing bracket and is
//! refused.
//!
//! Sources: <https://www.misp-standard.org/rfc/misp-standard-core.html>,
//! <https://www.misp-project.org/objects.html#_coin_address>.

use std::collections::VecDeque;

use crate::list::Category;

use super::error::ReadError;
use super::facts::Facts;
use super::format::Start;
use super::held::HeldBytes;
use super::json_documents::{Document, Documents, Settings};
use super::json_stream::{Begins, Json, Next, Shape};
use super::json_value::Value;
use super::row::Row;
use super::{Format, InputFile, Limits, Reader};

#[path = "misp_event.rs"]
mod event;

use event::{ATTRIBUTE, About, Attribute, flag, tag_names};

pub(super) fn sniff(start: &Start<'_>) -> bool {
    let begins_with = |key: &str| {
        start
            .json_members()
            .first()
            .is_some_and(|(first, _)| first == key)
    };
    let bytes = start.bytes.strip_prefix(b"[").map(<[u8]>::trim_ascii_start);
    if let Some(bytes) = bytes {
        let inner = Start {
            bytes,
            name: start.name,
        };
        return inner
            .json_members()
            .first()
            .is_some_and(|(first, _)| first == "Event");
    }
    begins_with("Event")
        || begins_with("response")
            && (start.contains("\"Event\"") || start.contains("\"Attribute\""))
}

pub(super) fn open(
    files: Vec<InputFile>,
    category: Category,
    limits: Limits,
) -> Result<Box<dyn Reader + Send>, ReadError> {
    let settings = Settings { category, limits };
    Ok(Box::new(Documents::<Events>::open(files, settings)?))
}

/// What is read of an event.
const EVENT: [&str; 6] = ["info", "date", "uuid", "Tag", "Attribute", "Object"];

/// What is read of an object.
const OBJECT: [&str; 3] = ["name", "deleted", "Attribute"];

/// A document of events.
struct Events {
    json: Json,
    /// What is open outside of events.
    levels: Vec<Level>,
    /// Whether there was an event, or an attribute without one.
    any: bool,
    /// What was read of an event, of which rows are to be made.
    about: About,
    groups: VecDeque<Group>,
    /// The next attribute of the first group.
    place: usize,
}

/// What a part of the document outside of events is.
#[derive(Clone, Copy)]
enum Level {
    /// An object that may hold an event, attributes or a response.
    Wrapper,
    /// An array of such objects.
    List,
    /// An array of attributes.
    Attributes,
}

impl Events {
    /// Reads the next event or lone attribute. `false`: there is none.
    fn advance(&mut self, settings: &Settings) -> Result<bool, ReadError> {
        loop {
            let Some(&level) = self.levels.last() else {
                self.json.finish()?;
                let problem = "it holds no event: a feed's manifest.json is not one";
                return self
                    .any
                    .then_some(false)
                    .ok_or_else(|| self.json.wrong(problem));
            };
            match (level, self.json.next()?) {
                (_, Next::End) => {
                    self.levels.pop();
                }
                (_, Next::Key(key)) if key == "Event" => {
                    self.any = true;
                    self.event(settings)?;
                    return Ok(true);
                }
                (_, Next::Key(key)) if key == "Attribute" => {
                    self.any = true;
                    self.enter_array("Attribute")?;
                    self.levels.push(Level::Attributes);
                }
                (_, Next::Key(key)) if key == "response" => self.enter_any()?,
                (_, Next::Key(_)) => self.json.skip()?,
                (Level::Attributes, Next::Element) => {
                    self.lone_attribute()?;
                    return Ok(true);
                }
                (_, Next::Element) => self.enter_any()?,
            }
        }
    }

    /// Enters what may hold events, or skips what cannot.
    fn enter_any(&mut self) -> Result<(), ReadError> {
        match self.json.begins()? {
            Begins::With(_) => {
                let shape = self.json.enter()?;
                self.levels.push(match shape {
                    Shape::Object => Level::Wrapper,
                    Shape::Array => Level::List,
                });
                Ok(())
            }
            _ => self.json.skip(),
        }
    }

    /// Refuses a key that is read and was already `seen`.
    fn once(
        &self,
        seen: &mut Vec<&'static str>,
        read: &[&'static str],
        key: &str,
    ) -> Result<(), ReadError> {
        match read.iter().find(|read| **read == key) {
            Some(key) => self.json.once(seen, key),
            None => Ok(()),
        }
    }

    fn enter_array(&mut self, what: &str) -> Result<(), ReadError> {
        match self.json.enter()? {
            Shape::Array => Ok(()),
            Shape::Object => Err(self.json.wrong(format!("`{what}` is not an array"))),
        }
    }

    fn event(&mut self, settings: &Settings) -> Result<(), ReadError> {
        if self.json.enter()? != Shape::Object {
            return Err(self.json.wrong("`Event` is not an object"));
        }
        let mut about = About::default();
        let mut held = Held::new(&settings.limits);
        let mut seen = Vec::new();
        while let Next::Key(key) = self.json.next()? {
            self.once(&mut seen, &EVENT, &key)?;
            match key.as_str() {
                "info" => about.info = owned(&self.json.value()?),
                "date" => about.date = owned(&self.json.value()?),
                "uuid" => about.uuid = owned(&self.json.value()?),
                "Tag" => about.tags = tag_names(self.json.value()?.elements()),
                "Attribute" => self.attributes(settings, &mut held)?,
                "Object" => self.objects(settings, &mut held)?,
                _ => self.json.skip()?,
            }
        }
        let tags = about.tags.iter().map(String::len).sum::<usize>();
        held.bytes.add(tags, &self.json.locator())?;
        self.about = about;
        self.groups = held.groups;
        Ok(())
    }

    /// Reads the attributes of an event, each a group of its own.
    fn attributes(&mut self, settings: &Settings, held: &mut Held) -> Result<(), ReadError> {
        let max = usize::MAX;
        let attributes = self.attribute_list(settings, max, &mut held.bytes)?;
        let alone = |attribute| Group {
            attributes: vec![attribute],
            ..Group::default()
        };
        held.groups.extend(attributes.into_iter().map(alone));
        Ok(())
    }

    /// Reads the attributes that may matter, `max` at most.
    fn attribute_list(
        &mut self,
        settings: &Settings,
        max: usize,
        held: &mut HeldBytes,
    ) -> Result<Vec<Attribute>, ReadError> {
        let mut kept = Vec::new();
        self.enter_array("Attribute")?;
        while self.json.next()? == Next::Element {
            let attribute = self.attribute()?;
            if let Some(attribute) = attribute.filter(Attribute::is_wanted) {
                held.add(attribute.bytes() + size_of::<Group>(), &attribute.at)?;
                kept.push(attribute);
            }
            if kept.len() > max {
                return Err(ReadError::Limit {
                    file: self.json.file(),
                    line: self.json.locator().line,
                    what: "the number of addresses of one object",
                    max: settings.limits.ids_max as u64,
                });
            }
        }
        Ok(kept)
    }

    fn attribute(&mut self) -> Result<Option<Attribute>, ReadError> {
        self.json.begins()?;
        let at = self.json.locator();
        let said = self.json.object(ATTRIBUTE)?;
        Ok(said.map(|said| Attribute { at, said }))
    }

    /// Reads the objects of an event.
    fn objects(&mut self, settings: &Settings, held: &mut Held) -> Result<(), ReadError> {
        self.enter_array("Object")?;
        while self.json.next()? == Next::Element {
            if self.json.begins()? != Begins::With(Shape::Object) {
                self.json.skip()?;
                continue;
            }
            self.json.enter()?;
            let mut group = Group::default();
            let mut seen = Vec::new();
            while let Next::Key(key) = self.json.next()? {
                self.once(&mut seen, &OBJECT, &key)?;
                match key.as_str() {
                    "name" => group.object = owned(&self.json.value()?),
                    "deleted" => group.deleted = flag(Some(&self.json.value()?)) == Some(true),
                    "Attribute" => {
                        group.attributes = self.attribute_list(
                            settings,
                            settings.limits.ids_max,
                            &mut held.bytes,
                        )?;
                    }
                    _ => self.json.skip()?,
                }
            }
            let object = group.object.as_deref();
            if group.attributes.iter().any(|said| said.is_address(object)) {
                held.groups.push_back(group);
            }
        }
        Ok(())
    }

    /// Reads an attribute that a search found, with its event inside.
    fn lone_attribute(&mut self) -> Result<(), ReadError> {
        if let Some(attribute) = self.attribute()? {
            let event = attribute.said.get("Event").and_then(Value::object);
            self.about = event.map(About::of).unwrap_or_default();
            self.groups.push_back(Group {
                attributes: vec![attribute],
                ..Group::default()
            });
        }
        Ok(())
    }

    /// Makes the next row of what was read. `None`: there is none left.
    fn take(&mut self, settings: &Settings, facts: &mut Facts) -> Option<Row> {
        while let Some(group) = self.groups.front() {
            let Some(attribute) = group.attributes.get(self.place) else {
                self.groups.pop_front();
                self.place = 0;
                continue;
            };
            self.place += 1;
            if !attribute.is_address(group.object.as_deref()) {
                continue;
            }
            let deleted = group.deleted.then_some("attribute(s) of deleted objects");
            match deleted.or_else(|| attribute.not_listed()) {
                Some(why) => facts.not_listed(why, || attribute.at.clone()),
                None => return Some(attribute.row(&group.attributes, &self.about, settings)),
            }
        }
        None
    }
}

/// What is held of an event until it ends.
struct Held {
    groups: VecDeque<Group>,
    bytes: HeldBytes,
}

impl Held {
    fn new(limits: &Limits) -> Self {
        Self {
            groups: VecDeque::new(),
            bytes: HeldBytes::new(limits),
        }
    }
}

/// Attributes that tell of each other.
#[derive(Default)]
struct Group {
    /// The name of the object they are in.
    object: Option<String>,
    deleted: bool,
    attributes: Vec<Attribute>,
}

fn owned(value: &Value) -> Option<String> {
    value.text().map(str::to_owned)
}

impl Document for Events {
    const FORMAT: Format = Format::Misp;
    const EACH_LISTS: bool = false;

    fn open(file: InputFile, settings: &Settings) -> Result<Self, ReadError> {
        let mut json = Json::open(file, Self::FORMAT, &settings.limits)?;
        let level = match json.enter()? {
            Shape::Object => Level::Wrapper,
            Shape::Array => Level::List,
        };
        Ok(Self {
            json,
            levels: vec![level],
            any: false,
            about: About::default(),
            groups: VecDeque::new(),
            place: 0,
        })
    }

    fn next_row(
        &mut self,
        settings: &Settings,
        facts: &mut Facts,
    ) -> Result<Option<Row>, ReadError> {
        loop {
            if let Some(row) = self.take(settings, facts) {
                return Ok(Some(row));
            }
            if !self.advance(settings)? {
                return Ok(None);
            }
        }
    }
}

#[cfg(test)]
#[path = "misp_tests.rs"]
mod tests;
