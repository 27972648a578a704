//! What a fault makes of an answer.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::answer::{About, Answer, Content, graph_error};
use crate::faults::{Fault, RetryAfter};

/// What becomes of a request.
#[derive(Debug)]
pub(crate) enum Fate {
    Answered(Box<Answer>),
    Reset,
    Hang,
}

/// The links that a tampered page may lead to.
#[derive(Debug)]
pub(crate) struct Links {
    /// The path with the version and the query, as sent.
    pub(crate) path: String,
    /// The request itself.
    pub(crate) itself: String,
    /// The request's first page.
    pub(crate) first: String,
}

/// Turns the good answer into what the fault makes of it.
///
/// Faults that change a page leave answers alone that are none.
pub(crate) fn tamper(fault: &Fault, good: Answer, about: &About, links: &Links) -> Fate {
    let mut answer = good;
    match fault {
        Fault::Reset => return Fate::Reset,
        Fault::Hang => return Fate::Hang,
        Fault::Delay(_) | Fault::Act(_) | Fault::ExpireTokens => {}
        Fault::Throttled(retry_after) => answer = throttled(retry_after, about),
        Fault::Status(status) => {
            answer = graph_error(*status, code_of(*status), "The request could not be served.", about);
        }
        Fault::ClaimsChallenge => {
            answer = graph_error(401, "InvalidAuthenticationToken", "Continuous access evaluation.", about).header(
                "www-authenticate",
                "Bearer realm=\"\", error=\"insufficient_claims\", claims=\"eyJhY2Nlc3NfdG9rZW4iOnt9fQ==\"",
            );
        }
        Fault::Html => {
            let page =
                b"<!DOCTYPE html><html><head><title>Sign in</title></head><body>Proxy sign-in</body></html>";
            answer = Answer::bytes(200, "text/html; charset=utf-8", page.to_vec());
        }
        Fault::BrokenJson => {
            let mut bytes = answer.into_bytes();
            bytes.truncate(bytes.len() / 2);
            answer = Answer::bytes(200, "application/json", bytes);
        }
        Fault::EmptyBody => answer = Answer::bytes(200, "application/json", Vec::new()),
        Fault::CutBody(sent) | Fault::StalledBody(sent) => {
            let stalled = matches!(fault, Fault::StalledBody(_));
            let (status, headers) = (answer.status, answer.headers.clone());
            let body = Content::Short { bytes: answer.into_bytes(), sent: *sent, stalled };
            answer = Answer { status, headers, body };
        }
        Fault::HugeBody(length) => {
            answer = Answer { status: 200, headers: Vec::new(), body: Content::Huge(*length) };
        }
        Fault::Answer { status, headers, body } => {
            answer = Answer { status: *status, headers: headers.clone(), body: Content::Bytes(body.clone()) };
        }
        Fault::MissingValue
        | Fault::NullValue
        | Fault::ForeignNextLink(_)
        | Fault::NextLinkLoop
        | Fault::RepeatedPage
        | Fault::MissingId => {
            if let Some(body) = answer.json_mut() {
                tamper_page(fault, body, links);
            }
        }
    }
    Fate::Answered(Box::new(answer))
}

fn tamper_page(fault: &Fault, body: &mut Value, links: &Links) {
    let Some(page) = body.as_object_mut() else {
        return;
    };
    if let Fault::MissingId = fault {
        let first = match page.get_mut("value") {
            Some(Value::Array(objects)) => objects.first_mut().and_then(Value::as_object_mut),
            _ => Some(page),
        };
        first.map(|object| object.remove("id"));
        return;
    }
    if !page.contains_key("value") {
        return;
    }
    let link = |to: &str| json!(to);
    match fault {
        Fault::MissingValue => {
            page.remove("value");
        }
        Fault::NullValue => {
            page.insert("value".to_owned(), Value::Null);
        }
        Fault::ForeignNextLink(origin) => {
            let there = format!("{}{}", origin.trim_end_matches('/'), links.path);
            page.insert("@odata.nextLink".to_owned(), link(&there));
        }
        Fault::NextLinkLoop => {
            page.insert("@odata.nextLink".to_owned(), link(&links.itself));
        }
        Fault::RepeatedPage => {
            page.insert("@odata.nextLink".to_owned(), link(&links.first));
        }
        _ => {}
    }
}

fn throttled(retry_after: &RetryAfter, about: &About) -> Answer {
    let answer = graph_error(429, "TooManyRequests", "Too many requests.", about);
    match retry_after {
        RetryAfter::Absent => answer,
        RetryAfter::Seconds(seconds) => answer.header("retry-after", seconds.to_string()),
        RetryAfter::Text(text) => answer.header("retry-after", text.clone()),
        RetryAfter::DateIn(ahead) => {
            let ahead = SignedDuration::try_from(*ahead).unwrap_or(SignedDuration::MAX);
            let at = about.now.checked_add(ahead).unwrap_or(Timestamp::MAX);
            answer.header("retry-after", at.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string())
        }
    }
}

fn code_of(status: u16) -> &'static str {
    match status {
        400 => "BadRequest",
        401 => "InvalidAuthenticationToken",
        403 => "Forbidden",
        404 => "ResourceNotFound",
        409 => "Conflict",
        410 => "ResyncRequired",
        429 => "TooManyRequests",
        500 => "InternalServerError",
        502 => "BadGateway",
        503 => "ServiceUnavailable",
        504 => "GatewayTimeout",
        _ => "UnknownError",
    }
}
