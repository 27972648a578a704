//! Credentials after an authentication scheme, with and without their header.

use std::ops::Range;

use super::{
    assignment::is_prose,
    shadow::Shadow,
    spans::Spans,
    value::{line_end, value_at},
};

/// Schemes whose credential is the next word (RFC 9110 section 11, RFC 6750, RFC 4559, Azure Storage).
const SCHEMES: [&str; 11] = [
    "bearer",
    "negotiate",
    "ntlm",
    "sharedkeylite",
    "sharedkey",
    "sharedaccesssignature",
    "dpop",
    "pop",
    "basic",
    "token",
    "apikey",
];

/// Schemes whose credential is a list of parameters to the end of the line.
const PARAMETER_SCHEMES: [&str; 5] = ["digest", "oauth", "hawk", "mac", "aws4-hmac-sha256"];

/// How many of [`SCHEMES`] are words that mean little else; the rest needs a header in front.
const TELLING_SCHEMES: usize = 8;

/// Shortest credential that is believed without its header.
const BARE_CREDENTIAL_LENGTH_MIN: usize = 8;

/// How much of a word is looked at to tell whether it is a credential.
const JUDGED_LENGTH: usize = 64;

/// Marks what follows a telling scheme and looks like a credential.
pub(super) fn mark(shadow: &Shadow, spans: &mut Spans) {
    let mut at = 0;
    while at < shadow.len() {
        if !shadow.ch(at).is_ascii_alphabetic() || !shadow.starts_word(at) {
            at += 1;
            continue;
        }
        let word = word_at(shadow, at);
        at = word.end.max(at + 1);
        let start = after_scheme(shadow, word.end);
        let judged = credential_at(shadow, start, JUDGED_LENGTH);
        let telling =
            is_scheme(shadow, &word, &SCHEMES[..TELLING_SCHEMES]) && looks_like_credential(shadow, &judged);
        let basic =
            || is_scheme(shadow, &word, &["basic"]) && holds_user_and_password(&shadow.text(judged.clone()));
        if start > word.end && (telling || basic()) {
            at = credential_at(shadow, start, usize::MAX).end;
            spans.add(start..at);
        }
    }
}

/// The credential in the value of an `Authorization` header, `None` if a sentence follows.
pub(super) fn credential(shadow: &Shadow, start: usize, percent_depth: u8) -> Option<Range<usize>> {
    let word = word_at(shadow, start);
    if is_scheme(shadow, &word, &PARAMETER_SCHEMES) {
        return Some(start..line_end(shadow, start));
    }
    let first = value_at(shadow, start, percent_depth)?.range;
    if is_scheme(shadow, &first, &SCHEMES) {
        let next = value_at(shadow, after_scheme(shadow, first.end), percent_depth)?.range;
        let text = shadow.text(next.clone());
        return (!is_prose(&text)).then_some(next);
    }
    let text = shadow.text(first.clone());
    if is_prose(&text) {
        return None;
    }
    // A scheme that nobody registered: its credential follows if it looks like one.
    let next = after_scheme(shadow, first.end);
    let second = credential_at(shadow, next, usize::MAX);
    let unknown_scheme = text.chars().all(|c| c.is_ascii_alphabetic() || c == '-');
    let pair = unknown_scheme && looks_like_credential(shadow, &second);
    Some(first.start..if pair { second.end } else { first.end })
}

fn word_at(shadow: &Shadow, at: usize) -> Range<usize> {
    at..shadow.skip_while(at, |c| c.is_ascii_alphanumeric() || c == '-')
}

fn is_scheme(shadow: &Shadow, word: &Range<usize>, schemes: &[&str]) -> bool {
    schemes.iter().any(|scheme| scheme.len() == word.len() && shadow.reads(word.start, scheme))
}

/// A credential may stand on a folded line, and a form writes the blank as `+`.
fn after_scheme(shadow: &Shadow, end: usize) -> usize {
    if shadow.ch(end) == '+' {
        return end + 1;
    }
    let at = shadow.skip_blanks(end);
    if shadow.ch(at) == '\n' && matches!(shadow.ch(at + 1), ' ' | '\t') {
        shadow.skip_blanks(at + 1)
    } else {
        at
    }
}

/// The run of characters that credentials are written with, at most `limit` long.
fn credential_at(shadow: &Shadow, start: usize, limit: usize) -> Range<usize> {
    let limit = start.saturating_add(limit);
    let mut end = start;
    while end < limit && (shadow.ch(end).is_ascii_alphanumeric() || "-._~+/=:".contains(shadow.ch(end))) {
        end += 1;
    }
    start..end
}

/// `Bearer token missing` and `Bearer error="…"` are about a credential, not one.
fn looks_like_credential(shadow: &Shadow, range: &Range<usize>) -> bool {
    let text = shadow.text(range.clone());
    let parameter =
        text.trim_end_matches('=').contains('=') || (text.ends_with('=') && shadow.ch(range.end) == '"');
    let mut turns = 0;
    for pair in text.as_bytes().windows(2) {
        turns += usize::from(pair[0].is_ascii_lowercase() && pair[1].is_ascii_uppercase());
    }
    let opaque = text.bytes().any(|b| b.is_ascii_digit()) || turns >= 2;
    range.len() >= BARE_CREDENTIAL_LENGTH_MIN && opaque && !parameter
}

/// Says whether base64 text decodes to printable text with a colon in it (RFC 7617).
fn holds_user_and_password(text: &str) -> bool {
    let mut decoded = Vec::with_capacity(text.len());
    let (mut bits, mut held) = (0_u32, 0);
    for b in text.trim_end_matches('=').bytes() {
        let six = match b {
            b'A'..=b'Z' => b - b'A',
            b'a'..=b'z' => b - b'a' + 26,
            b'0'..=b'9' => b - b'0' + 52,
            b'+' | b'-' => 62,
            b'/' | b'_' => 63,
            _ => return false,
        };
        bits = (bits << 6) | u32::from(six);
        held += 6;
        if held >= 8 {
            held -= 8;
            decoded.push((bits >> held) as u8);
            bits &= (1 << held) - 1;
        }
    }
    decoded.len() >= 3 && decoded.contains(&b':') && decoded.iter().all(|b| !b.is_ascii_control())
}
