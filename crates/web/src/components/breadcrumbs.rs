//! Breadcrumbs: where in the product a page is.

use maud::{Markup, html};

use super::link::{Link, named};

/// Draws the way to a page; `here` is its own name.
#[must_use]
pub fn breadcrumbs(way: &[Link], here: &str) -> Markup {
    html! {
        nav aria-label="Breadcrumb" {
            ol .crumb {
                @for step in way { li { a href=(step.href) { (named(&step.label)) } } }
                li { span aria-current="page" { (named(here)) } }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::components::testing::check;

    #[test]
    fn the_last_crumb_is_the_page() {
        let way = [Link::new("Northwind Holdings", "/w/n"), Link::new("Operations", "/w/n/operations")];
        check("breadcrumbs", &breadcrumbs(&way, "Restore assignments, 13:58").into_string());
    }
}
