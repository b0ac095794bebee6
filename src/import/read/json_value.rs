//! What a part of a JSON document says, once it is held.

/// A value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Value {
    /// `null`.
    Null,
    /// A truth value.
    Bool(bool),
    /// A number, as it was written.
    Number(String),
    /// A text.
    Text(String),
    /// An array.
    Array(Vec<Value>),
    /// An object.
    Object(Object),
}

/// An object, whose keys are unique.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Object {
    /// The line it began on.
    pub(super) line: u64,
    /// By key.
    members: Vec<(String, Value)>,
}

impl Value {
    /// Returns the text that it is.
    pub(super) fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// Returns about how much memory it takes.
    pub(super) fn bytes(&self) -> usize {
        let beyond = match self {
            Self::Null | Self::Bool(_) => 0,
            Self::Number(text) | Self::Text(text) => text.len(),
            Self::Array(elements) => elements.iter().map(Self::bytes).sum(),
            Self::Object(object) => object.bytes(),
        };
        size_of::<Self>() + beyond
    }

    /// Returns the object that it is.
    pub(super) const fn object(&self) -> Option<&Object> {
        match self {
            Self::Object(object) => Some(object),
            _ => None,
        }
    }

    /// Returns the elements of the array that it is; none if it is none.
    pub(super) fn elements(&self) -> &[Self] {
        match self {
            Self::Array(elements) => elements,
            _ => &[],
        }
    }
}

impl Object {
    /// Makes an object of its members, or returns a key that is there twice.
    pub(super) fn new(line: u64, mut members: Vec<(String, Value)>) -> Result<Self, String> {
        members.sort_by(|(a, _), (b, _)| a.cmp(b));
        let twice = members.windows(2).find(|pair| pair[0].0 == pair[1].0);
        match twice {
            Some(pair) => Err(pair[0].0.clone()),
            None => Ok(Self { line, members }),
        }
    }

    /// Returns about how much memory its members take.
    pub(super) fn bytes(&self) -> usize {
        let of_member =
            |(key, value): &(String, Value)| size_of::<String>() + key.len() + value.bytes();
        self.members.iter().map(of_member).sum()
    }

    /// Returns a member. `null` is as if it were not there.
    pub(super) fn get(&self, key: &str) -> Option<&Value> {
        let at = self.members.binary_search_by(|(name, _)| (**name).cmp(key));
        let value = &self.members[at.ok()?].1;
        (*value != Value::Null).then_some(value)
    }

    /// Returns a member that is a text.
    pub(super) fn text(&self, key: &str) -> Option<&str> {
        self.get(key).and_then(Value::text)
    }

    /// Returns the elements of a member; none if it is no array.
    pub(super) fn elements(&self, key: &str) -> &[Value] {
        self.get(key).map(Value::elements).unwrap_or_default()
    }

    /// Returns the texts of a member that is an array.
    pub(super) fn texts(&self, key: &str) -> impl Iterator<Item = &str> {
        self.elements(key).iter().filter_map(Value::text)
    }
}

/// Tells whether a word is a number as JSON writes them.
pub(super) fn is_number(word: &str) -> bool {
    fn after_digits(text: &str) -> Option<&str> {
        let rest = text.trim_start_matches(|c: char| c.is_ascii_digit());
        (rest.len() < text.len()).then_some(rest)
    }
    let unsigned = word.strip_prefix('-').unwrap_or(word);
    let has_needless_zero =
        unsigned.starts_with('0') && unsigned[1..].starts_with(|c: char| c.is_ascii_digit());
    let Some(mut rest) = after_digits(unsigned).filter(|_| !has_needless_zero) else {
        return false;
    };
    if let Some(fraction) = rest.strip_prefix('.') {
        let Some(after) = after_digits(fraction) else {
            return false;
        };
        rest = after;
    }
    if let Some(exponent) = rest.strip_prefix(['e', 'E']) {
        let digits = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
        return after_digits(digits) == Some("");
    }
    rest.is_empty()
}
