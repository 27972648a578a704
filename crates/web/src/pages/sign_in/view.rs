//! What the form looks like that signs in.

use maud::{Markup, html};

use crate::components::{Field, Input, error_summary, field};
use crate::looks::Looks;
use crate::shell;

/// Draws the page; `error` is the same sentence for a wrong password and an unknown user.
#[must_use]
pub(super) fn form(looks: Looks, next: &str, email: &str, error: Option<&str>) -> Markup {
    shell::door("Sign in", looks, &panel(next, email, error))
}

fn panel(next: &str, email: &str, error: Option<&str>) -> Markup {
    let errors: Vec<String> = error.map(str::to_owned).into_iter().collect();
    let email = Field::text("email", "Email").taking(Input::Email).holding(email).filled("username");
    let password =
        Field::text("password", "Password").taking(Input::Secret { autocomplete: "current-password" });
    html! {
        section .panel aria-labelledby="h-door" {
            h1 #h-door { "Sign in" }
            (error_summary(&errors, &[]))
            form .form method="post" action="/sign-in" {
                input type="hidden" name="next" value=(next);
                (field(&email))
                (field(&password))
                button .btn .pri type="submit" { "Sign in" }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::components::testing::{check, show};

    #[test]
    fn the_form_keeps_what_was_typed_except_the_password() {
        let markup = panel(
            "/w/default?a=\"b\"",
            "mara@northwind.example",
            Some("The email or the password is wrong."),
        );
        check("sign_in", &markup.clone().into_string());
        show("sign-in", "door", &markup);
    }
}
