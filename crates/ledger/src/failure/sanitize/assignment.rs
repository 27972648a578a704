//! Secrets under a name: `password=…`, `"clientSecret": "…"`, `Set-Cookie: …`, `Key (token)=(…)`.

use std::ops::Range;

use super::{
    authorization,
    key_name::{self, NAME_LENGTH_MAX, Named},
    shadow::Shadow,
    spans::Spans,
    value::{Form, Value, is_quote, line_end_or, value_at},
};

/// Blanks that may stand between a name and its separator.
const BLANKS_BEFORE_SEPARATOR_MAX: usize = 16;

/// Shortest private JWK member; smaller quoted values under `d` or `k` are something else.
const JWK_MEMBER_LENGTH_MIN: usize = 20;

/// Words that follow `token: ` or `password: ` when a sentence goes on instead of a value.
const PROSE: [&str; 44] = [
    "a",
    "access",
    "an",
    "authentication",
    "bad",
    "cannot",
    "could",
    "denied",
    "does",
    "empty",
    "error",
    "expected",
    "expired",
    "failed",
    "has",
    "have",
    "invalid",
    "is",
    "malformed",
    "may",
    "missing",
    "must",
    "no",
    "none",
    "not",
    "only",
    "permission",
    "please",
    "required",
    "revoked",
    "should",
    "some",
    "the",
    "this",
    "too",
    "unauthorized",
    "unexpected",
    "unknown",
    "use",
    "user",
    "was",
    "will",
    "wrong",
    "yes",
];

/// Words that stand for the absence of a value.
const LITERALS: [&str; 8] = ["true", "false", "null", "none", "nil", "undefined", "set", "unset"];

/// A name in front of a separator.
struct Key {
    range: Range<usize>,
    quoted: bool,
}

/// Marks the values of all secret names.
pub(super) fn mark(shadow: &Shadow, spans: &mut Spans) {
    let mut at = 0;
    while at < shadow.len() {
        if !matches!(shadow.ch(at), '=' | ':') {
            at += 1;
            continue;
        }
        let after = after_separator(shadow, at);
        let found = tuple(shadow, at).or_else(|| {
            let key = key_before(shadow, at)?;
            secret_value(shadow, &key, at, after)
        });
        // Going on behind the value keeps `password=password=…` linear.
        at = found.as_ref().map_or(after, |range| range.end.max(after));
        if let Some(range) = found {
            spans.add(range);
        }
    }
}

/// Says whether the bare word at a position goes on as a sentence rather than as a secret.
pub(super) fn is_prose(word: &str) -> bool {
    PROSE.contains(&word.to_lowercase().as_str())
}

fn after_separator(shadow: &Shadow, at: usize) -> usize {
    let more = shadow.skip_while(at + 1, |c| c == '=');
    if shadow.ch(more) == '>' { more + 1 } else { more }
}

/// `Key (token)=(…)`, as databases name the row that broke a constraint.
fn tuple(shadow: &Shadow, at: usize) -> Option<Range<usize>> {
    if shadow.before(at) != ')' || shadow.ch(at + 1) != '(' {
        return None;
    }
    let start = shadow.run_before(at - 1, NAME_LENGTH_MAX, |c| c != '(');
    let names = shadow.text(start..at - 1);
    names
        .split(',')
        .any(|name| matches!(key_name::named(name.trim()), Some(Named::Secret | Named::SecretUnlessCount)))
        .then(|| value_at(shadow, at + 1, 0).map_or(at + 1..at + 1, |value| value.range))
}

fn key_before(shadow: &Shadow, separator: usize) -> Option<Key> {
    let mut end = shadow.run_before(separator, BLANKS_BEFORE_SEPARATOR_MAX, |c| c == ' ' || c == '\t');
    if shadow.before(end) == ']' && end >= 2 && is_quote(shadow.ch(end - 2)) {
        end -= 1;
    }
    let quoted = is_quote(shadow.before(end));
    if quoted {
        end -= 1;
    }
    let start = name_start(shadow, end);
    (start < end).then_some(Key { range: start..end, quoted })
}

fn name_start(shadow: &Shadow, end: usize) -> usize {
    shadow.run_before(end, NAME_LENGTH_MAX, |c| c.is_alphanumeric() || matches!(c, '_' | '-' | '.'))
}

/// What a name stands for; `API key` is read as two words, `\npassword` without its blank.
fn named(shadow: &Shadow, name: &Range<usize>) -> Option<Named> {
    let text = shadow.text(name.clone());
    let direct = key_name::named(&text);
    if direct.is_some() {
        return direct;
    }
    if shadow.before(name.start) == '\\' && text.starts_with(['n', 'r', 't']) {
        return key_name::named(&text[1..]);
    }
    if text.eq_ignore_ascii_case("key") && shadow.before(name.start) == ' ' {
        let start = name_start(shadow, name.start - 1);
        return key_name::named(&format!("{}_{text}", shadow.text(start..name.start - 1)));
    }
    None
}

fn secret_value(shadow: &Shadow, key: &Key, separator: usize, after: usize) -> Option<Range<usize>> {
    let named = named(shadow, &key.range)?;
    let colon = shadow.ch(separator) == ':';
    // `…/oauth2/token: 400` is a path, `token::Kind` a type.
    if colon && !key.quoted && (shadow.before(key.range.start) == '/' || shadow.ch(after) == ':') {
        return None;
    }
    let start = value_start(shadow, key, colon, after)?;
    let depth = shadow.percent_depth(separator);
    match named {
        Named::Authorization if !is_quote(shadow.ch(start)) => {
            authorization::credential(shadow, start, depth)
        }
        Named::Cookie | Named::SetCookie if !is_quote(shadow.ch(start)) => cookies(shadow, start, named),
        Named::JwkMember => {
            let quoted = key.quoted && is_quote(shadow.ch(start));
            let value = quoted.then(|| value_at(shadow, start, depth))??;
            let long = value.range.len() >= JWK_MEMBER_LENGTH_MIN;
            (long || value.form == Form::Unclosed).then_some(value.range)
        }
        Named::RedirectCode => {
            let in_query = matches!(shadow.before(key.range.start), '?' | '&' | '#');
            let end = shadow
                .skip_while(start, |c| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-' | '/' | '~'));
            let opaque = (start..end).any(|at| shadow.ch(at).is_ascii_digit() || shadow.ch(at) == '-');
            (!colon && in_query && opaque).then_some(start..end)
        }
        Named::ValueOfName => {
            let name = name_beside(shadow, key)?;
            matches!(key_name::named(&name), Some(Named::Secret | Named::SecretUnlessCount))
                .then(|| value_at(shadow, start, depth).map(|value| value.range))?
        }
        Named::Secret
        | Named::SecretUnlessCount
        | Named::Authorization
        | Named::Cookie
        | Named::SetCookie => {
            let value = value_at(shadow, start, depth)?;
            let sentence = colon && !key.quoted;
            (value.form != Form::Bare || is_secret(shadow, &value, named, sentence))
                .then(|| with_block(shadow, value))
        }
    }
}

/// Where the value begins: on this line, or on the next one where the notation says so.
fn value_start(shadow: &Shadow, key: &Key, colon: bool, after: usize) -> Option<usize> {
    let at = shadow.skip_blanks(after);
    if shadow.ch(at) != '\n' {
        return Some(at);
    }
    let next = shadow.skip_while(at, char::is_whitespace);
    let indented = matches!(shadow.before(next), ' ' | '\t');
    let opens = is_quote(shadow.ch(next)) || matches!(shadow.ch(next), '[' | '{');
    (key.quoted || (colon && indented) || (opens && indented)).then_some(next)
}

fn is_secret(shadow: &Shadow, value: &Value, named: Named, sentence: bool) -> bool {
    let text = shadow.text(value.range.clone());
    let count =
        named == Named::SecretUnlessCount && text.len() <= 9 && text.bytes().all(|b| b.is_ascii_digit());
    let absent = LITERALS.contains(&text.to_lowercase().as_str());
    !(count || absent || (sentence && is_prose(&text)))
}

/// A YAML block value (`|` or `>`) is the indented lines below it.
fn with_block(shadow: &Shadow, value: Value) -> Range<usize> {
    let text = shadow.text(value.range.start..(value.range.start + 3).min(shadow.len()));
    let opens = value.form == Form::Bare && (text.starts_with("|\n") || text.starts_with("|-\n"));
    let folded = value.range.is_empty() && (text.starts_with(">\n") || text.starts_with(">-\n"));
    if !(opens || folded) {
        return value.range;
    }
    let mut end = shadow.skip_while(value.range.start, |c| c != '\n');
    while shadow.ch(end) == '\n' && matches!(shadow.ch(end + 1), ' ' | '\t') {
        end = shadow.skip_while(end + 1, |c| c != '\n');
    }
    value.range.start..end
}

fn cookies(shadow: &Shadow, start: usize, named: Named) -> Option<Range<usize>> {
    let name_end = (start + NAME_LENGTH_MAX).min(shadow.len());
    if !(start..name_end).any(|at| shadow.ch(at) == '=') {
        return None;
    }
    // Many on one line must not each look at the whole of it.
    let stop = if named == Named::SetCookie { ';' } else { '\n' };
    Some(start..line_end_or(shadow, start, stop))
}

/// The quoted name in `{"name": "password", "value": …}` or `<add key="Password" value=…>`.
fn name_beside(shadow: &Shadow, value_key: &Key) -> Option<String> {
    let quote = shadow.run_before(value_key.range.start, 6, |c| c.is_whitespace() || is_quote(c) || c == ',');
    let end = quote.max(1);
    if !is_quote(shadow.ch(end)) {
        return None;
    }
    let start = name_start(shadow, end);
    is_quote(shadow.before(start)).then(|| shadow.text(start..end))
}
