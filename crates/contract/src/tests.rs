//! The built-in data against what is promised about it.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::*;

/// Hash of every compare rule in the data. When it changes, raise `RULE_SET` and put the new one here.
const RULES_OF_RULE_SET_1: &str = "9fa669f743e29838e1d671ab9309a1db098a842ce48f38cb039f1be9bac3b33d";

fn registry() -> &'static Registry {
    Registry::builtin()
}

fn ty(key: &str) -> &'static PolicyType {
    registry().get(key).unwrap()
}

#[test]
fn the_data_has_the_counts_that_it_is_known_by() {
    let types = registry().types();
    let of = |capability| types.iter().filter(|t| t.capability == capability).count();
    assert_eq!(types.len(), 80);
    assert_eq!(types.iter().map(|t| t.views.len()).sum::<usize>(), 45);
    assert_eq!(of(Capability::Full), 43);
    assert_eq!(of(Capability::PreviewOnly), 20);
    assert_eq!(of(Capability::InventoryOnly), 17);
}

#[test]
fn what_each_type_and_view_may_do_is_the_committed_table() {
    let mut table = String::new();
    let mut line = |name: &str, can: Capabilities| {
        let word = |can, word| if can { word } else { "-" };
        writeln!(
            table,
            "{name:<44} {:<5} {:<8} {:<8} {:<8} {}",
            word(can.list, "list"),
            word(can.version, "version"),
            word(can.compare, "compare"),
            word(can.preview, "preview"),
            word(can.restore, "restore"),
        )
        .unwrap();
    };
    for ty in registry().types() {
        line(&ty.key, capabilities(ty));
        for view in ty.views.iter().filter(|view| view.capability.is_some()) {
            line(&format!("{}/{}", ty.key, view.key), capabilities_in_view(ty, view));
        }
    }
    let committed = include_str!("golden/capabilities.txt");
    assert!(table == committed, "the table is now:\n{table}");
}

/// Writes what is known of a type as a few lines that a person can compare.
fn facts(ty: &PolicyType) -> String {
    let mut text = format!("{} \"{}\" {:?}\n", ty.key, ty.title, ty.capability);
    let mut line = |what: &str, value: String| {
        if !value.is_empty() {
            writeln!(text, "  {what}: {value}").unwrap();
        }
    };
    let paths = |paths: &[FieldPath]| paths.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ");
    line("list", format!("{}{} {:?}", ty.version.segment(), ty.collection_path, ty.list.query_pairs()));
    line("delta", ty.delta.as_ref().map(|delta| delta.path.clone()).unwrap_or_default());
    for call in &ty.detail {
        line(
            "detail",
            format!("{} {} {}", call.part.as_str(), call.path, call.query.as_deref().unwrap_or("")),
        );
    }
    if let Some(write) = ty.assignments.write() {
        let name = write.body_property.as_deref().unwrap_or("-");
        line("assignments", format!("{:?} {name} {}", write.style, write.action.as_deref().unwrap_or("-")));
    }
    line("update", ty.update.as_ref().map(|update| format!("{:?}", update.method)).unwrap_or_default());
    line("ignored in a diff", paths(&ty.ignore_in_diff));
    line("not sent on create", paths(&ty.strip_on_create));
    line("not sent on update", paths(&ty.strip_on_update));
    line("immutable", paths(&ty.immutable_after_create));
    line("sets", ty.sets.iter().map(|set| set.path.to_string()).collect::<Vec<_>>().join(" "));
    line(
        "secrets",
        ty.secrets.iter().map(|secret| format!("{:?}", secret.how)).collect::<Vec<_>>().join(" "),
    );
    line("reads with", ty.permissions.read.join(" "));
    line("writes with", ty.permissions.write.join(" "));
    line("restored at", ty.restore_order.map(|order| order.to_string()).unwrap_or_default());
    for view in &ty.views {
        line("view", format!("{} \"{}\"", view.key, view.label));
    }
    text
}

#[test]
fn what_is_known_of_each_type_is_the_committed_text() {
    let known: String = registry().types().iter().map(facts).collect();
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/src/golden/types.txt");
    let committed = std::fs::read_to_string(file).unwrap();
    for (known, committed) in known.lines().zip(committed.lines()) {
        assert_eq!(known, committed, "the first line that differs; the text is now:\n{known}");
    }
    assert!(known == committed, "the text is now:\n{known}");
}

#[test]
fn an_object_may_be_restored_unless_its_view_or_its_owner_forbids_it() {
    let restore = |key: &str, object: Value| capabilities_of(ty(key), &object).restore;
    assert!(restore("roleDefinition", json!({"isBuiltIn": false})));
    assert!(!restore("roleDefinition", json!({"isBuiltIn": true})));
    for ty in registry().types() {
        for view in ty.views.iter().filter(|view| view.capability.is_some()) {
            let (in_view, of_type) = (capabilities_in_view(ty, view), capabilities(ty));
            assert!(of_type.restore || !in_view.restore, "{}/{}", ty.key, view.key);
        }
    }
}

#[test]
fn objects_of_a_collection_are_called_as_people_know_them() {
    let typed = |name: &str| json!({"@odata.type": format!("#microsoft.graph.{name}")});
    let label = |key: &str, object: Value| ty(key).label_of(&object).to_owned();
    let ring = label("deviceConfiguration", typed("windowsUpdateForBusinessConfiguration"));
    let other = label("deviceConfiguration", typed("somethingNew"));
    assert_ne!(ring, other);
    let antivirus = json!({"templateReference": {"templateFamily": "endpointSecurityAntivirus"}});
    assert_eq!(label("configurationPolicy", antivirus), "Antivirus");
    assert_eq!(label("namedLocation", json!({})), ty("namedLocation").title);
}

#[test]
fn a_changed_compare_rule_needs_a_new_rule_set() {
    let mut rules = String::new();
    for ty in registry().types() {
        writeln!(
            rules,
            "{} {:?} {:?} {:?} {:?} {:?} {:?}",
            ty.key,
            ty.ignore_in_diff,
            ty.ignore_in_assignments,
            ty.sets,
            ty.secrets,
            ty.contents,
            ty.absent_like,
        )
        .unwrap();
        for view in &ty.views {
            let View { key, when, ignore_in_diff, sets, secrets, contents, .. } = view;
            writeln!(rules, "{key} {when:?} {ignore_in_diff:?} {sets:?} {secrets:?} {contents:?}").unwrap();
        }
    }
    let hash = hex::encode(Sha256::digest(rules));
    assert_eq!((registry().rule_set(), hash.as_str()), (1, RULES_OF_RULE_SET_1));
}

#[test]
fn every_path_is_well_formed() {
    for ty in registry().types() {
        let assignments = &ty.assignments;
        let action = assignments.write().and_then(|write| write.action.as_deref());
        let delta = ty.delta.as_ref().map(|delta| delta.path.as_str());
        let paths = [Some(ty.collection_path.as_str()), Some(&ty.item_path), assignments.path(), delta];
        for path in paths.into_iter().chain([action]).flatten() {
            check_path(ty, path);
        }
        for call in ty.detail.iter().chain(ty.views.iter().flat_map(|view| &view.detail)) {
            check_path(ty, &call.path);
        }
        match &ty.shape {
            CollectionShape::Singleton => assert_eq!(ty.item_path, ty.collection_path),
            CollectionShape::Collection => {
                assert_eq!(ty.item_path, format!("{}/{{id}}", ty.collection_path));
                assert!(!ty.collection_path.contains('{'), "{}", ty.key);
            }
            CollectionShape::NestedCollection { parent_path } => {
                check_path(ty, parent_path);
                assert!(ty.collection_path.starts_with(&format!("{parent_path}/{{parentId}}/")));
            }
        }
    }
}

fn check_path(ty: &PolicyType, path: &str) {
    assert!(path.starts_with('/') && !path.ends_with('/'), "{}: {path}", ty.key);
    for segment in path[1..].split('/') {
        let name = segment.strip_prefix('{').and_then(|s| s.strip_suffix('}')).unwrap_or(segment);
        assert!(!name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric()), "{}: {path}", ty.key);
    }
}

#[test]
fn every_placeholder_can_be_filled() {
    for ty in registry().types() {
        for call in ty.detail.iter().chain(ty.views.iter().flat_map(|view| &view.detail)) {
            for name in call.placeholders() {
                let of_element = call.for_each.as_ref().map(|each| each.placeholder.as_str());
                let nested = matches!(ty.shape, CollectionShape::NestedCollection { .. });
                let known = name == "id"
                    || name == "parentId" && nested
                    || Some(name) == of_element
                    || (ty.key.as_str(), name) == ("intent", "templateId");
                assert!(known, "{}: {}", ty.key, call.path);
            }
        }
    }
}

#[test]
fn an_element_call_follows_the_part_that_it_walks() {
    for ty in registry().types() {
        for (place, call) in ty.detail.iter().enumerate() {
            let Some(each) = &call.for_each else { continue };
            let earlier = &ty.detail[..place];
            assert!(earlier.iter().any(|e| e.part == each.part), "{}: {}", ty.key, call.path);
            assert!(call.path.contains(&format!("{{{}}}", each.placeholder)));
        }
    }
}

#[test]
fn every_field_path_is_shown_as_it_was_written() {
    let text = include_str!("../data/policy-types.json");
    let data: Value = serde_json::from_str(text).unwrap();
    let mut seen = 0;
    for (ty, raw) in registry().types().iter().zip(data["types"].as_array().unwrap()) {
        let lists = [
            (&ty.ignore_in_diff, "ignore_in_diff"),
            (&ty.strip_on_create, "strip_on_create"),
            (&ty.strip_on_update, "strip_on_update"),
            (&ty.immutable_after_create, "immutable_after_create"),
            (&ty.contents, "contents"),
        ];
        for (paths, name) in lists {
            let shown: Vec<String> = paths.iter().map(ToString::to_string).collect();
            assert_eq!(json!(shown), raw.get(name).cloned().unwrap_or(json!([])), "{}", ty.key);
            seen += shown.len();
        }
    }
    assert!(seen > 1_000, "{seen}");
}

#[test]
fn paths_that_a_rule_edits_end_in_a_property() {
    for ty in registry().types() {
        let of_views = ty.views.iter().flat_map(|view| view.ignore_in_diff.iter().chain(&view.contents));
        let lists = [&ty.ignore_in_diff, &ty.ignore_in_assignments, &ty.contents].into_iter().flatten();
        let sets = ty.sets.iter().chain(ty.views.iter().flat_map(|view| &view.sets));
        for path in lists.chain(of_views).chain(sets.map(|set| &set.path)) {
            assert!(matches!(path.segments().last(), Some(Segment::Property(_))), "{}: {path}", ty.key);
        }
    }
}

#[test]
fn a_list_part_is_paged_and_a_single_part_is_not() {
    for ty in registry().types() {
        for call in ty.detail.iter().chain(ty.views.iter().flat_map(|view| &view.detail)) {
            assert_eq!(call.paged, call.part.is_list(), "{}: {}", ty.key, call.path);
        }
    }
}

#[test]
fn assignments_are_read_in_the_way_they_are_said_to_be() {
    for ty in registry().types() {
        let called = ty.detail.iter().any(|call| call.part == Part::Assignments && call.paged);
        let mut queries = ty.detail.iter().filter(|call| call.part == Part::Object);
        let expanded = queries.any(|call| asks_for_assignments(call.query.as_deref()));
        match ty.assignments {
            Assignments::List { .. } => assert!(called && !expanded, "{}", ty.key),
            Assignments::Expand { .. } => assert!(expanded && !called, "{}", ty.key),
            Assignments::None | Assignments::InObject => {
                assert!(!called && !expanded, "{}", ty.key);
            }
        }
        // A saved object call would lose assignments that only it brings along.
        if matches!(ty.assignments, Assignments::Expand { .. }) && ty.list.gives == ListGives::Whole {
            assert!(asks_for_assignments(ty.list.expand.as_deref()), "{}", ty.key);
        }
        if ty.assignments.are_apart() {
            let apart = ty.ignore_in_diff.iter().any(|path| path.to_string() == "assignments");
            assert!(apart, "{}", ty.key);
        }
    }
}

fn asks_for_assignments(query: Option<&str>) -> bool {
    let expand = query.map(|query| query.trim_start_matches("$expand="));
    expand.is_some_and(|expand| expand.split(',').any(|name| name == "assignments"))
}

#[test]
fn every_type_is_made_whole_by_its_list_or_by_an_object_call() {
    for ty in registry().types() {
        let called = ty.detail.iter().any(|call| call.part == Part::Object);
        assert!(called, "{} cannot be read again by itself", ty.key);
        assert_eq!(ty.detail[0].part, Part::Object, "{}", ty.key);
    }
}

#[test]
fn a_view_that_takes_the_rest_comes_last() {
    for ty in registry().types() {
        let rest = ty.views.iter().position(|view| view.when.takes_the_rest());
        assert!(rest.is_none_or(|at| at + 1 == ty.views.len()), "{}", ty.key);
        for view in &ty.views {
            let chooses = view.when.takes_the_rest() || !view.when.conditions().is_empty();
            assert!(chooses, "{}/{}", ty.key, view.key);
        }
    }
}

#[test]
fn keys_of_views_and_names_in_exports_are_unique() {
    let mut uses: BTreeMap<(&str, &str), u32> = BTreeMap::new();
    for ty in registry().types() {
        for view in &ty.views {
            *uses.entry(("view", &view.key)).or_default() += 1;
        }
        if let Some(name) = &ty.corpus_type {
            *uses.entry(("corpus type", name)).or_default() += 1;
        }
    }
    assert!(uses.values().all(|count| *count == 1), "{uses:?}");
    assert_eq!(uses.keys().filter(|(what, _)| *what == "corpus type").count(), 36);
}

#[test]
fn what_is_restored_has_a_place_in_the_order() {
    for ty in registry().types() {
        let written = ty.capability != Capability::InventoryOnly;
        assert_eq!(ty.restore_order.is_some(), written, "{}", ty.key);
        assert!(!ty.permissions.read.is_empty(), "{}", ty.key);
    }
}

#[test]
fn the_first_view_that_matches_wins() {
    let view = |object: Value| ty("configurationPolicy").view_of(&object).map(|v| v.key.as_str());
    let family = |family: &str, platforms: &str| json!({"templateReference": {"templateFamily": family}, "platforms": platforms});
    assert_eq!(view(family("enrollmentConfiguration", "windows10")), Some("devicePreparation"));
    assert_eq!(view(family("enrollmentConfiguration", "iOS,macOS")), Some("appleEnrollment"));
    assert_eq!(view(family("enrollmentConfiguration", "android")), Some("otherTemplate"));
    assert_eq!(view(family("none", "windows10")), Some("settingsCatalog"));
    assert_eq!(view(json!({})), Some("settingsCatalog"));
    assert_eq!(view(family("appQuietTime", "iOS")), Some("otherTemplate"));
}

#[test]
fn update_rings_are_a_view_of_device_configurations() {
    let ring = json!({"@odata.type": "#microsoft.graph.windowsUpdateForBusinessConfiguration"});
    let view = ty("deviceConfiguration").view_of(&ring).unwrap();
    assert_eq!(view.key, "windowsUpdateRing");
    assert!(view.ignore_in_diff.iter().any(|p| p.to_string() == "qualityUpdatesPauseStartDate"));
    let unknown = json!({"@odata.type": "#microsoft.graph.somethingNew"});
    let other = ty("deviceConfiguration").view_of(&unknown).unwrap();
    assert_eq!(other.key, "deviceConfigurationOther");
}

#[test]
fn a_platform_comes_from_the_property_the_type_name_or_the_type() {
    let platform = |key: &str, object: Value| ty(key).platform_of(&object);
    let typed = |name: &str| json!({"@odata.type": format!("#microsoft.graph.{name}")});
    let text = |text: &str| Some(text.to_owned());
    assert_eq!(platform("configurationPolicy", json!({"platforms": "linux"})), text("linux"));
    assert_eq!(platform("deviceShellScript", json!({})), text("macOS"));
    assert_eq!(platform("roleScopeTag", json!({})), None);
    assert_eq!(platform("mobileApp", typed("win32LobApp")), text("windows10"));
    assert_eq!(platform("mobileApp", typed("webApp")), None);
    assert_eq!(platform("deviceConfiguration", typed("windows81VpnConfiguration")), text("windows81"));
    assert_eq!(platform("deviceCompliancePolicy", typed("windows10CompliancePolicy")), text("windows10"));
    let mut restriction = typed("deviceEnrollmentPlatformRestrictionConfiguration");
    restriction["platformType"] = json!("ios");
    assert_eq!(platform("deviceEnrollmentConfiguration", restriction), text("ios"));
    let conditions = json!({"conditions": {"platforms": {"includePlatforms": ["iOS", "macOS"]}}});
    assert_eq!(platform("conditionalAccessPolicy", conditions), text("iOS,macOS"));
    assert_eq!(platform("conditionalAccessPolicy", json!({"conditions": {"platforms": null}})), None);
}

#[test]
fn a_name_is_read_from_the_property_of_the_type() {
    let object = json!({"name": "n", "displayName": "d", "profileName": "p"});
    assert_eq!(ty("configurationPolicy").name_of(&object), Some("n"));
    assert_eq!(ty("deviceConfiguration").name_of(&object), Some("d"));
    assert_eq!(ty("intuneBrandingProfile").name_of(&object), Some("p"));
    assert_eq!(ty("deviceManagementSettings").name_of(&object), None);
    assert_eq!(ty("deviceConfiguration").name_of(&json!({"displayName": null})), None);
}

#[test]
fn objects_that_microsoft_owns_are_left_out_or_protected() {
    assert!(ty("deviceHealthScript").list.drops(&json!({"isGlobalScript": true})));
    assert!(!ty("deviceHealthScript").list.drops(&json!({"isGlobalScript": false})));
    assert!(!ty("roleDefinition").list.drops(&json!({"isBuiltIn": true})));
    assert!(ty("roleDefinition").is_protected(&json!({"isBuiltIn": true})));
    assert!(!ty("roleDefinition").is_protected(&json!({"isBuiltIn": false})));
}

#[test]
fn queries_are_given_as_names_and_plain_values() {
    assert_eq!(ty("configurationPolicy").list.query_pairs(), [("$top", "100".to_owned())]);
    assert_eq!(
        ty("deviceCompliancePolicy").detail[0].query_pairs(),
        [("$expand", "scheduledActionsForRule($expand=scheduledActionConfigurations),assignments")]
    );
}

#[test]
fn a_device_preparation_policy_has_one_more_call_than_its_type() {
    let ty = ty("configurationPolicy");
    let object = json!({
        "templateReference": {"templateFamily": "enrollmentConfiguration"},
        "platforms": "windows10",
    });
    let parts: Vec<Part> = ty.detail_of(&object).map(|call| call.part).collect();
    let all = [Part::Object, Part::Settings, Part::Assignments, Part::EnrollmentTarget];
    assert_eq!(parts, all);
}

#[test]
fn the_stored_name_of_a_part_leads_back_to_it() {
    for part in Part::ALL {
        assert_eq!(Part::from_name(part.as_str()), Some(part));
    }
    assert_eq!(Part::from_name("something"), None);
}

#[test]
fn scripts_and_conditional_access_have_limits_of_their_own() {
    assert_eq!(ty("deviceHealthScript").family, ThrottleFamily::IntuneDevices);
    assert_eq!(ty("configurationPolicy").family, ThrottleFamily::IntuneDefault);
    assert_eq!(ty("namedLocation").family, ThrottleFamily::ConditionalAccess);
    assert_eq!(ty("group").family, ThrottleFamily::Identity);
    for family in ThrottleFamily::ALL {
        assert!(!family.allowances().is_empty());
    }
}
