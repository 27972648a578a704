//! Menus: disclosures, so that they open without scripts.

use maud::{Markup, html};

use super::action::{Permission, PostForm, hidden_fields};
use super::icon::{Icon, icon};
use super::link::{Link, Weight};

/// Where a menu hangs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Hang {
    /// From the left edge of its button.
    #[default]
    Left,
    /// From the right edge.
    Right,
}

/// One line of a menu.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MenuItem {
    /// A way to another page.
    Go(Link),
    /// A deed.
    Do {
        /// What it is called.
        label: String,
        /// Whether the reader may.
        permission: Permission,
        /// What is sent.
        form: PostForm,
    },
}

/// Draws a menu of links and deeds behind a button.
#[must_use]
pub fn menu(label: &str, glyph: Icon, weight: Weight, hang: Hang, items: &[MenuItem]) -> Markup {
    let body = html! {
        ul { @for item in items { li { (line(item)) } } }
    };
    let button = html! { (icon(glyph)) (label) };
    drop(weight.class(), &button, hang, &body)
}

/// Draws a disclosure that opens over the page.
pub(super) fn drop(button_class: &str, button: &Markup, hang: Hang, body: &Markup) -> Markup {
    let class = match hang {
        Hang::Left => "drop",
        Hang::Right => "drop right",
    };
    html! {
        details class=(class) data-drop {
            summary class=(button_class) { (button) }
            div .sheet { (body) }
        }
    }
}

fn line(item: &MenuItem) -> Markup {
    match item {
        MenuItem::Go(to) => html! { a href=(to.href) { (to.label) } },
        MenuItem::Do { label, permission: Permission::Granted, form } => html! {
            form method="post" action=(form.action) data-confirm=[form.confirm.as_deref()] {
                (hidden_fields(&form.fields))
                button type="submit" { (label) }
            }
        },
        MenuItem::Do { label, permission: Permission::Refused { reason }, .. } => html! {
            span .dead role="link" aria-disabled="true" tabindex="0" { (label) small { (reason) } }
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::components::testing::check;

    #[test]
    fn a_menu_holds_links_deeds_and_what_is_refused() {
        let form = PostForm {
            action: "/cancel".into(),
            confirm: Some("Cancel this run?".into()),
            ..PostForm::default()
        };
        let items = [
            MenuItem::Go(Link::new("View JSON", "?format=json")),
            MenuItem::Do { label: "Cancel".into(), permission: Permission::Granted, form: form.clone() },
            MenuItem::Do {
                label: "Run anyway".into(),
                permission: Permission::Refused { reason: "Needs the Manager role.".into() },
                form,
            },
        ];
        check("menu", &menu("More", Icon::More, Weight::Plain, Hang::Right, &items).into_string());
    }
}
