use jiff::SignedDuration;

use super::*;
use crate::components::testing::{check, show, wall};

fn notice(
    state: State,
    sentence: &str,
    tenant: Option<&str>,
    hours: i64,
    mark: Option<PostForm>,
) -> NoticeLine {
    NoticeLine {
        state,
        sentence: sentence.into(),
        tenant: tenant.map(str::to_owned),
        at: wall().now - SignedDuration::from_hours(hours),
        run: "/w/n/operations/1".into(),
        mark,
    }
}

#[test]
fn notices_stand_by_day_and_unread_ones_say_so() {
    let mark = || Some(PostForm { action: "/w/n/notifications/1/read".into(), ..PostForm::default() });
    let of = NotificationsPage {
        wall: wall(),
        notices: vec![
            notice(State::Partial, "Policy sync ended, Partial, 4 failed", Some("Northwind EU"), 1, mark()),
            notice(State::Queued, "Policy sync queued", Some("متجر فابريكام"), 2, None),
            notice(State::Failed, "Inventory sync ended, Failed", None, 30, mark()),
        ],
        mark_all: mark(),
        operations: Link::new("Operations", "/w/n/operations"),
    };
    let markup = page(&of);
    show("notifications", "shell", &markup);
    check("notifications", &markup.into_string());
}

#[test]
fn without_notices_the_page_says_what_would_come() {
    let of = NotificationsPage {
        wall: wall(),
        notices: vec![],
        mark_all: None,
        operations: Link::new("Operations", "/o"),
    };
    let markup = page(&of);
    show("notifications-none", "shell", &markup);
    let text = markup.into_string();
    assert!(text.contains("No notifications.") && text.contains("All read."), "{text}");
}
