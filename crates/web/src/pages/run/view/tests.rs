use jiff::SignedDuration;
use ledger::summary::CountKey;
use std::time::Duration;

use super::*;
use crate::components::testing::{check, show, wall};
use crate::components::{Attempt, FailedItem, Permission, PostForm, Selected};

/// An instant of a run that was queued 4433 seconds ago.
fn at(second: i64) -> Timestamp {
    wall().now - SignedDuration::from_secs(4433 - second)
}

fn restore() -> RunPage {
    let item = |name: &str, detail: &str| FailedItem {
        name: name.into(),
        href: Some("/p/1".into()),
        kind: Some("Settings catalog".into()),
        detail: Some(detail.into()),
    };
    let group = |code: &str, sentence: &str, items: Vec<FailedItem>| FailureGroup {
        code: code.into(),
        sentence: sentence.into(),
        count: items.len() as u64,
        items,
        advice: None,
        others: Some(Link::new("Other runs with this code", format!("?code={code}"))),
        all: None,
    };
    let event = |second, icon, what: &str, note: Option<&str>, code: Option<&str>| Event {
        at: at(second),
        icon,
        what: what.into(),
        note: note.map(str::to_owned),
        code: code.map(str::to_owned),
    };
    let past = |at: u64| PastRun {
        state: match at {
            4 | 17 | 23 => State::Partial,
            9 => State::Failed,
            _ => State::Succeeded,
        },
        ran: Duration::from_secs(if at == 9 {
            40
        } else {
            180 + at * 37 % 90 + if at == 23 { 100 } else { 0 }
        }),
        this: Selected::when(at == 23),
    };
    let form = PostForm { action: "/w/n/operations/1/cancel".into(), ..PostForm::default() };
    RunPage {
        wall: wall(),
        label: "Restore assignments".into(),
        status: RunStatus::Completed,
        outcome: Outcome::PartiallySucceeded,
        pace: Pace::Usual,
        tenant: Some(RunTenant {
            to: Link::new("Fabrikam Retail", "/t/fabrikam"),
            environment: TenantEnvironment::Production,
        }),
        initiator: Initiator::Person("Jonas Weber".into()),
        notices: vec![],
        permalink: "/w/n/operations/1".into(),
        owner: Some(Link::new("Open restore run", "/r/187")),
        deeds: vec![
            MenuItem::Do { label: "Run again".into(), permission: Permission::Granted, form: form.clone() },
            MenuItem::Do {
                label: "Run anyway".into(),
                permission: Permission::Refused {
                    reason: "Needs the Manager role in Northwind Holdings.".into(),
                },
                form,
            },
        ],
        json: Some("?format=json".into()),
        ruler: Ruler {
            queued_at: at(0),
            attempts: vec![
                Attempt { number: 1, from: at(2), to: Some(at(196)), note: Some("throttled".into()) },
                Attempt { number: 2, from: at(216), to: Some(at(407)), note: None },
            ],
            ended_at: Some(at(407)),
            usual: Some(Duration::from_secs(280)),
            state: State::Partial,
        },
        phase: None,
        counts: SummaryCounts::default()
            .with(CountKey::Total, 41)
            .with(CountKey::Processed, 41)
            .with(CountKey::Succeeded, 37)
            .with(CountKey::Failed, 4)
            .with(CountKey::Skipped, 0),
        failures: vec![
            FailureGroup {
                advice: Some("Map the group to one that exists, then run it again.".into()),
                ..group(
                    "assignments.group_missing",
                    "The target group does not exist in this tenant, so nothing was assigned.",
                    vec![
                        item("WIN Baseline, BitLocker", "group 8f1c…d20b"),
                        item("WIN Baseline, Firewall", "group 8f1c…d20b"),
                        item("سياسة الامتثال 🦊 iOS", "group 41aa…90ce"),
                    ],
                )
            },
            group(
                "graph.conflict",
                "The policy changed while it was written. It was left as it was found.",
                vec![item("MAC FileVault", "HTTP 409")],
            ),
        ],
        failures_csv: Some("?format=csv".into()),
        context: vec![
            ("restore_run_id".into(), Value::Link(Link::new("RR-0187", "/r/187"))),
            ("backup_set".into(), Value::Name("Before ring 2 rollout".into())),
            ("mode".into(), Value::Text("write".into())),
            ("group_mapping".into(), Value::Code("12 mapped, 2 unmapped".into())),
            ("graph_client_secret".into(), Value::Withheld),
        ],
        facts: RunFacts {
            id: "019aa1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b".into(),
            kind: "assignments.restore".into(),
            created_at: at(0),
            started_at: Some(at(2)),
            ended_at: Some(at(407)),
            attempt: 2,
            attempts_max: 3,
            identity: Some("b81f 04c9".into()),
            reuse_until: Some(wall().now + SignedDuration::from_secs(420)),
            rerun_of: None,
            kept_until: Some(wall().now + SignedDuration::from_hours(90 * 24)),
        },
        related: vec![
            Related {
                icon: Icon::Restore,
                to: Link::new("Restore run RR-0187", "/r/187"),
                note: Some("previewed 13:51, confirmed 13:57".into()),
            },
            Related {
                icon: Icon::Policy,
                to: Link::new("Policies touched", "/p"),
                note: Some("37 restored, 4 unchanged".into()),
            },
        ],
        history: Some(((0..24).map(past).collect(), Link::new("Show them", "?type=assignments.restore"))),
        events: vec![
            event(407, Icon::Partial, "Ended, Partial", Some("notified Jonas Weber"), None),
            event(216, Icon::Running, "Attempt 2 started", None, None),
            event(196, Icon::Late, "Attempt 1 stopped", None, Some("graph.throttled, retry in 20s")),
            event(2, Icon::Running, "Attempt 1 started", Some("worker atlas-w2"), None),
            event(0, Icon::Queued, "Queued", Some("notified Jonas Weber"), None),
        ],
    }
}

fn active(status: RunStatus, pace: Pace, attempts: Vec<Attempt>) -> RunPage {
    let done = restore();
    let state = State::of(status, Outcome::Pending);
    let started_at = attempts.first().map(|first| first.from);
    RunPage {
        label: "Policy sync".into(),
        status,
        outcome: Outcome::Pending,
        pace,
        owner: None,
        ruler: Ruler {
            queued_at: at(4300),
            attempts,
            ended_at: None,
            usual: Some(Duration::from_secs(90)),
            state,
        },
        counts: SummaryCounts::default(),
        failures: vec![],
        facts: RunFacts {
            created_at: at(4300),
            started_at,
            ended_at: None,
            reuse_until: None,
            attempt: 1,
            ..done.facts
        },
        ..done
    }
}

#[test]
fn a_partial_run_is_explained_to_a_stranger() {
    let of = restore();
    assert_eq!(title(&of), "Restore assignments, Partial, Fabrikam Retail");
    let markup = page(&of);
    show("run-partial", "shell", &markup);
    check("run_partial", &markup.into_string());
}

#[test]
fn a_run_that_works_counts_on() {
    let attempt = Attempt { number: 1, from: at(4302), to: None, note: None };
    let of = RunPage {
        counts: SummaryCounts::default().with(CountKey::Processed, 11_204),
        phase: Some("reading device configurations".into()),
        initiator: Initiator::Schedule("Every night".into()),
        ..active(RunStatus::Running, Pace::Usual, vec![attempt])
    };
    let markup = page(&of);
    show("run-running", "shell", &markup);
    let text = markup.into_string();
    assert!(text.contains("11,204") && text.contains("reading device configurations"), "{text}");
    assert!(!text.contains(" %"), "no total is known, so no percentage is: {text}");
}

#[test]
fn a_run_that_waits_says_for_what() {
    let of = RunPage {
        tenant: None,
        notices: vec![(
            NoticeTone::Info,
            "You were brought here because an equal run was already active.".into(),
            None,
        )],
        ..active(RunStatus::Queued, Pace::Late, vec![])
    };
    let markup = page(&of);
    show("run-queued", "shell", &markup);
    let text = markup.into_string();
    assert!(text.contains("Waiting for a worker") && text.contains("longer than usual"), "{text}");
    assert_eq!(title(&of), "Policy sync, Queued, Workspace");
}

#[test]
fn a_succeeded_run_has_no_failures_and_hostile_words_stay_words() {
    let hostile = "<img src=x onerror=alert(1)>\"'";
    let of = RunPage {
        outcome: Outcome::Succeeded,
        failures: vec![],
        label: hostile.into(),
        initiator: Initiator::Person(hostile.into()),
        context: vec![(hostile.into(), Value::Text(hostile.into()))],
        ..restore()
    };
    let markup = page(&of);
    show("run-hostile", "shell", &markup);
    let text = markup.into_string();
    assert!(!text.contains("id=\"failures\"") && !text.contains("<img"), "{text}");
}

#[test]
fn a_run_that_is_not_there_says_no_more_than_that() {
    let markup = missing(90, &Link::new("Operations", "/w/n/operations"));
    show("run-missing", "shell", &markup);
    check("run_missing", &markup.into_string());
}
