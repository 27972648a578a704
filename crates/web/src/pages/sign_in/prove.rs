//! What the form looks like that asks for the password once more.

use maud::{Markup, html};

use crate::components::{Field, Input, error_summary, field, hidden_fields};
use crate::csrf;
use crate::looks::Looks;
use crate::shell;

/// Draws the form; `refused` says why the last try came to nothing.
pub(super) fn form(looks: Looks, next: &str, token: &str, refused: Option<&str>) -> Markup {
    let errors: Vec<String> = refused.map(str::to_owned).into_iter().collect();
    let password =
        Field::text("password", "Password").taking(Input::Secret { autocomplete: "current-password" });
    let hidden = [("next".to_owned(), next.to_owned()), (csrf::FIELD.to_owned(), token.to_owned())];
    shell::door(
        "Confirm it is you",
        looks,
        &html! {
            section .panel aria-labelledby="h-door" {
                h1 #h-door { "Confirm it is you" }
                p .sub { "What comes next changes who or what is trusted, so it needs your password once more." }
                (error_summary(&errors, &[]))
                form .form method="post" action="/sign-in/again" {
                    (hidden_fields(&hidden))
                    (field(&password))
                    button .btn .pri type="submit" { "Go on" }
                }
            }
        },
    )
}
