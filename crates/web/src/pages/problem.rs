//! The page of a problem. It is the same for everybody who meets the same problem: a stranger's is a missing page's.

use maud::{Markup, html};

use crate::components::{Link, Weight, link_button};
use crate::looks::Looks;
use crate::problem::Problem;
use crate::shell;

/// Draws it.
#[must_use]
pub fn render(looks: Looks, problem: &Problem) -> Markup {
    let title = problem.code().title();
    shell::door(
        title,
        looks,
        &html! {
            div .panel {
                h1 { (title) }
                p { (problem.detail()) }
                @if problem.fields().len() > 1 {
                    ul { @for field in problem.fields() { li { (field.field) ": " (field.message) } } }
                }
                @if let Some(incident) = problem.incident() {
                    p .sub { "Reference " span .mono { (incident) } }
                }
                (link_button(&Link::new("Back to TenantAtlas", "/"), Weight::Plain, None))
            }
        },
    )
}
