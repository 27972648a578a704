//! Every component on one page, for whoever wants to look at them.

use std::time::Duration;

use ledger::{Outcome, RunStatus};
use maud::{Markup, html};

use super::testing::{show, wall};
use super::*;

#[test]
fn every_component_stands_on_one_page() {
    let sections = [
        ("States", states()),
        ("Numbers", numbers()),
        ("Deeds", deeds()),
        ("Sentences", sentences()),
        ("Fields", fields()),
    ];
    let page = html! {
        div .head { div { h1 { "Components" } } }
        div .stack {
            @for (title, section) in sections {
                section .panel { div .ph { h2 { (title) } } div .pb { (section) } }
            }
        }
        (toast_region(&toasts()))
    };
    show("components", "shell", &page);
}

fn states() -> Markup {
    let wall = wall();
    let one = |status, outcome, pace| badge(status, outcome, pace, BadgeSize::Row, &wall);
    let ended = [
        Outcome::Succeeded,
        Outcome::PartiallySucceeded,
        Outcome::Failed,
        Outcome::Cancelled,
        Outcome::Blocked,
    ];
    html! {
        p .acts {
            (one(RunStatus::Queued, Outcome::Pending, Pace::Usual))
            (one(RunStatus::Queued, Outcome::Pending, Pace::Late))
            (one(RunStatus::Running, Outcome::Pending, Pace::Usual))
            (one(RunStatus::Running, Outcome::Pending, Pace::NoSignOfLife { taken_over_at: wall.now }))
            @for outcome in ended { (one(RunStatus::Completed, outcome, Pace::Usual)) }
            (one(RunStatus::Running, Outcome::Failed, Pace::Usual))
        }
    }
}

fn numbers() -> Markup {
    let usual = Some(Duration::from_secs(100));
    let tally = |processed, total, failed| Tally { processed, total, failed };
    html! {
        div .acts {
            (meter(tally(318, Some(412), 0), MeterOf::Progress))
            (meter(tally(11_204, None, 3), MeterOf::Progress))
            (meter(tally(41, Some(41), 4), MeterOf::Result))
            (gauge(Duration::from_secs(60), usual, GaugeOf::Active))
            (gauge(Duration::from_secs(250), usual, GaugeOf::Ended))
            (rel_time(wall().now, &wall()))
            (environment(TenantEnvironment::Production))
        }
    }
}

fn deeds() -> Markup {
    let form = PostForm { action: "/start".into(), ..PostForm::default() };
    let refused = Permission::Refused {
        reason: "Needs the Owner role. You are an Operator in Northwind Holdings.".into(),
    };
    let items = [
        MenuItem::Go(Link::new("View JSON", "?format=json")),
        MenuItem::Do { label: "Cancel".into(), permission: Permission::Granted, form: form.clone() },
        MenuItem::Do { label: "Run anyway".into(), permission: refused.clone(), form: form.clone() },
    ];
    let primary = Verb { label: "Sync policies", icon: Some(Icon::Sync), weight: Weight::Primary };
    html! {
        div .acts {
            (action("a", primary, &Permission::Granted, &form))
            (action("b", Verb::plain("Delete backup set"), &refused, &form))
            (menu("Actions", Icon::More, Weight::Plain, Hang::Left, &items))
            (looks_switch("system", "comfortable"))
        }
    }
}

fn sentences() -> Markup {
    html! {
        @for tone in [NoticeTone::Info, NoticeTone::Done, NoticeTone::Warning, NoticeTone::Failure] {
            (notice(tone, "What happened, to what, and what to do next.", Some(&Link::new("Do it", "#"))))
        }
        (empty(&Empty::new("No policies yet. Sync them to keep their first version.").then(Link::new("Inventory", "#"))))
    }
}

fn fields() -> Markup {
    let wrong = Field::text("slug", "Short name")
        .taking(Input::Code)
        .failing(Some("Only lower-case letters.".into()));
    html! {
        div .form {
            (error_summary(&[], &[&wrong]))
            (field(&wrong))
            (checkbox("safe", "Take a safety backup first", "Everything that the plan touches.", Selected::Yes))
        }
    }
}

fn toasts() -> [Toast; 2] {
    let toast = |tone, title: &str, text: &str| Toast {
        tone,
        title: title.into(),
        text: text.into(),
        go: Some(Link::new("View run", "#")),
        again: None,
    };
    [
        toast(
            ToastTone::Run(State::Queued),
            "Drift generation queued",
            "Northwind US. You will be notified when it ends.",
        ),
        toast(
            ToastTone::Error,
            "Could not queue policy sync",
            "Nothing was started; the attempt is recorded as Failed.",
        ),
    ]
}
