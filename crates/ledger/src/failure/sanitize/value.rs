//! How far the value under a name reaches.

use std::ops::Range;

use super::{MARKER, shadow::Shadow};

/// Longest type name that is looked through: `Some("…")`, `SecretString("…")`.
const WRAPPER_LENGTH_MAX: usize = 40;

/// How far past a comma the next `name=` is looked for.
const NEXT_NAME_LENGTH_MAX: usize = 40;

/// A value, and how it was written.
#[derive(Debug)]
pub(super) struct Value {
    /// The cells of the value, quotes left out.
    pub(super) range: Range<usize>,
    /// How it is delimited.
    pub(super) form: Form,
}

/// How a value is delimited.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// By a pair of quotes.
    Quoted,
    /// By a quote that was never closed: the text was cut.
    Unclosed,
    /// By a pair of brackets.
    Bracketed,
    /// By the first blank or separator.
    Bare,
}

/// The value that begins at or after a position; `None` at the end of the text.
///
/// `percent_depth` is that of the separator before it: a delimiter that was encoded more often
/// than the separator belongs to the value.
pub(super) fn value_at(shadow: &Shadow, start: usize, percent_depth: u8) -> Option<Value> {
    let at = shadow.skip_blanks(start);
    let first = shadow.ch(at);
    if shadow.spells(at, MARKER) {
        return Some(Value { range: at..at + MARKER.len(), form: Form::Bare });
    }
    // b"…", r'…'
    if first.is_ascii_alphabetic() && is_quote(shadow.ch(at + 1)) {
        return Some(quoted(shadow, at + 1));
    }
    match first {
        '\0' => None,
        '"' | '\'' | '`' => Some(quoted(shadow, at)),
        '[' | '{' | '(' => Some(Value { range: at..bracket_end(shadow, at), form: Form::Bracketed }),
        _ => {
            let name_end = shadow.skip_while(at, |c| c.is_alphanumeric() || matches!(c, '_' | ':'));
            if shadow.ch(name_end) == '(' && (1..WRAPPER_LENGTH_MAX).contains(&(name_end - at)) {
                return Some(Value { range: at..bracket_end(shadow, name_end), form: Form::Bracketed });
            }
            let end = bare_end(shadow, at, percent_depth);
            Some(Value { range: at..end, form: Form::Bare })
        }
    }
}

/// One past the last cell of the line; a spelled-out line end and a double quote end it, too.
pub(super) fn line_end(shadow: &Shadow, start: usize) -> usize {
    line_end_or(shadow, start, '\n')
}

/// The end of the line, or the first `stop` before it.
pub(super) fn line_end_or(shadow: &Shadow, start: usize, stop: char) -> usize {
    let mut at = start;
    while at < shadow.len() && !matches!(shadow.ch(at), '\n' | '"') && shadow.ch(at) != stop {
        if shadow.ch(at) == '\\' && matches!(shadow.ch(at + 1), 'n' | 'r') {
            break;
        }
        at += 1;
    }
    at
}

/// Says whether a character opens or closes a string.
pub(super) fn is_quote(c: char) -> bool {
    matches!(c, '"' | '\'' | '`')
}

/// The inside of the string whose opening quote stands at `open`.
fn quoted(shadow: &Shadow, open: usize) -> Value {
    match closing_quote(shadow, open) {
        Some(close) => Value { range: open + 1..close, form: Form::Quoted },
        None => Value { range: open + 1..shadow.len(), form: Form::Unclosed },
    }
}

/// A quote closes if it is the same and was escaped no more often than the opening one: one that
/// was escaped less often closes the string around.
fn closing_quote(shadow: &Shadow, open: usize) -> Option<usize> {
    let opening = *shadow.cell(open)?;
    (open + 1..shadow.len()).find(|at| {
        shadow.cell(*at).is_some_and(|cell| {
            cell.ch == opening.ch
                && cell.quote_depth <= opening.quote_depth
                && cell.percent_depth <= opening.percent_depth
        })
    })
}

/// One past the bracket that closes the one at `open`; the end of the text if none does.
fn bracket_end(shadow: &Shadow, open: usize) -> usize {
    let mut depth = 0_usize;
    let mut at = open;
    while at < shadow.len() {
        match shadow.ch(at) {
            '[' | '{' | '(' => depth += 1,
            ']' | '}' | ')' => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return at + 1;
                }
            }
            // An apostrophe within a word opens nothing.
            '"' | '\'' if !shadow.before(at).is_alphanumeric() => {
                at = closing_quote(shadow, at).unwrap_or(shadow.len());
            }
            _ => {}
        }
        at += 1;
    }
    shadow.len()
}

fn bare_end(shadow: &Shadow, start: usize, percent_depth: u8) -> usize {
    let mut at = start;
    while let Some(cell) = shadow.cell(at) {
        let delimits = match cell.ch {
            '"' => true,
            '\'' | '`' => !shadow.ch(at + 1).is_alphanumeric(),
            '&' | ';' | '<' | '>' => cell.percent_depth <= percent_depth,
            ',' => comma_ends(shadow, at),
            c => c.is_whitespace() && cell.percent_depth <= percent_depth,
        };
        if delimits {
            break;
        }
        at += 1;
    }
    // What closes the sentence or the brackets around is no part of the value.
    while at > start && matches!(shadow.ch(at - 1), ')' | ']' | '}' | '.' | ',' | ':') {
        at -= 1;
    }
    at
}

/// A comma belongs to the value unless a blank, a quote or the next `name=` follows it.
fn comma_ends(shadow: &Shadow, comma: usize) -> bool {
    let next = shadow.ch(comma + 1);
    if next == '\0' || next.is_whitespace() || is_quote(next) {
        return true;
    }
    let mut at = comma + 1;
    while at - comma < NEXT_NAME_LENGTH_MAX
        && (shadow.ch(at).is_alphanumeric() || matches!(shadow.ch(at), '_' | '-'))
    {
        at += 1;
    }
    at > comma + 1 && matches!(shadow.ch(at), '=' | ':')
}
