//! Takes secrets and personal data out of text that others wrote.
//!
//! A *pass* strips what is invisible, builds a *shadow* (the text as a reader or a parser would
//! understand it: folded letters, unescaped quotes, decoded percents), lets every rule mark *spans*
//! on the shadow, and cuts those spans out of the original. Clean text therefore comes back byte
//! for byte. Passes repeat until one changes nothing, which makes the result idempotent by
//! construction. Every rule only moves forward, so a pass takes linear time.

mod address;
mod assignment;
mod authorization;
mod command_line;
mod email;
mod entropy;
mod homoglyph;
mod invisible;
mod key_name;
mod markup;
mod pem;
#[cfg(test)]
mod planted;
mod shadow;
mod spans;
#[cfg(test)]
mod tests;
mod token_shape;
mod unescape;
mod url;
mod value;

use shadow::Shadow;
use spans::Spans;

/// What stands where a secret was.
pub const MARKER: &str = "[redacted]";

/// Passes until the text must have settled; one that has not by then is withheld whole.
const PASSES_MAX: usize = 8;

type Rule = fn(&Shadow, &mut Spans);

/// Every rule, each independent of the others: spans are united, never applied one after another.
const RULES: [Rule; 10] = [
    assignment::mark,
    authorization::mark,
    command_line::mark,
    markup::mark,
    pem::mark,
    token_shape::mark,
    entropy::mark,
    url::mark,
    email::mark,
    address::mark,
];

/// Returns the text without secrets, personal data and control characters, uncut.
///
/// Clean text is returned unchanged. Never panics, takes time linear in the length, and
/// `sanitize_full(sanitize_full(x)) == sanitize_full(x)` for every `x`.
pub fn sanitize_full(text: &str) -> String {
    let mut text = invisible::strip(text);
    for _ in 0..PASSES_MAX {
        match redact(&text) {
            None => return text,
            Some(changed) => text = changed,
        }
    }
    MARKER.to_owned()
}

/// One pass over stripped text; `None` if there is nothing (left) to change.
fn redact(text: &str) -> Option<String> {
    let shadow = Shadow::of(text);
    let mut spans = Spans::default();
    for mark in RULES {
        mark(&shadow, &mut spans);
    }
    let changed = spans.cut(text, &shadow)?;
    (changed != text).then_some(changed)
}
