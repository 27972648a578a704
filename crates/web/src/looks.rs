//! How a page is to look, as cookies of the visitor say, and how much of it a script asked for.

use std::convert::Infallible;

use axum::extract::FromRequestParts;
use axum::http::HeaderMap;
use axum::http::header::COOKIE;
use axum::http::request::Parts;

/// How much of a page is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Portion {
    /// All of it.
    Whole,
    /// What stands between the navigation and the foot, for a page that is open already.
    Main,
}

/// How a page is to look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Looks {
    /// `light`, `dark`, or what the browser prefers.
    pub theme: &'static str,
    /// `comfortable` or `compact`.
    pub density: &'static str,
    /// How much of the page is wanted.
    pub portion: Portion,
}

impl Looks {
    /// Reads them from a request; a value that is none of ours is the usual one.
    #[must_use]
    pub fn of(headers: &HeaderMap) -> Self {
        let value = |name: &str| {
            let pairs = headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok());
            pairs
                .flat_map(|pairs| pairs.split(';'))
                .filter_map(|pair| pair.trim().split_once('='))
                .find(|(key, _)| *key == name)
                .map(|(_, value)| value)
        };
        let theme = match value("theme") {
            Some("light") => "light",
            Some("dark") => "dark",
            _ => "system",
        };
        let density = if value("density") == Some("compact") { "compact" } else { "comfortable" };
        let portion = if headers.contains_key("hx-request") { Portion::Main } else { Portion::Whole };
        Self { theme, density, portion }
    }
}

impl<S: Sync> FromRequestParts<S> for Looks {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self::of(&parts.headers))
    }
}

impl Default for Looks {
    fn default() -> Self {
        Self { theme: "system", density: "comfortable", portion: Portion::Whole }
    }
}
