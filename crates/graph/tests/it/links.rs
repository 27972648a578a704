//! Page links that must not be followed.

use graph::CollectionEnd;
use serde_json::json;
use simulator::{Fault, Simulator};

use crate::world::{CONFIGURATION, CONFIGURATIONS, answer, configurations, quick, world_of, world_with};

#[tokio::test]
async fn a_link_to_another_host_is_refused_and_nothing_is_sent_there() {
    let other = Simulator::new().start().await.unwrap();
    let world = world_of(5).await;
    world.spoil(|rule| rule, Fault::ForeignNextLink(other.graph_url()));
    let listed = world.list(CONFIGURATION).await;
    assert_eq!(listed.partial(), "graph.foreign_link");
    assert_eq!(listed.ids(), ["c0", "c1"], "the page with the bad link is good");
    assert!(other.requests().is_empty());
}

#[tokio::test]
async fn a_link_that_only_looks_like_ours_is_refused() {
    let world = world_of(1).await;
    let address = world.simulator.address();
    let path = format!("beta/deviceManagement/{CONFIGURATIONS}?$skip=1");
    for link in [
        format!("https://{address}/{path}"),
        format!("http://{address}.evil.example/{path}"),
        format!("http://{address}@evil.example/{path}"),
        format!("http://user@{address}/{path}"),
        format!("http://localhost:{}/{path}", address.port()),
        format!("//{address}/{path}"),
        format!("/{path}"),
        format!("http://{address}/v1.0/users"),
    ] {
        let body = json!({"value": [{"id": "c0"}], "@odata.nextLink": link}).to_string();
        world.spoil(|rule| rule.times(1), answer(&body));
        assert_eq!(world.list(CONFIGURATION).await.partial(), "graph.foreign_link", "{link}");
    }
    let hosts = world.simulator.requests().hosts();
    assert_eq!(hosts.len(), 1, "one host was asked: {hosts:?}");
}

#[tokio::test]
async fn a_page_that_was_read_already_ends_the_walk() {
    for fault in [Fault::NextLinkLoop, Fault::RepeatedPage] {
        let world = world_of(5).await;
        world.spoil(|rule| rule.page(2), fault.clone());
        let listed = world.list(CONFIGURATION).await;
        assert_eq!(listed.partial(), "graph.page_loop", "{fault:?}");
        assert!(listed.ids().starts_with(&["c0", "c1", "c2", "c3"]), "{fault:?}");
        assert!(world.reads() <= 3, "{fault:?}: no page is read again and again");
    }
}

#[tokio::test]
async fn a_collection_of_too_many_pages_is_partial() {
    let capped = graph::GraphOptions { page_cap: 2, ..quick() };
    for (count, complete) in [(4, true), (5, false)] {
        let world = world_with(capped.clone(), |state| configurations(state, count)).await;
        let listed = world.list(CONFIGURATION).await;
        assert_eq!(listed.ids().len(), 4);
        if complete {
            assert_eq!(listed.end, CollectionEnd::Complete);
        } else {
            assert_eq!(listed.partial(), "graph.too_large");
        }
    }
}
