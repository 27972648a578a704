//! Secrets in addresses: user information, and paths that are themselves the password.

use std::ops::Range;

use super::{shadow::Shadow, spans::Spans};

/// Hosts and the paths on them behind which everything is a secret: who knows it may post.
const WEBHOOKS: [(&str, &str); 8] = [
    ("webhook.office.com", "/"),
    ("outlook.office.com", "/webhook/"),
    ("hooks.slack.com", "/"),
    ("discord.com", "/api/webhooks/"),
    ("discordapp.com", "/api/webhooks/"),
    ("hooks.zapier.com", "/"),
    ("api.telegram.org", "/bot"),
    ("maker.ifttt.com", "/trigger/"),
];

/// Longest host name (RFC 1035) that is compared with [`WEBHOOKS`].
const HOST_LENGTH_MAX: usize = 253;

/// Marks user information and secret paths of every `scheme://`.
pub(super) fn mark(shadow: &Shadow, spans: &mut Spans) {
    for address in addresses(shadow) {
        if let Some(range) = address.user_information(shadow).or_else(|| address.webhook_path(shadow)) {
            spans.add(range);
        }
    }
}

/// Where user information ends, in ascending order: the `@` there makes no mail address.
pub(super) fn user_information_ends(shadow: &Shadow) -> Vec<usize> {
    addresses(shadow).filter_map(|address| Some(address.user_information(shadow)?.end)).collect()
}

/// Every address; none reaches into the next.
fn addresses(shadow: &Shadow) -> impl Iterator<Item = Address> {
    let colons = (0..shadow.len()).filter(|at| shadow.ch(*at) == ':' && shadow.spells(*at, "://"));
    colons.map(|colon| Address::after(shadow, colon))
}

/// Where the parts of an address lie.
struct Address {
    authority: Range<usize>,
    end: usize,
}

impl Address {
    /// Delimiters that were encoded more often than the `://` belong to the part they stand in.
    fn after(shadow: &Shadow, colon: usize) -> Self {
        let start = colon + 3;
        let depth = shadow.percent_depth(colon);
        let mut authority_end = None;
        let mut at = start;
        while let Some(cell) = shadow.cell(at) {
            let own = cell.percent_depth <= depth;
            let blank = cell.ch.is_whitespace() && own;
            let delimits = matches!(cell.ch, '"' | '`' | '<' | '>');
            if blank || delimits || shadow.spells(at, "://") {
                break;
            }
            if own && matches!(cell.ch, '/' | '?' | '#') && authority_end.is_none() {
                authority_end = Some(at);
            }
            at += 1;
        }
        Self { authority: start..authority_end.unwrap_or(at), end: at }
    }

    /// What stands before the last `@`, and what would stand there in an address that was cut.
    fn user_information(&self, shadow: &Shadow) -> Option<Range<usize>> {
        let Range { start, end } = self.authority;
        let depth = shadow.percent_depth(start - 3);
        let is_at = |at: &usize| shadow.ch(*at) == '@' && shadow.percent_depth(*at) <= depth;
        if let Some(last) = (start..end).rev().find(is_at) {
            // A password with an `@` in it that was cut behind it leaves a "host" that has no dot.
            let host = shadow.text(last + 1..end);
            let cut = end == shadow.len() && !host.contains(['.', ':', '[']);
            return Some(start..if cut { end } else { last });
        }
        let colon = (start..end).find(|at| shadow.ch(*at) == ':')?;
        let port = shadow.text(colon + 1..end);
        let port = port.trim_end_matches(|c: char| !c.is_alphanumeric());
        if shadow.ch(start) == '[' || port.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        // No port: a password, which may hold the characters that seemed to end the authority.
        match (end..self.end).rev().find(is_at) {
            Some(last) => Some(start..last),
            None => Some(colon + 1..self.end),
        }
    }

    fn webhook_path(&self, shadow: &Shadow) -> Option<Range<usize>> {
        if self.authority.len() > HOST_LENGTH_MAX {
            return None;
        }
        let host = shadow.text(self.authority.clone()).to_lowercase();
        let path = self.authority.end;
        WEBHOOKS.iter().find_map(|(known, prefix)| {
            let is_host = host.strip_suffix(known).is_some_and(|sub| sub.is_empty() || sub.ends_with('.'));
            (is_host && shadow.reads(path, prefix)).then(|| path + prefix.len()..self.end)
        })
    }
}
