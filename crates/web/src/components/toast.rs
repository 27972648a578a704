//! Toasts: the reply to an action of this tab; also what a page shows first after a form was sent without scripts.

use maud::{Markup, html};

use super::action::{PostForm, hidden_fields};
use super::badge::{State, state_glyph};
use super::icon::{Icon, icon, styled_icon};
use super::link::{Link, link};

/// What a toast tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ToastTone {
    /// A run is in this state.
    Run(State),
    /// Something else that is good to know.
    Info,
    /// Something failed; the toast stays until it is dismissed.
    Error,
}

/// A toast.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Toast {
    /// What it tells.
    pub tone: ToastTone,
    /// The deed and what became of it: "Policy sync queued".
    pub title: String,
    /// The rest, in one or two sentences.
    pub text: String,
    /// Where to look: "View run".
    pub go: Option<Link>,
    /// A form that tries it again.
    pub again: Option<PostForm>,
}

/// Draws the region that toasts appear in; every page of the shell holds it once, at its end.
#[must_use]
pub fn toast_region(toasts: &[Toast]) -> Markup {
    html! {
        div #toasts .toasts role="region" aria-label="Messages" tabindex="-1" {
            @for one in toasts { (toast(one)) }
        }
    }
}

/// Draws one toast.
#[must_use]
pub fn toast(toast: &Toast) -> Markup {
    let is_error = toast.tone == ToastTone::Error;
    html! {
        div class=(if is_error { "toast toast-fail" } else { "toast" }) data-toast=(if is_error { "stay" } else { "fade" })
            role=(if is_error { "alert" } else { "status" }) {
            (glyph(toast.tone))
            b { (toast.title) }
            p { (toast.text) }
            @if toast.go.is_some() || toast.again.is_some() {
                div .go {
                    @if let Some(go) = &toast.go { (link(go)) }
                    @if let Some(again) = &toast.again {
                        form method="post" action=(again.action) {
                            (hidden_fields(&again.fields))
                            button .plain type="submit" { "Try again" }
                        }
                    }
                }
            }
            button .ib type="button" data-dismiss aria-label="Dismiss" hidden { (icon(Icon::Close)) }
        }
    }
}

fn glyph(tone: ToastTone) -> Markup {
    match tone {
        ToastTone::Run(state) => state_glyph(state),
        ToastTone::Info => icon(Icon::Info),
        ToastTone::Error => styled_icon(Icon::Failed, "i tone-fail"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::components::testing::check;

    #[test]
    fn toasts_say_what_happened_to_what_and_where_to_look() {
        let queued = Toast {
            tone: ToastTone::Run(State::Queued),
            title: "Policy sync queued".into(),
            text: "Northwind EU. You will be notified when it ends.".into(),
            go: Some(Link::new("View run", "/w/default/operations/1")),
            again: None,
        };
        let failed = Toast {
            tone: ToastTone::Error,
            title: "Could not queue policy sync".into(),
            text: "Nothing was started; the attempt is recorded as Failed.".into(),
            go: Some(Link::new("View run", "/w/default/operations/2")),
            again: Some(PostForm { action: "/start".into(), ..PostForm::default() }),
        };
        check("toasts", &toast_region(&[queued, failed]).into_string());
    }
}
