//! A button that does something, or says why it may not.

use maud::{Markup, html};

use super::icon::{Icon, icon};
use super::link::Weight;

/// Whether the reader may do it; the form's handler asks the same question again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Permission {
    /// He may.
    Granted,
    /// He may not.
    Refused {
        /// Why, and who can grant it, in one or two sentences.
        reason: String,
    },
}

/// What the browser does with the answer where it runs scripts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Answer {
    /// It goes where the answer leads, as without scripts.
    #[default]
    Page,
    /// It adds the answer, which is a toast, to the toasts and stays where it is.
    Toast,
}

/// Where a button sends what.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PostForm {
    /// The address.
    pub action: String,
    /// Hidden fields, the token against forged requests among them.
    pub fields: Vec<(String, String)>,
    /// A question to ask before; where scripts run, and the handler may ask again.
    pub confirm: Option<String>,
    /// What happens to the answer.
    pub answer: Answer,
}

/// What a button says and how it looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verb<'a> {
    /// The same verb that toast, notice and ledger use.
    pub label: &'a str,
    /// A glyph before it.
    pub icon: Option<Icon>,
    /// How much it weighs.
    pub weight: Weight,
}

impl<'a> Verb<'a> {
    /// Makes a verb without a glyph.
    #[must_use]
    pub fn plain(label: &'a str) -> Self {
        Self { label, icon: None, weight: Weight::Plain }
    }
}

/// Draws the button in its form; where it is refused, a dashed button that stays in reach and is described by the reason.
///
/// `id` makes the reason's id and is unique in the page.
#[must_use]
pub fn action(id: &str, verb: Verb<'_>, permission: &Permission, form: &PostForm) -> Markup {
    let label = html! {
        @if let Some(glyph) = verb.icon { (icon(glyph)) }
        (verb.label)
    };
    match permission {
        Permission::Granted => html! {
            form method="post" action=(form.action) data-confirm=[form.confirm.as_deref()]
                hx-post=[toasts(form).then_some(&form.action)] hx-target=[toasts(form).then_some("#toasts")]
                hx-swap=[toasts(form).then_some("beforeend")] {
                (hidden_fields(&form.fields))
                button type="submit" class=(verb.weight.class()) { (label) }
            }
        },
        Permission::Refused { reason } => {
            let reason_id = format!("{id}-reason");
            html! {
                span .tipped {
                    button type="button" class=(refused_class(verb.weight)) aria-disabled="true" aria-describedby=(reason_id) {
                        @if verb.icon.is_none() { (icon(Icon::Lock)) }
                        (label)
                    }
                    span .tip role="tooltip" id=(reason_id) { (reason) }
                }
            }
        }
    }
}

/// Draws fields that the reader does not see.
#[must_use]
pub fn hidden_fields(fields: &[(String, String)]) -> Markup {
    html! { @for (name, value) in fields { input type="hidden" name=(name) value=(value); } }
}

fn toasts(form: &PostForm) -> bool {
    form.answer == Answer::Toast
}

const fn refused_class(weight: Weight) -> &'static str {
    match weight {
        Weight::Small => "btn sm",
        Weight::Plain | Weight::Primary => "btn",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::components::testing::check;

    fn sync(permission: &Permission) -> String {
        let form = PostForm {
            action: "/w/default/t/contoso/start/policy.sync".into(),
            fields: vec![("csrf".into(), "a\"b".into())],
            confirm: None,
            answer: Answer::Toast,
        };
        let verb = Verb { label: "Sync policies", icon: Some(Icon::Sync), weight: Weight::Primary };
        action("sync", verb, permission, &form).into_string()
    }

    #[test]
    fn a_granted_action_is_a_form_that_works_without_scripts() {
        check("action_granted", &sync(&Permission::Granted));
    }

    #[test]
    fn a_refused_action_has_no_form_and_says_why() {
        let reason =
            "Needs the Operator role in Northwind Holdings. Owners: Aiko Tanaka, Sam Okoro.".to_owned();
        let markup = sync(&Permission::Refused { reason });
        check("action_refused", &markup);
        assert!(!markup.contains("<form") && !markup.contains("submit"), "{markup}");
    }
}
