//! The console's files, which are part of the program: nothing is fetched
//! from elsewhere and nothing is read from a disk.
//!
//! They hold no data, so anybody may have them; what the console then asks
//! for is asked in the name of whoever looks.

use std::sync::LazyLock;

use axum::Router;
use axum::extract::Request;
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, IF_NONE_MATCH};
use http::{HeaderMap, HeaderValue, StatusCode};

/// Every file under `src/console`, by its path there.
const FILES: &[(&str, &[u8])] = include!(concat!(env!("OUT_DIR"), "/console.rs"));

/// A file that is served.
struct File {
    path: String,
    kind: &'static str,
    tag: HeaderValue,
    content: &'static [u8],
}

static SERVED: LazyLock<Vec<File>> = LazyLock::new(|| {
    let files = FILES.iter().map(|(name, content)| File {
        path: match *name {
            "index.html" => "/".to_owned(),
            name => format!("/{name}"),
        },
        kind: kind_of(name).unwrap_or("application/octet-stream"),
        tag: tag_of(content),
        content,
    });
    files.collect()
});

/// Returns the routes of the files.
pub(super) fn router() -> Router {
    let paths = SERVED.iter().map(|file| file.path.as_str());
    paths.fold(Router::new(), |router, path| {
        router.route(path, get(answer))
    })
}

async fn answer(request: Request) -> Response {
    let path = request.uri().path();
    let Some(file) = SERVED.iter().find(|file| file.path == path) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let mut response = match is_held(request.headers(), &file.tag) {
        true => StatusCode::NOT_MODIFIED.into_response(),
        false => file.content.into_response(),
    };
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(file.kind));
    headers.insert(ETAG, file.tag.clone());
    // Kept, but asked about each time: after an upgrade no old page is left.
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    response
}

/// Tells whether whoever asks has the file as it is.
fn is_held(headers: &HeaderMap, tag: &HeaderValue) -> bool {
    let given = headers.get_all(IF_NONE_MATCH).iter();
    let mut tags = given.flat_map(|value| value.as_bytes().split(|byte| *byte == b','));
    tags.any(|given| {
        let given = given.trim_ascii();
        given.strip_prefix(b"W/").unwrap_or(given) == tag.as_bytes()
    })
}

fn tag_of(content: &[u8]) -> HeaderValue {
    let digest = blake3::hash(content).to_hex();
    HeaderValue::from_str(&format!("\"{}\"", &digest[..32])).expect("hexadecimal digits")
}

fn kind_of(name: &str) -> Option<&'static str> {
    Some(match name.rsplit_once('.')?.1 {
        "html" => "text/html; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "json" => "application/json",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "txt" => "text/plain; charset=utf-8",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn named(path: &str) -> Option<&'static str> {
        let found = FILES.iter().find(|(name, _)| *name == path);
        found.map(|(name, _)| *name)
    }

    /// What a file names: everything in quotes that leads to another file.
    fn led_to(name: &str, text: &str) -> BTreeSet<&'static str> {
        let folder = name.rsplit_once('/').map_or("", |(folder, _)| folder);
        let words = text.split(['"', '\'', '(', ')', '`']);
        let paths = words.filter_map(|word| match word.strip_prefix("./") {
            Some(beside) => named(&format!("{folder}/{beside}")),
            None => word.strip_prefix('/').and_then(named),
        });
        paths.collect()
    }

    #[test]
    fn every_file_of_the_console_is_embedded_led_to_and_of_a_known_kind() {
        let mut reached = BTreeSet::from(["index.html"]);
        let mut waiting = vec!["index.html"];
        while let Some(name) = waiting.pop() {
            let (_, content) = FILES
                .iter()
                .find(|(one, _)| *one == name)
                .expect("embedded");
            let text = String::from_utf8_lossy(content);
            for next in led_to(name, &text) {
                if reached.insert(next) {
                    waiting.push(next);
                }
            }
        }
        for (name, content) in FILES {
            assert!(reached.contains(name), "nothing leads to {name}");
            assert!(kind_of(name).is_some(), "{name} has no kind");
            assert!(!content.is_empty(), "{name} is empty");
        }
    }

    #[test]
    fn every_file_that_is_named_is_there() {
        for (name, content) in FILES {
            let text = String::from_utf8_lossy(content);
            for word in text.split(['"', '\'']) {
                let Some(path) = word.strip_prefix("/assets/") else {
                    continue;
                };
                assert!(
                    named(&format!("assets/{path}")).is_some(),
                    "{name} names {word}"
                );
            }
        }
    }

    /// The policy that is sent with the page forbids it; so does this.
    #[test]
    fn nothing_is_inline_and_nothing_comes_from_elsewhere() {
        let (_, page) = FILES
            .iter()
            .find(|(name, _)| *name == "index.html")
            .expect("a page");
        let page = String::from_utf8_lossy(page).to_lowercase();
        for forbidden in [
            " style=",
            "<style",
            " onclick=",
            " onload=",
            "javascript:",
            "src=\"http",
            "href=\"http",
        ] {
            assert!(!page.contains(forbidden), "{forbidden}");
        }
        for script in page.split("<script").skip(1) {
            let (tag, rest) = script.split_once('>').expect("a tag ends");
            assert!(tag.contains("src=\"/assets/"), "{tag}");
            assert!(rest.starts_with("</script>"), "a script has no text");
        }
    }
}
