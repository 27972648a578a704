//! What a request is answered with when it is not answered: one table of codes and statuses, RFC 9457 for
//! programs, a page for people.
//!
//! Handlers return a [`Problem`]; [`render`] turns it into bytes in one place. Everything that the router
//! refuses by itself (no such page, a wrong method, a body too large) passes through the same place.

use std::borrow::Cow;
use std::error::Error;
use std::time::Duration;

use axum::Json;
use axum::extract::Request;
use axum::http::header::{ALLOW, CONTENT_TYPE, LOCATION, RETRY_AFTER, SET_COOKIE};
use axum::http::{HeaderValue, Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use tenancy::{DatabaseError, RunId};
use uuid::Uuid;

use crate::looks::Looks;
use crate::pages::problem as page;

/// The media type of RFC 9457.
pub const MEDIA_TYPE: &str = "application/problem+json";

/// When to come back after the database was away.
const RETRY_DATABASE: Duration = Duration::from_secs(5);

macro_rules! codes {
    ($($(#[$doc:meta])* $variant:ident = $token:literal, $status:ident, $title:literal;)*) => {
        /// What kind of problem it is.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Code {
            $($(#[$doc])* $variant),*
        }

        impl Code {
            /// Every code.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// Gives the stable word, as it stands in answers.
            #[must_use]
            pub const fn token(self) -> &'static str {
                match self { $(Self::$variant => $token),* }
            }

            /// Gives the status that it is answered with.
            #[must_use]
            pub const fn status(self) -> StatusCode {
                match self { $(Self::$variant => StatusCode::$status),* }
            }

            /// Gives the same in a few words.
            #[must_use]
            pub const fn title(self) -> &'static str {
                match self { $(Self::$variant => $title),* }
            }
        }
    };
}

codes! {
    /// Nothing that the caller may know of is here.
    NotFound = "request.not_found", NOT_FOUND, "Not found";
    /// The caller is known and may not do this.
    NotAllowed = "request.not_allowed", FORBIDDEN, "Not allowed";
    /// The caller is not known.
    SignedOut = "request.signed_out", UNAUTHORIZED, "Not signed in";
    /// The request did not come from one of our own pages.
    Forged = "request.forged", FORBIDDEN, "This form is no longer valid";
    /// The request cannot be understood.
    Malformed = "request.malformed", BAD_REQUEST, "The request cannot be read";
    /// The request is understood and makes no sense.
    Invalid = "request.invalid", UNPROCESSABLE_ENTITY, "The request cannot be used";
    /// A query names something that is no parameter, or gives a parameter a value that it does not take.
    Query = "query.invalid", BAD_REQUEST, "The query cannot be used";
    /// A cursor that was not given for this list with these filters.
    Cursor = "cursor.invalid", BAD_REQUEST, "The cursor cannot be used";
    /// A body that is JSON and does not say what is asked for.
    Body = "body.invalid", BAD_REQUEST, "The body cannot be used";
    /// The caller takes no form in which there is an answer.
    NotAcceptable = "request.not_acceptable", NOT_ACCEPTABLE, "There is no such form of the answer";
    /// It was changed meanwhile, or stands against something else.
    Conflict = "request.conflict", CONFLICT, "Changed meanwhile";
    /// The address takes other methods.
    Method = "request.method_not_allowed", METHOD_NOT_ALLOWED, "Method not allowed";
    /// The body is too large.
    TooLarge = "request.too_large", PAYLOAD_TOO_LARGE, "Too large";
    /// The address is too long.
    AddressTooLong = "request.address_too_long", URI_TOO_LONG, "The address is too long";
    /// The headers are too large.
    HeadersTooLarge = "request.headers_too_large", REQUEST_HEADER_FIELDS_TOO_LARGE, "The headers are too large";
    /// The body is of a kind that is not taken.
    MediaType = "request.media_type", UNSUPPORTED_MEDIA_TYPE, "Unsupported media type";
    /// The caller asks too often.
    TooMany = "request.too_many", TOO_MANY_REQUESTS, "Too many requests";
    /// The body did not come in time.
    TooSlow = "request.too_slow", REQUEST_TIMEOUT, "The request took too long";
    /// The request is for another host.
    OtherHost = "request.other_host", MISDIRECTED_REQUEST, "Another host";
    /// The server cannot be used now.
    Unavailable = "server.unavailable", SERVICE_UNAVAILABLE, "Temporarily unavailable";
    /// A fault of ours.
    Internal = "server.internal", INTERNAL_SERVER_ERROR, "Something went wrong on our side";
}

/// A field of a request that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct FieldProblem {
    /// The field: the name of a parameter, or the place in a body as a JSON pointer.
    pub field: String,
    /// What is wrong with it and what is allowed.
    pub message: String,
}

/// Why a request is not answered.
#[derive(Clone, Debug)]
pub struct Problem(Box<Said>);

/// What a problem says; boxed, so that the way of success stays light.
#[derive(Clone, Debug)]
struct Said {
    code: Code,
    detail: Cow<'static, str>,
    reason: Option<Cow<'static, str>>,
    needs: Option<Cow<'static, str>>,
    fields: Vec<FieldProblem>,
    run: Option<RunId>,
    retry_after: Option<Duration>,
    incident: Option<Uuid>,
}

/// The body of a problem for programs (RFC 9457, with members of our own).
#[derive(Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ProblemBody {
    /// Names the kind of problem.
    #[serde(rename = "type")]
    pub kind: String,
    /// The kind in a few words.
    pub title: String,
    /// The status of the answer.
    pub status: u16,
    /// What happened this time.
    pub detail: String,
    /// Names this one occurrence, where the server's log has more about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub instance: Option<String>,
    /// The stable code.
    pub code: String,
    /// The stable code of what lies below, where there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason_code: Option<String>,
    /// The role that is needed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub needs: Option<String>,
    /// The run that records the attempt.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub run_id: Option<Uuid>,
    /// The fields that cannot be used.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<FieldProblem>,
}

impl Problem {
    /// Makes a problem with a sentence that says what happened this time.
    #[must_use]
    pub fn new(code: Code, detail: impl Into<Cow<'static, str>>) -> Self {
        Self(Box::new(Said {
            code,
            detail: detail.into(),
            reason: None,
            needs: None,
            fields: Vec::new(),
            run: None,
            retry_after: None,
            incident: None,
        }))
    }

    /// Makes the one answer to everything that is not there, or must not be known to be.
    #[must_use]
    pub fn not_found() -> Self {
        Self::new(Code::NotFound, "There is nothing at this address, or nothing that you may see.")
    }

    /// Makes the answer to whoever is not signed in.
    #[must_use]
    pub fn signed_out() -> Self {
        Self::new(Code::SignedOut, "Sign in to go on.")
    }

    /// Makes the answer to a member who lacks the right; `role` is the least one that has it.
    #[must_use]
    pub fn not_allowed(role: impl Into<Cow<'static, str>>, workspace: &str) -> Self {
        let role = role.into();
        let detail = format!("Needs the {role} role in {workspace}.");
        let mut problem = Self::new(Code::NotAllowed, detail);
        problem.0.needs = Some(role);
        problem
    }

    /// Makes the answer to a request with fields that cannot be used.
    #[must_use]
    pub fn invalid(field: impl Into<String>, message: impl Into<String>) -> Self {
        let (field, message) = (field.into(), message.into());
        let detail = if field.is_empty() { message.clone() } else { format!("{field}: {message}") };
        let mut problem = Self::new(Code::Invalid, detail);
        problem.0.fields = vec![FieldProblem { field, message }];
        problem
    }

    /// Makes the answer to a query with a parameter that cannot be used.
    #[must_use]
    pub fn query(name: impl Into<String>, message: impl Into<String>) -> Self {
        Self::invalid(name, message).with_code(Code::Query)
    }

    /// Makes the answer to a body that cannot be used; `pointer` says where (RFC 6901), empty for all of it.
    #[must_use]
    pub fn body_at(pointer: impl Into<String>, message: impl Into<String>) -> Self {
        Self::invalid(pointer, message).with_code(Code::Body)
    }

    /// Says of a value that makes no sense that it came in a JSON body; other problems stay as they are.
    #[must_use]
    pub fn in_body(mut self) -> Self {
        if self.0.code == Code::Invalid {
            self.0.code = Code::Body;
            for field in self.0.fields.iter_mut().filter(|field| !field.field.is_empty()) {
                field.field = format!("/{}", field.field);
            }
        }
        self
    }

    fn with_code(mut self, code: Code) -> Self {
        self.0.code = code;
        self
    }

    /// Makes the answer to a fault of ours: the visitor gets an id, the log the whole chain under it.
    #[must_use]
    pub fn internal(error: &(dyn Error + 'static)) -> Self {
        let incident = tenancy::tenant::external_id();
        tracing::error!(incident.id = %incident, error = %chain(error), "a request failed");
        let mut problem =
            Self::new(Code::Internal, format!("It was not your doing. The reference is {incident}."));
        problem.0.incident = Some(incident);
        problem
    }

    /// Says what happened in other words.
    #[must_use]
    pub fn saying(mut self, detail: impl Into<Cow<'static, str>>) -> Self {
        self.0.detail = detail.into();
        self
    }

    /// Adds the code of what lies below.
    #[must_use]
    pub fn because(mut self, reason: impl Into<Cow<'static, str>>) -> Self {
        self.0.reason = Some(reason.into());
        self
    }

    /// Names the run that records the attempt.
    #[must_use]
    pub fn recorded_by(mut self, run: RunId) -> Self {
        self.0.run = Some(run);
        self
    }

    /// Says when it makes sense to ask again.
    #[must_use]
    pub fn retry_after(mut self, wait: Duration) -> Self {
        self.0.retry_after = Some(wait);
        self
    }

    /// Gives the code.
    #[must_use]
    pub fn code(&self) -> Code {
        self.0.code
    }

    /// Gives the sentence.
    #[must_use]
    pub fn detail(&self) -> &str {
        &self.0.detail
    }

    /// Gives the fields that cannot be used.
    #[must_use]
    pub fn fields(&self) -> &[FieldProblem] {
        &self.0.fields
    }

    /// Gives the id under which the log has more.
    #[must_use]
    pub fn incident(&self) -> Option<Uuid> {
        self.0.incident
    }

    /// Gives the body for programs.
    #[must_use]
    pub fn body(&self) -> ProblemBody {
        ProblemBody {
            kind: format!("urn:tenantatlas:problem:{}", self.0.code.token()),
            title: self.0.code.title().to_owned(),
            status: self.0.code.status().as_u16(),
            detail: self.0.detail.clone().into_owned(),
            instance: self.0.incident.map(|id| format!("urn:uuid:{id}")),
            code: self.0.code.token().to_owned(),
            reason_code: self.0.reason.as_deref().map(str::to_owned),
            needs: self.0.needs.as_deref().map(str::to_owned),
            run_id: self.0.run.map(RunId::as_uuid),
            errors: self.0.fields.clone(),
        }
    }

    /// Guesses the problem behind a bare status that a layer answered with.
    fn of_status(status: StatusCode) -> Option<Self> {
        let code = Code::ALL.iter().copied().find(|code| code.status() == status)?;
        Some(match code {
            Code::NotFound => Self::not_found(),
            Code::Method => Self::new(code, "This address does not take this method."),
            Code::TooLarge => Self::new(code, "The request is larger than the server takes."),
            Code::Malformed => Self::new(code, "The request cannot be read."),
            Code::TooSlow => Self::new(code, "The request did not arrive in time."),
            other => Self::new(other, other.title()),
        })
    }
}

impl From<DatabaseError> for Problem {
    fn from(error: DatabaseError) -> Self {
        if error.is_away() {
            tracing::warn!(error = %chain(&error), "the database is away");
            return Self::new(
                Code::Unavailable,
                "The database cannot be reached. Nothing was written; try again in a moment.",
            )
            .because("database.unavailable")
            .retry_after(RETRY_DATABASE);
        }
        Self::internal(&error)
    }
}

impl IntoResponse for Problem {
    /// Leaves the bytes to [`render`], which knows whether a program or a person asked.
    fn into_response(self) -> Response {
        let mut response = self.0.code.status().into_response();
        response.extensions_mut().insert(self);
        response
    }
}

/// Who is to read an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reader {
    Program,
    Person,
}

/// Turns problems into bytes, for programs under `/api/` and for people elsewhere.
pub async fn render(request: Request, next: Next) -> Response {
    let path = request.uri().path();
    let reader = if path.starts_with("/api/") { Reader::Program } else { Reader::Person };
    let back = way_back(request.method(), request.uri());
    let partial = request.headers().contains_key("hx-request");
    let looks = Looks::of(request.headers());
    let mut response = next.run(request).await;
    let status = response.status();
    let known = response.extensions_mut().remove::<Problem>();
    let bare = status.is_client_error() || status.is_server_error();
    let Some(problem) = known.or_else(|| bare.then(|| unfinished(&response)).flatten()) else {
        return response;
    };
    let mut answer = match reader {
        Reader::Program => for_program(&problem),
        Reader::Person if problem.0.code == Code::SignedOut => to_sign_in(&back, partial),
        Reader::Person => page::render(looks, &problem).into_response(),
    };
    if answer.status() == StatusCode::OK {
        *answer.status_mut() = problem.0.code.status();
    }
    if let Some(wait) = problem.0.retry_after {
        answer.headers_mut().insert(RETRY_AFTER, HeaderValue::from(wait.as_secs().max(1)));
    }
    // What a layer below said with the refusal stays said: which methods there are, and a session's new reference.
    for name in [ALLOW, SET_COOKIE] {
        for value in response.headers().get_all(&name) {
            answer.headers_mut().append(name.clone(), value.clone());
        }
    }
    answer
}

/// Gives the problem behind an answer that a layer made by itself; none where a handler wrote a page of its own.
fn unfinished(response: &Response) -> Option<Problem> {
    let typed = response.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let own = typed.is_some_and(|kind| kind.starts_with("text/html") || kind.starts_with("application/"));
    if own { None } else { Problem::of_status(response.status()) }
}

fn for_program(problem: &Problem) -> Response {
    let mut response = Json(problem.body()).into_response();
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(MEDIA_TYPE));
    if problem.0.code == Code::SignedOut {
        let challenge = HeaderValue::from_static("Bearer realm=\"tenantatlas\"");
        response.headers_mut().insert(axum::http::header::WWW_AUTHENTICATE, challenge);
    }
    response
}

/// Gives the address that a person comes back to after signing in: only what a plain look at a page can repeat.
fn way_back(method: &Method, uri: &axum::http::Uri) -> String {
    let path = uri.path_and_query().map_or("/", |path| path.as_str());
    if method == Method::GET && path != "/" && path != "/w" {
        let encoded: String = url::form_urlencoded::byte_serialize(path.as_bytes()).collect();
        format!("/sign-in?next={encoded}")
    } else {
        "/sign-in".to_owned()
    }
}

fn to_sign_in(back: &str, partial: bool) -> Response {
    let place = HeaderValue::from_str(back).unwrap_or(HeaderValue::from_static("/sign-in"));
    if partial {
        // A fragment that follows a redirect would put the sign-in form into the middle of a page.
        return (StatusCode::UNAUTHORIZED, [("hx-redirect", place)]).into_response();
    }
    (StatusCode::SEE_OTHER, [(LOCATION, place)]).into_response()
}

/// Writes an error with everything that caused it.
pub(crate) fn chain(error: &(dyn Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(next) = cause {
        let said = next.to_string();
        if !text.ends_with(&said) {
            text.push_str(": ");
            text.push_str(&said);
        }
        cause = next.source();
    }
    text
}
