//! JSON bodies of the API.

use axum::extract::{FromRequest, Request};
use axum::http::header::CONTENT_TYPE;
use serde::de::DeserializeOwned;

use crate::headers::single;
use crate::limits;
use crate::problem::{Code, Problem};

/// A JSON body within the limits; its type refuses fields that it does not know.
#[derive(Debug)]
pub struct JsonBody<T>(pub T);

impl<T: DeserializeOwned, S: Sync> FromRequest<S> for JsonBody<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Self, Problem> {
        let kind = single(request.headers(), &CONTENT_TYPE).unwrap_or_default();
        let kind = kind.split(';').next().unwrap_or_default().trim();
        if !kind.eq_ignore_ascii_case("application/json") {
            return Err(Problem::new(Code::MediaType, "The body must be application/json."));
        }
        let bytes = limits::read(request.into_body()).await?;
        limits::check_json(&bytes).map_err(|why| Problem::new(Code::Malformed, why))?;
        let read = serde_json::from_slice::<T>(&bytes);
        read.map(Self).map_err(|error| match error.classify() {
            serde_json::error::Category::Data => Problem::invalid("", without_place(&error)),
            _ => Problem::new(Code::Malformed, "The body is not valid JSON."),
        })
    }
}

/// Drops line and column, which mean nothing to whoever sent a value made by a program.
fn without_place(error: &serde_json::Error) -> String {
    let text = error.to_string();
    text.rsplit_once(" at line ").map_or(text.clone(), |(words, _)| words.to_owned())
}
