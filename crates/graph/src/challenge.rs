//! A refused token, and the claims that Graph demands of the next one.
//!
//! Continuous access evaluation: <https://learn.microsoft.com/entra/identity-platform/claims-challenge>.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::header;
use serde_json::Value;

use crate::error::GraphError;
use crate::transport::Answer;

/// Longest demand that is passed on, in bytes; real ones are below 200.
const CLAIMS_BYTES_MAX: usize = 4096;

/// A token that Graph did not accept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refused {
    /// Which sign-in the token came from.
    pub(crate) round: u64,
    /// What Graph demands of the next token: the JSON text that goes back as it came.
    pub(crate) claims: Option<String>,
}

impl Refused {
    /// Notes the refusal of a token, if another one may do better.
    ///
    /// # Errors
    /// `graph.unauthorized` if a fresh token was refused and nothing new is demanded.
    pub(crate) fn again(earlier: Option<Self>, round: u64, answer: &Answer) -> Result<Self, GraphError> {
        let claims = demanded(answer);
        match earlier {
            None => Ok(Self { round, claims }),
            Some(earlier) if earlier.claims.is_none() && claims.is_some() => Ok(Self { round, claims }),
            Some(_) => Err(answer.refusal()),
        }
    }
}

/// Reads the demand out of `WWW-Authenticate: Bearer … error="insufficient_claims", claims="…"`.
fn demanded(answer: &Answer) -> Option<String> {
    let challenges = answer.headers.get_all(header::WWW_AUTHENTICATE).iter();
    let text = challenges.filter_map(|value| value.to_str().ok()).find(|text| text.contains("claims=\""))?;
    let (_, after) = text.split_once("claims=\"")?;
    let (encoded, _) = after.split_once('"')?;
    let claims = STANDARD.decode(encoded).ok().filter(|bytes| bytes.len() <= CLAIMS_BYTES_MAX)?;
    let claims = String::from_utf8(claims).ok()?;
    serde_json::from_str::<Value>(&claims).ok().filter(Value::is_object)?;
    Some(claims)
}

#[cfg(test)]
mod tests {
    use http::HeaderMap;
    use uuid::Uuid;

    use super::*;

    fn answer(challenge: &str) -> Answer {
        let mut headers = HeaderMap::new();
        headers.insert(header::WWW_AUTHENTICATE, challenge.parse().unwrap());
        Answer { status: 401, headers, body: Vec::new(), client_request_id: Uuid::nil() }
    }

    #[test]
    fn a_demand_is_decoded_and_anything_else_is_none() {
        let good = r#"Bearer realm="", error="insufficient_claims", claims="eyJhY2Nlc3NfdG9rZW4iOnt9fQ==""#;
        assert_eq!(demanded(&answer(good)).as_deref(), Some(r#"{"access_token":{}}"#));
        let long =
            format!(r#"Bearer claims="{}""#, STANDARD.encode(format!("{{\"a\":\"{}\"}}", "x".repeat(5000))));
        for odd in ["Bearer", "Bearer claims=\"\"", "Bearer claims=\"???\"", "Bearer claims=\"WzFd\"", &long]
        {
            assert_eq!(demanded(&answer(odd)), None, "{odd}");
        }
    }

    #[test]
    fn a_token_is_replaced_once_and_once_more_for_new_demands() {
        let plain = answer("Bearer realm=\"\"");
        let demand = answer(r#"Bearer claims="e30=""#);
        let first = Refused::again(None, 1, &plain).unwrap();
        let second = Refused::again(Some(first.clone()), 2, &demand).unwrap();
        assert_eq!((second.round, second.claims.as_deref()), (2, Some("{}")));
        assert_eq!(Refused::again(Some(first), 2, &plain).unwrap_err().code(), "graph.unauthorized");
        assert_eq!(Refused::again(Some(second), 3, &demand).unwrap_err().code(), "graph.unauthorized");
    }
}
