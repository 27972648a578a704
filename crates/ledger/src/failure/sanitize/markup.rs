//! Secrets between tags: `<Password>…</Password>`.

use super::{
    key_name::{self, NAME_LENGTH_MAX, Named},
    shadow::Shadow,
    spans::Spans,
};

/// Longest list of attributes that an opening tag is searched through.
const ATTRIBUTES_LENGTH_MAX: usize = 200;

/// Marks the text of elements with a secret name.
pub(super) fn mark(shadow: &Shadow, spans: &mut Spans) {
    let mut at = 0;
    while at < shadow.len() {
        if shadow.ch(at) != '<' {
            at += 1;
            continue;
        }
        let name_end =
            shadow.skip_while(at + 1, |c| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | ':'));
        let name_start = name_end - (name_end - at - 1).min(NAME_LENGTH_MAX);
        let name = shadow.text(name_start..name_end);
        let local = name.rsplit(':').next().unwrap_or_default();
        at = name_end.max(at + 1);
        if !matches!(key_name::named(local), Some(Named::Secret | Named::SecretUnlessCount)) {
            continue;
        }
        let limit = (name_end + ATTRIBUTES_LENGTH_MAX).min(shadow.len());
        let Some(close) = (name_end..limit).find(|at| matches!(shadow.ch(*at), '<' | '>')) else { continue };
        if shadow.ch(close) == '>' && shadow.before(close) != '/' {
            let end = closing_tag(shadow, close);
            spans.add(close + 1..end);
            at = end;
        }
    }
}

/// The next `<` that was escaped no more often than the `>` before the text.
fn closing_tag(shadow: &Shadow, opening_end: usize) -> usize {
    let depth = shadow.cell(opening_end).map_or(0, |cell| cell.quote_depth);
    (opening_end + 1..shadow.len())
        .find(|at| shadow.cell(*at).is_some_and(|cell| cell.ch == '<' && cell.quote_depth <= depth))
        .unwrap_or(shadow.len())
}
