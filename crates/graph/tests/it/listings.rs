//! Pages and ends of listings.

use graph::{Cancel, CollectionEnd, Retry};
use serde_json::json;
use simulator::{Availability, Fault, collections};

use crate::world::{CONFIGURATION, CONFIGURATIONS, answer, parsed, ty, world, world_of};

#[tokio::test]
async fn every_page_is_read_to_the_last() {
    let world = world_of(5).await;
    let listed = world.list(CONFIGURATION).await;
    assert_eq!(listed.end, CollectionEnd::Complete);
    assert_eq!(listed.ids(), ["c0", "c1", "c2", "c3", "c4"]);
    assert_eq!(listed.pages.len(), 3);
    assert_eq!(parsed(&listed.items()[4].raw)["displayName"], "c4");
}

#[tokio::test]
async fn an_empty_collection_is_complete() {
    let listed = world_of(0).await.list(CONFIGURATION).await;
    assert_eq!(listed.end, CollectionEnd::Complete);
    assert!(listed.items().is_empty());
}

#[tokio::test]
async fn a_second_page_that_fails_leaves_the_collection_partial() {
    for (status, code) in [
        (400, "graph.unexpected_answer"),
        (403, "graph.forbidden"),
        (404, "graph.not_found"),
        (503, "graph.unavailable"),
    ] {
        let world = world_of(5).await;
        world.spoil(|rule| rule.page(2), Fault::Status(status));
        let listed = world.list(CONFIGURATION).await;
        assert_eq!(listed.partial(), code);
        assert_eq!(listed.ids(), ["c0", "c1"], "the first page is good");
    }
}

#[tokio::test]
async fn a_missing_permission_denies_the_collection() {
    for (key, name) in
        [(CONFIGURATION, CONFIGURATIONS), ("conditionalAccessPolicy", "conditionalAccessPolicies")]
    {
        let world = world_of(1).await;
        world.tenant.set_availability(name, Availability::Denied).unwrap();
        let listed = world.list(key).await;
        let CollectionEnd::Denied { error } = &listed.end else {
            panic!("{key} is denied: {:?}", listed.end);
        };
        assert_eq!(
            (error.code(), error.status(), error.retry()),
            ("graph.forbidden", Some(403), Retry::Never)
        );
        assert!(listed.pages.is_empty());
    }
}

#[tokio::test]
async fn a_missing_licence_is_no_missing_permission() {
    for (key, name) in
        [(CONFIGURATION, CONFIGURATIONS), ("conditionalAccessPolicy", "conditionalAccessPolicies")]
    {
        let world = world_of(1).await;
        world.tenant.set_availability(name, Availability::Unlicensed).unwrap();
        let end = world.list(key).await.end;
        let CollectionEnd::Unlicensed { error } = &end else {
            panic!("{key} is unlicensed: {end:?}");
        };
        assert_eq!(error.code(), "graph.unlicensed");
    }
}

#[tokio::test]
async fn an_id_that_comes_twice_is_listed_once_and_counted() {
    let world = world_of(4).await;
    world
        .spoil(|rule| rule.page(2), answer(r#"{"value":[{"id":"c1"},{"id":"c2"},{"id":"c2"},{"id":"c3"}]}"#));
    let listed = world.list(CONFIGURATION).await;
    assert_eq!(listed.end, CollectionEnd::Complete);
    assert_eq!(listed.ids(), ["c0", "c1", "c2", "c3"]);
    assert_eq!(listed.pages[1].duplicates, 2);
}

#[tokio::test]
async fn an_object_without_id_makes_the_collection_partial_and_loses_no_other() {
    let world = world_of(5).await;
    world.spoil(|rule| rule.page(2), Fault::MissingId);
    let listed = world.list(CONFIGURATION).await;
    assert_eq!(listed.partial(), "graph.unexpected_answer");
    assert_eq!(listed.ids(), ["c0", "c1", "c3", "c4"]);
    assert_eq!(listed.pages[1].unreadable, 1);
}

#[tokio::test]
async fn an_empty_page_with_a_link_is_not_the_end() {
    let world = world_of(3).await;
    let link = format!("{}/beta/deviceManagement/{CONFIGURATIONS}?$skip=0", world.simulator.graph_url());
    let body = json!({"value": [], "@odata.nextLink": link}).to_string();
    world.spoil(|rule| rule.times(1), answer(&body));
    let listed = world.list(CONFIGURATION).await;
    assert_eq!(listed.end, CollectionEnd::Complete);
    assert_eq!(listed.ids(), ["c0", "c1", "c2"]);
}

#[tokio::test]
async fn a_listed_object_is_kept_byte_for_byte() {
    let object = "{ \"id\":\"x\",\n\t\"big\": 9007199254740993, \"odd\": 1e400, \"half\": \"\\ud800\", \"id2\" :\"\\u0041\" }";
    let world = world_of(1).await;
    world.spoil(|rule| rule, answer(&format!("{{\"value\":[{object}]}}")));
    let listed = world.list(CONFIGURATION).await;
    assert_eq!(listed.items()[0].raw.get(), object);
}

#[tokio::test]
async fn a_listing_that_was_not_read_to_its_end_is_partial() {
    let world = world_of(5).await;
    let cancel = Cancel::new();
    let mut listing = world.graph.list(ty(CONFIGURATION), &cancel);
    assert!(listing.next_page().await.is_some());
    assert!(matches!(listing.end(), CollectionEnd::Partial { .. }));
    assert!(matches!(world.graph.list(ty(CONFIGURATION), &cancel).end(), CollectionEnd::Partial { .. }));
}

#[tokio::test]
async fn objects_that_the_contract_leaves_out_are_counted_and_not_listed() {
    let world = world(|state| {
        state.put("deviceHealthScripts", json!({"id": "ours", "isGlobalScript": false})).unwrap();
        state.put("deviceHealthScripts", json!({"id": "theirs", "isGlobalScript": true})).unwrap();
    })
    .await;
    let listed = world.list("deviceHealthScript").await;
    assert_eq!(listed.ids(), ["ours"]);
    assert_eq!(listed.pages[0].excluded, 1);
}

#[tokio::test]
async fn a_nested_collection_is_listed_below_every_parent() {
    let world = world(|state| {
        for parent in ["t1", "t2", "t3"] {
            state.put("depOnboardingSettings", json!({"id": parent})).unwrap();
        }
    })
    .await;
    for (parent, id) in [("t1", "p1"), ("t1", "p2"), ("t1", "p3"), ("t3", "p4")] {
        world.tenant.put_below("enrollmentProfiles", parent, json!({"id": id})).unwrap();
    }
    let listed = world.list("appleDepEnrollmentProfile").await;
    assert_eq!(listed.end, CollectionEnd::Complete);
    let places: Vec<_> =
        listed.items().iter().map(|item| (item.parent_id.as_deref().unwrap(), item.id.as_str())).collect();
    assert_eq!(places, [("t1", "p1"), ("t1", "p2"), ("t1", "p3"), ("t3", "p4")]);

    let last = listed.items()[3];
    let document = world.graph.read(ty("appleDepEnrollmentProfile"), last, &Cancel::new()).await.unwrap();
    assert_eq!(parsed(&document.object)["id"], "p4");
}

#[tokio::test]
async fn one_parent_that_cannot_be_read_makes_a_nested_collection_partial() {
    let world = world(|state| {
        for parent in ["t1", "t2"] {
            state.put("depOnboardingSettings", json!({"id": parent})).unwrap();
        }
    })
    .await;
    world.tenant.put_below("enrollmentProfiles", "t1", json!({"id": "p1"})).unwrap();
    world.simulator.faults().add(simulator::Rule::new(Fault::Status(403)).path("t2/enrollmentProfiles"));
    let listed = world.list("appleDepEnrollmentProfile").await;
    assert_eq!(listed.partial(), "graph.forbidden");
    assert_eq!(listed.ids(), ["p1"]);
}

#[tokio::test]
async fn a_singleton_is_one_item_and_an_absent_one_is_none() {
    let world = world(|state| {
        state.put("authenticationMethodsPolicy", json!({"id": "methods", "displayName": "Methods"})).unwrap();
    })
    .await;
    let there = world.list("authenticationMethodsPolicy").await;
    assert_eq!((there.ids(), &there.end), (vec!["methods"], &CollectionEnd::Complete));
    let absent = world.list("applePushNotificationCertificate").await;
    assert_eq!((absent.ids().len(), absent.end), (0, CollectionEnd::Complete));
}

#[tokio::test]
async fn a_singleton_whose_address_is_wrong_does_not_pass_for_an_absent_one() {
    let world = world_of(0).await;
    let rule = |fault| simulator::Rule::new(fault).path("applePushNotificationCertificate").times(1);
    let body =
        br#"{"error":{"code":"ResourceNotFound","message":"Resource not found for the segment 'x'."}}"#;
    let fault = Fault::Answer { status: 404, headers: Vec::new(), body: body.to_vec() };
    world.simulator.faults().add(rule(fault));
    assert_eq!(world.list("applePushNotificationCertificate").await.partial(), "graph.unexpected_answer");
    let fault = Fault::Answer { status: 404, headers: Vec::new(), body: b"gone".to_vec() };
    world.simulator.faults().add(rule(fault));
    assert_eq!(world.list("applePushNotificationCertificate").await.partial(), "graph.not_found");
}

#[tokio::test]
async fn a_singleton_in_a_list_of_one_and_one_without_id_are_both_one_item() {
    let world = world_of(0).await;
    for (body, id) in [(r#"{"value":[{"id":"a","x":1}]}"#, "a"), (r#"{"x":1}"#, "authorizationPolicy")] {
        world.simulator.faults().add(simulator::Rule::new(answer(body)).path("authorizationPolicy").times(1));
        let listed = world.list("authorizationPolicy").await;
        assert_eq!((listed.ids(), &listed.end), (vec![id], &CollectionEnd::Complete));
    }
}

#[tokio::test]
async fn every_type_of_the_contract_is_listed_and_read_whole() {
    let named = |path: &str| {
        let found = collections().find(|known| known.path.eq_ignore_ascii_case(path));
        found.map(|known| known.name)
    };
    let world = world_of(0).await;
    for ty in contract::Registry::builtin().types() {
        let path = ty.collection_path.replace("{parentId}", "{parent}");
        let name = named(&path).unwrap_or_else(|| panic!("the simulator knows {path}"));
        if name != "organization" {
            world.tenant.put(name, json!({"@odata.type": "#x.y", "displayName": "one"})).unwrap();
        }
        let listed = world.list(&ty.key).await;
        assert_eq!(listed.end, CollectionEnd::Complete, "{}", ty.key);
        let items = listed.items();
        assert!(!items.is_empty(), "{} lists its object", ty.key);
        let document = world.graph.read(ty, items[0], &Cancel::new()).await;
        let document = document.unwrap_or_else(|error| panic!("{} is read: {error:?}", ty.key));
        assert_eq!(document.id, items[0].id);
    }
}
