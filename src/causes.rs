//! What went wrong and what led to it, in one line: for answers, records and
//! reports that have no room for more.

use std::error::Error;

/// Returns an error with its causes. Those that repeat what was said already,
/// as some do in their own words, are left out.
pub fn in_one_line(error: &(impl Error + ?Sized)) -> String {
    let mut words = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let more = error.to_string();
        if !words.contains(&more) {
            words.push_str(": ");
            words.push_str(&more);
        }
        cause = error.source();
    }
    words
}
