//! Credentials that show by their own shape what they are.

use std::ops::Range;

use super::{shadow::Shadow, spans::Spans};

/// Fixed beginnings, the characters that follow, and how many make it believable.
///
/// Each maker documents its prefix so that scanners can find a leaked one.
const PREFIXES: [(&str, usize); 44] = [
    // GitHub, GitLab, npm, PyPI
    ("ghp_", 8),
    ("gho_", 8),
    ("ghu_", 8),
    ("ghs_", 8),
    ("ghr_", 8),
    ("github_pat_", 8),
    ("glpat-", 8),
    ("gldt-", 8),
    ("glrt-", 8),
    ("npm_", 16),
    ("pypi-", 16),
    ("rubygems_", 16),
    // Slack, Stripe, Twilio SendGrid, Mailgun, Telegram-like bots
    ("xoxb-", 8),
    ("xoxp-", 8),
    ("xoxa-", 8),
    ("xoxr-", 8),
    ("xoxs-", 8),
    ("xoxe-", 8),
    ("xapp-", 8),
    ("sk_live_", 8),
    ("sk_test_", 8),
    ("rk_live_", 8),
    ("rk_test_", 8),
    ("whsec_", 8),
    ("SG.", 20),
    ("xkeysib-", 16),
    // Google, AWS, DigitalOcean, Databricks, Atlassian, Shopify
    ("AIza", 16),
    ("ya29.", 16),
    ("GOCSPX-", 8),
    ("AKIA", 12),
    ("ASIA", 12),
    ("dop_v1_", 16),
    ("ATATT3", 16),
    ("shpat_", 16),
    ("dapi", 32),
    // HashiCorp, Grafana, Linear, Figma, age, model hosts
    ("hvs.", 16),
    ("hvb.", 16),
    ("glsa_", 16),
    ("lin_api_", 16),
    ("figd_", 16),
    ("AGE-SECRET-KEY-", 8),
    ("sk-ant-", 8),
    ("sk-proj-", 8),
    ("hf_", 24),
];

/// Shortest rest of a web token after `eyJ`, which is `{"` in base64.
const WEB_TOKEN_REST_MIN: usize = 5;

/// Shortest opaque part of an Entra refresh token or authorization code after `0.A` or `1.A`.
const ENTRA_TOKEN_REST_MIN: usize = 6;

/// Groups of six digits from which on they are a (cut) BitLocker recovery password; whole ones have eight.
const RECOVERY_GROUPS_MIN: usize = 3;

/// Marks tokens by their shape.
pub(super) fn mark(shadow: &Shadow, spans: &mut Spans) {
    let mut at = 0;
    while at < shadow.len() {
        let found = if shadow.ch(at) == '~' {
            entra_secret(shadow, at)
        } else if shadow.ch(at).is_ascii_alphanumeric() && shadow.starts_word(at) {
            web_token(shadow, at)
                .or_else(|| entra_token(shadow, at))
                .or_else(|| prefixed(shadow, at))
                .or_else(|| recovery_password(shadow, at))
        } else {
            None
        };
        at = found.as_ref().map_or(at + 1, |range| range.end);
        if let Some(range) = found {
            spans.add(range);
        }
    }
}

/// JWT, JWS, JWE and whatever is left of a cut one (RFC 7515, RFC 7516).
fn web_token(shadow: &Shadow, at: usize) -> Option<Range<usize>> {
    if !shadow.spells(at, "eyJ") {
        return None;
    }
    let end = shadow.skip_while(at, |c| is_base64url(c) || matches!(c, '.' | '+' | '/' | '='));
    (end - at >= 3 + WEB_TOKEN_REST_MIN).then_some(at..end)
}

/// Entra refresh tokens and authorization codes: `0.A…`, `1.A…`.
fn entra_token(shadow: &Shadow, at: usize) -> Option<Range<usize>> {
    let begins = matches!(shadow.ch(at), '0' | '1') && shadow.ch(at + 1) == '.' && shadow.ch(at + 2) == 'A';
    if !begins || matches!(shadow.before(at), '.' | '-') {
        return None;
    }
    let first = shadow.skip_while(at + 3, is_base64url);
    let (mut capitals, mut digits) = (0, 0);
    for at in at + 3..first {
        capitals += usize::from(shadow.ch(at).is_ascii_uppercase());
        digits += usize::from(shadow.ch(at).is_ascii_digit());
    }
    let opaque = first - at >= 3 + ENTRA_TOKEN_REST_MIN && (digits > 0 || capitals > 1);
    opaque.then(|| at..shadow.skip_while(first, |c| is_base64url(c) || c == '.'))
}

/// Entra client secrets: three characters, a digit, `Q~`, then 31 to 34 more.
fn entra_secret(shadow: &Shadow, tilde: usize) -> Option<Range<usize>> {
    let start = tilde.checked_sub(5)?;
    let is_char = |c: char| is_base64url(c) || matches!(c, '.' | '~');
    let shaped = shadow.ch(tilde - 1) == 'Q'
        && shadow.ch(tilde - 2).is_ascii_digit()
        && (start..tilde - 2).all(|at| is_char(shadow.ch(at)));
    if !shaped {
        return None;
    }
    let end = shadow.skip_while(tilde + 1, is_char);
    (end > tilde + 1).then_some(start..end)
}

fn prefixed(shadow: &Shadow, at: usize) -> Option<Range<usize>> {
    let (prefix, rest_min) = PREFIXES.iter().find(|(prefix, _)| shadow.spells(at, prefix))?;
    let rest = at + prefix.len();
    let end = shadow.skip_while(rest, |c| is_base64url(c) || c == '.');
    (end - rest >= *rest_min && (rest..end).any(|at| !shadow.ch(at).is_ascii_lowercase())).then_some(at..end)
}

fn recovery_password(shadow: &Shadow, at: usize) -> Option<Range<usize>> {
    let group = |start: usize| {
        let end = shadow.skip_while(start, |c| c.is_ascii_digit());
        (end - start == 6).then_some(end)
    };
    let mut end = group(at)?;
    let mut groups = 1;
    while shadow.ch(end) == '-'
        && let Some(next) = group(end + 1)
    {
        end = next;
        groups += 1;
    }
    (groups >= RECOVERY_GROUPS_MIN).then_some(at..end)
}

fn is_base64url(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '-' | '_')
}
