//! Mail addresses and user principal names.

use std::ops::Range;

use super::{shadow::Shadow, spans::Spans, url};

/// Marks every address; what Graph writes as `name@odata.context` is none.
pub(super) fn mark(shadow: &Shadow, spans: &mut Spans) {
    let user_ends = url::user_information_ends(shadow);
    let mut at = 0;
    while at < shadow.len() {
        let is_address = shadow.ch(at) == '@' && user_ends.binary_search(&at).is_err();
        let found = if is_address { address(shadow, at) } else { None };
        at = found.as_ref().map_or(at + 1, |range| range.end);
        if let Some(range) = found {
            spans.add(range);
        }
    }
}

fn address(shadow: &Shadow, at: usize) -> Option<Range<usize>> {
    let mut start = shadow.run_before(at, shadow.len(), is_local);
    // A quote or a dash around the address is no part of it.
    start = shadow.skip_while(start, |c| matches!(c, '\'' | '.' | '-' | '#')).min(at);
    let mut end = shadow.skip_while(at + 1, |c| c.is_alphanumeric() || matches!(c, '.' | '-' | '_'));
    while end > at + 1 && matches!(shadow.ch(end - 1), '.' | '-') {
        end -= 1;
    }
    let domain = shadow.text(at + 1..end);
    // Where the text was cut, any beginning of a domain is one.
    let cut = end == shadow.len();
    let top = domain.rsplit('.').next().unwrap_or_default();
    let qualified =
        domain.contains('.') && top.chars().all(|c| c.is_alphabetic() || c == '-') && top.chars().count() > 1;
    let annotation = domain.starts_with("odata.") || domain.to_lowercase().starts_with("microsoft.graph.");
    (start < at && !annotation && (qualified || (cut && !top.starts_with(|c: char| c.is_ascii_digit()))))
        .then_some(start..end)
}

fn is_local(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '.' | '_' | '%' | '+' | '-' | '\'' | '#' | '~' | '!' | '$' | '*' | '^')
}
