//! Short names that appear in addresses and on the command line.

use std::fmt;
use std::str::FromStr;

/// The longest slug, as long as a DNS label.
const LENGTH_MAX: usize = 63;

/// A short name: lower-case letters, digits and inner hyphens.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Slug(String);

/// A text that is not a slug.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is not a short name: use 1 to 63 lower-case letters, digits and hyphens, with no hyphen at either end"
)]
pub struct SlugError(String);

impl Slug {
    /// Gives the text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Slug {
    type Err = SlugError;

    fn from_str(text: &str) -> Result<Self, SlugError> {
        let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        let good = (1..=LENGTH_MAX).contains(&text.len())
            && text.chars().all(allowed)
            && !text.starts_with('-')
            && !text.ends_with('-');
        if good { Ok(Self(text.to_owned())) } else { Err(SlugError(text.chars().take(LENGTH_MAX).collect())) }
    }
}

impl fmt::Display for Slug {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slugs_are_what_fits_an_address() {
        for good in ["a", "contoso", "contoso-2", "0"] {
            assert_eq!(Slug::from_str(good).expect(good).as_str(), good);
        }
        for bad in ["", "-a", "a-", "Contoso", "a b", "a/b", "ä", &"x".repeat(64)] {
            assert!(Slug::from_str(bad).is_err(), "{bad}");
        }
    }
}
