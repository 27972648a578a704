//! An answer of Graph that is not a success, read only as far as it helps to decide.
//!
//! What is kept: Graph's error code if it is a plain word, whether the text speaks of a licence,
//! and correlation ids. The text itself is dropped here and goes nowhere.

use http::HeaderMap;
use serde_json::Value;
use uuid::Uuid;

use crate::error::{Correlation, ErrorKind, GraphError};

/// Longest error code of Graph that is kept, in characters.
const CODE_CHARS_MAX: usize = 80;

/// What an error body says, without its words.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Refusal {
    /// Graph's error code, where it is a plain word.
    pub(crate) code: Option<String>,
    /// The code or the text says that the tenant has no licence or no such service.
    pub(crate) names_licence: bool,
    /// The text says that the address, and not an object, does not exist.
    pub(crate) names_segment: bool,
    request_id: Option<Uuid>,
    activity_id: Option<Uuid>,
}

impl Refusal {
    /// Reads an error body; whatever is not understood is left out.
    pub(crate) fn parse(body: &[u8]) -> Self {
        let Ok(answer) = serde_json::from_slice::<Value>(body) else {
            return Self::default();
        };
        let error = &answer["error"];
        let code = error["code"].as_str().unwrap_or_default();
        let message = error["message"].as_str().unwrap_or_default();
        let inner = match &error["innerError"] {
            Value::Null => &error["innererror"],
            found => found,
        };
        Self {
            names_licence: names_licence(code, message),
            names_segment: message.contains("not found for the segment"),
            code: plain_word(code),
            request_id: inner["request-id"].as_str().and_then(uuid),
            activity_id: activity_id(message),
        }
    }

    /// Makes the error for an answer with this body and these headers.
    pub(crate) fn into_error(self, status: u16, headers: &HeaderMap, client_request_id: Uuid) -> GraphError {
        let kind = classify(status, &self);
        let correlation = Correlation {
            client_request_id: Some(client_request_id),
            request_id: request_id(headers).or(self.request_id),
            activity_id: self.activity_id,
        };
        let message = match &self.code {
            Some(code) => format!("{} (status {status}, {code})", sentence(kind)),
            None => format!("{} (status {status})", sentence(kind)),
        };
        GraphError::new(kind, message).with_status(status, self.code).with_correlation(correlation)
    }
}

/// Decides what a status other than 200 means.
///
/// A missing licence has no status of its own: Graph answers 403, and for services that were never
/// set up in a tenant 400 ("request not applicable to target tenant") or 404. So these three count
/// as unlicensed when code or text says so, and only then; without such words 403 is a missing
/// permission, 404 a missing object, and 400 a request that the contract got wrong. So is a 404
/// whose text says that the address does not exist: it must not pass for an absent object. 402
/// always means a licence. 410 is an object that is gone. A redirect is never followed and is unexpected.
/// Every 5xx is the server's trouble; which of them are tried again is decided by [`is_transient`].
pub(crate) fn classify(status: u16, refusal: &Refusal) -> ErrorKind {
    match status {
        402 => ErrorKind::Unlicensed,
        400 | 403 | 404 if refusal.names_licence => ErrorKind::Unlicensed,
        401 => ErrorKind::Unauthorized,
        403 => ErrorKind::Forbidden,
        404 if refusal.names_segment => ErrorKind::UnexpectedAnswer,
        404 | 410 => ErrorKind::NotFound,
        408 => ErrorKind::Timeout,
        429 => ErrorKind::Throttled,
        500..=599 => ErrorKind::Unavailable,
        _ => ErrorKind::UnexpectedAnswer,
    }
}

/// Tells whether the same GET may succeed a moment later.
pub(crate) fn is_transient(status: u16) -> bool {
    matches!(status, 408 | 429 | 500 | 502 | 503 | 504)
}

/// Returns the id that the server gave the request.
pub(crate) fn request_id(headers: &HeaderMap) -> Option<Uuid> {
    ["request-id", "x-ms-request-id"].iter().find_map(|name| headers.get(*name)?.to_str().ok().and_then(uuid))
}

/// Reads a UUID in its usual written form; anything else is no id of ours to keep.
pub(crate) fn uuid(text: &str) -> Option<Uuid> {
    /// Length of the written form with hyphens.
    const WRITTEN_CHARS: usize = 36;
    (text.len() == WRITTEN_CHARS).then(|| Uuid::try_parse(text).ok()).flatten()
}

fn sentence(kind: ErrorKind) -> &'static str {
    match kind {
        ErrorKind::Unauthorized => "Microsoft Graph refused the access token",
        ErrorKind::Forbidden => "Microsoft Graph refused access: the application lacks permission",
        ErrorKind::Unlicensed => "The tenant is not licensed for this part of Microsoft Graph",
        ErrorKind::NotFound => "Microsoft Graph does not have this object",
        ErrorKind::Throttled => "Microsoft Graph kept asking to slow down",
        ErrorKind::Unavailable => "Microsoft Graph kept answering with server errors",
        ErrorKind::Timeout => "Microsoft Graph did not answer in time",
        _ => "Microsoft Graph answered in an unexpected way",
    }
}

fn names_licence(code: &str, message: &str) -> bool {
    /// What codes and texts about a missing licence or service have in common.
    const SIGNS: [&str; 4] = ["licens", "licenc", "nonpremiumtenant", "not applicable to target tenant"];
    let (code, message) = (code.to_ascii_lowercase(), message.to_ascii_lowercase());
    SIGNS.iter().any(|sign| code.contains(sign) || message.contains(sign))
}

fn plain_word(code: &str) -> Option<String> {
    let plain = (1..=CODE_CHARS_MAX).contains(&code.len())
        && code.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b'-'));
    plain.then(|| code.to_owned())
}

/// Finds the activity id that Intune writes into its text: `Activity ID: 1a2b…`.
fn activity_id(message: &str) -> Option<Uuid> {
    let lower = message.to_ascii_lowercase();
    ["activity id", "activityid"].iter().find_map(|label| {
        let after = lower.find(label)? + label.len();
        let rest = lower[after..].trim_start_matches([':', ' ', '"', '\\']);
        uuid(rest.get(..36)?)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(status: u16, body: &str) -> ErrorKind {
        classify(status, &Refusal::parse(body.as_bytes()))
    }

    fn body(code: &str, message: &str) -> String {
        serde_json::json!({"error": {"code": code, "message": message}}).to_string()
    }

    #[test]
    fn a_missing_licence_is_told_apart_from_a_missing_permission() {
        use ErrorKind::{Forbidden, NotFound, Unauthorized, UnexpectedAnswer, Unlicensed};
        for (status, code, message, expected) in [
            (403, "Forbidden", "Insufficient privileges", Forbidden),
            (403, "Authorization_RequestDenied", "scopes missing", Forbidden),
            (403, "Forbidden", "Tenant is not licensed for this", Unlicensed),
            (403, "Forbidden", "A premium licence is needed", Unlicensed),
            (403, "LicenseNotFound", "", Unlicensed),
            (403, "Authentication_RequestFromNonPremiumTenantOrB2CTenant", "", Unlicensed),
            (400, "BadRequest", "Request not applicable to target tenant.", Unlicensed),
            (404, "UnknownError", "the License was not found", Unlicensed),
            (402, "PaymentRequired", "", Unlicensed),
            (400, "BadRequest", "Resource not found for the segment", UnexpectedAnswer),
            (404, "ResourceNotFound", "Resource not found for the segment 'x'.", UnexpectedAnswer),
            (404, "ResourceNotFound", "not there", NotFound),
            (401, "InvalidAuthenticationToken", "license", Unauthorized),
        ] {
            assert_eq!(kind(status, &body(code, message)), expected, "{status} {code} {message}");
        }
    }

    #[test]
    fn a_status_decides_where_the_body_says_nothing() {
        use ErrorKind::{
            Forbidden, NotFound, Throttled, Timeout, Unauthorized, Unavailable, UnexpectedAnswer,
        };
        for (status, expected) in [
            (204, UnexpectedAnswer),
            (302, UnexpectedAnswer),
            (400, UnexpectedAnswer),
            (401, Unauthorized),
            (403, Forbidden),
            (404, NotFound),
            (408, Timeout),
            (409, UnexpectedAnswer),
            (410, NotFound),
            (429, Throttled),
            (500, Unavailable),
            (501, Unavailable),
            (503, Unavailable),
            (504, Unavailable),
        ] {
            assert_eq!(kind(status, "<html>license</html>"), expected, "status {status}");
        }
        assert!(is_transient(500) && is_transient(429) && !is_transient(501));
    }

    #[test]
    fn ids_are_kept_and_words_are_not() {
        let activity = "0a1b2c3d-1111-4222-8333-444455556666";
        let nested = format!(
            "{{\"_version\": 3, \"Message\": \"secret word - Activity ID: {activity} - Url: https://x\"}}"
        );
        let body = serde_json::json!({"error": {
            "code": "Bad Request\u{1b}[31m", "message": nested,
            "innerError": {"request-id": "11111111-2222-4333-8444-555555555555"}
        }});
        let error =
            Refusal::parse(body.to_string().as_bytes()).into_error(403, &HeaderMap::new(), Uuid::nil());
        assert_eq!(error.correlation().activity_id, Uuid::try_parse(activity).ok());
        assert_eq!(
            error.correlation().request_id.map(|id| id.to_string()).as_deref(),
            Some("11111111-2222-4333-8444-555555555555")
        );
        assert_eq!(error.graph_code(), None, "a code with odd characters is dropped");
        assert!(!format!("{error:?} {error}").contains("secret word"));
    }

    #[test]
    fn odd_bodies_are_read_as_saying_nothing() {
        let deep = "[".repeat(5_000);
        let long = body(&"A".repeat(81), "");
        for text in [
            "",
            "null",
            "[]",
            "\"x\"",
            "{\"error\":7}",
            "{\"error\":{\"code\":5,\"innerError\":[1]}}",
            deep.as_str(),
            long.as_str(),
        ] {
            assert_eq!(Refusal::parse(text.as_bytes()), Refusal::default());
        }
    }
}
