use jiff::SignedDuration;
use jiff::civil::date;

use super::*;
use crate::components::testing::{check, show, wall};
use crate::components::{Choice, Count, Picker, Search, Selected, Take};

fn ago(seconds: i64) -> Timestamp {
    wall().now - SignedDuration::from_secs(seconds)
}

fn line(id: &str, label: &str, kind: &str, tenant: Option<&str>) -> RunLine {
    RunLine {
        id: id.into(),
        href: format!("/w/northwind/operations/{id}"),
        label: label.into(),
        kind: kind.into(),
        subject: None,
        tenant: tenant.map(str::to_owned),
        status: RunStatus::Completed,
        outcome: Outcome::Succeeded,
        pace: Pace::Usual,
        tally: Some(Tally { processed: 412, total: Some(412), failed: 0 }),
        phase: None,
        reason: None,
        initiator: Initiator::Schedule("Nightly EU".into()),
        created_at: ago(7200),
        started_at: Some(ago(7198)),
        ended_at: Some(ago(6917)),
        usual: Some(Duration::from_secs(288)),
        attempt: 1,
        identity: "0123456789abcdef".repeat(4),
    }
}

fn running(line: RunLine, processed: u64, total: Option<u64>, seconds: i64) -> RunLine {
    RunLine {
        status: RunStatus::Running,
        outcome: Outcome::Pending,
        tally: Some(Tally { processed, total, failed: 0 }),
        initiator: Initiator::Person("Mara Lindqvist".into()),
        created_at: ago(seconds + 2),
        started_at: Some(ago(seconds)),
        ended_at: None,
        ..line
    }
}

fn queued(line: RunLine, pace: Pace, seconds: i64) -> RunLine {
    RunLine {
        status: RunStatus::Queued,
        outcome: Outcome::Pending,
        pace,
        tally: None,
        created_at: ago(seconds),
        started_at: None,
        ended_at: None,
        attempt: 0,
        identity: "0123456789abcdef".repeat(4),
        ..line
    }
}

fn ended(line: RunLine, outcome: Outcome, tally: Option<Tally>, reason: Option<&str>) -> RunLine {
    RunLine {
        outcome,
        tally,
        reason: reason.map(str::to_owned),
        initiator: Initiator::Person("Jonas Weber".into()),
        ..line
    }
}

fn active() -> RunBand {
    let runs = vec![
        running(line("1", "Policy sync", "policy.sync", Some("Northwind EU")), 318, Some(412), 126),
        running(line("2", "Restore policies", "restore.execute", Some("Fabrikam Retail")), 9, Some(24), 257),
        RunLine {
            pace: Pace::Late,
            usual: Some(Duration::from_secs(700)),
            ..running(
                line("3", "Group sync", "directory_groups.sync", Some("Contoso Schools")),
                11_204,
                None,
                1605,
            )
        },
        RunLine {
            pace: Pace::NoSignOfLife { taken_over_at: wall().now },
            ..running(
                line("4", "Fetch assignments", "assignments.fetch", Some("متجر فابريكام للبيع بالتجزئة")),
                3,
                Some(80),
                60,
            )
        },
        queued(line("5", "Generate drift", "drift.generate", Some("Northwind US")), Pace::Usual, 14),
        queued(
            line("6", "Restore policies", "restore.execute", Some("Adatum")),
            Pace::AwaitsConfirmation,
            400,
        ),
        queued(line("7", "Inventory sync", "inventory.sync", Some("Wingtip Toys")), Pace::Late, 90),
    ];
    RunBand { heading: BandHeading::Active, runs }
}

fn today() -> RunBand {
    let tally = |processed, failed| Some(Tally { processed, total: Some(processed), failed });
    let runs = vec![
        ended(
            line("10", "Restore assignments", "assignments.restore", Some("Fabrikam Retail")),
            Outcome::PartiallySucceeded,
            tally(41, 4),
            Some("assignments.group_missing"),
        ),
        RunLine {
            subject: Some("Nightly EU backup".into()),
            ..line("11", "Scheduled backup", "backup_schedule.scheduled", Some("Northwind EU"))
        },
        ended(
            line("12", "Inventory sync", "inventory.sync", Some("Wingtip Toys")),
            Outcome::Failed,
            None,
            Some("graph.forbidden"),
        ),
        RunLine {
            initiator: Initiator::System,
            tally: tally(12, 0),
            ..line("13", "Reconcile adapter runs", "ops.reconcile_adapter_runs", None)
        },
        ended(
            line(
                "14",
                "Add policies to backup set with a name that goes on and on",
                "backup_set.add_policies",
                Some("Die Vereinigten Verkehrsbetriebe Mittelfranken-Oberpfalz GmbH"),
            ),
            Outcome::Cancelled,
            tally(18, 0),
            None,
        ),
        ended(
            line("15", "Restore policies", "restore.execute", Some("🦊 Fuchs & Söhne")),
            Outcome::Blocked,
            None,
            Some("restore.lockout_refused"),
        ),
        RunLine {
            tally: None,
            usual: None,
            ..line("16", "moon base build", "moon.base_build", Some("Proseware"))
        },
    ];
    RunBand { heading: BandHeading::Day(date(2026, 11, 20)), runs }
}

fn yesterday() -> RunBand {
    let run = RunLine {
        created_at: ago(90_000),
        ..line("20", "Generate drift", "drift.generate", Some("Contoso Schools"))
    };
    RunBand { heading: BandHeading::Day(date(2026, 11, 19)), runs: vec![run; 1] }
}

fn form() -> Filters {
    let choice =
        |value: &str, label: &str, selected| Choice { value: value.into(), label: label.into(), selected };
    let picker = |name: &str, label: &str, value: &str, marked, take, choices| Picker {
        name: name.into(),
        label: label.into(),
        value: value.into(),
        marked,
        take,
        choices,
        days: None,
    };
    let kinds = vec![
        choice("policy.sync", "Policy sync", Selected::No),
        choice("inventory.sync", "Inventory sync", Selected::No),
    ];
    let ranges =
        [("24h", "Last 24 hours"), ("7d", "Last 7 days"), ("30d", "Last 30 days"), ("90d", "Last 90 days")];
    let ranges = ranges.map(|(value, label)| choice(value, label, Selected::when(value == "30d"))).to_vec();
    let columns =
        ExtraColumn::ALL.map(|column| choice(column.token(), column.label(), Selected::No)).to_vec();
    Filters {
        action: "/w/northwind/operations".into(),
        region: REGION.into(),
        kept: vec![],
        search: Some(Search {
            placeholder: "Run ID, reason code, policy name".into(),
            label: "Search runs".into(),
            value: String::new(),
        }),
        pickers: vec![
            picker("type", "Type", "Any", Selected::No, Take::Any, kinds.clone()),
            picker("tenant", "Tenant", "All", Selected::No, Take::Any, kinds),
            picker("by", "Started by", "Anyone", Selected::No, Take::One, vec![]),
            picker("range", "Created", "Last 30 days", Selected::Yes, Take::One, ranges),
        ],
        columns: Some(picker("cols", "Columns", "", Selected::No, Take::Any, columns)),
        clear: None,
    }
}

fn operations(list: RunList) -> OperationsPage {
    let tab = |label: &str, count, glyph| Tab {
        label: label.into(),
        href: "#".into(),
        count: Some(Count::Exactly(count)),
        glyph,
        selected: Selected::when(label == "All"),
    };
    let days = (0..30_i64)
        .rev()
        .map(|back| {
            let date = wall().today() - jiff::Span::new().days(back);
            let size = u64::try_from((back * 37 + 11) % 40).expect("it is small") + 8;
            TapeDay {
                date,
                succeeded: size,
                partial: if back % 3 == 0 { 2 } else { 0 },
                failed: if back == 11 { 9 } else { u64::from(back % 4 == 0) },
                other: 1,
                active: if back == 0 { 5 } else { 0 },
                href: format!("?on={date}"),
            }
        })
        .collect();
    OperationsPage {
        wall: wall(),
        sentence: "Every run in Northwind Holdings, across 14 tenants. Records are kept for 90 days.".into(),
        views: vec![Link::new("Needs attention", "?state=failed&range=7d"), Link::new("Mine", "?by=me")],
        exports: vec![
            MenuItem::Go(Link::new("CSV", "?format=csv")),
            MenuItem::Go(Link::new("JSON", "?format=json")),
        ],
        tape: Some((days, "in the last 30 days".into())),
        tabs: vec![
            tab("All", 1241, None),
            tab("Active", 7, Some(State::Running)),
            tab("Succeeded", 1183, Some(State::Succeeded)),
            tab("Partial", 25, Some(State::Partial)),
            tab("Failed", 28, Some(State::Failed)),
            tab("Other", 3, Some(State::Cancelled)),
        ],
        filters: form(),
        ignored: vec![],
        fresh: Some((3, "?".into())),
        extra: vec![],
        list,
    }
}

fn runs() -> RunList {
    let pager = Pager {
        shown: 50,
        first: Some(1),
        total: Some(Count::Exactly(1241)),
        noun: ("run", "runs"),
        newer: None,
        older: Some("?after=20".into()),
        words: ("Newer", "Older"),
    };
    RunList::Runs { bands: vec![active(), today(), yesterday()], pager }
}

#[test]
fn the_ledger_shows_active_runs_first_and_then_day_by_day() {
    let markup = page(&operations(runs()));
    show("operations", "shell", &markup);
    let text = markup.into_string();
    let at = |words: &str| text.find(words).unwrap_or_else(|| panic!("{words} is not there"));
    assert!(at("Active now, 7") < at("Today, Friday 20 November"));
    assert!(at("Today, Friday 20 November") < at("Yesterday, Thursday 19 November"));
    assert!(!text.contains("<form method=\"post\""), "the list changes nothing");
}

#[test]
fn every_state_has_its_row() {
    let rows = [active(), today()].into_iter().flat_map(|band| band.runs);
    let rows: Vec<Row> = rows.map(|run| row(&run, &ExtraColumn::ALL, &wall())).collect();
    let columns = columns(&ExtraColumn::ALL);
    assert!(rows.iter().all(|row| row.cells.len() == columns.len()));
    check("operations_rows", &data_table("Runs", &columns, &[Band { heading: None, rows }]).into_string());
}

#[test]
fn columns_that_were_asked_for_stand_at_the_end() {
    let of = OperationsPage { extra: ExtraColumn::ALL.to_vec(), ..operations(runs()) };
    show("operations-columns", "shell", &page(&of));
    let labels: Vec<&str> = columns(&of.extra).iter().map(|column| column.label).collect();
    assert_eq!(labels[6..], ["Duration", "Run ID", "Waited", "Ended", "Attempt", "Reason code", "Identity"]);
}

#[test]
fn an_empty_list_says_why_and_what_to_do() {
    let never = RunList::Never { start_at: vec![Link::new("Policies", "/p"), Link::new("Inventory", "/i")] };
    let none = RunList::NoMatch {
        filters: vec!["Failed".into(), "Policy sync".into(), "the last 7 days".into()],
        clear: Some("/w/northwind/operations".into()),
        older: Some((12, Link::new("show 90 days", "?range=90d"))),
    };
    let broken = RunList::Broken { retry: "?".into(), reference: "7f3a-11c2".into() };
    let mut all = String::new();
    for (name, list) in
        [("operations-never", never), ("operations-none", none), ("operations-broken", broken)]
    {
        let of = OperationsPage {
            fresh: None,
            ignored: vec!["`range=5y` is not known; the last 30 days are shown.".into()],
            ..operations(list)
        };
        show(name, "shell", &page(&of));
        all.push_str(
            &region(&of)
                .into_string()
                .split("</form>")
                .last()
                .expect("there is an end")
                .replace("</section>", ""),
        );
    }
    check("operations_empty", &all);
}

#[test]
fn a_list_of_fifty_runs_stays_within_its_size() {
    let runs = std::iter::repeat_with(|| today().runs).flatten().take(50);
    let runs = runs
        .enumerate()
        .map(|(at, run)| RunLine { id: format!("019aa1b2-c3d4-7e5f-8a9b-{at:012}"), ..run })
        .collect();
    let RunList::Runs { pager, .. } = self::runs() else { panic!("there are runs") };
    let bands = vec![RunBand { heading: BandHeading::Day(date(2026, 11, 20)), runs }];
    let size = page(&operations(RunList::Runs { bands, pager })).into_string().len();
    assert!(size < 110_000, "{size} bytes");
}
