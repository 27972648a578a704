//! Pairs: facts about one thing, its context, and what it is related to.

use jiff::Timestamp;
use maud::{Markup, html};

use super::icon::{Icon, icon};
use super::link::{Link, link, named};
use super::wall::{Wall, day_time, rel_time};

/// A value beside its name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// Words.
    Text(String),
    /// A token or a code.
    Code(String),
    /// An id: shown shortened where it is long, copied whole.
    Id(String),
    /// A name that came from outside.
    Name(String),
    /// A way to the thing itself.
    Link(Link),
    /// An instant, as a distance.
    Ago(Timestamp),
    /// An instant, as day and minute.
    At(Timestamp),
    /// Something that is kept from pages.
    Withheld,
}

impl Value {
    /// Gives the words of a value that has any; none for instants and for what is withheld.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) | Self::Code(text) | Self::Id(text) | Self::Name(text) => Some(text),
            Self::Link(to) => Some(&to.label),
            Self::Ago(_) | Self::At(_) | Self::Withheld => None,
        }
    }
}

/// A named value with a note under it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fact {
    /// Its name.
    pub label: String,
    /// The value.
    pub value: Value,
    /// More about it.
    pub note: Option<String>,
}

impl Fact {
    /// Makes a fact.
    #[must_use]
    pub fn new(label: impl Into<String>, value: Value) -> Self {
        Self { label: label.into(), value, note: None }
    }

    /// Adds a note.
    #[must_use]
    pub fn noting(self, note: impl Into<String>) -> Self {
        Self { note: Some(note.into()), ..self }
    }
}

/// Draws facts about one thing.
#[must_use]
pub fn facts(all: &[Fact], wall: &Wall) -> Markup {
    html! {
        dl .facts {
            @for fact in all {
                dt { (fact.label) }
                dd {
                    (value(&fact.value, &fact.label, wall))
                    @if let Some(note) = &fact.note { small { (note) } }
                }
            }
        }
    }
}

/// Draws a context: paths and values.
#[must_use]
pub fn kv(caption: &str, pairs: &[(String, Value)], wall: &Wall) -> Markup {
    html! {
        table .kv {
            caption .sr { (caption) }
            tbody {
                @for (path, held) in pairs {
                    tr { th scope="row" { (path) } td { (value(held, path, wall)) } }
                }
            }
        }
    }
}

fn value(of: &Value, label: &str, wall: &Wall) -> Markup {
    match of {
        Value::Text(text) => html! { (text) },
        Value::Code(code) => html! { span .mono { (code) } },
        Value::Id(id) => {
            html! { span .mono title=(id) { (shortened(id)) } (copy_button(id, &format!("Copy {}", label.to_lowercase()))) }
        }
        Value::Name(name) => named(name),
        Value::Link(to) => link(to),
        Value::Ago(at) => rel_time(*at, wall),
        Value::At(at) => day_time(*at, wall),
        Value::Withheld => html! { span .chip .chip-dashed { (icon(Icon::Lock)) "withheld" } },
    }
}

/// Draws a button that copies; it appears where scripts run.
#[must_use]
pub fn copy_button(text: &str, label: &str) -> Markup {
    html! { button .copy type="button" data-copy=(text) aria-label=(label) title=(label) hidden { (icon(Icon::Copy)) } }
}

/// Shortens an id in its middle, where it is longer than fits a column: `019aa1b2…c3d4`.
#[must_use]
pub fn shortened(id: &str) -> String {
    const WHOLE: usize = 20;
    let length = id.chars().count();
    if length <= WHOLE {
        return id.to_owned();
    }
    let head: String = id.chars().take(13).collect();
    let tail: String = id.chars().skip(length - 4).collect();
    format!("{}…{tail}", head.trim_end_matches('-'))
}

/// Something that a thing is related to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Related {
    /// What kind of thing it is.
    pub icon: Icon,
    /// Its name and where it is.
    pub to: Link,
    /// More about it.
    pub note: Option<String>,
}

/// Draws the ways to related things.
#[must_use]
pub fn related(all: &[Related]) -> Markup {
    html! {
        ul .rel {
            @for one in all {
                li {
                    a href=(one.to.href) {
                        (icon(one.icon))
                        span {
                            (named(&one.to.label))
                            @if let Some(note) = &one.note { small { (note) } }
                        }
                        (icon(Icon::Right))
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::components::testing::{check, wall};

    #[test]
    fn facts_copy_ids_link_objects_and_keep_what_is_withheld() {
        let all = [
            Fact::new("Run", Value::Id("019aa1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b".into())),
            Fact::new("Type", Value::Code("policy.sync".into())),
            Fact::new("Tenant", Value::Link(Link::new("متجر", "/t"))).noting("production"),
            Fact::new("Kept until", Value::At(wall().now)),
        ];
        let context =
            [("mode".into(), Value::Text("write".into())), ("client_secret".into(), Value::Withheld)];
        let other =
            [Related { icon: Icon::Policy, to: Link::new("Policies", "/p"), note: Some("412 read".into()) }];
        let markup = facts(&all, &wall()).into_string()
            + &kv("Context", &context, &wall()).into_string()
            + &related(&other).into_string();
        check("facts", &markup);
    }

    #[test]
    fn long_ids_keep_their_ends() {
        assert_eq!(shortened("019aa1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b"), "019aa1b2-c3d4…4a5b");
        assert_eq!(shortened("RR-0187"), "RR-0187");
        assert_eq!(shortened(&"é".repeat(30)).chars().count(), 18);
    }
}
