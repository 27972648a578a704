//! Forms: fields with their labels, hints and errors, and a summary of what is wrong.

use maud::{Markup, html};

use super::icon::{Icon, icon};
use super::tabs::Selected;

/// What a field takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input {
    /// A line of text.
    Text,
    /// An id, a code or an address, set in the monospaced face.
    Code,
    /// An address of mail.
    Email,
    /// A secret; its value is never sent back to the page.
    Secret {
        /// What the browser's keeper of passwords is told: `current-password`, `new-password`, `off`.
        autocomplete: &'static str,
    },
    /// One of several.
    Options(Vec<FieldOption>),
}

/// One of several values of a field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldOption {
    /// What is sent.
    pub value: String,
    /// What people read.
    pub label: String,
    /// More about it.
    pub hint: Option<String>,
}

/// A field of a form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// The name that is sent; the id is made of it.
    pub name: String,
    /// What people read.
    pub label: String,
    /// What it takes.
    pub input: Input,
    /// What it holds.
    pub value: String,
    /// More about it.
    pub hint: Option<String>,
    /// What is wrong with it.
    pub error: Option<String>,
    /// Whether it must be filled in.
    pub need: Need,
    /// What the browser may fill in: `username`, `organization`, `off`.
    pub autocomplete: Option<&'static str>,
}

/// Whether a field must be filled in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Need {
    /// It must.
    #[default]
    Required,
    /// It may be left empty, and says so.
    Optional,
}

impl Field {
    /// Makes a required field of one line.
    #[must_use]
    pub fn text(name: impl Into<String>, label: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            label: label.into(),
            input: Input::Text,
            value: String::new(),
            hint: None,
            error: None,
            need: Need::Required,
            autocomplete: None,
        }
    }

    /// Gives it what it takes.
    #[must_use]
    pub fn taking(self, input: Input) -> Self {
        Self { input, ..self }
    }

    /// Gives it what it holds.
    #[must_use]
    pub fn holding(self, value: impl Into<String>) -> Self {
        Self { value: value.into(), ..self }
    }

    /// Says more about it.
    #[must_use]
    pub fn hinting(self, hint: impl Into<String>) -> Self {
        Self { hint: Some(hint.into()), ..self }
    }

    /// Says what is wrong with it; none clears it.
    #[must_use]
    pub fn failing(self, error: Option<String>) -> Self {
        Self { error, ..self }
    }

    /// Says what the browser may fill in.
    #[must_use]
    pub fn filled(self, autocomplete: &'static str) -> Self {
        Self { autocomplete: Some(autocomplete), ..self }
    }

    fn id(&self) -> String {
        format!("f-{}", self.name)
    }

    /// Gives the ids of what describes the field.
    fn described_by(&self) -> Option<String> {
        let id = self.id();
        let parts = [
            self.hint.as_ref().map(|_| format!("{id}-hint")),
            self.error.as_ref().map(|_| format!("{id}-error")),
        ];
        let ids: Vec<String> = parts.into_iter().flatten().collect();
        (!ids.is_empty()).then(|| ids.join(" "))
    }
}

/// Draws a field.
#[must_use]
pub fn field(of: &Field) -> Markup {
    if let Input::Options(options) = &of.input {
        return choices(of, options);
    }
    let (kind, class, autocomplete) = match of.input {
        Input::Text | Input::Options(_) => ("text", None, of.autocomplete),
        Input::Code => ("text", Some("code-value"), of.autocomplete),
        Input::Email => ("email", None, of.autocomplete),
        Input::Secret { autocomplete } => ("password", Some("code-value"), Some(autocomplete)),
    };
    // A secret that was typed once is typed again rather than sent back.
    let value = if matches!(of.input, Input::Secret { .. }) { "" } else { &of.value };
    html! {
        div .field {
            label for=(of.id()) {
                (of.label)
                @if of.need == Need::Optional { " " span .hint { "(optional)" } }
            }
            (hint(of))
            input id=(of.id()) type=(kind) name=(of.name) value=(value) class=[class] autocomplete=[autocomplete]
                spellcheck=[class.map(|_| "false")] required[of.need == Need::Required]
                aria-invalid=[of.error.as_ref().map(|_| "true")] aria-describedby=[of.described_by()];
            (wrong(of))
        }
    }
}

fn choices(of: &Field, options: &[FieldOption]) -> Markup {
    html! {
        fieldset .field id=(of.id()) aria-describedby=[of.described_by()] {
            legend { (of.label) }
            (hint(of))
            div {
                @for option in options {
                    label .choice {
                        input type="radio" name=(of.name) value=(option.value) checked[option.value == of.value]
                            required[of.need == Need::Required];
                        span { (option.label) }
                        @if let Some(hint) = &option.hint { small { (hint) } }
                    }
                }
            }
            (wrong(of))
        }
    }
}

fn hint(of: &Field) -> Markup {
    html! { @if let Some(hint) = &of.hint { p .hint id=(format!("{}-hint", of.id())) { (hint) } } }
}

fn wrong(of: &Field) -> Markup {
    html! {
        @if let Some(error) = &of.error {
            p .wrong id=(format!("{}-error", of.id())) { (icon(Icon::Failed)) (error) }
        }
    }
}

/// Draws a box to check, with what it means.
#[must_use]
pub fn checkbox(name: &str, label: &str, hint: &str, checked: Selected) -> Markup {
    html! {
        label .choice {
            input type="checkbox" name=(name) value="yes" checked[checked.is()];
            span { (label) }
            @if !hint.is_empty() { small { (hint) } }
        }
    }
}

/// Lists what is wrong, each with the way to its field; nothing where nothing is.
///
/// `general` are errors that belong to no field.
#[must_use]
pub fn error_summary(general: &[String], fields: &[&Field]) -> Markup {
    let wrong: Vec<(&Field, &String)> =
        fields.iter().filter_map(|&field| Some((field, field.error.as_ref()?))).collect();
    html! {
        @if !general.is_empty() || !wrong.is_empty() {
            div .errors role="alert" tabindex="-1" data-focus {
                h2 {
                    (icon(Icon::Failed))
                    @if general.len() + wrong.len() == 1 { "This needs your attention" }
                    @else { "These need your attention" }
                }
                ul {
                    @for error in general { li { (error) } }
                    @for (field, error) in wrong { li { a href=(format!("#{}", field.id())) { (field.label) ": " (error) } } }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::components::testing::check;

    #[test]
    fn fields_are_described_by_hint_and_error_and_the_summary_leads_to_them() {
        let name = Field::text("name", "Name")
            .hinting("As your team calls it.")
            .failing(Some("must not be empty".into()));
        let option = |value: &str| FieldOption { value: value.into(), label: value.into(), hint: None };
        let environment = Field::text("environment", "Environment")
            .taking(Input::Options(vec![option("production"), option("test")]))
            .holding("test");
        let summary = error_summary(&["The database is away.".into()], &[&name, &environment]).into_string();
        check("form", &(summary + &field(&name).into_string() + &field(&environment).into_string()));
    }

    #[test]
    fn a_secret_is_never_sent_back() {
        let secret =
            Field::text("secret", "Secret").taking(Input::Secret { autocomplete: "off" }).holding("hunter2");
        assert!(!field(&secret).into_string().contains("hunter2"));
    }

    #[test]
    fn without_errors_there_is_no_summary() {
        assert_eq!(error_summary(&[], &[&Field::text("a", "A")]).into_string(), "");
    }
}
