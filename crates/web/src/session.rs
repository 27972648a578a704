//! Who is signed in: from the cookie of a request to a person, and back to the cookie of an answer.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::{ConnectInfo, FromRequestParts, Request, State};
use axum::http::header::{AUTHORIZATION, COOKIE, HeaderName, SET_COOKIE, USER_AGENT};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use tenancy::RequestInfo;
use tenancy::session::{self, LIFE_MAX, Rotation, Session};

use crate::headers::single;
use crate::options::Options;
use crate::problem::{Code, Problem};
use crate::state::AppState;

/// Who proxies say that they speak for.
const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// Somebody who is signed in, for one request of a page.
#[derive(Clone, Debug)]
pub struct Visitor(pub Arc<Session>);

/// Whoever asks, signed in or not.
#[derive(Clone, Debug)]
pub struct MaybeVisitor(pub Option<Visitor>);

impl Visitor {
    /// Gives the token that every form of this session carries.
    #[must_use]
    pub fn form_token(&self) -> String {
        self.0.csrf.token()
    }
}

/// Finds the session of a request for a page, and gives it a new reference with the answer when one is due.
pub async fn load(State(app): State<AppState>, mut request: Request, next: Next) -> Response {
    if request.headers().contains_key(AUTHORIZATION) && request.headers().contains_key(COOKIE) {
        let why = "A request carries either a cookie or a token, never both.";
        return Problem::new(Code::Malformed, why).into_response();
    }
    let info = request_info(&app, request.headers(), peer(request.extensions()));
    let reference = cookie(request.headers(), app.options());
    let found = match reference {
        None => None,
        Some(reference) => {
            match session::authenticate(app.database(), reference, Arc::clone(&info), app.now()).await {
                Ok(found) => found,
                Err(error) => return Problem::from(error).into_response(),
            }
        }
    };
    let due = found.as_ref().filter(|session| session.rotation == Rotation::Due).cloned();
    request.extensions_mut().insert(info);
    if let Some(session) = found {
        request.extensions_mut().insert(Visitor(Arc::new(session)));
    }
    let mut response = next.run(request).await;
    if let Some(session) = due.filter(|_| !response.headers().contains_key(SET_COOKIE)) {
        match session::rotate(app.database(), &session, app.now()).await {
            Ok(Some(token)) => {
                give(&mut response, app.options(), token.reveal(), session_life(&session, &app));
            }
            Ok(None) => {}
            // The old reference is still good; the next request tries again.
            Err(error) => {
                tracing::warn!(error = %crate::problem::chain(&error), "a session was not rotated");
            }
        }
    }
    response
}

impl<S: Sync> FromRequestParts<S> for Visitor {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        parts.extensions.get::<Self>().cloned().ok_or_else(Problem::signed_out)
    }
}

impl<S: Sync> FromRequestParts<S> for MaybeVisitor {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        Ok(Self(parts.extensions.get::<Visitor>().cloned()))
    }
}

/// What is known of a request, for sessions and the audit log.
#[derive(Clone, Debug)]
pub struct About(pub Arc<RequestInfo>);

impl FromRequestParts<AppState> for About {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &AppState) -> Result<Self, Problem> {
        let known = parts.extensions.get::<Arc<RequestInfo>>().cloned();
        Ok(Self(known.unwrap_or_else(|| request_info(app, &parts.headers, peer(&parts.extensions)))))
    }
}

fn request_info(app: &AppState, headers: &HeaderMap, peer: Option<std::net::IpAddr>) -> Arc<RequestInfo> {
    let id = tenancy::tenant::external_id().to_string();
    let address = app.options().client(peer, single(headers, &FORWARDED_FOR));
    let agent = single(headers, &USER_AGENT).unwrap_or_default();
    Arc::new(RequestInfo::new(&id, address, agent))
}

fn peer(extensions: &axum::http::Extensions) -> Option<std::net::IpAddr> {
    extensions.get::<ConnectInfo<SocketAddr>>().map(|peer| peer.0.ip())
}

/// Gives the reference that a request carries; one that is there twice is none, since nobody knows whose the second is.
fn cookie<'h>(headers: &'h HeaderMap, options: &Options) -> Option<&'h str> {
    let name = options.cookie_name();
    let pairs = headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut found = pairs
        .flat_map(|pairs| pairs.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .filter(|(key, _)| *key == name)
        .map(|(_, value)| value);
    let first = found.next()?;
    if found.next().is_some() { None } else { Some(first) }
}

/// Sends the reference of a session with an answer.
pub fn give(response: &mut Response, options: &Options, reference: &str, life: Duration) {
    set(response, options, reference, life.as_secs());
}

/// Takes the reference back.
pub fn take(response: &mut Response, options: &Options) {
    set(response, options, "", 0);
}

/// Gives how long a new session's cookie lives; the server ends the session by its own clock anyway.
#[must_use]
pub fn full_life() -> Duration {
    LIFE_MAX
}

fn session_life(session: &Session, app: &AppState) -> Duration {
    session.expires_at.since(app.now())
}

fn set(response: &mut Response, options: &Options, value: &str, seconds: u64) {
    let secure = if options.is_tls() { "; Secure" } else { "" };
    let name = options.cookie_name();
    let cookie = format!("{name}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Lax{secure}");
    let cookie = HeaderValue::from_str(&cookie).expect("references are URL-safe base64");
    response.headers_mut().append(SET_COOKIE, cookie);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(cookies: &[&'static str]) -> HeaderMap {
        cookies.iter().map(|value| (COOKIE, HeaderValue::from_static(value))).collect()
    }

    #[test]
    fn a9_only_the_cookie_of_the_transport_counts_and_only_once() {
        let local = Options::loopback("127.0.0.1:8080".parse().expect("an address"));
        let public = Options::public("https://a.example", Vec::new()).expect("an address");
        let both = headers(&["theme=dark; __Host-tenantatlas=secure; tenantatlas-loopback=plain"]);
        assert_eq!(cookie(&both, &public), Some("secure"));
        assert_eq!(cookie(&both, &local), Some("plain"));
        assert_eq!(cookie(&headers(&["__Host-tenantatlas=secure"]), &local), None);
        assert_eq!(cookie(&headers(&["tenantatlas-loopback=plain"]), &public), None);
        let twice = headers(&["tenantatlas-loopback=a", "tenantatlas-loopback=b"]);
        assert_eq!(cookie(&twice, &local), None);
    }

    #[test]
    fn a9_the_cookie_is_kept_from_scripts_and_other_sites() {
        let public = Options::public("https://a.example", Vec::new()).expect("an address");
        let mut response = Response::default();
        give(&mut response, &public, "abc", full_life());
        let cookie = response.headers()[SET_COOKIE].to_str().expect("it is text").to_owned();
        assert_eq!(cookie, "__Host-tenantatlas=abc; Path=/; Max-Age=43200; HttpOnly; SameSite=Lax; Secure");
    }
}
