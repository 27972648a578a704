use jiff::SignedDuration;

use super::*;
use crate::components::Search;
use crate::components::testing::{check, show, wall};

fn policies() -> PoliciesPage {
    let ago = |hours| wall().now - SignedDuration::from_hours(hours);
    let line = |id: &str, name: &str, kind: &str, versions, changed: i64| PolicyLine {
        id: id.into(),
        name: name.into(),
        href: format!("/w/n/t/contoso/policies/{id}"),
        kind: kind.into(),
        platform: Some("Windows".into()),
        versions,
        changed_at: (changed > 0).then(|| ago(changed)),
        read_at: ago(2),
        missing_since: None,
    };
    PoliciesPage {
        wall: wall(),
        tenant: "Contoso Schools".into(),
        synced_at: Some(ago(2)),
        running: Some(Link::new("A sync is running.", "/w/n/operations/1")),
        sync: (
            Permission::Refused { reason: "Needs the Operator role in Northwind Holdings.".into() },
            PostForm::default(),
        ),
        filters: Filters {
            action: "/w/n/t/contoso/policies".into(),
            region: REGION.into(),
            kept: vec![],
            search: Some(Search {
                placeholder: "Policy name".into(),
                label: "Search policies".into(),
                value: "base".into(),
            }),
            pickers: vec![],
            columns: None,
            clear: Some(Link::new("Clear", "/w/n/t/contoso/policies")),
        },
        narrowed: Narrowed::Yes,
        policies: vec![
            line("1", "WIN Baseline, BitLocker", "Settings catalog", 3, 5),
            line("2", "🦊 سياسة الامتثال", "Compliance policy", 1, 0),
            PolicyLine {
                missing_since: Some(ago(70)),
                ..line("3", "Legacy VPN profile", "Device configuration", 12, 4000)
            },
        ],
        pager: Pager {
            shown: 3,
            first: None,
            total: None,
            noun: ("policy", "policies"),
            newer: None,
            older: None,
            words: ("Previous", "Next"),
        },
    }
}

#[test]
fn policies_tell_their_age_and_versions() {
    let markup = page(&policies());
    show("policies", "shell", &markup);
    check("policies", &markup.into_string());
}

#[test]
fn before_the_first_sync_the_page_says_what_to_do() {
    let permission = Permission::Granted;
    let never = PoliciesPage {
        synced_at: None,
        running: None,
        policies: vec![],
        narrowed: Narrowed::No,
        sync: (permission, PostForm::default()),
        ..policies()
    };
    let markup = page(&never);
    show("policies-never", "shell", &markup);
    assert!(markup.into_string().contains("No policies yet."));
    assert!(
        page(&PoliciesPage { policies: vec![], ..policies() }).into_string().contains("No policy matches")
    );
}
