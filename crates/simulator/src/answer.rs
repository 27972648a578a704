//! Answers, and errors in the shapes that Graph uses.

use std::convert::Infallible;

use axum::body::{Body, Bytes};
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::Response;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use futures_util::{StreamExt, stream};
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::clock::graph_time;
use crate::collections::Collection;
use crate::token::Refused;

/// The content type of Graph's JSON.
const GRAPH_JSON: &str =
    "application/json;odata.metadata=minimal;odata.streaming=true;IEEE754Compatible=false;charset=utf-8";

/// Bytes in a piece of a huge body.
const PIECE_BYTES: u64 = 64 * 1024;

/// An answer before it is turned into HTTP, so that faults can change it.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Content,
}

/// The body of an answer.
#[derive(Clone, Debug)]
pub(crate) enum Content {
    None,
    Json(Value),
    Bytes(Vec<u8>),
    /// These bytes are promised, and only `sent` of them come; then the body fails or, stalled, hangs.
    Short {
        bytes: Vec<u8>,
        sent: usize,
        stalled: bool,
    },
    /// Objects until the body is about this long.
    Huge(u64),
}

impl Answer {
    pub(crate) fn json(status: u16, body: Value) -> Self {
        Self { status, headers: Vec::new(), body: Content::Json(body) }
    }

    pub(crate) fn empty(status: u16) -> Self {
        Self { status, headers: Vec::new(), body: Content::None }
    }

    pub(crate) fn bytes(status: u16, content_type: &str, body: Vec<u8>) -> Self {
        let answer = Self { status, headers: Vec::new(), body: Content::Bytes(body) };
        answer.header("content-type", content_type)
    }

    pub(crate) fn header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.to_owned(), value.into()));
        self
    }

    /// Returns the JSON body, for faults that change it.
    pub(crate) fn json_mut(&mut self) -> Option<&mut Value> {
        match &mut self.body {
            Content::Json(value) => Some(value),
            _ => None,
        }
    }

    /// Returns the body's bytes.
    pub(crate) fn into_bytes(self) -> Vec<u8> {
        match self.body {
            Content::Json(value) => value.to_string().into_bytes(),
            Content::Bytes(bytes) | Content::Short { bytes, .. } => bytes,
            Content::None | Content::Huge(_) => Vec::new(),
        }
    }

    /// Turns the answer into HTTP.
    pub(crate) fn into_response(self) -> Response {
        let has_type = self.headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("content-type"));
        let promised = match &self.body {
            Content::Short { bytes, .. } => Some(bytes.len()),
            _ => None,
        };
        let mut response = Response::new(match self.body {
            Content::None => Body::empty(),
            Content::Json(value) => Body::from(value.to_string()),
            Content::Bytes(bytes) => Body::from(bytes),
            Content::Short { bytes, sent, stalled } => short(bytes, sent, stalled),
            Content::Huge(length) => huge(length),
        });
        *response.status_mut() =
            StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        if !has_type && self.status != 204 {
            let graph_json = HeaderValue::from_static(GRAPH_JSON);
            response.headers_mut().insert("content-type", graph_json);
        }
        if let Some(promised) = promised {
            response.headers_mut().insert("content-length", HeaderValue::from(promised));
        }
        for (name, value) in &self.headers {
            // What is no header at all cannot be sent; a test that asks for it gets none.
            if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) {
                response.headers_mut().append(name, value);
            }
        }
        response
    }
}

fn short(bytes: Vec<u8>, sent: usize, stalled: bool) -> Body {
    let whole = bytes.len();
    let start = Bytes::from(bytes).slice(..sent.min(whole));
    let first = stream::iter([Ok::<_, std::io::Error>(start)]);
    let rest = async move {
        if stalled {
            std::future::pending::<()>().await;
        }
        // One turn of waiting lets what came before go out; an error at once would take it along.
        tokio::task::yield_now().await;
        Err(std::io::Error::other("the body was cut on purpose"))
    };
    Body::from_stream(first.chain(stream::once(rest)))
}

fn huge(length: u64) -> Body {
    let object = br#"{"id":"00000000-0000-4000-8000-000000000000","displayName":"One of very many"},"#;
    let repeats = usize::try_from(PIECE_BYTES).unwrap_or(usize::MAX) / object.len();
    let piece = Bytes::from(object.repeat(repeats));
    let pieces = usize::try_from(length / PIECE_BYTES).unwrap_or(usize::MAX);
    let start = stream::iter([Bytes::from_static(b"{\"value\":[")]);
    let end = Bytes::from_static(b"{\"id\":\"00000000-0000-4000-8000-000000000001\"}]}");
    let middle = stream::iter(std::iter::repeat_n(piece, pieces));
    Body::from_stream(start.chain(middle).chain(stream::iter([end])).map(Ok::<_, Infallible>))
}

/// Why the service refuses a request.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Refusal {
    /// 401.
    Unauthenticated(Refused),
    /// 404: no such path.
    NoSuchPath(String),
    /// 400: the path exists in the other version of the API.
    NotInVersion(String),
    /// 404: no such object.
    NoSuchObject(String),
    /// 403: the application lacks a permission.
    Denied,
    /// The tenant lacks a licence: 400 or 403, by area.
    Unlicensed,
    /// 400, with what is wrong.
    Bad(String),
    /// 405.
    Method(String),
    /// 409: something else stands in the way, such as an assignment.
    Conflict(String),
    /// 424, within a batch.
    DependencyFailed,
    /// 429, with or without a stated wait in seconds.
    TooMany(Option<u64>),
    /// 403: another administrator has to approve the request of this id first.
    NeedsApproval(String),
}

/// The areas of Graph, which differ in how they write errors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Area {
    Intune,
    ConditionalAccess,
    Directory,
}

impl Area {
    pub(crate) fn of(path: &str) -> Self {
        let path = path.to_ascii_lowercase();
        if path.contains("/devicemanagement") || path.contains("/deviceappmanagement") {
            Self::Intune
        } else if path.contains("/identity") || path.contains("/policies") {
            Self::ConditionalAccess
        } else {
            Self::Directory
        }
    }
}

/// What an error repeats of its request.
#[derive(Clone, Debug)]
pub(crate) struct About {
    pub(crate) request_id: String,
    pub(crate) client_request_id: String,
    pub(crate) now: Timestamp,
    pub(crate) path: String,
}

impl Refusal {
    /// Writes the refusal as the area of the request's path would.
    pub(crate) fn answer(&self, about: &About) -> Answer {
        let area = Area::of(&about.path);
        let (status, code, message) = self.words(area);
        let answer = graph_error(status, code, &message, about);
        match self {
            Self::Unauthenticated(Refused::Claims(claims)) => answer.header(
                "www-authenticate",
                format!(
                    "Bearer realm=\"\", error=\"insufficient_claims\", claims=\"{}\"",
                    STANDARD.encode(claims)
                ),
            ),
            Self::Unauthenticated(_) => answer.header(
                "www-authenticate",
                "Bearer realm=\"\", authorization_uri=\"https://login.microsoftonline.com/common/oauth2/authorize\"",
            ),
            Self::TooMany(Some(seconds)) => answer.header("retry-after", seconds.to_string()),
            Self::NeedsApproval(id) => answer.header("x-msft-approval-code", id.clone()),
            _ => answer,
        }
    }

    fn words(&self, area: Area) -> (u16, &'static str, String) {
        match self {
            Self::Unauthenticated(Refused::Missing) => {
                (401, "InvalidAuthenticationToken", "Access token is empty.".to_owned())
            }
            Self::Unauthenticated(Refused::Unknown) => {
                (401, "InvalidAuthenticationToken", "Invalid authentication token.".to_owned())
            }
            Self::Unauthenticated(Refused::Expired) => (
                401,
                "InvalidAuthenticationToken",
                "Lifetime validation failed, the token is expired.".to_owned(),
            ),
            Self::Unauthenticated(Refused::Claims(_)) => {
                (401, "InvalidAuthenticationToken", "Continuous access evaluation.".to_owned())
            }
            Self::NoSuchPath(segment) => (404, "ResourceNotFound", no_segment(segment)),
            Self::NotInVersion(segment) => (400, "BadRequest", no_segment(segment)),
            Self::NoSuchObject(id) if area == Area::Directory => (
                404,
                "Request_ResourceNotFound",
                format!(
                    "Resource '{id}' does not exist or one of its queried reference-property objects are not present."
                ),
            ),
            Self::NoSuchObject(id) => (404, "ResourceNotFound", format!("Resource '{id}' was not found.")),
            Self::Denied => match area {
                Area::Intune => {
                    (403, "Forbidden", "Application is not authorized to perform this operation.".to_owned())
                }
                Area::ConditionalAccess => (
                    403,
                    "AccessDenied",
                    "You cannot perform the requested operation, required scopes are missing in the token."
                        .to_owned(),
                ),
                Area::Directory => (
                    403,
                    "Authorization_RequestDenied",
                    "Insufficient privileges to complete the operation.".to_owned(),
                ),
            },
            Self::Unlicensed if area == Area::Intune => {
                (400, "BadRequest", "Request not applicable to target tenant.".to_owned())
            }
            Self::Unlicensed => {
                (403, "AccessDenied", "Your tenant is not licensed for this feature.".to_owned())
            }
            Self::Bad(what) => (400, "BadRequest", what.clone()),
            Self::Conflict(what) => (409, "Conflict", what.clone()),
            Self::DependencyFailed => {
                (424, "FailedDependency", "A request that this one depends on failed.".to_owned())
            }
            Self::TooMany(_) => (429, "TooManyRequests", "Too many requests.".to_owned()),
            Self::NeedsApproval(_) => {
                (403, "Forbidden", "The request needs the approval of another administrator.".to_owned())
            }
            Self::Method(method) => {
                (405, "MethodNotAllowed", format!("The method {method} is not allowed here."))
            }
        }
    }
}

fn no_segment(segment: &str) -> String {
    format!("Resource not found for the segment '{segment}'.")
}

/// Writes an error in Graph's shape; Intune wraps its message in a JSON text of its own.
pub(crate) fn graph_error(status: u16, code: &str, message: &str, about: &About) -> Answer {
    let wrapped = Area::of(&about.path) == Area::Intune && status != 401;
    let message = if wrapped {
        json!({
            "_version": 3,
            "Message": format!(
                "{message} - Operation ID (for customer support): 00000000-0000-0000-0000-000000000000 - Activity ID: {} - Url: https://fef.simulated.example{}",
                about.client_request_id, about.path
            ),
            "CustomApiErrorPhrase": "",
            "RetryAfter": null,
            "ErrorSourceService": "",
            "HttpHeaders": "{}",
        })
        .to_string()
    } else {
        message.to_owned()
    };
    let date = graph_time(about.now);
    Answer::json(
        status,
        json!({
            "error": {
                "code": code,
                "message": message,
                "innerError": {
                    "date": date.split('.').next().unwrap_or_default(),
                    "request-id": about.request_id,
                    "client-request-id": about.client_request_id,
                },
            },
        }),
    )
}

/// Returns the path of a collection as `@odata.context` names it.
pub(crate) fn context_path(collection: &Collection) -> &'static str {
    collection.path.trim_start_matches('/')
}
