//! What an invitation looks like to whoever got its link.

use maud::{Markup, html};

use crate::components::{
    Field, Input, Link, Permission, PostForm, Verb, Weight, action, error_summary, field, hidden_fields,
    link_button, named,
};

/// The page.
#[derive(Clone, Debug)]
pub struct InvitationPage {
    /// The workspace to join.
    pub workspace: String,
    /// Who is invited.
    pub email: String,
    /// As what.
    pub role: String,
    /// Where the form is sent, with the link's secret.
    pub form: PostForm,
    /// How to join.
    pub way: Way,
}

/// How to join.
#[derive(Clone, Debug)]
pub enum Way {
    /// By making an account.
    NewAccount {
        /// The name as typed.
        name: String,
        /// The field that was not taken, and why.
        wrong: Option<(&'static str, String)>,
    },
    /// With the account that is signed in.
    OwnAccount {
        /// Its name.
        name: String,
    },
    /// After signing in to the account of the address.
    SignIn {
        /// Where.
        href: String,
    },
    /// After signing out of another account.
    OtherAccount {
        /// That account's address.
        email: String,
        /// What signs out.
        sign_out: PostForm,
    },
}

/// Draws the page.
#[must_use]
pub fn page(page: &InvitationPage) -> Markup {
    html! {
        section .panel aria-labelledby="h-door" {
            h1 #h-door { "Join " (named(&page.workspace)) }
            p .sub { "You are invited as " b { (page.role) } ", with the address " bdi { (page.email) } "." }
            @match &page.way {
                Way::NewAccount { name, wrong } => { (new_account(page, name, wrong.as_ref())) }
                Way::OwnAccount { name } => {
                    p { "You are signed in as " (named(name)) "." }
                    form .form method="post" action=(page.form.action) {
                        (hidden_fields(&page.form.fields))
                        button .btn .pri type="submit" { "Join" }
                    }
                }
                Way::SignIn { href } => {
                    p { "This address has an account. Sign in to it to join." }
                    (link_button(&Link::new("Sign in", href.as_str()), Weight::Primary, None))
                }
                Way::OtherAccount { email, sign_out } => {
                    p { "You are signed in as " bdi { (email) } ", which is another account. Sign out, then open the link again." }
                    (action("sign-out", Verb::plain("Sign out"), &Permission::Granted, sign_out))
                }
            }
        }
    }
}

fn new_account(page: &InvitationPage, name: &str, wrong: Option<&(&'static str, String)>) -> Markup {
    let wrong = |field: &str| wrong.filter(|(named, _)| *named == field).map(|(_, why)| why.clone());
    let fields = [
        Field::text("name", "Your name").holding(name).failing(wrong("name")).filled("name"),
        Field::text("password", "Password")
            .taking(Input::Secret { autocomplete: "new-password" })
            .hinting("15 characters or more are best; a sentence is fine.")
            .failing(wrong("password")),
    ];
    let all: Vec<&Field> = fields.iter().collect();
    html! {
        (error_summary(&[], &all))
        form .form method="post" action=(page.form.action) {
            (hidden_fields(&page.form.fields))
            // For the browser's keeper of passwords, which files a new one under a name.
            input type="email" value=(page.email) autocomplete="username" hidden readonly;
            @for one in &fields { (field(one)) }
            button .btn .pri type="submit" { "Make account and join" }
        }
    }
}

/// Draws the answer to every link that is not good.
#[must_use]
pub fn not_good() -> Markup {
    html! {
        section .panel {
            h1 { "This invitation is not good" }
            p { "It was used already, taken back, replaced by a newer one, or is too old. Ask whoever invited you for a new one." }
            (link_button(&Link::new("To the sign-in", "/sign-in"), Weight::Plain, None))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::components::testing::{check, show};

    fn invitation(way: Way) -> InvitationPage {
        InvitationPage {
            workspace: "<script>Northwind</script> \u{202E}sgnidloH".into(),
            email: "ana@contoso.example".into(),
            role: "Operator".into(),
            form: PostForm {
                action: "/invitation".into(),
                fields: vec![("token".into(), "A".repeat(43))],
                ..PostForm::default()
            },
            way,
        }
    }

    #[test]
    fn an_invitation_shows_each_way_to_join() {
        let wrong = Some(("password", "The password is one of the first that anybody would try.".into()));
        let ways = [
            ("invitation-new", Way::NewAccount { name: "Ana".into(), wrong }),
            ("invitation-own", Way::OwnAccount { name: "Ana \u{202E}sepoL".into() }),
            ("invitation-sign-in", Way::SignIn { href: "/sign-in?next=x".into() }),
            (
                "invitation-other",
                Way::OtherAccount { email: "eva@contoso.example".into(), sign_out: PostForm::default() },
            ),
        ];
        let mut all = String::new();
        for (name, way) in ways {
            let markup = page(&invitation(way));
            show(name, "door", &markup);
            let text = markup.into_string();
            assert!(!text.contains("<script>"), "{text}");
            crate::components::testing::assert_sound(&text);
            if name == "invitation-new" {
                all.push_str(&text);
            }
        }
        let bad = not_good();
        show("invitation-bad", "door", &bad);
        check("invitation", &(all + &bad.into_string()));
    }
}
