//! What the first person sees: the form behind the one-time link that the server printed.

use maud::{Markup, html};

use super::Entered;
use crate::components::{Field, Input, error_summary, field};
use crate::looks::Looks;
use crate::shell;

/// Draws the page.
#[must_use]
pub(super) fn form(looks: Looks, entered: &Entered) -> Markup {
    shell::door("Set up TenantAtlas", looks, &panel(entered))
}

fn panel(entered: &Entered) -> Markup {
    let wrong = |name: &str| {
        entered.wrong.as_ref().filter(|(field, _)| *field == name).map(|(_, error)| error.clone())
    };
    let fields = [
        Field::text("name", "Your name").holding(entered.name.as_str()).failing(wrong("name")).filled("name"),
        Field::text("email", "Email")
            .taking(Input::Email)
            .holding(entered.email.as_str())
            .failing(wrong("email"))
            .filled("username"),
        Field::text("password", "Password")
            .taking(Input::Secret { autocomplete: "new-password" })
            .hinting("A sentence is fine, and longer is better than odder.")
            .failing(wrong("password")),
        // The link brings it along; whoever came without types it.
        Field::text("token", "One-time token")
            .taking(Input::Code)
            .holding(entered.token.as_str())
            .hinting("The server printed it when it started for the first time.")
            .failing(wrong("token"))
            .filled("off"),
    ];
    let general: Vec<String> = wrong("").into_iter().collect();
    let all: Vec<&Field> = fields.iter().collect();
    html! {
        section .panel aria-labelledby="h-door" {
            div {
                h1 #h-door { "Set up TenantAtlas" }
                p .sub { "You become the server's administrator and Owner of the first workspace." }
            }
            (error_summary(&general, &all))
            form .form method="post" action="/first-start" {
                @for one in all { (field(one)) }
                button .btn .pri type="submit" { "Create administrator" }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::components::testing::{check, show};

    #[test]
    fn what_is_wrong_is_said_beside_its_field() {
        let entered = Entered {
            token: "tk-1".into(),
            name: "Mara Lindqvist".into(),
            wrong: Some(("email", "The email must hold an @.".into())),
            ..Entered::default()
        };
        let markup = panel(&entered);
        check("first_start", &markup.clone().into_string());
        show("first-start", "door", &markup);
    }
}
