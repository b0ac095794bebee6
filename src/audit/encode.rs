//! Writing protobuf fields by hand, where making a message first would cost
//! more than all else.
//!
//! A record is made for every screening, on the thread that answers it. Made
//! as a message it is a dozen allocations; written field by field it is none.
//! Tests read what is written here with the generated reader.
//!
//! Source: the protocol buffers encoding,
//! <https://protobuf.dev/programming-guides/encoding/>.

/// Numbers of one byte each, seven bits at a time.
const VARINT: u32 = 0;
/// Eight bytes.
const FIXED_64: u32 = 1;
/// A length and so many bytes.
const DELIMITED: u32 = 2;

/// Appends fields to a buffer. What is empty or zero is left out, as proto3
/// has it.
pub struct Fields<'a>(pub &'a mut Vec<u8>);

impl Fields<'_> {
    /// Returns how many bytes are written.
    pub fn written(&self) -> usize {
        self.0.len()
    }

    /// Writes a text.
    pub fn text(&mut self, field: u32, text: &str) {
        self.bytes(field, text.as_bytes());
    }

    /// Writes bytes.
    pub fn bytes(&mut self, field: u32, bytes: &[u8]) {
        if !bytes.is_empty() {
            self.item(field, bytes);
        }
    }

    /// Writes one of several bytes or texts, which may be empty.
    pub fn item(&mut self, field: u32, bytes: &[u8]) {
        self.key(field, DELIMITED);
        self.varint(bytes.len() as u64);
        self.0.extend_from_slice(bytes);
    }

    /// Writes a number that is not negative.
    pub fn number(&mut self, field: u32, number: u64) {
        if number != 0 {
            self.key(field, VARINT);
            self.varint(number);
        }
    }

    /// Writes a number that may be negative.
    pub fn signed(&mut self, field: u32, number: i64) {
        self.number(field, number.cast_unsigned());
    }

    /// Writes a truth.
    pub fn truth(&mut self, field: u32, truth: bool) {
        self.number(field, u64::from(truth));
    }

    /// Writes a number of eight bytes, zero too.
    pub fn fixed(&mut self, field: u32, number: u64) {
        self.key(field, FIXED_64);
        self.0.extend_from_slice(&number.to_le_bytes());
    }

    /// Writes a message, of fields that are written within.
    pub fn message(&mut self, field: u32, write: impl FnOnce(&mut Fields<'_>)) {
        self.key(field, DELIMITED);
        let start = self.0.len();
        write(&mut Fields(self.0));
        // Its length stands before it, and is known only now.
        let length = self.0.len() - start;
        let mut digits = [0; 10];
        let digits = varint(length as u64, &mut digits);
        self.0.extend_from_slice(digits);
        self.0[start..].rotate_right(digits.len());
    }

    fn key(&mut self, field: u32, kind: u32) {
        self.varint(u64::from(field << 3 | kind));
    }

    fn varint(&mut self, number: u64) {
        let mut digits = [0; 10];
        self.0.extend_from_slice(varint(number, &mut digits));
    }
}

fn varint(mut number: u64, digits: &mut [u8; 10]) -> &[u8] {
    let mut count = 0;
    loop {
        let low = (number & 0x7f) as u8;
        number >>= 7;
        if number == 0 {
            digits[count] = low;
            return &digits[..=count];
        }
        digits[count] = low | 0x80;
        count += 1;
    }
}

#[cfg(test)]
mod tests {
    use prost::Message as _;

    use super::super::record::{Reading, Screening};
    use super::*;

    #[test]
    fn what_is_written_is_read_by_the_generated_reader() {
        for length in [0, 1, 126, 127, 128, 16_383, 16_384, 300_000] {
            let text = "x".repeat(length);
            let mut bytes = Vec::new();
            let mut fields = Fields(&mut bytes);
            fields.text(1, "peer");
            fields.message(6, |reading| {
                reading.text(1, &text);
                reading.truth(3, true);
                reading.number(5, length as u64);
            });
            fields.message(6, |_| {});
            fields.item(10, b"");
            fields.signed(18, -5);
            fields.number(14, u64::MAX);
            let read = Screening::decode(bytes.as_slice()).expect("decodes");
            let expected = Screening {
                caller: "peer".to_owned(),
                readings: vec![
                    Reading {
                        canonical: text,
                        strict: true,
                        destination: length as u32,
                        ..Reading::default()
                    },
                    Reading::default(),
                ],
                reasons: vec![String::new()],
                judged_at_s: -5,
                generation: u64::MAX,
                ..Screening::default()
            };
            assert_eq!(read, expected, "{length}");
        }
    }
}
