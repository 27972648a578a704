//! A small document for each rule, and for each mistake that comparing is known to make.

use contract::{Part, PolicyType, Registry};
use serde_json::{Value, json};

use super::*;

const GROUP: &str = "0f0e0d0c-1111-4222-8333-444455556666";
const FILTER: &str = "aaaabbbb-cccc-4ddd-8eee-ffff00001111";
const ZERO: &str = "00000000-0000-0000-0000-000000000000";

fn ty(key: &str) -> &'static PolicyType {
    Registry::builtin().get(key).unwrap()
}

fn normal(key: &str, object: &Value) -> Normalised {
    normalise(ty(key), &Document::of(object)).unwrap()
}

fn hash(key: &str, object: &Value) -> Hash32 {
    normal(key, object).canonical_hash
}

#[track_caller]
fn same(key: &str, one: &Value, other: &Value) {
    let (one, other) = (normal(key, one), normal(key, other));
    assert_eq!(one.canonical_hash, other.canonical_hash, "{:#}\n{:#}", one.tree, other.tree);
}

#[track_caller]
fn differ(key: &str, one: &Value, other: &Value) {
    assert_ne!(hash(key, one), hash(key, other));
}

#[test]
fn volatile_fields_are_ignored_at_their_declared_place_only() {
    let policy = |id: &str, nested: &str| {
        json!({"id": id, "displayName": "p", "modifiedDateTime": id,
               "grantControls": {"authenticationStrength": {"id": nested}}})
    };
    same("conditionalAccessPolicy", &policy("1", "s"), &policy("2", "s"));
    differ("conditionalAccessPolicy", &policy("1", "s"), &policy("1", "t"));
}

#[test]
fn a_version_is_ignored_at_the_top_and_compared_where_it_is_nested() {
    let object = |top: i64, nested: i64| json!({"version": top, "rules": [{"version": nested}]});
    same("deviceConfiguration", &object(1, 7), &object(2, 7));
    differ("deviceConfiguration", &object(1, 7), &object(1, 8));
}

#[test]
fn a_view_adds_to_what_its_type_ignores() {
    let paused = |odata_type: &str, date: &str| json!({"@odata.type": format!("#microsoft.graph.{odata_type}"), "qualityUpdatesPauseStartDate": date});
    let ring = "windowsUpdateForBusinessConfiguration";
    same("deviceConfiguration", &paused(ring, "2026-01-01"), &paused(ring, "2026-02-02"));
    differ("deviceConfiguration", &paused("other", "2026-01-01"), &paused("other", "2026-02-02"));
}

#[test]
fn what_is_ignored_is_told_once_with_its_reason() {
    let object = json!({"id": "1", "name": "n", "settings": [
        {"id": "0", "settingInstance": {"settingDefinitionId": "a"}},
        {"id": "1", "settingInstance": {"settingDefinitionId": "b"}},
    ]});
    let told = normal("configurationPolicy", &object).ignored;
    let told: Vec<_> = told.iter().map(|field| (field.path.as_str(), field.because)).collect();
    assert_eq!(told, [("id", IgnoredBecause::Volatile), ("settings[].id", IgnoredBecause::Volatile)]);
}

#[test]
fn annotations_and_action_keys_are_no_content() {
    let plain = json!({"displayName": "p", "x": {"y": 1}});
    let noisy = json!({
        "@odata.context": "c", "@odata.editLink": "e", "displayName@odata.type": "#String",
        "assignments@odata.navigationLink": "l", "#microsoft.graph.assign": {"target": "t"},
        "displayName": "p", "x": {"y": 1, "y@odata.type": "#Int64", "@odata.id": "i"},
    });
    same("deviceCategory", &plain, &noisy);
}

#[test]
fn a_type_name_counts_with_or_without_its_hash_sign() {
    let object = |name: &str| json!({"@odata.type": name, "a": {"@odata.type": name}});
    let (with, without) = (object("#microsoft.graph.x"), object("microsoft.graph.x"));
    same("deviceConfiguration", &with, &without);
    differ("deviceConfiguration", &with, &object("#microsoft.graph.y"));
}

#[test]
fn a_type_name_that_some_calls_omit_is_added_where_only_one_is_possible() {
    let with = json!({"@odata.type": "#microsoft.graph.iosManagedAppProtection", "displayName": "p"});
    same("iosManagedAppProtection", &with, &json!({"displayName": "p"}));
}

#[test]
fn unknown_properties_are_compared() {
    differ("deviceCategory", &json!({"new": {"deep": [1]}}), &json!({"new": {"deep": [2]}}));
}

#[test]
fn guids_are_compared_without_case_and_other_texts_with_it() {
    same("namedLocation", &json!({"a": FILTER}), &json!({"a": FILTER.to_uppercase()}));
    differ("namedLocation", &json!({"a": "Text"}), &json!({"a": "text"}));
    let almost = format!("{{{FILTER}}}");
    differ("namedLocation", &json!({"a": almost}), &json!({"a": almost.to_uppercase()}));
}

#[test]
fn null_is_absent_and_every_other_empty_value_is_a_value() {
    let object = |value: Value| json!({"a": {"b": value}});
    same("deviceCategory", &object(Value::Null), &json!({"a": {}}));
    let values =
        [json!(null), json!(""), json!([]), json!({}), json!(0), json!(false), json!("0"), json!([null])];
    for (at, one) in values.iter().enumerate() {
        for other in &values[at + 1..] {
            differ("deviceCategory", &object(one.clone()), &object(other.clone()));
        }
    }
}

#[test]
fn a_value_declared_to_mean_absence_is_absence_there_and_a_value_elsewhere() {
    let policy = |name: &str, value: Value| json!({"sessionControls": {name: value}});
    let key = "conditionalAccessPolicy";
    same(key, &policy("disableResilienceDefaults", json!(false)), &json!({"sessionControls": {}}));
    differ(key, &policy("disableResilienceDefaults", json!(true)), &json!({"sessionControls": {}}));
    differ(key, &policy("other", json!(false)), &json!({"sessionControls": {}}));
}

#[test]
fn the_first_moment_of_year_one_is_no_date() {
    let object = |date: Value| json!({"expires": date});
    for date in ["0001-01-01T00:00:00Z", "0001-01-01T00:00:00.0000000Z"] {
        same("deviceCategory", &object(json!(date)), &object(Value::Null));
    }
    for date in
        ["0001-01-01T00:00:01Z", "0001-01-01T00:00:00.1Z", "0001-01-01T00:00:00", "2026-01-01T00:00:00Z"]
    {
        differ("deviceCategory", &object(json!(date)), &object(Value::Null));
    }
}

#[test]
fn large_integers_keep_their_digits() {
    let object = |n: u64| json!({"n": n});
    differ("deviceCategory", &object(9_007_199_254_740_993), &object(9_007_199_254_740_992));
    differ("deviceCategory", &object(u64::MAX), &object(u64::MAX - 1));
    differ("deviceCategory", &json!({"n": i64::MIN}), &json!({"n": i64::MIN + 1}));
    differ("deviceCategory", &object(u64::MAX), &json!({"n": u64::MAX.to_string()}));
    same("deviceCategory", &json!({"n": 1.0}), &json!({"n": 1}));
}

#[test]
fn nul_characters_survive() {
    let object = json!({"a": "x\u{0}y", "\u{0}": 1});
    assert_eq!(normal("deviceCategory", &object).tree["a"], "x\u{0}y");
    differ("deviceCategory", &object, &json!({"a": "xy", "\u{0}": 1}));
    differ("deviceCategory", &object, &json!({"a": "x\u{0}y"}));
}

#[test]
fn a_declared_set_has_no_order_and_any_other_array_has() {
    let users = |include: Value, other: Value| json!({"conditions": {"users": {"includeUsers": include}, "other": other}});
    let key = "conditionalAccessPolicy";
    same(key, &users(json!(["a", "b"]), json!([1, 2])), &users(json!(["b", "a"]), json!([1, 2])));
    differ(key, &users(json!(["a", "b"]), json!([1, 2])), &users(json!(["a", "b"]), json!([2, 1])));
    differ(key, &users(json!(["a"]), json!([])), &users(json!(["a", "a"]), json!([])));
}

#[test]
fn sets_within_sets_have_no_order_at_any_depth() {
    let action = |kind: &str, hours: i64, cc: [&str; 2]| json!({"actionType": kind, "gracePeriodHours": hours, "notificationMessageCCList": cc});
    let policy = |actions: [Value; 2]| json!({"scheduledActionsForRule": [{"scheduledActionConfigurations": actions}]});
    same(
        "deviceCompliancePolicy",
        &policy([action("block", 0, ["x", "y"]), action("notification", 24, ["p", "q"])]),
        &policy([action("notification", 24, ["q", "p"]), action("block", 0, ["y", "x"])]),
    );
}

#[test]
fn oma_settings_are_matched_by_their_uri() {
    let setting = |uri: &str, value: i64| json!({"omaUri": uri, "value": value});
    let profile = |settings: [Value; 2]| json!({"omaSettings": settings});
    let one = profile([setting("./a", 1), setting("./b", 2)]);
    same("deviceConfiguration", &one, &profile([setting("./b", 2), setting("./a", 1)]));
    differ("deviceConfiguration", &one, &profile([setting("./a", 2), setting("./b", 1)]));
}

fn simple(definition: &str, value: Value) -> Value {
    json!({"@odata.type": "#microsoft.graph.deviceManagementConfigurationSimpleSettingInstance",
           "settingDefinitionId": definition, "simpleSettingValue": {"value": value}})
}

fn group_collection(groups: &[Vec<Value>]) -> Value {
    let groups: Vec<Value> = groups.iter().map(|children| json!({"children": children})).collect();
    json!([{"id": "0", "settingInstance": {"settingDefinitionId": "rules", "groupSettingCollectionValue": groups}}])
}

#[test]
fn a_second_instance_of_a_group_does_not_take_the_place_of_the_first() {
    let rule = |name: &str, port: i64| vec![simple("name", json!(name)), simple("port", json!(port))];
    let policy = |groups: &[Vec<Value>]| json!({"name": "p", "settings": group_collection(groups)});
    let both = policy(&[rule("web", 443), rule("mail", 25)]);
    differ("configurationPolicy", &both, &policy(&[rule("mail", 25)]));
    differ("configurationPolicy", &both, &policy(&[rule("web", 80), rule("mail", 25)]));
    differ("configurationPolicy", &both, &policy(&[rule("web", 25), rule("mail", 443)]));
    same("configurationPolicy", &both, &policy(&[rule("mail", 25), rule("web", 443)]));
    let tree = normal("configurationPolicy", &both).tree;
    let groups = &tree["settings"][0]["settingInstance"]["groupSettingCollectionValue"];
    assert_eq!(groups.as_array().unwrap().len(), 2);
}

#[test]
fn sibling_settings_have_no_order_and_collections_of_values_have() {
    let choice = |children: [Value; 2]| json!({"settingDefinitionId": "c", "choiceSettingValue": {"value": "on", "children": children}});
    let list = |values: [&str; 2]| json!({"settingDefinitionId": "l", "simpleSettingCollectionValue": values.map(|v| json!({"value": v}))});
    let policy =
        |instances: [Value; 2]| json!({"settings": instances.map(|i| json!({"settingInstance": i}))});
    let (a, b) = (simple("a", json!(1)), simple("b", json!(2)));
    let one = policy([choice([a.clone(), b.clone()]), list(["x", "y"])]);
    same("configurationPolicy", &one, &policy([list(["x", "y"]), choice([b.clone(), a.clone()])]));
    differ("configurationPolicy", &one, &policy([choice([a, b]), list(["y", "x"])]));
}

#[test]
fn the_number_of_a_setting_is_no_content() {
    let policy = |first: &str, second: &str| {
        json!({"settings": [{"id": first, "settingInstance": simple("a", json!(0))},
                            {"id": second, "settingInstance": simple("b", json!(false))}]})
    };
    same("configurationPolicy", &policy("0", "1"), &policy("1", "0"));
}

#[test]
fn a_secret_setting_is_compared_by_its_state() {
    let policy = |token: &str, state: &str| {
        json!({"settings": [{"settingInstance": {"settingDefinitionId": "s", "simpleSettingValue": {
            "@odata.type": "#microsoft.graph.deviceManagementConfigurationSecretSettingValue",
            "value": token, "valueState": state}}}]})
    };
    same(
        "configurationPolicy",
        &policy("token-1", "encryptedValueToken"),
        &policy("token-2", "encryptedValueToken"),
    );
    differ(
        "configurationPolicy",
        &policy("token-1", "encryptedValueToken"),
        &policy("token-1", "notEncrypted"),
    );
    let normal = normal("configurationPolicy", &policy("token-1", "notEncrypted"));
    assert!(!normal.tree.to_string().contains("token-1"));
    assert_eq!(normal.ignored[0].because, IgnoredBecause::SecretState);
}

#[test]
fn an_encrypted_oma_value_is_left_out_and_a_plain_one_is_not() {
    let profile = |encrypted: bool, value: &str| json!({"omaSettings": [{"omaUri": "./a", "isEncrypted": encrypted, "value": value}]});
    same("deviceConfiguration", &profile(true, "PGEvPg=="), &profile(true, "another mask"));
    differ("deviceConfiguration", &profile(false, "a"), &profile(false, "b"));
    differ("deviceConfiguration", &profile(false, "a"), &profile(true, "a"));
}

#[test]
fn a_token_that_is_never_kept_is_withheld_before_storing() {
    let mut profile = json!({"displayName": "p", "tokenValue": "t", "qrCodeContent": "q", "accountId": "a"});
    let removed = withhold(ty("androidDeviceOwnerEnrollmentProfile"), &mut profile);
    assert_eq!(profile, json!({"displayName": "p", "accountId": "a"}));
    assert!(removed.iter().all(|field| field.because == IgnoredBecause::SecretNotKept));
    assert_eq!(removed.len(), 2);
    assert_eq!(withhold(ty("androidDeviceOwnerEnrollmentProfile"), &mut profile), []);
}

#[test]
fn a_value_of_one_tenant_and_a_script_in_clear_are_compared() {
    let blob = |text: &str| json!({"advancedThreatProtectionOnboardingBlob": text});
    differ("deviceConfiguration", &blob("a"), &blob("b"));
    differ("deviceShellScript", &json!({"scriptContent": "YQ=="}), &json!({"scriptContent": "Yg=="}));
}

#[test]
fn scripts_are_compared_by_their_bytes() {
    let script = |text: &str| json!({"detectionScriptContent": text});
    let key = "deviceHealthScript";
    same(key, &script("ZWNobyBoaQ=="), &script("ZWNo\r\nbyBo\r\naQ"));
    differ(key, &script("ZWNobyBoaQ=="), &script("ZWNobyBoaQo="));
    differ(key, &script("not base64!"), &script("not base64?"));
    // Elsewhere the same text is a text.
    differ(key, &json!({"description": "aQ=="}), &json!({"description": "aQ"}));
}

fn entry(target: Value) -> Value {
    json!({"target": target})
}

fn to_group(filter: &Value, filter_type: &Value) -> Value {
    entry(json!({"@odata.type": "#microsoft.graph.groupAssignmentTarget", "groupId": GROUP,
        "deviceAndAppManagementAssignmentFilterId": filter, "deviceAndAppManagementAssignmentFilterType": filter_type}))
}

fn assigned(key: &str, entries: &[Value]) -> Normalised {
    let object = json!({"displayName": "p"});
    normalise(ty(key), &Document::of(&object).with(Part::Assignments, entries)).unwrap()
}

#[track_caller]
fn same_assignments(one: &[Value], other: &[Value]) {
    let (one, other) = (assigned("configurationPolicy", one), assigned("configurationPolicy", other));
    assert_eq!(
        one.assignments_hash, other.assignments_hash,
        "{:?}\n{:?}",
        one.assignments, other.assignments
    );
    assert_eq!(one.canonical_hash, other.canonical_hash);
}

#[test]
fn assignments_are_a_set_apart_from_the_object() {
    let group = to_group(&json!(FILTER), &json!("include"));
    let all = entry(json!({"@odata.type": "#microsoft.graph.allDevicesAssignmentTarget"}));
    same_assignments(&[group.clone(), all.clone()], &[all.clone(), group.clone()]);
    let (one, both) = (
        assigned("configurationPolicy", std::slice::from_ref(&all)),
        assigned("configurationPolicy", &[all, group]),
    );
    assert_eq!(one.settings_hash, both.settings_hash);
    assert_ne!(one.assignments_hash, both.assignments_hash);
    assert_ne!(one.canonical_hash, both.canonical_hash);
}

#[test]
fn what_graph_adds_to_an_assignment_is_no_content() {
    let mut read = to_group(&json!(null), &json!("none"));
    read["id"] = json!("x_y");
    read["source"] = json!("direct");
    read["sourceId"] = json!("s");
    read["target"]["@odata.type"] = json!("microsoft.graph.groupAssignmentTarget");
    read["target"]["groupId"] = json!(GROUP.to_uppercase());
    same_assignments(&[to_group(&json!(null), &json!("none"))], &[read]);
}

#[test]
fn an_assignment_from_a_policy_set_is_skipped() {
    let mut inherited = to_group(&json!(null), &json!(null));
    inherited["source"] = json!("policySets");
    same_assignments(&[inherited], &[]);
}

#[test]
fn every_spelling_of_no_filter_is_the_same() {
    let none = [to_group(&json!(null), &json!(null))];
    let spellings = [
        (json!(ZERO), json!("none")),
        (json!(null), json!("none")),
        (json!(""), json!(null)),
        (json!(ZERO), json!("include")),
    ];
    for (id, kind) in spellings {
        same_assignments(&none, &[to_group(&id, &kind)]);
    }
    let filtered = assigned("configurationPolicy", &[to_group(&json!(FILTER), &json!("include"))]);
    let excluded = assigned("configurationPolicy", &[to_group(&json!(FILTER), &json!("exclude"))]);
    let unfiltered = assigned("configurationPolicy", &none);
    assert_ne!(filtered.assignments_hash, unfiltered.assignments_hash);
    assert_ne!(filtered.assignments_hash, excluded.assignments_hash);
}

#[test]
fn the_intent_and_the_settings_of_an_app_assignment_are_compared() {
    let with = |intent: &str, restart: i64| {
        let mut entry = to_group(&json!(null), &json!(null));
        entry["intent"] = json!(intent);
        entry["settings"] = json!({"restart": restart});
        assigned("mobileApp", &[entry]).assignments_hash
    };
    assert_ne!(with("required", 0), with("available", 0));
    assert_ne!(with("required", 0), with("required", 1));
}

#[test]
fn run_remediation_script_reads_back_wrong_and_is_not_compared() {
    let with = |key: &str, runs: bool, interval: i64| {
        let mut entry = to_group(&json!(null), &json!(null));
        entry["runRemediationScript"] = json!(runs);
        entry["runSchedule"] = json!({"interval": interval});
        assigned(key, &[entry]).assignments_hash
    };
    assert_eq!(with("deviceHealthScript", true, 1), with("deviceHealthScript", false, 1));
    assert_ne!(with("deviceHealthScript", true, 1), with("deviceHealthScript", true, 2));
    assert_ne!(with("configurationPolicy", true, 1), with("configurationPolicy", false, 1));
}

#[test]
fn assignments_that_were_not_read_are_unknown_and_not_empty() {
    let object = json!({"name": "p", "assignments": []});
    let unread = normalise(ty("configurationPolicy"), &Document::of(&object)).unwrap();
    assert_eq!(unread.assignments_hash, None);
    let read =
        normalise(ty("configurationPolicy"), &Document::of(&object).with(Part::Assignments, &[])).unwrap();
    assert!(read.assignments_hash.is_some());
    assert_ne!(read.canonical_hash, unread.canonical_hash);
    assert_eq!(read.settings_hash, unread.settings_hash);
}

#[test]
fn assignments_that_come_with_the_object_count_as_read() {
    let entries = [to_group(&json!(null), &json!(null))];
    let object = json!({"displayName": "p", "assignments": entries});
    let with_object = normal("deviceConfiguration", &object);
    assert_eq!(with_object.assignments_hash, assigned("deviceConfiguration", &entries).assignments_hash);
    assert!(with_object.tree.get("assignments").is_none());
}

#[test]
fn parts_stand_where_the_rules_look_for_them() {
    let object = json!({"displayName": "p"});
    let values = [
        json!({"id": "v1", "definition": {"id": "d1"}, "enabled": true}),
        json!({"id": "v2", "definition": {"id": "d2"}, "enabled": false}),
    ];
    let presentations = [json!({"id": "p", "presentation": {"id": "x"}, "value": 0})];
    let document = Document::of(&object).with(Part::DefinitionValues, &values).with_part_of(
        Part::PresentationValues,
        "v2",
        &presentations,
    );
    let tree = normalise(ty("groupPolicyConfiguration"), &document).unwrap().tree;
    assert_eq!(
        tree["definitionValues"],
        json!([
            {"definition": {"id": "d1"}, "enabled": true},
            {"definition": {"id": "d2"}, "enabled": false,
             "presentationValues": [{"presentation": {"id": "x"}, "value": 0}]},
        ])
    );
}

#[test]
fn falsy_values_of_a_template_are_compared() {
    let with = |value: Value| {
        let object = json!({"displayName": "p"});
        let values = [json!({"id": "v", "definition": {"id": "d"}})];
        let presentations = [json!({"presentation": {"id": "x"}, "value": value})];
        let document = Document::of(&object).with(Part::DefinitionValues, &values).with_part_of(
            Part::PresentationValues,
            "v",
            &presentations,
        );
        normalise(ty("groupPolicyConfiguration"), &document).unwrap().canonical_hash
    };
    let hashes = [with(json!(0)), with(json!(false)), with(json!("")), with(json!(null))];
    for (at, hash) in hashes.iter().enumerate() {
        assert!(!hashes[at + 1..].contains(hash), "{hashes:?}");
    }
}

#[test]
fn a_part_without_a_place_is_an_error() {
    let object = json!({"displayName": "p"});
    let document = Document::of(&object).with_part_of(Part::PresentationValues, "gone", &[]);
    let error = normalise(ty("groupPolicyConfiguration"), &document).unwrap_err();
    assert!(matches!(error, NormaliseError::StrayPart { part: Part::PresentationValues, .. }), "{error:?}");
}

#[test]
fn anything_but_an_object_is_an_error() {
    for value in [json!([]), json!("text"), Value::Null] {
        let error = normalise(ty("deviceCategory"), &Document::of(&value)).unwrap_err();
        assert_eq!(error, NormaliseError::NotAnObject { type_key: "deviceCategory".to_owned() });
    }
}

#[test]
fn a_template_is_for_labels_and_not_compared() {
    let object = json!({"displayName": "p"});
    let template = [json!({"displayName": "renamed by Microsoft"})];
    let with = normalise(ty("intent"), &Document::of(&object).with(Part::Template, &template)).unwrap();
    assert_eq!(with.canonical_hash, hash("intent", &object));
}

#[test]
fn a_field_of_an_unexpected_shape_is_kept() {
    let odd = json!({"settings": "none", "roleScopeTagIds": {"0": true}, "id": {"a": 1}});
    let tree = normal("configurationPolicy", &odd).tree;
    assert_eq!((&tree["settings"], &tree["roleScopeTagIds"]), (&json!("none"), &json!({"0": true})));
}

#[test]
fn the_hash_of_a_known_tree_never_changes() {
    let object =
        json!({"@odata.type": "#microsoft.graph.deviceCategory", "displayName": "é\u{1F600}", "n": 1e21});
    assert_eq!(
        hash("deviceCategory", &object).to_string(),
        "ab5b51992d080952046830ee923aa2bf3c6fc66666aa8e4b57eb8045de1db645"
    );
}

#[test]
fn what_may_hold_a_credential_is_not_shown() {
    let object = json!({"displayName": "p", "scriptContent": "cGFzc3dvcmQ=", "fileName": "a.ps1"});
    let mut tree = normal("deviceManagementScript", &object).tree;
    redact(ty("deviceManagementScript"), &mut tree);
    assert_eq!((&tree["scriptContent"], &tree["fileName"]), (&json!(WITHHELD), &json!("a.ps1")));
    let secret = json!({"@odata.type": "#microsoft.graph.deviceManagementConfigurationSecretSettingValue", "value": "hush", "valueState": "notEncrypted"});
    let mut deep = json!({"settings": [{"settingInstance": {"simpleSettingValue": secret}}]});
    redact(ty("configurationPolicy"), &mut deep);
    let shown = &deep["settings"][0]["settingInstance"]["simpleSettingValue"];
    assert_eq!((&shown["value"], &shown["valueState"]), (&json!(WITHHELD), &json!("notEncrypted")));
}
