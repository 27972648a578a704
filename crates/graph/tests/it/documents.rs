//! Objects read whole.

use contract::Part;
use graph::Cancel;
use serde_json::{Value, json};
use simulator::{Fault, Rule};

use crate::world::{CONFIGURATION, World, answer, parsed, ty, world, world_of};

const CATALOG: &str = "configurationPolicies";

fn setting(number: usize) -> Value {
    let definition = format!("device_{number}");
    json!({"id": number.to_string(), "settingInstance": {"settingDefinitionId": definition}})
}

fn assignment(number: usize) -> Value {
    let target =
        json!({"@odata.type": "#microsoft.graph.groupAssignmentTarget", "groupId": format!("g{number}")});
    json!({"id": format!("a{number}"), "target": target})
}

async fn catalog(settings: usize, assignments: usize) -> World {
    let settings: Vec<Value> = (0..settings).map(setting).collect();
    let assignments: Vec<Value> = (0..assignments).map(assignment).collect();
    let policy = json!({"id": "p", "name": "one", "settings": settings, "assignments": assignments});
    world(|state| {
        state.put(CATALOG, policy).unwrap();
    })
    .await
}

#[tokio::test]
async fn settings_and_assignments_are_read_to_their_last_page_in_order() {
    let world = catalog(60, 30).await;
    let document = world.read_only("configurationPolicy").await.unwrap();
    assert_eq!(document.id, "p");
    assert_eq!(parsed(&document.object)["name"], "one");
    let settings = document.part(Part::Settings).unwrap();
    assert_eq!(settings.len(), 60);
    for (number, setting) in settings.iter().enumerate() {
        let definition = &parsed(setting)["settingInstance"]["settingDefinitionId"];
        assert_eq!(*definition, format!("device_{number}"));
    }
    assert_eq!(document.part(Part::Assignments).unwrap().len(), 30);
    let order: Vec<Part> = document.parts.iter().map(|part| part.part).collect();
    assert_eq!(order, [Part::Settings, Part::Assignments]);
}

#[tokio::test]
async fn a_part_that_is_empty_is_there() {
    let world = catalog(1, 0).await;
    let document = world.read_only("configurationPolicy").await.unwrap();
    assert!(document.part(Part::Assignments).unwrap().is_empty());
    assert!(document.part(Part::Relationships).is_none());
}

#[tokio::test]
async fn a_part_that_fails_fails_the_document() {
    for (fault, code) in [
        (Fault::Status(403), "graph.forbidden"),
        (Fault::Status(503), "graph.unavailable"),
        (Fault::MissingValue, "graph.unexpected_answer"),
        (Fault::NextLinkLoop, "graph.page_loop"),
        (Fault::ForeignNextLink("https://graph.microsoft.com.evil.example".to_owned()), "graph.foreign_link"),
    ] {
        let world = catalog(60, 0).await;
        world.simulator.faults().add(Rule::new(fault.clone()).path("/settings").page(2));
        let error = world.read_only("configurationPolicy").await.unwrap_err();
        assert_eq!(error.code(), code, "{fault:?}");
    }
}

#[tokio::test]
async fn an_object_that_was_deleted_since_it_was_listed_is_not_found() {
    let world = world_of(1).await;
    let listed = world.list(CONFIGURATION).await;
    world.tenant.delete("deviceConfigurations", "c0").unwrap();
    let error = world.graph.read(ty(CONFIGURATION), listed.items()[0], &Cancel::new()).await.unwrap_err();
    assert_eq!((error.code(), error.status()), ("graph.not_found", Some(404)));
}

#[tokio::test]
async fn an_object_is_kept_byte_for_byte() {
    let world = world_of(1).await;
    let object =
        "{ \"id\":\"c0\",  \"n\": 9007199254740993, \"e\":1E+2,\n\"half\":\"\\ud800\", \"unknown\": [ ] }";
    world.simulator.faults().add(Rule::new(answer(object)).path("deviceConfigurations/c0"));
    let document = world.read_only(CONFIGURATION).await.unwrap();
    assert_eq!(document.object.get(), object);
}

#[tokio::test]
async fn an_id_with_odd_signs_stays_one_segment_of_the_address() {
    let id = "a/../b?c=d#e f%2F'";
    let world = world(|state| {
        state.put("deviceConfigurations", json!({"id": id, "displayName": "odd"})).unwrap();
    })
    .await;
    let document = world.read_only(CONFIGURATION).await.unwrap();
    assert_eq!(parsed(&document.object)["id"], id);
}

#[tokio::test]
async fn an_object_that_the_list_gave_whole_is_not_read_again() {
    let world = world(|state| {
        state.put("conditionalAccessPolicies", json!({"id": "p", "state": "enabled"})).unwrap();
    })
    .await;
    let document = world.read_only("conditionalAccessPolicy").await.unwrap();
    assert_eq!(parsed(&document.object)["state"], "enabled");
    assert_eq!(world.reads(), 1);
}

#[tokio::test]
async fn selected_properties_are_put_into_the_listed_object() {
    let instance = json!({"settingDefinitionId": "d", "value": 1});
    let world = world(|state| {
        let object = json!({"id": "r", "displayName": "one", "version": 3, "settingInstance": instance});
        state.put("reusablePolicySettings", object).unwrap();
    })
    .await;
    let listed = world.list("reusablePolicySetting").await;
    assert!(parsed(&listed.items()[0].raw)["settingInstance"].is_null(), "the list hides it");
    let document = world.read_only("reusablePolicySetting").await.unwrap();
    let object = parsed(&document.object);
    assert_eq!(object["settingInstance"], instance);
    assert_eq!(object["version"], 3, "what was not selected stays");
}

#[tokio::test]
async fn presentation_values_are_read_for_every_definition_value() {
    let world = world(|state| {
        let value = |id: &str, presentations: Value| {
            let definition = json!({"id": format!("def-{id}")});
            json!({"id": id, "enabled": true, "definition": definition, "presentationValues": presentations})
        };
        let values = json!([
            value("v1", json!([{"id": "x1", "value": "0"}, {"id": "x2", "value": ""}])),
            value("v2", json!([])),
            value("v3", json!([{"id": "x3", "value": "c"}])),
        ]);
        let object = json!({"id": "g", "displayName": "template", "definitionValues": values});
        state.put("groupPolicyConfigurations", object).unwrap();
    })
    .await;
    let document = world.read_only("groupPolicyConfiguration").await.unwrap();
    let values = document.part(Part::DefinitionValues).unwrap();
    assert_eq!(parsed(&values[0])["definition"]["id"], "def-v1");
    let hanging: Vec<_> = document
        .parts
        .iter()
        .filter(|part| part.part == Part::PresentationValues)
        .map(|part| (part.of.as_deref().unwrap(), part.elements.len()))
        .collect();
    assert_eq!(hanging, [("v1", 2), ("v2", 0), ("v3", 1)]);
}

#[tokio::test]
async fn an_optional_part_that_is_not_there_is_left_out() {
    let world = world(|state| {
        state
            .put("intuneBrandingProfiles", json!({"id": "b", "themeColorLogo": {"type": "image/png"}}))
            .unwrap();
    })
    .await;
    let document = world.read_only("intuneBrandingProfile").await.unwrap();
    let parts: Vec<Part> = document.parts.iter().map(|part| part.part).collect();
    assert_eq!(parts, [Part::ThemeColorLogo]);
}

#[tokio::test]
async fn an_address_is_made_of_the_objects_own_properties() {
    let world = world(|state| {
        state.put("intents", json!({"id": "i", "templateId": "t-1"})).unwrap();
        state.put("intents", json!({"id": "j"})).unwrap();
    })
    .await;
    let listed = world.list("intent").await;
    let read = |place: usize| {
        let (ty, item) = (ty("intent"), listed.items()[place].clone());
        let graph = world.graph.clone();
        async move { graph.read(ty, &item, &Cancel::new()).await.unwrap() }
    };
    assert_eq!(parsed(&read(0).await.part(Part::Template).unwrap()[0])["id"], "t-1");
    assert!(read(1).await.part(Part::Template).is_none(), "an object that names no template has none");
}

#[tokio::test]
async fn a_view_adds_its_own_parts() {
    let world = world(|state| {
        let template = json!({"templateFamily": "enrollmentConfiguration"});
        let policy = json!({"id": "p", "platforms": "windows10", "technologies": "enrollment", "templateReference": template});
        state.put(CATALOG, policy).unwrap();
    })
    .await;
    let document = world.read_only("configurationPolicy").await.unwrap();
    assert_eq!(document.part(Part::EnrollmentTarget).map(<[_]>::len), Some(1));
}

#[tokio::test]
async fn assignments_that_an_object_brings_only_in_part_are_read_by_their_own_path() {
    let world = world(|state| {
        let assignments: Vec<Value> = (0..30).map(assignment).collect();
        state.put("deviceConfigurations", json!({"id": "c0", "assignments": assignments})).unwrap();
    })
    .await;
    let link =
        format!("{}/beta/deviceManagement/deviceConfigurations/c0/assignments", world.simulator.graph_url());
    let object = json!({"id": "c0", "assignments": [assignment(0)], "assignments@odata.nextLink": link});
    world.simulator.faults().add(Rule::new(answer(&object.to_string())).path("c0?$expand"));
    let document = world.read_only(CONFIGURATION).await.unwrap();
    assert_eq!(document.part(Part::Assignments).map(<[_]>::len), Some(30));
}

#[tokio::test]
async fn an_object_with_another_list_cut_short_counts_as_not_read() {
    let world = world_of(1).await;
    let object = json!({"id": "c0", "rules": [1], "rules@odata.nextLink": "http://127.0.0.1/x"}).to_string();
    world.simulator.faults().add(Rule::new(answer(&object)).path("deviceConfigurations/c0"));
    let error = world.read_only(CONFIGURATION).await.unwrap_err();
    assert_eq!(error.code(), "graph.unexpected_answer");
}
