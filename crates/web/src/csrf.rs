//! Whether a request that changes something came from one of our own pages.
//!
//! Two walls. The first needs no session, so that it stands before the sign-in form too: the browser itself says
//! which site a request came from. The second is a token in every form that only the session's own pages know.

use axum::extract::{FromRequest, FromRequestParts, Request, State};
use axum::http::header::{CONTENT_TYPE, HeaderName, ORIGIN};
use axum::http::{HeaderMap, Method};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::fields::Fields;
use crate::headers::single;
use crate::limits;
use crate::options::Options;
use crate::problem::{Code, Problem};
use crate::session::Visitor;
use crate::state::AppState;

/// The field that carries the token.
pub const FIELD: &str = "csrf";

/// What browsers say about where a request came from (W3C, "Fetch Metadata Request Headers").
const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// Refuses requests that change something unless the browser says that they come from us.
pub async fn check(State(app): State<AppState>, request: Request, next: Next) -> Response {
    let safe = matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    if safe || is_own(request.headers(), app.options()) {
        next.run(request).await
    } else {
        forged().into_response()
    }
}

fn is_own(headers: &HeaderMap, options: &Options) -> bool {
    if headers.contains_key(&SEC_FETCH_SITE) {
        return matches!(single(headers, &SEC_FETCH_SITE), Some("same-origin" | "none"));
    }
    single(headers, &ORIGIN).is_some_and(|origin| options.is_own_origin(origin))
}

fn forged() -> Problem {
    Problem::new(Code::Forged, "Reload the page and send the form again.")
}

/// The fields of a form that somebody who is signed in sent from one of our pages.
#[derive(Debug)]
pub struct SignedForm(pub Fields);

/// The fields of a form that anybody may send: there is no session whose token it could carry.
#[derive(Debug)]
pub struct OpenForm(pub Fields);

impl FromRequest<AppState> for SignedForm {
    type Rejection = Problem;

    async fn from_request(request: Request, app: &AppState) -> Result<Self, Problem> {
        let (mut parts, body) = request.into_parts();
        let visitor = Visitor::from_request_parts(&mut parts, app).await?;
        let OpenForm(mut fields) = OpenForm::from_request(Request::from_parts(parts, body), app).await?;
        let token = fields.one(FIELD)?.unwrap_or_default();
        if visitor.0.csrf.accepts(&token) { Ok(Self(fields)) } else { Err(forged()) }
    }
}

impl FromRequest<AppState> for OpenForm {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &AppState) -> Result<Self, Problem> {
        let kind = single(request.headers(), &CONTENT_TYPE).unwrap_or_default();
        let kind = kind.split(';').next().unwrap_or_default().trim();
        if !kind.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
            return Err(Problem::new(Code::MediaType, "The form must be sent URL-encoded."));
        }
        Fields::parse(&limits::read(request.into_body()).await?).map(Self)
    }
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn w1_the_browser_must_say_that_a_request_is_our_own() {
        let options = Options::loopback("127.0.0.1:8080".parse().expect("an address"));
        let own = |pairs: &[(HeaderName, &'static str)]| {
            let headers =
                pairs.iter().map(|(name, value)| (name.clone(), HeaderValue::from_static(value))).collect();
            is_own(&headers, &options)
        };
        assert!(own(&[(SEC_FETCH_SITE, "same-origin")]));
        assert!(own(&[(SEC_FETCH_SITE, "none")]));
        assert!(own(&[(ORIGIN, "http://127.0.0.1:8080")]));
        assert!(!own(&[]));
        assert!(!own(&[(SEC_FETCH_SITE, "cross-site")]));
        assert!(!own(&[(SEC_FETCH_SITE, "same-site"), (ORIGIN, "http://127.0.0.1:8080")]));
        assert!(!own(&[(SEC_FETCH_SITE, "cross-site"), (SEC_FETCH_SITE, "same-origin")]));
        assert!(!own(&[(ORIGIN, "null")]));
        assert!(!own(&[(ORIGIN, "https://evil.example")]));
    }
}
