//! The choice of theme and density; it appears where scripts run, because they keep it.

use maud::{Markup, html};

/// Draws the choice; `theme` and `density` are what the page was rendered with.
#[must_use]
pub fn looks_switch(theme: &str, density: &str) -> Markup {
    html! {
        div .looks {
            (choice("Theme", "theme", theme, &[("system", "System"), ("light", "Light"), ("dark", "Dark")]))
            (choice("Density", "density", density, &[("comfortable", "Comfortable"), ("compact", "Compact")]))
        }
    }
}

fn choice(label: &str, name: &str, now: &str, values: &[(&str, &str)]) -> Markup {
    html! {
        div role="group" aria-label=(label) {
            @for (value, word) in values {
                button type="button" data-look={ (name) "=" (value) } aria-pressed=(*value == now) hidden { (word) }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::components::testing::check;

    #[test]
    fn the_choice_shows_what_is_chosen() {
        check("looks_switch", &looks_switch("dark", "comfortable").into_string());
    }
}
