use std::fmt::Write as _;

use proptest::prelude::*;
use serde::Deserialize;

use super::*;
use crate::failure::{SAFE_TEXT_CHARS_MAX, sanitize};

#[derive(Deserialize)]
struct Case {
    name: String,
    input: String,
    must_not_contain: Vec<String>,
    must_contain: Vec<String>,
}

fn cases() -> Vec<Case> {
    let cases: Vec<Case> = serde_json::from_str(include_str!("../../../tests/data/sanitizer-cases.json"))
        .expect("the case file is JSON");
    assert_eq!(cases.len(), 243, "the case file is whole");
    cases
}

/// Says what is wrong with an output, one line per fault.
fn faults(case: &Case, output: &str) -> String {
    let mut faults = String::new();
    for secret in case.must_not_contain.iter().filter(|secret| output.contains(secret.as_str())) {
        let _ = writeln!(faults, "{}: leaks {secret:?}\n    in {:.300}", case.name, output);
    }
    for kept in case.must_contain.iter().filter(|kept| !output.contains(kept.as_str())) {
        let _ = writeln!(faults, "{}: loses {kept:?}\n    in {:.300}", case.name, output);
    }
    faults
}

#[test]
fn every_case_is_redacted_and_keeps_what_it_must() {
    let faults: String = cases().iter().map(|case| faults(case, &sanitize_full(&case.input))).collect();
    assert!(faults.is_empty(), "{faults}");
}

#[test]
fn every_case_is_redacted_and_keeps_what_it_must_when_cut_to_a_safe_text() {
    let faults: String = cases().iter().map(|case| faults(case, sanitize(&case.input).as_str())).collect();
    assert!(faults.is_empty(), "{faults}");
}

#[test]
fn clean_cases_come_back_byte_for_byte() {
    for case in cases().iter().filter(|case| case.name.starts_with("clean/")) {
        assert_eq!(sanitize_full(&case.input), case.input, "{}", case.name);
        assert_eq!(sanitize(&case.input).as_str(), case.input, "{}", case.name);
    }
}

#[test]
fn sanitizing_the_output_of_a_case_changes_nothing() {
    for case in cases() {
        let once = sanitize_full(&case.input);
        assert_eq!(sanitize_full(&once), once, "{}", case.name);
        let safe = sanitize(&case.input);
        assert_eq!(sanitize(safe.as_str()), safe, "{}", case.name);
    }
}

#[test]
fn a_safe_text_is_never_longer_than_its_limit() {
    for case in cases() {
        assert!(sanitize(&case.input).as_str().chars().count() <= SAFE_TEXT_CHARS_MAX, "{}", case.name);
    }
}

/// A name in front of the `@` that was cut off, and two groups of a number, are nobody's secret.
fn is_secret_by_itself(case: &Case, secret: &str) -> bool {
    let personal = case.input.contains(&format!("{secret}@")) || case.input.contains(&format!("{secret}%40"));
    let guest = case.input.contains(&format!("{secret}.example#EXT#"));
    secret.len() >= 8 && !personal && !guest
}

#[test]
fn a_secret_does_not_survive_where_the_input_was_cut() {
    let mut cuts = 0;
    let mut faults = String::new();
    for case in cases() {
        let secrets: Vec<_> =
            case.must_not_contain.iter().filter(|secret| is_secret_by_itself(&case, secret)).collect();
        let mut ends: Vec<usize> = Vec::new();
        for secret in &secrets {
            for (start, _) in case.input.match_indices(secret.as_str()) {
                let cuts = if case.input.len() > 3_000 { 2 } else { 40 };
                ends.extend((start + secret.len()..).take(cuts));
            }
        }
        ends.retain(|end| *end <= case.input.len() && case.input.is_char_boundary(*end));
        for end in ends {
            cuts += 1;
            let output = sanitize_full(&case.input[..end]);
            for secret in secrets.iter().filter(|secret| output.contains(secret.as_str())) {
                let _ = writeln!(faults, "{} cut at {end}: leaks {secret:?}\n   in {output:.300}", case.name);
            }
        }
    }
    assert!(cuts > 5_000, "{cuts} cuts were tried");
    assert!(faults.is_empty(), "{faults}");
}

/// Texts that make a careless rule look at the same place again and again.
const REPEATED: [&str; 63] = [
    "@",
    "a@",
    "a.",
    "k=",
    "=",
    ":",
    "\"",
    "'",
    "\\",
    "\\\"",
    "%",
    "%25",
    "&",
    "&amp;",
    "<",
    "<token ",
    "<token>",
    "://",
    "a://b:c",
    "a://b@",
    "{",
    "password={",
    "password=",
    "password=\"",
    "?code=",
    "\"d\":\"",
    "d=",
    "cookie:",
    "cookie: a=b ",
    "authorization: x ",
    "bearer ",
    "bearer+",
    "basic abc",
    "-----BEGIN PRIVATE KEY-----",
    "-----BEGIN ",
    "-----END PRIVATE KEY-----",
    "-",
    "eyJ",
    "1.A",
    "abc1Q~",
    "~",
    "ghp_",
    "hf_",
    "111111-",
    "1.",
    "1:",
    "::",
    "aA1",
    "a",
    "0",
    "token: ",
    "Key (token)=(",
    "--token ",
    "-u a:b ",
    "value=",
    "\"token\",\"value\":",
    "secret: |\n x\n",
    "secret:\n",
    "[redacted]",
    "\u{200d}",
    "é",
    "a-",
    "The policy was not restored. ",
];

/// How many cells all rules together look at.
pub(super) fn work(text: &str) -> usize {
    let shadow = Shadow::of(text);
    RULES.iter().for_each(|mark| mark(&shadow, &mut Spans::default()));
    shadow.reads.get()
}

#[test]
fn ten_times_the_text_is_ten_times_the_work() {
    for pattern in REPEATED {
        for (head, tail) in [("", ""), ("password=\"", ""), ("x", " end.")] {
            let text = |length: usize| format!("{head}{}{tail}", pattern.repeat(length / pattern.len()));
            let (short, long) = (work(&text(2_000)), work(&text(20_000)));
            assert!(long <= short * 11, "{head}{pattern}…: {short} cells, then {long}");
        }
    }
}

#[test]
fn a_megabyte_is_done_in_one_go() {
    for pattern in ["a@", "password=\"", "\\\"", "The policy was not restored. "] {
        let text = pattern.repeat(1_000_000 / pattern.len());
        assert!(!sanitize_full(&text).is_empty(), "{pattern}");
        assert!(!sanitize(&text).as_str().is_empty(), "{pattern}");
    }
}

#[test]
fn neighbours_of_a_secret_stay_readable() {
    let table = [
        ("token=abc123 for run 7", "token=[redacted] for run 7"),
        ("\\npassword=hunter2 user=svc", "\\npassword=[redacted] user=svc"),
        (
            r#"{"name": "client_secret", "value": "s3cret"}"#,
            r#"{"name": "client_secret", "value": "[redacted]"}"#,
        ),
        (r#"{"password":null,"token":true}"#, r#"{"password":null,"token":true}"#),
        ("secret: |\n  line one\n  line two\nnext: 1", "secret: [redacted]\nnext: 1"),
        ("API key: k-123 refused", "API key: [redacted] refused"),
        ("postgres://u:a/b#c@db.internal/x", "postgres://[redacted]@db.internal/x"),
        (
            "https://host.example:8443/x and https://[2001:db8::1]:443/",
            "https://host.example:8443/x and https://[[redacted]]:443/",
        ),
        ("tokens: 12, passwords: 3", "tokens: 12, passwords: 3"),
        (
            "ip:203.0.113.9 agent version 1.0.0.12 on 127.0.0.1",
            "ip:[redacted] agent version 1.0.0.12 on 127.0.0.1",
        ),
        ("Basic ZmFrZTpwdw== or Basic authentication", "Basic [redacted] or Basic authentication"),
        ("axum@0.8.9 by ana@contoso.example", "axum@0.8.9 by [redacted]"),
        ("Assembly, PublicKeyToken=b77a5c561934e089", "Assembly, PublicKeyToken=b77a5c561934e089"),
        ("abcdefghABCDEFGH\nMIIEvQIBADANBgkq\n-----END PRIVATE KEY-----", "[redacted]"),
        ("blob Zk9qT2x3Q1h5R3p2N0VtS1dhUjRiSA seen", "blob [redacted] seen"),
    ];
    for (input, expected) in table {
        assert_eq!(sanitize_full(input), expected);
    }
}

#[test]
fn a_cut_text_ends_before_a_marker_and_keeps_an_emoji_whole() {
    let marker = format!("{} password=x", "a".repeat(SAFE_TEXT_CHARS_MAX - 16));
    let cut = sanitize(&format!("{marker} and more and more"));
    assert!(cut.as_str().ends_with("password=…"), "{cut}");
    let family = "👩\u{200d}👩\u{200d}👧";
    let text = format!("{}{}", "x".repeat(SAFE_TEXT_CHARS_MAX - 3), family.repeat(3));
    assert!(sanitize(&text).as_str().ends_with("x…"));
}

/// Pieces that rules look for, so that random texts hit them together.
fn piece() -> impl Strategy<Value = String> {
    let known = prop::sample::select(vec![
        "password=",
        "token: ",
        "\"client_secret\": \"",
        "\"",
        "'",
        "\\\"",
        "\\",
        "%22",
        "%3D",
        "&quot;",
        "&",
        ";",
        " ",
        "\n",
        "@",
        "contoso.example",
        "://",
        "user:",
        "Bearer ",
        "Authorization: ",
        "Cookie: a=",
        "eyJhbGciOi",
        ".",
        "-----BEGIN PRIVATE KEY-----",
        "-----END PRIVATE KEY-----",
        "198.51.100.7",
        "2001:db8::1",
        "[redacted]",
        "[",
        "]",
        "{",
        "}",
        "<Password>",
        "</Password>",
        "--api-key ",
        "0.AabcD9xyz",
        "abc8Q~defgh",
        "…",
        "\u{200d}",
    ]);
    prop_oneof![3 => known.prop_map(str::to_owned), 1 => "\\PC{0,12}", 1 => "[a-zA-Z0-9+/_-]{1,40}"]
}

proptest! {
    #[test]
    fn sanitizing_twice_changes_nothing(pieces in prop::collection::vec(piece(), 0..24)) {
        let text = pieces.concat();
        let once = sanitize_full(&text);
        prop_assert_eq!(sanitize_full(&once), once.as_str());
        let safe = sanitize(&text);
        prop_assert_eq!(sanitize(safe.as_str()), safe);
    }

    #[test]
    fn no_text_makes_it_panic(text in any::<String>()) {
        let output = sanitize_full(&text);
        prop_assert!(!output.contains(|c: char| c.is_control() && c != '\n' && c != '\t'));
    }

    #[test]
    fn a_secret_under_a_name_is_gone_in_every_notation(
        secret in "[A-Za-z0-9]{6}[!#*+/_~^-]{0,2}[A-Za-z0-9]{6,30}",
        before in "[a-z ]{0,20}",
        after in "[a-z ]{0,20}",
    ) {
        let notations = [
            format!("{before} client_secret={secret}&x=1 {after}"),
            format!("{before} {{\"password\":\"{secret}\",\"x\":1}} {after}"),
            format!("{before} \"{{\\\"apiKey\\\": \\\"{secret}\\\"}}\" {after}"),
            format!("{before}\naccess_token: {secret}\n{after}"),
            format!("{before} <Secret>{secret}</Secret> {after}"),
            format!("{before} run --client-secret {secret} {after}"),
            format!("{before} token: Some(\"{secret}\") {after}"),
            format!("{before} postgres://user:{secret}@db.example/x {after}"),
            format!("{before} Authorization: Bearer {secret} {after}"),
            format!("{before} next=https%3A%2F%2Fh%2F%3Fsig%3D{secret}%26a {after}"),
        ];
        for text in notations {
            prop_assert!(!sanitize_full(&text).contains(&secret), "{}", text);
        }
    }
}
