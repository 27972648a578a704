use jiff::SignedDuration;

use super::*;
use crate::components::testing::{check, show, wall};
use crate::components::{Count, Search};

fn ago(hours: i64) -> Timestamp {
    wall().now - SignedDuration::from_hours(hours)
}

fn inventory() -> InventoryPage {
    let line = |title: &str, reading, seen, code: Option<&str>| CoverageLine {
        title: title.into(),
        key: "deviceConfiguration".into(),
        reading,
        seen,
        failed: u64::from(reading == Reading::Partial),
        observed_at: (reading != Reading::Never).then(|| ago(1)),
        code: code.map(str::to_owned),
        run: Some("/w/n/operations/1".into()),
    };
    let item = |id: &str, name: &str, kind: &str, missing_since| ItemLine {
        id: id.into(),
        name: name.into(),
        href: (id != "i3").then(|| "/p/1".into()),
        kind: kind.into(),
        platform: Some("Windows 10 and later".into()),
        last_seen_at: ago(1),
        first_seen_at: ago(900),
        missing_since,
    };
    let noun = ("object", "objects");
    InventoryPage {
        wall: wall(),
        tenant: "Contoso Schools".into(),
        complete_at: Some(ago(1)),
        sync: (Permission::Granted, PostForm { action: "/start".into(), ..PostForm::default() }),
        coverage: vec![
            line("Settings catalog", Reading::Complete, 203, None),
            line("Device configuration", Reading::Complete, 48, None),
            line("Conditional access", Reading::Denied, 0, Some("graph.forbidden")),
            line("Windows Autopilot", Reading::Partial, 12, Some("graph.page_failed")),
            line("Endpoint Privilege Management", Reading::Unlicensed, 0, Some("graph.unlicensed")),
            line("Terms of use", Reading::Never, 0, None),
        ],
        filters: Filters {
            action: "/w/n/t/contoso/inventory".into(),
            region: REGION.into(),
            kept: vec![],
            search: Some(Search {
                placeholder: "Name".into(),
                label: "Search objects".into(),
                value: String::new(),
            }),
            pickers: vec![],
            columns: None,
            clear: None,
        },
        narrowed: Narrowed::No,
        items: vec![
            item("i1", "WIN Baseline, BitLocker", "Settings catalog", None),
            item("i2", "سياسة الامتثال للأجهزة المحمولة", "Compliance policy", None),
            item(
                "i3",
                "An autopilot profile whose name does not end where a name should end, but goes on and on and on",
                "Windows Autopilot deployment profile",
                None,
            ),
            item("i4", "Legacy VPN profile", "Device configuration", Some(ago(50))),
        ],
        pager: Pager {
            shown: 4,
            first: Some(1),
            total: Some(Count::Exactly(263)),
            noun,
            newer: None,
            older: Some("?after=x".into()),
            words: ("Previous", "Next"),
        },
    }
}

#[test]
fn an_inventory_says_how_well_it_was_read() {
    let markup = page(&inventory());
    show("inventory", "shell", &markup);
    check("inventory", &markup.into_string());
}

#[test]
fn nothing_was_read_is_not_nothing_is_there() {
    let never = InventoryPage { complete_at: None, items: vec![], coverage: vec![], ..inventory() };
    let markup = page(&never);
    show("inventory-never", "shell", &markup);
    assert!(markup.into_string().contains("Nothing was read from this tenant yet."));
    let whole = InventoryPage { items: vec![], ..inventory() };
    assert!(page(&whole).into_string().contains("holds no object of the types that are read"));
}
