//! What a mistake in a tenant would cost.

use maud::{Markup, html};

/// What a mistake in a tenant would cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TenantEnvironment {
    /// People work in it: what writes there is hatched.
    Production,
    /// Nobody does.
    Test,
}

/// Draws the environment as a chip.
#[must_use]
pub fn environment(of: TenantEnvironment) -> Markup {
    match of {
        TenantEnvironment::Production => html! { span .chip .chip-hatched { "Production" } },
        TenantEnvironment::Test => html! { span .chip { "Test" } },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn production_is_hatched_and_says_its_word() {
        let markup = environment(TenantEnvironment::Production).into_string();
        assert!(markup.contains("chip-hatched") && markup.contains("Production"));
        assert!(!environment(TenantEnvironment::Test).into_string().contains("chip-hatched"));
    }
}
