//! The stylesheet, scripts, fonts and icons: in the binary, under addresses that never change their content.
//!
//! All of them share one address prefix, made from a hash of them all. So files can name each other relatively,
//! unmodified as they came, and every one may be kept by a browser for good.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::LazyLock;

use axum::body::Body;
use axum::extract::Path;
use axum::http::HeaderValue;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use rust_embed::RustEmbed;
use sha2::{Digest, Sha256};

use crate::problem::Problem;

/// What a browser may do with a file under the current prefix.
pub const IMMUTABLE: &str = "public, max-age=31536000, immutable";

/// Our own stylesheet, the one file that is not served as it was written.
const STYLESHEET: &str = "atlas.css";

/// How much of the hash stands in addresses, in hexadecimal digits.
const PREFIX_LENGTH: usize = 16;

#[derive(RustEmbed)]
#[folder = "assets/"]
struct Folder;

/// Every file, read once: what is served does not change while the process runs.
struct Files {
    prefix: String,
    by_path: BTreeMap<String, Cow<'static, [u8]>>,
}

static FILES: LazyLock<Files> = LazyLock::new(|| {
    let read = |path: Cow<'static, str>| {
        let data = Folder::get(&path)?.data;
        let data = if path == STYLESHEET { without_comments(&data) } else { data };
        Some((path.to_string(), data))
    };
    let by_path: BTreeMap<String, Cow<'static, [u8]>> = Folder::iter().filter_map(read).collect();
    let mut all = Sha256::new();
    for (path, bytes) in &by_path {
        all.update(path.as_bytes());
        all.update([0]);
        all.update(Sha256::digest(bytes));
    }
    let mut prefix = hex::encode(all.finalize());
    prefix.truncate(PREFIX_LENGTH);
    Files { prefix, by_path }
});

/// Takes the comments and the indentation out of a stylesheet: they are for those who write it.
fn without_comments(sheet: &[u8]) -> Cow<'static, [u8]> {
    let text = std::str::from_utf8(sheet).expect("the stylesheet is text of ours");
    let mut kept = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("/*") {
        kept.push_str(before);
        rest = after.split_once("*/").map_or("", |(_, after)| after);
    }
    kept.push_str(rest);
    let lines = kept.lines().map(str::trim).filter(|line| !line.is_empty());
    Cow::Owned(lines.collect::<Vec<_>>().join("\n").into_bytes())
}

/// Gives the address of a file, named by its path below `assets/`.
///
/// A file that does not exist gets an address that answers 404; a test looks every name up.
#[must_use]
pub fn url(path: &str) -> String {
    format!("/assets/{}/{path}", FILES.prefix)
}

/// Gives the content of a file, for what has to stand in a page itself.
#[must_use]
pub fn text(path: &str) -> Option<&'static str> {
    std::str::from_utf8(FILES.by_path.get(path)?).ok()
}

/// Gives the path of every file.
pub fn paths() -> impl Iterator<Item = &'static str> {
    FILES.by_path.keys().map(String::as_str)
}

/// Serves one file.
///
/// A prefix of another release gets today's file and no promise that it stays: a page that was open while the
/// server was replaced goes on working.
pub async fn serve(Path((prefix, path)): Path<(String, String)>) -> Result<Response, Problem> {
    let bytes = FILES.by_path.get(&path).ok_or_else(Problem::not_found)?;
    let keep = if prefix == FILES.prefix { IMMUTABLE } else { "no-cache" };
    let body = match bytes {
        Cow::Borrowed(bytes) => Body::from(*bytes),
        Cow::Owned(bytes) => Body::from(bytes.clone()),
    };
    let headers = [
        (CONTENT_TYPE, HeaderValue::from_static(media_type(&path))),
        (CACHE_CONTROL, HeaderValue::from_static(keep)),
    ];
    Ok((headers, body).into_response())
}

fn media_type(path: &str) -> &'static str {
    match path.rsplit_once('.').map(|(_, extension)| extension) {
        Some("css") => "text/css; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("woff2") => "font/woff2",
        Some("txt") => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vendored_files_are_exactly_those_that_were_taken_in() {
        let sums = text("vendor/SHA256SUMS").expect("the sums are there");
        let listed: BTreeMap<&str, &str> = sums
            .lines()
            .filter_map(|line| line.split_once("  "))
            .map(|(sum, path)| (path.trim(), sum.trim()))
            .collect();
        let found: Vec<&str> = paths()
            .filter_map(|path| path.strip_prefix("vendor/"))
            .filter(|path| *path != "SHA256SUMS")
            .collect();
        assert_eq!(found, listed.keys().copied().collect::<Vec<_>>());
        for (path, sum) in listed {
            let bytes = &FILES.by_path[&format!("vendor/{path}")];
            assert_eq!(hex::encode(Sha256::digest(bytes)), sum, "{path}");
        }
    }

    #[test]
    fn the_stylesheet_is_served_without_its_comments_and_with_every_rule() {
        let served = text(STYLESHEET).expect("it is there");
        assert!(!served.contains("/*") && !served.contains("*/"));
        let written = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/assets/atlas.css"));
        let written = written.expect("it can be read");
        // A comment sign inside a text of the stylesheet would end up as a cut rule.
        for sign in ['{', '}'] {
            let in_comments: usize = written
                .split("/*")
                .skip(1)
                .filter_map(|rest| rest.split("*/").next())
                .map(|comment| comment.matches(sign).count())
                .sum();
            assert_eq!(served.matches(sign).count(), written.matches(sign).count() - in_comments, "{sign}");
        }
        assert_eq!(
            std::str::from_utf8(&without_comments(b"a{}\n  /* b{}\n */ c{ }\n\n")).expect("text"),
            "a{}\nc{ }"
        );
    }

    #[test]
    fn every_file_has_a_type_of_its_own() {
        for path in paths().filter(|path| *path != "vendor/SHA256SUMS") {
            assert_ne!(media_type(path), "application/octet-stream", "{path}");
        }
    }
}
