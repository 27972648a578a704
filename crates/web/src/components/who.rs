//! Who started a run.

use maud::{Markup, html};

use super::icon::{Icon, icon};

/// Who started a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Initiator {
    /// A person, by the name of that time.
    Person(String),
    /// A schedule, by its name.
    Schedule(String),
    /// The system itself.
    System,
}

impl Initiator {
    /// Reads it from the stored kind and name; a kind that is not known counts as a person of that name.
    #[must_use]
    pub fn of(kind: &str, name: &str) -> Self {
        match kind {
            "schedule" => Self::Schedule(name.to_owned()),
            "system" => Self::System,
            _ => Self::Person(name.to_owned()),
        }
    }

    /// Gives the word for it: the name, or Schedule, or System.
    #[must_use]
    pub fn label(&self) -> &str {
        match self {
            Self::Person(name) => name,
            Self::Schedule(_) => "Schedule",
            Self::System => "System",
        }
    }
}

/// Draws who started a run.
#[must_use]
pub fn who(of: &Initiator) -> Markup {
    html! {
        span .who {
            @match of {
                Initiator::Person(name) => { (avatar(name)) }
                Initiator::Schedule(_) => { (icon(Icon::Schedule)) }
                Initiator::System => { (icon(Icon::System)) }
            }
            @match of {
                Initiator::Schedule(name) => { span title=(name) { "Schedule" } }
                Initiator::Person(_) | Initiator::System => { span { bdi { (of.label()) } } }
            }
        }
    }
}

/// Draws the initials of a name; a head where there are none.
#[must_use]
pub fn avatar(name: &str) -> Markup {
    match initials(name) {
        Some(initials) => html! { span .av aria-hidden="true" { (initials) } },
        None => icon(Icon::Person),
    }
}

/// Gives the first letters of the first and the last word; none where the name begins with no letter.
fn initials(name: &str) -> Option<String> {
    let mut words =
        name.split_whitespace().filter_map(|word| word.chars().next().filter(|c| c.is_alphanumeric()));
    let first = words.next()?;
    Some([Some(first), words.next_back()].into_iter().flatten().flat_map(char::to_uppercase).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::components::testing::check;

    #[test]
    fn people_have_initials_and_schedules_a_calendar() {
        let all = [
            Initiator::Person("Mara Lindqvist".into()),
            Initiator::of("schedule", "Nightly"),
            Initiator::System,
        ];
        check("who", &all.iter().map(|one| who(one).into_string()).collect::<String>());
    }

    #[test]
    fn initials_come_from_letters_of_any_script() {
        let cases = [
            ("Mara von Lindqvist", Some("ML")),
            ("cher", Some("C")),
            ("李 小龙", Some("李小")),
            ("🦊", None),
            ("", None),
        ];
        for (name, wanted) in cases {
            assert_eq!(initials(name).as_deref(), wanted, "{name}");
        }
    }
}
