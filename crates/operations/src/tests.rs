//! The start half and the work half of every operation belong together.

use serde_json::{Value, json};

use super::*;

#[test]
fn every_kind_that_can_be_started_can_be_worked_on_and_is_named_after_its_folder() {
    let catalog = catalog().expect("no kind is there twice");
    let kinds: Vec<&str> = catalog.kinds().map(|kind| kind.token).collect();
    assert_eq!(kinds, ["inventory.sync", "ops.prune_runs", "policy.sync", "tenant.check_connection"]);
    for kind in kinds {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/").to_owned() + &kind.replace('.', "_");
        assert!(std::path::Path::new(&folder).is_dir(), "{kind} has no folder");
    }
}

#[test]
fn every_kind_has_a_label_a_sentence_and_a_duration() {
    for kind in catalog().expect("no kind is there twice").kinds() {
        assert!(
            !kind.label.is_empty() && kind.summary.ends_with('.') && !kind.expected.is_zero(),
            "{}",
            kind.token
        );
        assert!(kind.expected < kind.max_runtime, "{}", kind.token);
    }
}

#[test]
fn no_types_and_all_types_of_an_empty_list_are_the_same_work() {
    let catalog = catalog().expect("no kind is there twice");
    for kind in ["inventory.sync", "policy.sync"] {
        let parse = catalog.get(kind).expect("it is there").parse;
        let field = if kind == "policy.sync" { "policy_types" } else { "kinds" };
        let (none, empty) =
            (parse(Value::Null).expect("no inputs"), parse(json!({ field: [] })).expect("an empty list"));
        assert_eq!(none.identity, empty.identity);
        let one = parse(json!({ field: ["deviceConfiguration", "assignmentFilter"] })).expect("two types");
        let other = parse(json!({ field: ["assignmentFilter", "deviceConfiguration"] })).expect("two types");
        assert_eq!(one.identity, other.identity);
        assert_ne!(one.identity, none.identity);
    }
}

#[test]
fn a_type_that_is_not_known_is_refused_with_those_that_are() {
    let catalog = catalog().expect("no kind is there twice");
    let parse = catalog.get("policy.sync").expect("it is there").parse;
    let refused = parse(json!({"policy_types": ["configurationPolicies"]}))
        .expect_err("the plural is no type")
        .to_string();
    assert!(
        refused.contains("policy_types: `configurationPolicies` is not one of configurationPolicy, "),
        "{refused}"
    );
}

#[test]
fn the_systems_schedules_start_what_the_catalogue_knows_without_inputs() {
    let catalog = catalog().expect("no kind is there twice");
    for schedule in system_schedules() {
        let kind = catalog.get(schedule.kind).expect("it can be started");
        assert_eq!(kind.needs, tenancy::Capability::Maintain, "people do not keep the house");
        (kind.parse)(Value::Null).expect("it takes no inputs");
    }
}
