//! Many objects in few requests.

use std::time::Duration;

use contract::Part;
use graph::{Cancel, CollectionEnd, GraphOptions, Item};
use serde_json::{Value, json};
use simulator::{Fault, Request, RetryAfter, Rule, TenantState};

use crate::world::{CONFIGURATION, World, answer, configurations, parsed, quick, ty, world, world_with};

const POLICIES: &str = "configurationPolicies";
const POLICY: &str = "configurationPolicy";

fn settings(count: usize) -> Value {
    (0..count)
        .map(|number| json!({"settingInstance": {"settingDefinitionId": format!("s{number}")}}))
        .collect()
}

fn group(id: &str) -> Value {
    json!({"target": {"@odata.type": "#microsoft.graph.groupAssignmentTarget", "groupId": id}})
}

/// Policies `p00`, `p01`, ... with 30 settings and one assignment each.
fn policies(state: &mut TenantState, count: usize) {
    for number in 0..count {
        let policy = json!({
            "id": format!("p{number:02}"), "name": format!("Policy {number}"),
            "settings": settings(30), "assignments": [group("g1")],
        });
        state.put(POLICIES, policy).unwrap();
    }
}

async fn items(world: &World, key: &str) -> Vec<Item> {
    let listed = world.list(key).await;
    assert_eq!(listed.end, CollectionEnd::Complete);
    let items = listed.pages.into_iter().flat_map(|page| page.items).collect();
    world.simulator.requests().clear();
    items
}

fn batches(world: &World) -> usize {
    world.simulator.requests().matching(Request::is_batch).len()
}

fn by_themselves(world: &World) -> usize {
    let own = |request: &Request| request.part_of.is_none() && !request.is_batch() && !request.is_login();
    world.simulator.requests().matching(own).len()
}

#[tokio::test]
async fn fifty_policies_are_read_whole_in_few_requests_and_every_part_to_its_last_page() {
    let world = world(|state| policies(state, 50)).await;
    let items = items(&world, POLICY).await;
    let read = world.graph.read_many(ty(POLICY), &items, &Cancel::new()).await;
    assert_eq!(read.len(), 50);
    for (document, item) in read.iter().zip(&items) {
        let document = document.as_ref().unwrap();
        assert_eq!(document.id, item.id, "results come in the order of the objects");
        assert_eq!(document.part(Part::Settings).unwrap().len(), 30, "25 to a page");
        assert_eq!(document.part(Part::Assignments).unwrap().len(), 1);
    }
    // Object, two pages of settings, assignments: 200 parts, 10 full batches and little more.
    let parts = world.simulator.requests().matching(|request| request.part_of.is_some());
    assert_eq!(parts.len(), 200);
    assert!(batches(&world) <= 16, "{} batches", batches(&world));
    assert!(by_themselves(&world) <= 4, "{} alone", by_themselves(&world));
    assert_eq!(world.simulator.requests().non_get_count(), 0, "a batch of reads writes nothing");
}

#[tokio::test]
async fn what_a_batch_reads_is_what_single_requests_read() {
    let world = world(|state| policies(state, 5)).await;
    let items = items(&world, POLICY).await;
    let cancel = Cancel::new();
    let together = world.graph.read_many(ty(POLICY), &items, &cancel).await;
    for (item, together) in items.iter().zip(together) {
        let (alone, together) =
            (world.graph.read(ty(POLICY), item, &cancel).await.unwrap(), together.unwrap());
        let raw = |document: &graph::Document| {
            let parts =
                document.parts.iter().flat_map(|part| part.elements.iter().map(|one| one.get().to_owned()));
            (document.object.get().to_owned(), parts.collect::<Vec<_>>())
        };
        assert_eq!(raw(&alone), raw(&together));
    }
}

#[tokio::test]
async fn parts_are_throttled_and_tried_again_each_by_itself() {
    let world = world(|state| policies(state, 20)).await;
    let items = items(&world, POLICY).await;
    for after in [RetryAfter::Absent, RetryAfter::Seconds(9), RetryAfter::Text("soon".to_owned())] {
        let rule = Rule::new(Fault::Throttled(after)).path("p07/settings").times(2);
        world.simulator.faults().add(rule);
    }
    world.simulator.faults().add(Rule::new(Fault::Status(503)).path("p11/assignments").times(3));
    let options = GraphOptions { stated_wait_cap: Duration::from_millis(10), max_attempts: 9, ..quick() };
    let patient = graph::GraphClient::new(options).unwrap();
    let patient = patient.connect(crate::world::connection(&world.simulator, &world.tenant));
    let read = patient.read_many(ty(POLICY), &items, &Cancel::new()).await;
    assert!(read.iter().all(Result::is_ok));
    let count = |text: &str| world.simulator.requests().count(text);
    assert_eq!(count("p07/settings"), 2 + 6, "two pages, and six attempts before");
    assert_eq!((count("p11/assignments"), count("p12/assignments")), (4, 1));
}

#[tokio::test]
async fn one_object_that_fails_harms_no_other() {
    let world = world(|state| policies(state, 25)).await;
    let items = items(&world, POLICY).await;
    world.tenant.delete(POLICIES, "p03").unwrap();
    world.simulator.faults().add(Rule::new(Fault::Status(403)).path("p09/settings"));
    world.simulator.faults().add(Rule::new(answer("{\"value\":null}")).path("p13/assignments"));
    world.simulator.faults().add(Rule::new(Fault::Throttled(RetryAfter::Absent)).path("p17"));
    let read = world.graph.read_many(ty(POLICY), &items, &Cancel::new()).await;
    for (item, document) in items.iter().zip(&read) {
        let code = document.as_ref().err().map(graph::GraphError::code);
        let expected = match item.id.as_str() {
            "p03" => Some("graph.not_found"),
            "p09" => Some("graph.forbidden"),
            "p13" => Some("graph.unexpected_answer"),
            "p17" => Some("graph.throttled"),
            _ => None,
        };
        assert_eq!(code, expected, "{}", item.id);
    }
}

#[tokio::test]
async fn an_error_of_a_part_names_the_request_of_that_part() {
    let world = world(|state| policies(state, 3)).await;
    let items = items(&world, POLICY).await;
    world.simulator.faults().add(Rule::new(Fault::Status(403)).path("p01/settings"));
    let read = world.graph.read_many(ty(POLICY), &items, &Cancel::new()).await;
    let correlation = read[1].as_ref().unwrap_err().correlation();
    let refused = world.simulator.requests().matching(|request| request.status == Some(403));
    assert_eq!(correlation.client_request_id.map(|id| id.to_string()), refused[0].client_request_id);
    assert!(correlation.request_id.is_some());
}

#[tokio::test]
async fn a_part_without_an_answer_is_asked_for_by_itself() {
    let world = world(|state| policies(state, 20)).await;
    let items = items(&world, POLICY).await;
    world.simulator.faults().add(Rule::new(Fault::Reset).path("p05/settings").times(1));
    let read = world.graph.read_many(ty(POLICY), &items, &Cancel::new()).await;
    assert!(read.iter().all(Result::is_ok));
    let alone = world
        .simulator
        .requests()
        .matching(|request| request.part_of.is_none() && request.path.contains("p05/settings"));
    assert!(!alone.is_empty());
}

#[tokio::test]
async fn a_batch_that_is_refused_as_a_whole_loses_nothing() {
    for fault in [
        Fault::Throttled(RetryAfter::Absent),
        Fault::Status(503),
        Fault::Status(400),
        Fault::Status(413),
        Fault::Reset,
        Fault::Html,
        Fault::BrokenJson,
        Fault::EmptyBody,
        Fault::CutBody(50),
        answer("{\"responses\":[]}"),
        Fault::HugeBody(40_000_000),
    ] {
        let world = world(|state| policies(state, 20)).await;
        let items = items(&world, POLICY).await;
        let rule = Rule::new(fault.clone()).path("$batch").times(2);
        let rule = world.simulator.faults().add(rule);
        let read = world.graph.read_many(ty(POLICY), &items, &Cancel::new()).await;
        assert!(read.iter().all(Result::is_ok), "{fault:?}");
        assert_eq!(world.simulator.faults().fired(rule), 2, "{fault:?}");
    }
}

#[tokio::test]
async fn a_token_that_expires_within_a_batch_is_replaced_once() {
    let world = world(|state| policies(state, 20)).await;
    let items = items(&world, POLICY).await;
    for (place, sign_ins) in [("p10/settings", 1), ("$batch", 2)] {
        world.simulator.faults().add(Rule::new(Fault::ExpireTokens).path(place).times(1));
        let read = world.graph.read_many(ty(POLICY), &items, &Cancel::new()).await;
        assert!(read.iter().all(Result::is_ok), "{place}");
        assert_eq!(world.sign_ins(), sign_ins, "{place}");
    }
}

#[tokio::test]
async fn a_page_link_within_a_part_is_followed_only_on_our_own_origin() {
    let other = simulator::Simulator::new().start().await.unwrap();
    let world = world(|state| policies(state, 4)).await;
    let items = items(&world, POLICY).await;
    world.simulator.faults().add(Rule::new(Fault::ForeignNextLink(other.graph_url())).path("p02/settings"));
    let read = world.graph.read_many(ty(POLICY), &items, &Cancel::new()).await;
    assert_eq!(read[2].as_ref().unwrap_err().code(), "graph.foreign_link");
    assert!(read[3].is_ok());
    assert!(other.requests().is_empty());
}

#[tokio::test]
async fn assignments_alone_are_read_for_many_objects_at_once() {
    let world = world(|state| {
        policies(state, 21);
        configurations(state, 3);
    })
    .await;
    for (key, count) in [(POLICY, 21), (CONFIGURATION, 3)] {
        let items = items(&world, key).await;
        let read = world.graph.read_parts(ty(key), &items, Part::Assignments, &Cancel::new()).await;
        let lengths: Vec<_> =
            read.iter().map(|part| part.as_ref().unwrap().as_ref().unwrap().elements.len()).collect();
        assert_eq!(lengths, vec![usize::from(key == POLICY); count], "{key}");
        assert!(batches(&world) <= 2 && by_themselves(&world) <= 1, "{key}");
    }
    let none = world.graph.read_parts(ty("roleDefinition"), &[], Part::Assignments, &Cancel::new()).await;
    assert!(none.is_empty());
}

#[tokio::test]
async fn conditional_access_is_never_read_in_batches() {
    let world = world(|state| {
        for number in 0..3 {
            state.put("conditionalAccessPolicies", json!({"id": format!("c{number}")})).unwrap();
        }
    })
    .await;
    let items = items(&world, "conditionalAccessPolicy").await;
    let read = world.graph.read_many(ty("conditionalAccessPolicy"), &items, &Cancel::new()).await;
    assert!(read.iter().all(Result::is_ok));
    assert_eq!(batches(&world), 0);
}

#[tokio::test]
async fn whoever_is_asked_to_stop_leaves_the_batch() {
    let world = world_with(quick(), |state| policies(state, 20)).await;
    let items = items(&world, POLICY).await;
    world.simulator.faults().add(Rule::new(Fault::Hang).path("$batch"));
    let cancel = Cancel::new();
    let reading = world.graph.read_many(ty(POLICY), &items, &cancel);
    let asking = async {
        while batches(&world) == 0 {
            tokio::task::yield_now().await;
        }
        cancel.cancel();
    };
    let (read, ()) = tokio::join!(reading, asking);
    assert!(read.iter().all(|one| one.as_ref().unwrap_err().code() == "graph.cancelled"));
}

#[tokio::test]
async fn values_within_a_batch_stay_as_graph_sent_them() {
    let world = world(|state| configurations(state, 2)).await;
    let items = items(&world, CONFIGURATION).await;
    let odd = r#"{"id":"c1", "n": 1.50,"s":"\u0000 \ud83d\ude00","n":2}"#;
    let fault = Fault::Answer { status: 200, headers: Vec::new(), body: odd.as_bytes().to_vec() };
    world.simulator.faults().add(Rule::new(fault).path("deviceConfigurations/c1"));
    let read = world.graph.read_many(ty(CONFIGURATION), &items, &Cancel::new()).await;
    assert_eq!(parsed(&read[1].as_ref().unwrap().object)["n"], 2);
    assert_eq!(parsed(&read[0].as_ref().unwrap().object)["id"], "c0");
}
