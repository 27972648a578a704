//! A group of boxes, of which any may be checked.

use maud::{Markup, html};

use super::form::FieldOption;
use super::icon::{Icon, icon};

/// A field that takes any of several values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Several {
    /// The name that is sent with each value.
    pub name: String,
    /// What people read.
    pub label: String,
    /// The values.
    pub options: Vec<FieldOption>,
    /// Those that are checked.
    pub chosen: Vec<String>,
    /// What is wrong.
    pub error: Option<String>,
}

/// Draws it.
#[must_use]
pub fn several(of: &Several) -> Markup {
    let id = format!("f-{}", of.name);
    let error_id = of.error.as_ref().map(|_| format!("{id}-error"));
    html! {
        fieldset .field id=(id) aria-describedby=[error_id.as_deref()] {
            legend { (of.label) }
            div {
                @for option in &of.options {
                    label .choice {
                        input type="checkbox" name=(of.name) value=(option.value) checked[of.chosen.contains(&option.value)];
                        span { bdi { (option.label) } }
                        @if let Some(hint) = &option.hint { small { (hint) } }
                    }
                }
            }
            @if let Some(error) = &of.error {
                p .wrong id=[error_id.as_deref()] { (icon(Icon::Failed)) (error) }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::components::testing::check;

    #[test]
    fn any_of_several_may_be_checked_and_names_from_outside_stay_text() {
        let option =
            |value: &str, label: &str| FieldOption { value: value.into(), label: label.into(), hint: None };
        let of = Several {
            name: "tenant".into(),
            label: "Tenants".into(),
            options: vec![option("contoso", "<b>Contoso</b>"), option("fabrikam", "متجر")],
            chosen: vec!["fabrikam".into()],
            error: Some("Choose one tenant at least.".into()),
        };
        check("several", &several(&of).into_string());
    }
}
