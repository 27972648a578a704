//! What stands where a list would be: one sentence, and the next step.

use maud::{Markup, html};

use super::link::{Link, Weight, link_button};

/// Why there is nothing to show.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Empty {
    /// The sentence.
    pub sentence: String,
    /// Where to go next, the best first; may be none.
    pub next: Vec<Link>,
    /// The reference of an error, for whoever reads the log.
    pub reference: Option<String>,
}

impl Empty {
    /// Makes an empty state without a next step.
    #[must_use]
    pub fn new(sentence: impl Into<String>) -> Self {
        Self { sentence: sentence.into(), next: Vec::new(), reference: None }
    }

    /// Adds a next step.
    #[must_use]
    pub fn then(mut self, next: Link) -> Self {
        self.next.push(next);
        self
    }
}

/// Draws an empty state.
#[must_use]
pub fn empty(why: &Empty) -> Markup {
    html! {
        div .empty {
            p { (why.sentence) }
            @if !why.next.is_empty() {
                div .acts { @for next in &why.next { (link_button(next, Weight::Plain, None)) } }
            }
            @if let Some(reference) = &why.reference { p .ref { "Reference " span .mono { (reference) } } }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::components::testing::check;

    #[test]
    fn an_empty_state_says_what_to_do_next() {
        let never = Empty::new("No operations yet. Start one from Policies or Inventory.")
            .then(Link::new("Policies", "/p"))
            .then(Link::new("Inventory", "/i"));
        let broken =
            Empty { reference: Some("7f3a".into()), ..Empty::new("The run list could not be read.") };
        check("empty", &(empty(&never).into_string() + &empty(&broken).into_string()));
    }
}
