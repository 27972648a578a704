//! IP addresses.

use std::{
    net::{Ipv4Addr, Ipv6Addr},
    ops::Range,
};

use super::{shadow::Shadow, spans::Spans};

/// Longest text of an IPv6 address (RFC 4291), an embedded IPv4 address included.
const IPV6_LENGTH_MAX: usize = 45;

/// Words that make four numbers a version.
const VERSION_WORDS: [&str; 4] = ["version", "build", "ver", "release"];

/// Marks addresses of hosts; loopback, unspecified addresses and version numbers stay.
pub(super) fn mark(shadow: &Shadow, spans: &mut Spans) {
    let mut at = 0;
    while at < shadow.len() {
        let begins = shadow.starts_word(at) && shadow.before(at) != '_';
        if !begins || !is_part(shadow.ch(at)) {
            at += 1;
            continue;
        }
        let end = shadow.skip_while(at, is_part);
        if !shadow.ch(end).is_alphanumeric() && shadow.ch(end) != '_' {
            mark_in(shadow, at..end, spans);
        }
        at = end;
    }
}

fn is_part(c: char) -> bool {
    c.is_ascii_hexdigit() || matches!(c, ':' | '.')
}

/// Looks at one run of digits, dots and colons: an address, or one with a port behind it.
fn mark_in(shadow: &Shadow, run: Range<usize>, spans: &mut Spans) {
    let trimmed =
        run.end - (run.start..run.end).rev().take_while(|at| matches!(shadow.ch(*at), '.' | ':')).count();
    // `fe80::` keeps its colons.
    for end in [run.end, trimmed] {
        if end - run.start <= IPV6_LENGTH_MAX && is_foreign_v6(&shadow.text(run.start..end)) {
            spans.add(run.start..end);
            return;
        }
    }
    let mut at = run.start;
    while at < trimmed {
        let end = (at..trimmed).find(|at| shadow.ch(*at) == ':').unwrap_or(trimmed);
        let dots = (at..end).rev().take_while(|at| shadow.ch(*at) == '.').count();
        let part = at..end - dots;
        if part.len() <= IPV6_LENGTH_MAX
            && is_foreign_v4(&shadow.text(part.clone()))
            && !is_version(shadow, at)
        {
            spans.add(part);
        }
        at = end + 1;
    }
}

fn is_foreign_v4(text: &str) -> bool {
    text.parse::<Ipv4Addr>().is_ok_and(|address| !address.is_loopback() && !address.is_unspecified())
}

/// A path like `a::b` reads as an address, too; one without a digit is taken for a path.
fn is_foreign_v6(text: &str) -> bool {
    let digits = text.bytes().any(|b| b.is_ascii_digit());
    digits
        && text.parse::<Ipv6Addr>().is_ok_and(|address| !address.is_loopback() && !address.is_unspecified())
}

fn is_version(shadow: &Shadow, at: usize) -> bool {
    let end = shadow.run_before(at, 1, |c| c == ' ');
    let start = shadow.run_before(end, 8, |c| c.is_ascii_alphabetic());
    VERSION_WORDS.contains(&shadow.text(start..end).to_lowercase().as_str())
}
