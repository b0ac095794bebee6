//! The texts of a column of a Parquet file, whichever way they are kept.

use std::borrow::Cow;

use arrow_array::cast::AsArray as _;
use arrow_array::{
    Array, ArrayRef, BinaryArray, BinaryViewArray, LargeBinaryArray, LargeStringArray, StringArray,
    StringViewArray,
};
use arrow_schema::DataType;

/// A column of texts.
pub(super) enum Cells<'a> {
    Text(&'a StringArray),
    LargeText(&'a LargeStringArray),
    TextView(&'a StringViewArray),
    Binary(&'a BinaryArray),
    LargeBinary(&'a LargeBinaryArray),
    BinaryView(&'a BinaryViewArray),
    /// Which of the values stands in each row; `None`: none.
    Dictionary(Vec<Option<usize>>, Box<Cells<'a>>),
    /// Every row is null.
    Nothing,
}

impl<'a> Cells<'a> {
    /// Tells whether a column of a type has texts in it.
    pub(super) fn reads(kind: &DataType) -> bool {
        match kind {
            DataType::Utf8
            | DataType::LargeUtf8
            | DataType::Utf8View
            | DataType::Binary
            | DataType::LargeBinary
            | DataType::BinaryView
            | DataType::Null => true,
            DataType::Dictionary(_, values) => Self::reads(values),
            _ => false,
        }
    }

    /// Reads a column of a type that [`Self::reads`].
    pub(super) fn of(column: &'a ArrayRef) -> Self {
        match column.data_type() {
            DataType::Utf8 => Self::Text(column.as_string()),
            DataType::LargeUtf8 => Self::LargeText(column.as_string()),
            DataType::Utf8View => Self::TextView(column.as_string_view()),
            DataType::Binary => Self::Binary(column.as_binary()),
            DataType::LargeBinary => Self::LargeBinary(column.as_binary()),
            DataType::BinaryView => Self::BinaryView(column.as_binary_view()),
            DataType::Dictionary(..) => {
                let dictionary = column.as_any_dictionary();
                if dictionary.values().is_empty() {
                    return Self::Nothing;
                }
                let keys = dictionary.normalized_keys().into_iter().enumerate();
                let keys = keys.map(|(row, key)| (!dictionary.is_null(row)).then_some(key));
                Self::Dictionary(keys.collect(), Box::new(Self::of(dictionary.values())))
            }
            _ => Self::Nothing,
        }
    }

    /// Returns the bytes in a row; of a null, none.
    #[inline]
    pub(super) fn get(&self, row: usize) -> Cow<'a, [u8]> {
        let bytes: &'a [u8] = match self {
            Self::Text(array) if array.is_valid(row) => array.value(row).as_bytes(),
            Self::LargeText(array) if array.is_valid(row) => array.value(row).as_bytes(),
            Self::TextView(array) if array.is_valid(row) => array.value(row).as_bytes(),
            Self::Binary(array) if array.is_valid(row) => array.value(row),
            Self::LargeBinary(array) if array.is_valid(row) => array.value(row),
            Self::BinaryView(array) if array.is_valid(row) => array.value(row),
            Self::Dictionary(keys, values) => {
                return match keys[row] {
                    Some(key) => values.get(key),
                    None => Cow::Borrowed(b""),
                };
            }
            _ => b"",
        };
        Cow::Borrowed(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow_array::types::Int8Type;
    use arrow_array::{DictionaryArray, NullArray};
    use std::sync::Arc;

    #[test]
    fn every_way_to_keep_texts_gives_the_same() {
        let given = [
            Some("a"),
            None,
            Some(""),
            Some("long enough for no inline view"),
        ];
        let bytes = given.map(|text| text.map(str::as_bytes));
        let columns: [ArrayRef; 7] = [
            Arc::new(given.iter().collect::<StringArray>()),
            Arc::new(given.iter().collect::<LargeStringArray>()),
            Arc::new(given.iter().collect::<StringViewArray>()),
            Arc::new(bytes.iter().collect::<BinaryArray>()),
            Arc::new(bytes.iter().collect::<LargeBinaryArray>()),
            Arc::new(bytes.iter().collect::<BinaryViewArray>()),
            Arc::new(given.iter().copied().collect::<DictionaryArray<Int8Type>>()),
        ];
        for column in &columns {
            assert!(Cells::reads(column.data_type()));
            let cells = Cells::of(column);
            for (row, text) in given.iter().enumerate() {
                let expected = text.unwrap_or_default().as_bytes();
                assert_eq!(&*cells.get(row), expected, "{} {row}", column.data_type());
            }
        }
        let nothing: ArrayRef = Arc::new(NullArray::new(2));
        assert_eq!(&*Cells::of(&nothing).get(1), b"");
        assert!(!Cells::reads(&DataType::Int64));
    }
}
