//! Everything that goes wrong at once, and each thing that may be in an answer.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use graph::{Cancel, CollectionEnd, GraphOptions};
use serde_json::json;
use simulator::{Fault, GenerateOptions, RetryAfter, Rule, Simulator, TenantState};

use crate::world::{
    CONFIGURATION, CONFIGURATIONS, answer, configurations, connection, list, quick, ty, world, world_of,
    world_with,
};

const KEYS: [&str; 6] = [
    "configurationPolicy",
    "deviceConfiguration",
    "deviceCompliancePolicy",
    "deviceManagementScript",
    "conditionalAccessPolicy",
    "group",
];

/// Throttles every third request of a path, for as long as the storm lasts.
fn every_third(simulator: &simulator::Running, path: &str, count: usize) {
    for turn in 0..count {
        let after = match turn % 5 {
            0 => RetryAfter::Absent,
            1 => RetryAfter::Seconds(1),
            2 => RetryAfter::DateIn(Duration::from_secs(2)),
            3 => RetryAfter::Text("-5".to_owned()),
            _ => RetryAfter::Text("99999999".to_owned()),
        };
        simulator.faults().add(Rule::new(Fault::Throttled(after)).path(path).skip(2 * turn + 2).times(1));
    }
}

#[tokio::test]
async fn a_storm_ends_with_exact_codes_and_leaves_other_tenants_alone() {
    let other_host = Simulator::new().start().await.unwrap();
    let options = GraphOptions { max_attempts: 8, ..quick() };
    let policies = GenerateOptions::default().policies(120);
    let world = world_with(options, |state| *state = TenantState::generated(1, policies.clone())).await;
    let calm = world.simulator.add_tenant(TenantState::generated(2, policies)).unwrap();
    let calm_graph = world.client.connect(connection(&world.simulator, &calm));
    let mine = world.tenant.tenant_id();
    let rule = |fault: Fault| Rule::new(fault).tenant(mine);
    world.simulator.faults().add(rule(Fault::Status(503)).path("deviceCompliancePolicies"));
    world.simulator.faults().add(rule(Fault::ExpireTokens).path("configurationPolicies").skip(1).times(1));
    let foreign = Fault::ForeignNextLink(other_host.graph_url());
    world.simulator.faults().add(rule(foreign).path("conditionalAccess/policies"));
    world.simulator.faults().add(rule(Fault::Html).path("/v1.0/groups").page(2));
    every_third(&world.simulator, "deviceConfigurations", 20);

    let mut ends = BTreeMap::new();
    for key in KEYS {
        let (stormy, calm) = tokio::join!(list(&world.graph, key), list(&calm_graph, key));
        assert_eq!(calm.end, CollectionEnd::Complete, "{key} of the other tenant");
        ends.insert(key, stormy.end.error().map(graph::GraphError::code));
    }
    let expected = BTreeMap::from([
        ("configurationPolicy", None),
        ("deviceConfiguration", None),
        ("deviceCompliancePolicy", Some("graph.unavailable")),
        ("deviceManagementScript", None),
        ("conditionalAccessPolicy", Some("graph.foreign_link")),
        ("group", Some("graph.unexpected_answer")),
    ]);
    assert_eq!(ends, expected);
    assert!(other_host.requests().is_empty(), "nothing is sent to another host");
    let asked = world.simulator.requests().matching(|request| {
        request.tenant_id == Some(mine) && request.path.contains("deviceCompliancePolicies")
    });
    assert_eq!(asked.len(), 8, "as many attempts as allowed, and no more");
}

#[tokio::test]
async fn a_body_of_three_hundred_megabytes_is_refused_and_never_held() {
    let world = world_of(1).await;
    world.spoil(|rule| rule, Fault::HugeBody(300_000_000));
    let before = resident_bytes();
    let listed = world.list(CONFIGURATION).await;
    assert_eq!((listed.partial(), listed.ids().len()), ("graph.too_large", 0));
    assert_eq!(world.reads(), 1, "what is too large is not asked for again");
    if let (Some(before), Some(after)) = (before, resident_bytes()) {
        let grown = after.saturating_sub(before);
        assert!(grown < 250_000_000, "the process grew by {grown} bytes");
    }
}

/// Returns the most memory that this process ever had, where the system tells.
fn resident_bytes() -> Option<usize> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    let kilobytes: usize = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kilobytes * 1024)
}

#[tokio::test]
async fn odd_values_are_kept_byte_for_byte_and_crash_nothing() {
    let deep = format!("{}1{}", "[".repeat(10_000), "]".repeat(10_000));
    let deep_objects = format!("{}1{}", "{\"a\":".repeat(10_000), "}".repeat(10_000));
    for value in [
        deep.as_str(),
        &deep_objects,
        r#"{"twice":1,"twice":2}"#,
        r#""\ud800 alone""#,
        r#""\udc00\ud800""#,
        r#""a\u0000b""#,
        "1e999999",
        "-0.0",
        "123456789012345678901234567890.5",
        r#""0001-01-01T00:00:00Z""#,
        r#""\u202e\u001b[31m""#,
    ] {
        let world = world_of(2).await;
        let object = format!("{{\"id\":\"c0\",\"odd\": {value}}}");
        let page = format!("{{\"value\":[{object},{{\"id\":\"c1\"}}]}}");
        world.spoil(|rule| rule.times(1), answer(&page));
        let listed = world.list(CONFIGURATION).await;
        let shown = &value[..value.len().min(40)];
        assert_eq!(listed.end, CollectionEnd::Complete, "{shown}");
        assert_eq!(listed.items()[0].raw.get(), object, "{shown}");
        world.spoil(|rule| rule, answer(&object));
        let items: Vec<_> = listed.items().into_iter().cloned().collect();
        let read = world.graph.read(ty(CONFIGURATION), &items[0], &Cancel::new()).await.unwrap();
        assert_eq!(read.object.get(), object, "{shown}");
    }
}

#[tokio::test]
async fn what_is_no_json_is_an_error_and_never_an_object() {
    for body in [
        "{\"value\":[{\"id\":\"c0\",\"s\":\"a\u{0}b\"}]}",
        "{\"value\":[{\"id\":\"c0\",\"s\":\"\\ud8\"}]}",
        "{\"value\":[{\"id\":\"c0\"},]}",
        "{\"value\":[{\"id\":\"c0\"}]",
        "{\"value\":[NaN]}",
        "{'value':[]}",
        "\u{feff}{\"value\":[]}",
        "",
    ] {
        let world = world_of(1).await;
        world.spoil(|rule| rule, answer(body));
        let listed = world.list(CONFIGURATION).await;
        assert_eq!((listed.partial(), listed.ids().len()), ("graph.unexpected_answer", 0), "{body:?}");
    }
}

#[tokio::test]
async fn an_object_named_twice_by_different_keys_has_the_id_that_cannot_be_told() {
    let world = world_of(1).await;
    world.spoil(|rule| rule, answer(r#"{"value":[{"id":"a","id":"b"},{"id":"c"}]}"#));
    let listed = world.list(CONFIGURATION).await;
    assert_eq!(listed.partial(), "graph.unexpected_answer");
    assert_eq!(listed.ids(), ["c"]);
}

#[tokio::test]
async fn a_page_of_many_objects_is_given_page_by_page_and_not_gathered() {
    let pages = Arc::new(AtomicUsize::new(0));
    let world = world(|state| configurations(state, 40)).await;
    let counter = Arc::clone(&pages);
    let deed = Fault::act(move |_| {
        counter.fetch_add(1, Ordering::Relaxed);
    });
    world.simulator.faults().add(Rule::new(deed).path(CONFIGURATIONS));
    let cancel = Cancel::new();
    let mut listing = world.graph.list(ty(CONFIGURATION), &cancel);
    let mut given = 0;
    while listing.next_page().await.is_some() {
        given += 1;
        assert_eq!(pages.load(Ordering::Relaxed), given, "no page is read before it is asked for");
    }
    assert_eq!((given, listing.end()), (20, CollectionEnd::Complete));
}

#[tokio::test]
async fn a_tenant_under_full_throttle_is_asked_no_more_than_its_attempts_allow() {
    let world = world_of(3).await;
    world.simulator.faults().add(Rule::new(Fault::Throttled(RetryAfter::Absent)).method("GET"));
    for _ in 0..5 {
        assert_eq!(world.list(CONFIGURATION).await.partial(), "graph.throttled");
    }
    assert_eq!(world.reads(), 5 * 4, "four attempts for each of five listings");
    let body = json!({"error": {"code": "TooManyRequests", "message": "x"}}).to_string();
    let fault = Fault::Answer {
        status: 429,
        headers: vec![("retry-after".to_owned(), "0".to_owned())],
        body: body.into_bytes(),
    };
    world.simulator.faults().clear();
    world.spoil(|rule| rule, fault);
    let end = world.list(CONFIGURATION).await.end;
    assert_eq!(end.error().unwrap().graph_code(), Some("TooManyRequests"));
}
