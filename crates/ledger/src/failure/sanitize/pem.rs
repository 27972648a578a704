//! Private keys in PEM (RFC 7468) and OpenPGP armour, whole or cut.

use super::{shadow::Shadow, spans::Spans};

const BEGIN: &str = "-----BEGIN ";
const END: &str = "-----END ";
const DASHES: &str = "-----";

/// Longest label: `ENCRYPTED PRIVATE KEY`, `PGP PRIVATE KEY BLOCK` and room.
const LABEL_LENGTH_MAX: usize = 48;

/// Shortest line of a body whose beginning was cut off.
const BODY_LINE_LENGTH_MIN: usize = 16;

/// Marks private keys from their first dash to their last, or to the end of a cut text.
pub(super) fn mark(shadow: &Shadow, spans: &mut Spans) {
    let mut at = 0;
    while at < shadow.len() {
        if shadow.ch(at) != '-' {
            at += 1;
            continue;
        }
        if let Some(body) = private_label(shadow, at, BEGIN) {
            let end =
                (body..shadow.len()).find_map(|at| private_label(shadow, at, END)).unwrap_or(shadow.len());
            spans.add(at..end);
            at = end;
        } else if let Some(end) = private_label(shadow, at, END) {
            spans.add(headless_body(shadow, at)..end);
            at = end;
        } else {
            at += 1;
        }
    }
}

/// One past the line `-----BEGIN … PRIVATE KEY-----`, if it stands here.
fn private_label(shadow: &Shadow, at: usize, opening: &str) -> Option<usize> {
    if !shadow.spells(at, opening) {
        return None;
    }
    let start = at + opening.len();
    let limit = (start + LABEL_LENGTH_MAX).min(shadow.len());
    let end = (start..limit).find(|at| shadow.spells(*at, DASHES))?;
    shadow.text(start..end).contains("PRIVATE KEY").then_some(end + DASHES.len())
}

/// The start of the base64 lines before an end line whose beginning was cut off.
fn headless_body(shadow: &Shadow, end_line: usize) -> usize {
    let mut body = end_line;
    loop {
        let line_end = shadow.run_before(body, 4, char::is_whitespace);
        let line =
            shadow.run_before(line_end, shadow.len(), |c| c.is_ascii_alphanumeric() || "+/=\\".contains(c));
        let last = body == end_line && line_end > line;
        if line_end - line < BODY_LINE_LENGTH_MIN && !last {
            return body;
        }
        body = line;
    }
}
