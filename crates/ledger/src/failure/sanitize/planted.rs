//! Secrets planted in every notation we know, wrapped in every encoding, and cut anywhere.

use proptest::prelude::*;
use unicode_normalization::UnicodeNormalization;

use super::tests::work;
use super::*;
use crate::failure::sanitize;

/// How a text is wrapped by whoever passed it on.
#[derive(Clone, Copy, Debug)]
enum Wrap {
    JsonString,
    Percent,
    PercentEverything,
    Entities,
    NumericEntities,
    HexEntities,
    UnicodeEscapes,
    HexEscapes,
    FullWidth,
    ZeroWidth,
    SoftHyphens,
    TerminalColours,
}

const WRAPS: [Wrap; 12] = [
    Wrap::JsonString,
    Wrap::Percent,
    Wrap::PercentEverything,
    Wrap::Entities,
    Wrap::NumericEntities,
    Wrap::HexEntities,
    Wrap::UnicodeEscapes,
    Wrap::HexEscapes,
    Wrap::FullWidth,
    Wrap::ZeroWidth,
    Wrap::SoftHyphens,
    Wrap::TerminalColours,
];

impl Wrap {
    fn around(self, text: &str) -> String {
        let each = |f: &dyn Fn(char) -> String| text.chars().map(f).collect::<String>();
        match self {
            Self::JsonString => serde_json::to_string(text).expect("a string is JSON"),
            Self::Percent => each(&|c| if c.is_ascii_alphanumeric() { c.to_string() } else { percent(c) }),
            Self::PercentEverything => each(&percent),
            Self::Entities => each(&|c| match c {
                '"' => "&quot;".to_owned(),
                '\'' => "&#39;".to_owned(),
                '<' => "&lt;".to_owned(),
                '>' => "&gt;".to_owned(),
                '&' => "&amp;".to_owned(),
                other => other.to_string(),
            }),
            Self::NumericEntities => each(&|c| format!("&#{};", u32::from(c))),
            Self::HexEntities => each(&|c| format!("&#x{:x};", u32::from(c))),
            Self::UnicodeEscapes => each(&|c| format!("\\u{:04x}", u32::from(c))),
            Self::HexEscapes => {
                each(&|c| if c.is_ascii() { format!("\\x{:02x}", u32::from(c)) } else { c.to_string() })
            }
            Self::FullWidth => each(&|c| match c {
                '!'..='~' => {
                    char::from_u32(u32::from(c) + 0xfee0).map_or(String::new(), |wide| wide.to_string())
                }
                other => other.to_string(),
            }),
            Self::ZeroWidth => each(&|c| format!("{c}\u{200b}")),
            Self::SoftHyphens => each(&|c| format!("{c}\u{ad}")),
            Self::TerminalColours => each(&|c| format!("\u{1b}[31m{c}\u{1b}[0m")),
        }
    }
}

fn percent(c: char) -> String {
    c.to_string().bytes().map(|byte| format!("%{byte:02X}")).collect()
}

/// Notations in which a secret stands after a name.
fn named(secret: &str) -> Vec<String> {
    vec![
        format!("client_secret={secret}"),
        format!("?a=1&client_secret={secret}&b=2"),
        format!("{{\"password\":\"{secret}\",\"x\":1}}"),
        format!("{{\"x\":1,\"apiKey\" : \"{secret}\"}}"),
        format!("access_token: {secret}"),
        format!("<Secret>{secret}</Secret>"),
        format!("token: Some(\"{secret}\")"),
        format!("postgres://user:{secret}@db.example/x"),
        format!("Authorization: Bearer {secret}"),
        format!("--client-secret {secret}"),
        format!("Set-Cookie: session={secret}; Path=/"),
        format!("export AZURE_CLIENT_SECRET='{secret}'"),
        format!("Server=db;User Id=sa;Password={secret};Encrypt=true"),
        format!("DETAIL: Key (token)=({secret}) already exists."),
        format!("{{\"name\":\"DB_PASSWORD\",\"value\":\"{secret}\"}}"),
    ]
}

fn secret() -> impl Strategy<Value = String> {
    // At least one digit: a word of letters alone after `token:` is a sentence.
    "[A-Za-z0-9]{8,20}[0-9][A-Za-z0-9]{3,20}"
}

/// What a reader gets who takes one encoding after another off again; on purpose not by the code under test.
fn legible(text: &str) -> String {
    let mut text: String = text.nfkc().filter(|c| !matches!(c, '\u{200b}' | '\u{ad}' | '\u{1b}')).collect();
    for _ in 0..4 {
        for (open, close, radix, digits) in [
            ("&#x", ";", 16, 6),
            ("&#", ";", 10, 7),
            ("%", "", 16, 2),
            ("\\u", "", 16, 4),
            ("\\x", "", 16, 2),
        ] {
            text = decoded(&text, open, close, radix, digits);
        }
        text = text.replace("&quot;", "\"").replace("&amp;", "&").replace("&lt;", "<").replace("&gt;", ">");
        text = text.replace("\\\"", "\"").replace("\\\\", "\\");
    }
    text
}

fn decoded(text: &str, open: &str, close: &str, radix: u32, digits: usize) -> String {
    let mut parts = text.split(open);
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let length =
            if close.is_empty() { Some(digits) } else { part.find(close).filter(|at| *at <= digits) };
        let number = length.and_then(|length| u32::from_str_radix(part.get(..length)?, radix).ok());
        match number.and_then(char::from_u32).zip(length) {
            Some((c, length)) => {
                out.push(c);
                out.push_str(&part[length + close.len()..]);
            }
            None => {
                out.push_str(open);
                out.push_str(part);
            }
        }
    }
    out
}

/// The longest beginning or middle of the secret that may stay: a few characters say nothing.
const TOLERATED: usize = 5;

fn leaks(output: &str, secret: &str) -> bool {
    let legible = legible(output);
    (0..secret.len() - TOLERATED).any(|at| legible.contains(&secret[at..=at + TOLERATED]))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(ProptestConfig::default().cases / 10))]

    #[test]
    fn no_planted_secret_survives_one_wrapping(secret in secret(), before in "[a-z ]{0,12}", after in "[a-z ]{0,12}") {
        for plain in named(&secret) {
            for wrap in WRAPS {
                let text = wrap.around(&format!("{before} {plain} {after}"));
                prop_assert!(!leaks(&sanitize_full(&text), &secret), "{wrap:?} of {plain}:\n{text}\n{}", sanitize_full(&text));
            }
        }
    }

    #[test]
    fn no_planted_secret_survives_wrappings_of_wrappings(
        secret in secret(),
        wraps in prop::collection::vec(prop::sample::select(WRAPS.to_vec()), 2..=3),
    ) {
        for plain in named(&secret) {
            let text = wraps.iter().fold(format!("it said {plain} and stopped"), |text, wrap| wrap.around(&text));
            prop_assert!(!leaks(&sanitize_full(&text), &secret), "{wraps:?} of {plain}:\n{text}\n{}", sanitize_full(&text));
        }
    }

    #[test]
    fn no_planted_secret_survives_where_its_text_is_cut(
        secret in secret(),
        wrap in prop::sample::select(WRAPS.to_vec()),
        at in 0.0_f64..1.0,
    ) {
        for plain in named(&secret) {
            let text = wrap.around(&format!("it said {plain} and stopped"));
            let end = text.floor_char_boundary((text.len() as f64 * at) as usize);
            let output = sanitize_full(&text[..end]);
            prop_assert!(!leaks(&output, &secret), "{wrap:?} of {plain} cut at {end}:\n{}\n{output}", &text[..end]);
            prop_assert!(!leaks(sanitize(&text[..end]).as_str(), &secret), "{wrap:?} of {plain} cut at {end}");
        }
    }

    #[test]
    fn no_planted_secret_survives_in_a_long_text_that_is_cut_to_a_safe_one(secret in secret(), fill in 380..520_usize) {
        for plain in named(&secret) {
            let text = format!("{} {plain} {}", "word ".repeat(fill / 5), "more ".repeat(200));
            prop_assert!(!leaks(sanitize(&text).as_str(), &secret), "{plain} after {fill}");
        }
    }

    #[test]
    fn what_is_wrapped_settles_in_one_go(
        secret in secret(),
        wraps in prop::collection::vec(prop::sample::select(WRAPS.to_vec()), 0..=3),
    ) {
        for plain in named(&secret) {
            let text = wraps.iter().fold(plain, |text, wrap| wrap.around(&text));
            let once = sanitize_full(&text);
            prop_assert_eq!(sanitize_full(&once), once);
        }
    }

    #[test]
    fn clean_text_comes_back_byte_for_byte(words in prop::collection::vec(clean_word(), 1..30)) {
        let text = words.join(" ");
        prop_assert_eq!(sanitize_full(&text), text.as_str());
    }

    #[test]
    fn twice_the_wrapped_text_is_twice_the_work(
        secret in secret(),
        wraps in prop::collection::vec(prop::sample::select(WRAPS.to_vec()), 0..=2),
    ) {
        for plain in named(&secret) {
            let piece = wraps.iter().fold(format!("{plain} "), |text, wrap| wrap.around(&text));
            let (short, long) = (work(&piece.repeat(20)), work(&piece.repeat(40)));
            prop_assert!(long <= short * 23 / 10, "{wraps:?} of {plain}: {short}, then {long}");
        }
    }
}

#[test]
fn a_secret_in_base64_is_gone_whole() {
    for seed in 0..200_u32 {
        let secret = format!("Pw{:08x}x{}Q", seed.wrapping_mul(2_654_435_761), 10_000 + seed * 7919);
        for plain in [format!("password={secret}"), format!("{{\"client_secret\":\"{secret}\"}}")] {
            let encoded = base64(plain.as_bytes());
            let output = sanitize_full(&format!("the body was {encoded} as sent"));
            assert!(!output.contains(&encoded[8..28]), "{plain}: {output}");
        }
    }
}

/// Words of messages that are nobody's secret.
fn clean_word() -> impl Strategy<Value = String> {
    let words = [
        "the",
        "policy",
        "was",
        "not",
        "restored",
        "because",
        "Graph",
        "answered",
        "429",
        "Too",
        "Many",
        "Requests",
        "deviceConfiguration",
        "passwordMinimumLength",
        "10.0.22631.4317",
        "2026-11-20T23:40:00Z",
        "std::io::Error",
        "AADSTS700016",
        "(404)",
        "items:",
        "12",
        "von",
        "Überprüfung",
        "設定",
        "👩\u{200d}👧",
        "assignments@odata.context",
        "127.0.0.1",
        "/deviceManagement/configurationPolicies",
        "50%",
        "it's",
        "\"quoted\"",
        "a & b",
        "x < y",
        "Conditional Access",
        "error_code",
        "C:\\Windows\\Temp",
    ];
    prop_oneof![
        4 => prop::sample::select(words.to_vec()).prop_map(str::to_owned),
        1 => "[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}",
        1 => "[0-9a-f]{64}",
        1 => "[a-z]{2,12}",
    ]
}

fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let mut three = [0_u8; 3];
        three[..chunk.len()].copy_from_slice(chunk);
        let bits = u32::from(three[0]) << 16 | u32::from(three[1]) << 8 | u32::from(three[2]);
        for n in 0..4 {
            let letter = LETTERS[(bits >> (18 - 6 * n) & 63) as usize];
            text.push(if n <= chunk.len() { char::from(letter) } else { '=' });
        }
    }
    text
}
