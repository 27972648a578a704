//! Secrets that a command line carries: `--client-secret …`, `-Password '…'`, `curl -u user:…`.

use super::{
    assignment::is_prose,
    key_name::{self, NAME_LENGTH_MAX, Named},
    shadow::Shadow,
    spans::Spans,
    value::{Form, value_at},
};

/// Flags whose value is `user:password`.
const USER_FLAGS: [&str; 4] = ["u", "user", "proxy-user", "U"];

/// Marks the values of secret flags that stand after a blank.
pub(super) fn mark(shadow: &Shadow, spans: &mut Spans) {
    let mut at = 0;
    while at < shadow.len() {
        let before = shadow.before(at);
        let begins = before == '\0' || before.is_whitespace() || matches!(before, '"' | '\'' | '[' | '(');
        if shadow.ch(at) != '-' || !begins {
            at += 1;
            continue;
        }
        let start = shadow.skip_while(at, |c| c == '-');
        let end = shadow.skip_while(start, |c| c.is_alphanumeric() || matches!(c, '-' | '_' | '.'));
        at = end.max(at + 1);
        let value_start = after_flag(shadow, end);
        if value_start == end || end - start > NAME_LENGTH_MAX || shadow.ch(value_start) == '-' {
            continue;
        }
        let name = shadow.text(start..end);
        let secret = matches!(key_name::named(&name), Some(Named::Secret | Named::SecretUnlessCount));
        if !secret && !USER_FLAGS.contains(&name.as_str()) {
            continue;
        }
        let Some(value) = value_at(shadow, value_start, 0) else { continue };
        let text = shadow.text(value.range.clone());
        let applies = if secret { value.form != Form::Bare || !is_prose(&text) } else { text.contains(':') };
        at = value.range.end.max(at);
        if applies {
            spans.add(value.range);
        }
    }
}

/// A shell parts flag and value by a blank, an argument list by quotes and a comma.
fn after_flag(shadow: &Shadow, end: usize) -> usize {
    let quote = shadow.ch(end);
    if matches!(quote, '"' | '\'') && shadow.ch(end + 1) == ',' {
        return shadow.skip_blanks(end + 2);
    }
    shadow.skip_blanks(end)
}
