//! What stands before and after every operation of the API, whatever it does.

use axum::body::Body;
use axum::extract::Request;
use axum::http::header::{ACCEPT, CONTENT_TYPE, COOKIE, ETAG, IF_NONE_MATCH};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use sha2::{Digest, Sha256};

use crate::problem::{Code, Problem};

/// The largest answer that is given a tag, in bytes; no answer of ours comes near it.
const TAGGED_MAX: usize = 64 * 1024 * 1024;

/// The end of the addresses that give lists as files, which may be of another form.
const EXPORT: &str = "/export";

/// How many bytes of the hash make a tag.
const TAG_LENGTH: usize = 16;

/// Refuses cookies and answers that nobody takes, and tags what is read, so that it need not be sent again unchanged.
///
/// A token alone says who asks: with cookies another site could make a browser ask.
pub async fn check(request: Request, next: Next) -> Response {
    if request.headers().contains_key(COOKIE) {
        let why = "The API takes a token in the Authorization header and no cookies.";
        return Problem::new(Code::Malformed, why).into_response();
    }
    let exports = request.uri().path().ends_with(EXPORT);
    let csv = exports && takes(request.headers(), &["text/*", "text/csv"]);
    if !csv && !takes_json(request.headers()) {
        return Problem::new(Code::NotAcceptable, "The API answers with application/json.").into_response();
    }
    let reads = matches!(*request.method(), Method::GET | Method::HEAD);
    let known: Vec<HeaderValue> = request.headers().get_all(IF_NONE_MATCH).iter().cloned().collect();
    let response = next.run(request).await;
    if reads && response.status() == StatusCode::OK { tagged(response, &known).await } else { response }
}

/// What a caller may say that takes JSON.
const JSON: [&str; 5] = ["*/*", "application/*", "application/json", "application/problem+json", ""];

fn takes_json(headers: &HeaderMap) -> bool {
    takes(headers, &JSON)
}

/// Says whether any of what the caller takes is wanted (RFC 9110, section 12.5.1); saying nothing is taking anything.
fn takes(headers: &HeaderMap, kinds: &[&str]) -> bool {
    let mut said = headers.get_all(ACCEPT).iter().filter_map(|value| value.to_str().ok()).peekable();
    if said.peek().is_none() {
        return true;
    }
    said.flat_map(|value| value.split(',')).any(|range| {
        let mut parts = range.split(';').map(str::trim);
        let kind = parts.next().unwrap_or_default().to_ascii_lowercase();
        let wanted = !parts.any(|part| matches!(part, "q=0" | "q=0.0" | "q=0.00" | "q=0.000"));
        wanted && kinds.contains(&kind.as_str())
    })
}

async fn tagged(response: Response, known: &[HeaderValue]) -> Response {
    let (mut parts, body) = response.into_parts();
    let bytes = match axum::body::to_bytes(body, TAGGED_MAX).await {
        Ok(bytes) => bytes,
        Err(error) => return Problem::internal(&error).into_response(),
    };
    let tag = format!("\"{}\"", hex::encode(&Sha256::digest(&bytes)[..TAG_LENGTH]));
    let same =
        known.iter().filter_map(|value| value.to_str().ok()).flat_map(|value| value.split(',')).any(|one| {
            let one = one.trim();
            one == "*" || one.strip_prefix("W/").unwrap_or(one) == tag
        });
    parts.headers.insert(ETAG, HeaderValue::from_str(&tag).expect("hexadecimal digits are visible"));
    if same {
        parts.headers.remove(CONTENT_TYPE);
        parts.status = StatusCode::NOT_MODIFIED;
        return Response::from_parts(parts, Body::empty());
    }
    Response::from_parts(parts, Body::from(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_refused_only_to_those_who_take_no_json() {
        let takes = |said: &[&'static str]| {
            takes_json(&said.iter().map(|value| (ACCEPT, HeaderValue::from_static(value))).collect())
        };
        for good in [
            &[][..],
            &["*/*"],
            &["text/html, application/json;q=0.1"],
            &["Application/*"],
            &["text/html", "application/problem+json"],
        ] {
            assert!(takes(good), "{good:?}");
        }
        for bad in [&["text/html"][..], &["application/xml, text/*"], &["application/json;q=0"]] {
            assert!(!takes(bad), "{bad:?}");
        }
    }
}
