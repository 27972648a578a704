//! What stands in an address of the API: ids in one form, and nothing else where there is no query.

use std::str::FromStr;

use axum::extract::{FromRequestParts, RawQuery};
use axum::http::request::Parts;

use super::parameters::Parameters;
use crate::problem::Problem;

/// How long an id is, in characters.
const ID_LENGTH: usize = 36;

/// Reads an id in its one form with hyphens; upper case is the same id.
///
/// # Errors
/// Not found: no id in another form was ever given to anybody.
pub fn id<T: FromStr>(text: &str) -> Result<T, Problem> {
    let read = if text.len() == ID_LENGTH { text.parse().ok() } else { None };
    read.ok_or_else(Problem::not_found)
}

/// An address that takes no query.
#[derive(Clone, Copy, Debug)]
pub struct Bare;

impl<S: Send + Sync> FromRequestParts<S> for Bare {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let RawQuery(query) =
            RawQuery::from_request_parts(parts, state).await.unwrap_or_else(|never| match never {});
        Parameters::read(query.as_deref(), &[]).map(|_| Self)
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn b20_an_id_has_one_form_in_either_case() {
        let whole = "0193471c-4b7e-7d1a-8c11-0a1b2c3d4e5f";
        assert_eq!(id::<Uuid>(whole).ok(), id::<Uuid>(&whole.to_uppercase()).ok());
        assert!(id::<Uuid>(whole).is_ok());
        let long = "0".repeat(10_000);
        for bad in [
            "",
            "../",
            "\0",
            &whole.replace('-', ""),
            &format!("{{{whole}}}"),
            &long,
            "٠193471c-4b7e-7d1a-8c11-0a1b2c3d4e5",
        ] {
            assert!(id::<Uuid>(bad).is_err(), "{bad}");
        }
    }
}
