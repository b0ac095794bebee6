//! What a publisher says the SHA-256 of its files is.
//!
//! A hash file is a second word on the same file, from the same publisher or,
//! better, from elsewhere. `published` finds the one for a file by name in
//! the forms in use: the lines of `sha256sum` and of BSD's `sha256`, a bare
//! hash, and pages or tables that name a file before its hashes, as OFAC's
//! does. Hashes of other lengths (MD5, SHA-1, SHA-384, SHA-512) are passed
//! over. When in doubt there is no hash, and without one nothing is taken.

use thiserror::Error;

/// Longest hash file that is read.
pub const HASH_FILE_BYTES_MAX: u64 = 1 << 20;

const HEX_DIGITS: usize = 64;

/// Why a file cannot be held against its publisher's hash, or fails it.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum HashFault {
    /// The file is not what the publisher hashed.
    #[error(
        "`{file}` has SHA-256 {found} and its publisher says {published}: the file or its hash is not the publisher's, or one of them is about to be replaced; nothing was taken"
    )]
    Differs {
        /// The file.
        file: String,
        /// What the publisher says, in hex.
        published: String,
        /// What came, in hex.
        found: String,
    },
    /// The hash file does not name the file.
    #[error(
        "the publisher's hash file has no SHA-256 for `{file}`: look at it, and correct `hash_url`"
    )]
    Missing {
        /// The file.
        file: String,
    },
    /// The hash file says two things of one file.
    #[error(
        "the publisher's hash file has several SHA-256 for `{file}`: look at it, and correct `hash_url`"
    )]
    Ambiguous {
        /// The file.
        file: String,
    },
}

/// Holds a file, by its SHA-256 in lower-case hex, against what its publisher
/// says.
///
/// # Errors
///
/// If the hash file says something else, nothing, or several things of it.
pub fn check(hash_file: &str, file: &str, found: &str) -> Result<(), HashFault> {
    let published = published(hash_file, file)?;
    if published == found {
        return Ok(());
    }
    Err(HashFault::Differs {
        file: file.to_owned(),
        published,
        found: found.to_owned(),
    })
}

/// Finds the SHA-256 of a file, in lower-case hex.
fn published(hash_file: &str, file: &str) -> Result<String, HashFault> {
    let plain = without_markup(hash_file);
    let words: Vec<&str> = plain
        .split(|c: char| c.is_whitespace() || "()<>=\"'|,;:*".contains(c))
        .filter(|word| !word.is_empty())
        .collect();
    let mut found: Vec<String> = Vec::new();
    if let [only] = words.as_slice()
        && is_sha256(only)
    {
        found.push(only.to_ascii_lowercase());
    }
    for line in plain.lines() {
        found.extend(of_sha256sum_line(line, file));
    }
    // The lines of `sha256sum` put the hash first; only where there are none
    // is a hash that follows a name its own.
    if found.is_empty() {
        found.extend(after_name(&words, file));
    }
    found.sort_unstable();
    found.dedup();
    match found.as_slice() {
        [one] => Ok(one.clone()),
        [] => Err(HashFault::Missing {
            file: file.to_owned(),
        }),
        _ => Err(HashFault::Ambiguous {
            file: file.to_owned(),
        }),
    }
}

/// Reads `<hash>  name` and `<hash> *name`; the name may have folders.
fn of_sha256sum_line(line: &str, file: &str) -> Option<String> {
    let (hash, name) = line.trim().split_once(char::is_whitespace)?;
    let name = name.trim_start().trim_start_matches('*');
    (is_sha256(hash) && is_named(name, file)).then(|| hash.to_ascii_lowercase())
}

/// Returns every SHA-256 that follows the name before another file is named.
fn after_name(words: &[&str], file: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut is_ours = false;
    for word in words {
        if is_sha256(word) {
            if is_ours {
                found.push(word.to_ascii_lowercase());
            }
        } else if is_named(word, file) {
            is_ours = true;
        } else if looks_like_a_file(word) {
            is_ours = false;
        }
    }
    found
}

fn is_sha256(word: &str) -> bool {
    word.len() == HEX_DIGITS && word.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// Publishers do not agree with themselves on the case of a file's name.
fn is_named(word: &str, file: &str) -> bool {
    let name = word.rsplit(['/', '\\']).next().unwrap_or(word);
    name.eq_ignore_ascii_case(file)
}

fn looks_like_a_file(word: &str) -> bool {
    word.rsplit_once('.').is_some_and(|(stem, extension)| {
        let plain = extension.bytes().all(|byte| byte.is_ascii_alphanumeric());
        !stem.is_empty() && plain && (2..=5).contains(&extension.len())
    })
}

/// Takes tags out of a page. Text without tags stays as it is.
fn without_markup(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find('<') {
        plain.push_str(&rest[..start]);
        let Some(end) = rest[start..].find('>') else {
            plain.push_str(&rest[start..]);
            return plain;
        };
        plain.push(' ');
        rest = &rest[start + end + 1..];
    }
    plain.push_str(rest);
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: &str = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";
    const TWO: &str = "60303ae22b998861bce3b28f33eec1be758a213c86c93c076dbe9f558c11c752";

    fn of(hash_file: &str, file: &str) -> Option<String> {
        published(hash_file, file).ok()
    }

    #[test]
    fn the_forms_in_use_are_read() {
        for form in [
            format!("{ONE}\n"),
            format!("{ONE}  SDN.XML\n"),
            format!("{ONE} *SDN.XML\r\n{TWO} *SDN.CSV\r\n"),
            format!("{TWO}  SDN.CSV\n{ONE}  ./exports/sdn.xml\n"),
            format!("SHA256 (SDN.CSV) = {TWO}\nSHA256 (SDN.XML) = {ONE}\n"),
            format!("SDN.CSV: {TWO}\nSDN.XML: {}\n", ONE.to_uppercase()),
            format!(
                "<table><tr><td><a href=\"x\">SDN.CSV</a></td><td>{TWO}</td></tr>\
                 <tr><td>SDN.XML</td><td>{ONE}</td><td>{ONE}{ONE}</td></tr></table>"
            ),
            format!("File,SHA-256\nSDN.XML,{ONE}\nSDN.CSV,{TWO}\n"),
            format!("{{\"SDN.XML\": \"{ONE}\", \"SDN.CSV\": \"{TWO}\"}}"),
        ] {
            assert_eq!(of(&form, "SDN.XML").as_deref(), Some(ONE), "{form}");
        }
    }

    #[test]
    fn in_doubt_there_is_no_hash() {
        let missing = [
            String::new(),
            "no hash at all".to_owned(),
            format!("{ONE}  SDN.CSV\n"),
            format!("{ONE}  SDN.XML.zip\n"),
            format!("{}  SDN.XML\n", &ONE[1..]),
            format!("{ONE}{TWO}  SDN.XML\n"),
            format!("MD5 (SDN.XML) = {}\n", &ONE[..32]),
            format!("{ONE} {TWO}"),
            format!("SDN.XML\nSDN.CSV {TWO}"),
        ];
        for form in missing {
            let fault = published(&form, "SDN.XML").expect_err(&form);
            assert!(matches!(fault, HashFault::Missing { .. }), "{form}");
        }
        for form in [
            format!("{ONE}  SDN.XML\n{TWO}  SDN.XML\n"),
            format!("SDN.XML {ONE} {TWO}"),
        ] {
            let fault = published(&form, "SDN.XML").expect_err(&form);
            assert!(matches!(fault, HashFault::Ambiguous { .. }), "{form}");
        }
    }

    #[test]
    fn a_file_that_differs_is_refused_with_both_hashes() {
        assert_eq!(check(ONE, "SDN.XML", ONE), Ok(()));
        let fault = check(TWO, "SDN.XML", ONE).expect_err("another");
        let words = fault.to_string();
        assert!(words.contains(ONE) && words.contains(TWO), "{words}");
    }
}
