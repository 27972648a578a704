//! The answers of the API that are refusals, as the document tells them: one list for every operation.

use axum::http::{Method, StatusCode};
use utoipa::openapi::header::HeaderBuilder;
use utoipa::openapi::path::Operation;
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::{ContentBuilder, Header, Ref, RefOr, Response, ResponseBuilder};

use crate::problem::{Code, MEDIA_TYPE};

/// One refusal.
struct Refusal {
    status: StatusCode,
    /// What it is called among the components of the document.
    name: &'static str,
    description: &'static str,
    /// The header that comes with it.
    header: Option<(&'static str, &'static str)>,
    given: Given,
}

/// Which operations answer like this.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Given {
    Always,
    /// Where the address names a workspace.
    InWorkspace,
    /// Where something is changed.
    ToWrites,
    /// Where there is a body.
    ToBodies,
}

const fn refusal(status: StatusCode, name: &'static str, description: &'static str, given: Given) -> Refusal {
    Refusal { status, name, description, header: None, given }
}

const fn with(refusal: Refusal, header: &'static str, means: &'static str) -> Refusal {
    Refusal { header: Some((header, means)), ..refusal }
}

/// Every refusal; the statuses are those of [`Code`].
const REFUSALS: [Refusal; 14] = [
    refusal(
        Code::Query.status(),
        "Malformed",
        "The request cannot be read: a parameter or a field that is unknown, there twice or not of its form, a cursor \
         of another list, a body that is no JSON, a cookie.",
        Given::Always,
    ),
    with(
        refusal(Code::SignedOut.status(), "SignedOut", "There is no API token that is good.", Given::Always),
        "WWW-Authenticate",
        "How to say who asks.",
    ),
    refusal(
        Code::NotAllowed.status(),
        "NotAllowed",
        "The role or the token does not hold the right; `needs` names the role.",
        Given::InWorkspace,
    ),
    refusal(
        Code::NotFound.status(),
        "NotFound",
        "There is nothing at the address, or nothing that the caller may know of.",
        Given::Always,
    ),
    with(
        refusal(Code::Method.status(), "MethodNotAllowed", "The address takes other methods.", Given::Always),
        "Allow",
        "The methods that it takes.",
    ),
    refusal(
        Code::NotAcceptable.status(),
        "NotAcceptable",
        "`Accept` names no form in which there is an answer.",
        Given::Always,
    ),
    refusal(Code::TooSlow.status(), "TooSlow", "The body did not arrive in time.", Given::ToBodies),
    refusal(Code::TooLarge.status(), "TooLarge", "The body is larger than 1 MiB.", Given::Always),
    refusal(
        Code::AddressTooLong.status(),
        "AddressTooLong",
        "The address is longer than 8 KiB.",
        Given::Always,
    ),
    refusal(
        Code::MediaType.status(),
        "UnsupportedMediaType",
        "The body is no `application/json` in UTF-8.",
        Given::ToBodies,
    ),
    refusal(
        Code::OtherHost.status(),
        "OtherHost",
        "This server does not answer for the host.",
        Given::Always,
    ),
    refusal(
        Code::Invalid.status(),
        "Invalid",
        "The request is understood and cannot be done; `run_id` names the run that records the attempt, if one does.",
        Given::ToWrites,
    ),
    refusal(
        Code::HeadersTooLarge.status(),
        "HeadersTooLarge",
        "The headers are larger than 64 KiB.",
        Given::Always,
    ),
    with(
        refusal(
            Code::Unavailable.status(),
            "Unavailable",
            "The server cannot be used now; nothing was written.",
            Given::Always,
        ),
        "Retry-After",
        "After how many seconds to ask again.",
    ),
];

/// Writes the refusals of an operation into it.
pub(super) fn add(operation: &mut Operation, path: &str, method: &Method) {
    let answers = &mut operation.responses.responses;
    // What a handler says about every other status is said here, status by status.
    answers.remove("default");
    let has_body = operation.request_body.is_some();
    for refusal in &REFUSALS {
        let given = match refusal.given {
            Given::Always => true,
            Given::InWorkspace => path.contains("{workspace}"),
            Given::ToWrites => *method != Method::GET,
            Given::ToBodies => has_body,
        };
        if given {
            let reference = RefOr::Ref(Ref::from_response_name(refusal.name));
            answers.entry(refusal.status.as_str().to_owned()).or_insert(reference);
        }
    }
}

/// Gives what the operations refer to.
pub(super) fn components() -> impl Iterator<Item = (String, RefOr<Response>)> {
    REFUSALS.iter().map(|refusal| {
        let content = ContentBuilder::new().schema(Some(Ref::from_schema_name("ProblemBody"))).build();
        let mut response =
            ResponseBuilder::new().description(refusal.description).content(MEDIA_TYPE, content);
        if let Some((name, means)) = refusal.header {
            response = response.header(name, header(means));
        }
        (refusal.name.to_owned(), RefOr::T(response.build()))
    })
}

/// Describes a header that is a text.
pub(super) fn header(means: &str) -> Header {
    let text = ObjectBuilder::new().schema_type(Type::String).build();
    HeaderBuilder::new().schema(Some(text)).description(Some(means)).build()
}
