//! How fast a tenant is asked.

use std::time::{Duration, Instant};

use graph::{Cancel, CollectionEnd, GraphOptions};
use serde_json::json;
use simulator::{Fault, RetryAfter, Rule, TenantState};

use crate::world::{CONFIGURATION, configurations, connection, list, quick, ty, world_of, world_with};

#[tokio::test]
async fn no_more_than_four_requests_to_a_tenant_are_under_way() {
    let world = world_of(1).await;
    let listed = world.list(CONFIGURATION).await;
    let item = listed.items()[0];
    world.spoil(|rule| rule, Fault::Delay(Duration::from_millis(20)));
    let cancel = Cancel::new();
    let twin = world.client.connect(connection(&world.simulator, &world.tenant));
    let read = || async {
        let graph = &world.graph;
        let (one, two) = tokio::join!(
            graph.read(ty(CONFIGURATION), item, &cancel),
            twin.read(ty(CONFIGURATION), item, &cancel)
        );
        (one.unwrap(), two.unwrap())
    };
    tokio::join!(read(), read(), read(), read(), read(), read());
    assert_eq!(world.simulator.requests().most_in_flight(), 4);
}

#[tokio::test]
async fn conditional_access_is_asked_once_per_interval() {
    let options = GraphOptions { conditional_access_interval: Duration::from_millis(60), ..quick() };
    let world = world_with(options, |state| {
        for number in 0..5 {
            state.put("conditionalAccessPolicies", json!({"id": format!("p{number}")})).unwrap();
        }
    })
    .await;
    let start = Instant::now();
    let listed = world.list("conditionalAccessPolicy").await;
    assert_eq!((listed.pages.len(), listed.end), (3, CollectionEnd::Complete));
    assert!(start.elapsed() >= Duration::from_millis(120), "two intervals between three pages");
}

#[tokio::test]
async fn one_throttled_tenant_holds_back_itself_and_no_other() {
    let options = GraphOptions {
        backoff_base: Duration::from_millis(1),
        backoff_cap: Duration::from_hours(1),
        stated_wait_cap: Duration::from_hours(1),
        ..quick()
    };
    let world = world_with(options, |state| configurations(state, 1)).await;
    let mut state = TenantState::empty(2, "Fabrikam");
    configurations(&mut state, 3);
    let other = world.simulator.add_tenant(state).unwrap();
    let other_graph = world.client.connect(connection(&world.simulator, &other));
    let rule = Rule::new(Fault::Throttled(RetryAfter::Seconds(3600))).tenant(world.tenant.tenant_id());
    world.simulator.faults().add(rule.path(CONFIGURATION));

    let cancel = Cancel::new();
    let throttled = async {
        let mut listing = world.graph.list(ty(CONFIGURATION), &cancel);
        while listing.next_page().await.is_some() {}
        listing.end()
    };
    let others = async {
        while world.reads() == 0 {
            tokio::task::yield_now().await;
        }
        let listed = list(&other_graph, CONFIGURATION).await;
        cancel.cancel();
        listed
    };
    let (end, listed) = tokio::join!(throttled, others);
    assert_eq!(listed.end, CollectionEnd::Complete);
    assert_eq!(end.error().unwrap().code(), "graph.cancelled");
    let mut another = world.graph.list(ty(CONFIGURATION), &Cancel::new());
    let waited = tokio::time::timeout(Duration::from_millis(100), another.next_page()).await;
    assert!(waited.is_err(), "the next reading of this tenant waits as well");
    let refused = world.simulator.requests().matching(|request| request.status == Some(429));
    assert_eq!(refused.len(), 1, "nobody asks again before the time");
}

#[tokio::test(flavor = "multi_thread")]
async fn many_readings_run_on_many_threads() {
    let world = world_of(6).await;
    let readings: Vec<_> = (0..8)
        .map(|_| {
            let graph = world.graph.clone();
            tokio::spawn(async move {
                let listed = list(&graph, CONFIGURATION).await;
                for item in listed.items() {
                    graph.read(ty(CONFIGURATION), item, &Cancel::new()).await.unwrap();
                }
                listed.items().len()
            })
        })
        .collect();
    for reading in readings {
        assert_eq!(reading.await.unwrap(), 6);
    }
    assert_eq!(world.sign_ins(), 1);
}
