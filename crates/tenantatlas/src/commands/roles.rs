//! Roles as options name them.

use tenancy::access::Role;

/// Reads a role; a wrong word is answered with those there are.
pub(super) fn role(word: &str) -> Result<Role, String> {
    word.parse::<Role>().map_err(|error| error.to_string())
}
