//! Being asked to stop.

use std::time::Duration;

use graph::{Cancel, CollectionEnd, GraphOptions};
use simulator::{Fault, RetryAfter};

use crate::world::{CONFIGURATION, World, configurations, quick, ty, world_with};

/// Lists until the first request was made and a moment later is asked to stop.
async fn cancelled(world: &World) -> CollectionEnd {
    let cancel = Cancel::new();
    let listing = async {
        let mut listing = world.graph.list(ty(CONFIGURATION), &cancel);
        while listing.next_page().await.is_some() {}
        listing.end()
    };
    let asking = async {
        while world.reads() == 0 {
            tokio::task::yield_now().await;
        }
        cancel.cancel();
    };
    tokio::join!(listing, asking).0
}

#[tokio::test]
async fn whoever_waits_for_another_attempt_stops_at_once() {
    let options = GraphOptions {
        backoff_base: Duration::from_hours(1),
        backoff_cap: Duration::from_hours(1),
        stated_wait_cap: Duration::from_hours(1),
        ..quick()
    };
    for fault in [Fault::Throttled(RetryAfter::Absent), Fault::Status(503), Fault::Hang] {
        let world = world_with(options.clone(), |state| configurations(state, 1)).await;
        world.spoil(|rule| rule, fault.clone());
        let end = cancelled(&world).await;
        assert_eq!(end.error().unwrap().code(), "graph.cancelled", "{fault:?}");
        assert_eq!(world.reads(), 1, "{fault:?}");
    }
}

#[tokio::test]
async fn whoever_was_asked_to_stop_before_sends_nothing() {
    let world = world_with(quick(), |state| configurations(state, 1)).await;
    let cancel = Cancel::new();
    cancel.cancel();
    let mut listing = world.graph.list(ty(CONFIGURATION), &cancel);
    assert!(listing.next_page().await.is_none());
    assert_eq!(listing.end().error().unwrap().code(), "graph.cancelled");
    assert!(world.graph.check(&cancel).await.is_err());
    assert_eq!((world.sign_ins(), world.reads()), (0, 0));
}

#[tokio::test]
async fn a_page_that_was_dropped_half_way_is_asked_for_again() {
    let world = world_with(quick(), |state| configurations(state, 5)).await;
    world.spoil(|rule| rule.page(2).times(1), Fault::Hang);
    let cancel = Cancel::new();
    let mut listing = world.graph.list(ty(CONFIGURATION), &cancel);
    let mut count = listing.next_page().await.unwrap().items.len();
    tokio::select! {
        biased;
        _ = listing.next_page() => panic!("the second page hangs"),
        () = async {
            while world.reads() < 2 {
                tokio::task::yield_now().await;
            }
        } => {}
    }
    while let Some(page) = listing.next_page().await {
        count += page.items.len();
    }
    assert_eq!((count, listing.end()), (5, CollectionEnd::Complete));
}
