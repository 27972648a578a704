use jiff::SignedDuration;

use super::*;
use crate::components::Selected;
use crate::components::testing::{check, show, wall};

fn ago(hours: i64) -> Timestamp {
    wall().now - SignedDuration::from_hours(hours)
}

fn policy(shown: PolicyTab, name: &str) -> PolicyPage {
    let tab = |label: &str| Tab {
        label: label.into(),
        href: format!("?tab={label}"),
        count: None,
        glyph: None,
        selected: Selected::when(label == name),
    };
    PolicyPage {
        wall: wall(),
        name: "WIN Baseline, BitLocker".into(),
        kind: "Settings catalog".into(),
        platform: Some("Windows".into()),
        tenant: Link::new("Contoso Schools", "/w/n/t/contoso/policies"),
        graph_id: "0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0".into(),
        read_at: (ago(2), Link::new("Policy sync", "/w/n/operations/1")),
        changed_at: Some(ago(30)),
        first_seen_at: ago(2000),
        missing_since: None,
        canonical_hash: Some("b81f04c9".into()),
        versions: 3,
        tabs: ["Settings", "Assignments", "Versions", "JSON"].map(tab).to_vec(),
        finder: None,
        shown,
    }
}

#[test]
fn settings_are_found_by_name_and_value_and_secrets_by_neither() {
    let leaf = |label: &str, value| Setting { label: label.into(), key: None, holds: Held::Value(value) };
    let tree = || {
        let inner = vec![leaf("minimumPinLength", Value::Text("7".into())), leaf("pin", Value::Withheld)];
        vec![
            leaf("description", Value::Text("About a PIN".into())),
            Setting { label: "access".into(), key: None, holds: Held::Settings(inner) },
        ]
    };
    let found = |wanted: &str| {
        let (kept, count) = found_in(tree(), wanted);
        (kept.iter().map(|setting| setting.label.clone()).collect::<Vec<_>>(), count)
    };
    assert_eq!(found("pin"), (vec!["description".to_owned(), "access".to_owned()], 3));
    assert_eq!(found("minimum"), (vec!["access".to_owned()], 1));
    assert_eq!(found("access"), (vec!["access".to_owned()], 1));
    assert_eq!(found("withheld"), (vec![], 0));
    assert_eq!(found("moon"), (vec![], 0));
}

fn versions(compare: Option<&str>) -> PolicyTab {
    let line = |number, name: &str, changed: &[&str], hours| VersionLine {
        number,
        name: name.into(),
        changed: changed.iter().map(|&side| side.to_owned()).collect(),
        captured_at: ago(hours),
        run: Link::new("Policy sync", "/w/n/operations/1"),
        size_bytes: 12_345,
        json: format!("?tab=json&version={number}"),
    };
    let all = vec![
        line(3, "WIN Baseline, BitLocker", &["settings", "assignments"], 2),
        line(2, "WIN Baseline, BitLocker", &[], 700),
        line(1, "BitLocker (old)", &[], 2000),
    ];
    PolicyTab::Versions { all, compare: compare.map(str::to_owned) }
}

#[test]
fn versions_tell_what_changed_and_two_can_be_compared() {
    let of = policy(versions(Some("/compare")), "Versions");
    show("policy-versions", "shell", &page(&of));
    check("policy_versions", &page(&of).into_string());
    assert!(!page(&policy(versions(None), "Versions")).into_string().contains("Compare"));
}

#[test]
fn settings_are_a_tree_and_secrets_stay_out_of_it() {
    let leaf = |label: &str, key: Option<&str>, value| Setting {
        label: label.into(),
        key: key.map(str::to_owned),
        holds: Held::Value(value),
    };
    let inner = vec![
        leaf(
            "Encryption method, system drives",
            Some("bitlocker_encryptionmethod_os"),
            Value::Text("XTS-AES 256".into()),
        ),
        leaf("Recovery password", None, Value::Withheld),
    ];
    let tree = vec![
        leaf("description", None, Value::Text("A description that goes on for longer than anybody would read, and then some more, to see it wrap.".into())),
        Setting { label: "BitLocker".into(), key: None, holds: Held::Settings(inner) },
    ];
    let markup = page(&policy(PolicyTab::Settings(tree), "Settings"));
    show("policy-settings", "shell", &markup);
    assert!(markup.into_string().contains("withheld"));
}

#[test]
fn unread_assignments_are_unknown_not_none() {
    let of = |assignments| page(&policy(PolicyTab::Assignments(assignments), "Assignments")).into_string();
    assert!(of(None).contains("unknown") && !of(None).contains("Assigned to nobody"));
    assert!(of(Some(vec![])).contains("Assigned to nobody"));
}

#[test]
fn json_is_shown_as_text() {
    let tab = PolicyTab::Json {
        text: "{\n  \"name\": \"</pre><script>\"\n}".into(),
        number: 3,
        size_bytes: 2_500_000,
        file: Some(Link::new("Download", "?raw")),
    };
    let of = PolicyPage { missing_since: Some(ago(50)), ..policy(tab, "JSON") };
    let markup = page(&of);
    show("policy-json", "shell", &markup);
    let text = markup.into_string();
    assert!(text.contains("2.3 MB") && !text.contains("</pre><script>"), "{text}");
}
