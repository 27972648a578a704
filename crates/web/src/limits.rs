//! How much a request may be, and how long it may take to arrive.

use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::Request;
use axum::http::header::CONTENT_LENGTH;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::headers::single;
use crate::problem::{Code, Problem};

/// The largest body, in bytes.
pub const BODY_MAX: usize = 1024 * 1024;

/// The longest address with its query, in bytes.
pub const ADDRESS_MAX: usize = 8 * 1024;

/// All headers together, in bytes.
pub const HEADERS_MAX: usize = 64 * 1024;

/// How long a request's headers may take to arrive.
pub const HEADERS_WITHIN: Duration = Duration::from_secs(2);

/// How long a request's body may take to arrive.
pub const BODY_WITHIN: Duration = Duration::from_secs(30);

/// How many connections are open at once; more wait to be accepted.
pub const CONNECTIONS_MAX: usize = 1000;

/// How deep lists and objects may lie in one another.
pub const JSON_DEPTH_MAX: usize = 64;

/// How many elements one list may have.
pub const JSON_LIST_MAX: usize = 10_000;

/// Refuses what is too large by its own account, before a handler looks at it.
pub async fn check(request: Request, next: Next) -> Response {
    let address = request.uri().path_and_query().map_or(0, |address| address.as_str().len());
    if address > ADDRESS_MAX {
        return Problem::new(Code::AddressTooLong, "The address is longer than the server takes.")
            .into_response();
    }
    // The server's own bound is on its buffer, which may hold twice as much for a moment.
    let headers: usize =
        request.headers().iter().map(|(name, value)| name.as_str().len() + value.len()).sum();
    if headers > HEADERS_MAX {
        return Problem::new(Code::HeadersTooLarge, "The headers are larger than 64 KiB.").into_response();
    }
    let announced = single(request.headers(), &CONTENT_LENGTH).and_then(|length| length.parse::<u64>().ok());
    if announced.is_some_and(|length| length > BODY_MAX as u64) {
        return too_large().into_response();
    }
    next.run(request).await
}

/// Reads a whole body within the limits.
///
/// # Errors
/// 413 if it is too large, 408 if it does not come in time, 400 if the connection fails.
pub async fn read(body: Body) -> Result<Bytes, Problem> {
    let reading = tokio::time::timeout(BODY_WITHIN, axum::body::to_bytes(body, BODY_MAX)).await;
    match reading {
        Err(_) => Err(Problem::new(Code::TooSlow, "The body did not arrive in time.")),
        Ok(Ok(bytes)) => Ok(bytes),
        Ok(Err(error)) if is_length(&error) => Err(too_large()),
        Ok(Err(_)) => Err(Problem::new(Code::Malformed, "The body could not be read to its end.")),
    }
}

fn is_length(error: &axum::Error) -> bool {
    // Where the limit strikes is inside a library's error; its words are its only public face.
    crate::problem::chain(error).contains("length limit")
}

fn too_large() -> Problem {
    Problem::new(Code::TooLarge, "The request is larger than 1 MiB.")
}

/// Says what is too deep or too long in a JSON text, without reading it into memory first.
///
/// The text need not be valid: that is for the parser to say.
///
/// # Errors
/// A sentence about the limit that it breaks.
pub fn check_json(text: &[u8]) -> Result<(), &'static str> {
    // One entry for each open bracket: the commas seen in it so far.
    let mut open: Vec<usize> = Vec::new();
    let (mut in_string, mut escaped) = (false, false);
    for byte in text {
        if in_string {
            match byte {
                _ if escaped => escaped = false,
                b'\\' => escaped = true,
                b'"' => in_string = false,
                _ => {}
            }
            continue;
        }
        match byte {
            b'"' => in_string = true,
            b'[' | b'{' => open.push(0),
            b']' | b'}' => {
                open.pop();
            }
            b',' => {
                if let Some(commas) = open.last_mut() {
                    *commas += 1;
                    if *commas >= JSON_LIST_MAX {
                        return Err("the JSON holds a list of more than 10,000 elements");
                    }
                }
            }
            _ => {}
        }
        if open.len() > JSON_DEPTH_MAX {
            return Err("the JSON is nested more than 64 levels deep");
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn depth_and_length_are_bounded_and_text_does_not_count() {
        let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        assert!(check_json(nested(JSON_DEPTH_MAX).as_bytes()).is_ok());
        assert!(check_json(nested(JSON_DEPTH_MAX + 1).as_bytes()).is_err());
        assert!(check_json(format!("\"{}\\\"[[\"", "[".repeat(200)).as_bytes()).is_ok());
        let list = |length: usize| format!("[{}]", vec!["1"; length].join(","));
        assert!(check_json(list(JSON_LIST_MAX).as_bytes()).is_ok());
        assert!(check_json(list(JSON_LIST_MAX + 1).as_bytes()).is_err());
    }
}
