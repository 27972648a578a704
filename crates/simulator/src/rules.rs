//! What the service refuses to write, by collection.
//!
//! The rules are from Microsoft's reference and from what authors of other tools report. Where nothing is
//! reported the simulator takes what it gets, as the service mostly does.

use serde_json::{Map, Value};

use crate::answer::Refusal;
use crate::collections::Collection;
use crate::object::StoredObject;

type Properties = &'static [&'static str];

/// Properties that a body for a new object must not bring.
const NOT_ON_CREATE: &[(&str, Properties)] = &[
    ("iosManagedAppProtections", &["apps"]),
    ("androidManagedAppProtections", &["apps"]),
    ("windowsManagedAppProtections", &["apps"]),
    ("targetedManagedAppConfigurations", &["apps"]),
    ("groupPolicyConfigurations", &["definitionValues", "policyConfigurationIngestionType"]),
    (
        "groupPolicyUploadedDefinitionFiles",
        &[
            "languageCodes",
            "targetPrefix",
            "targetNamespace",
            "policyType",
            "revision",
            "status",
            "uploadDateTime",
        ],
    ),
    ("deviceConfigurations", &["privacyAccessControls"]),
    ("deviceEnrollmentConfigurations", &["deviceEnrollmentConfigurationType"]),
    ("windowsAutopilotDeploymentProfiles", LEGACY_AUTOPILOT),
    ("mobileApps", &["committedContentVersion", "isFeatured", "categories"]),
    ("notificationMessageTemplates", &["localizedNotificationMessages"]),
];

const LEGACY_AUTOPILOT: Properties = &["enableWhiteGlove", "extractHardwareHash", "language"];

/// Properties that are given with the creation and never change; the same value again is fine.
const IMMUTABLE: &[(&str, Properties)] = &[
    ("configurationPolicies", &["creationSource", "platforms", "technologies", "templateReference"]),
    ("intents", &["templateId"]),
    ("deviceCustomAttributeShellScripts", &["customAttributeName", "customAttributeType", "displayName"]),
    ("deviceEnrollmentConfigurations", &["priority", "platformType"]),
    ("windowsAutopilotDeploymentProfiles", &["managementServiceAppId"]),
    ("windowsDriverUpdateProfiles", &["approvalType"]),
    ("mobileAppConfigurations", &["targetedMobileApps"]),
    ("assignmentFilters", &["platform"]),
    ("appleUserInitiatedEnrollmentProfiles", &["platform"]),
    ("authenticationStrengthPolicies", &["allowedCombinations"]),
];

/// Properties that a change must not bring at all.
const NOT_ON_CHANGE: &[(&str, Properties)] = &[
    ("configurationPolicies", &["settings"]),
    ("compliancePolicies", &["settings", "scheduledActionsForRule"]),
    ("inventoryPolicies", &["settings"]),
    ("deviceCompliancePolicies", &["scheduledActionsForRule"]),
    ("hardwareConfigurations", &["version"]),
    ("windowsAutopilotDeploymentProfiles", LEGACY_AUTOPILOT),
    ("groupPolicyConfigurations", &["definitionValues"]),
    ("policySets", &["items"]),
    ("iosManagedAppProtections", &["apps"]),
    ("androidManagedAppProtections", &["apps"]),
    ("windowsManagedAppProtections", &["apps"]),
    ("targetedManagedAppConfigurations", &["apps"]),
];

/// Collections whose objects are deleted only after their assignments.
const UNASSIGNED_BEFORE_DELETE: [&str; 2] = ["windowsAutopilotDeploymentProfiles", "provisioningPolicies"];

/// Collections without a plain creation, and what creates instead.
const NOT_CREATED: &[(&str, &str)] = &[("intents", "createInstance of its template")];

/// Collections that are assigned to groups alone.
const GROUPS_ALONE: [&str; 3] =
    ["iosManagedAppProtections", "androidManagedAppProtections", "windowsManagedAppProtections"];

/// Refuses what the service refuses to create.
pub(crate) fn check_create(collection: &Collection, object: &Map<String, Value>) -> Result<(), Refusal> {
    if let Some((_, instead)) = NOT_CREATED.iter().find(|(name, _)| *name == collection.name) {
        return bad(format!("Objects of this collection are made by {instead}."));
    }
    let polymorphic = collection.odata_type.is_none() && collection.path.starts_with("/device");
    let plain = ["roleDefinitions", "roleAssignments", "assignmentFilters", "inventoryPolicies"];
    if polymorphic && !plain.contains(&collection.name) && !object.contains_key("@odata.type") {
        return bad("The body must name its @odata.type: the collection holds several.");
    }
    if collection.name == "namedLocations" && !object.contains_key("@odata.type") {
        return bad("The body must name its @odata.type: the collection holds several.");
    }
    if let Some(property) = brought(NOT_ON_CREATE, collection, object) {
        return bad(format!("The property '{property}' cannot be set on creation."));
    }
    if collection.name == "deviceCompliancePolicies" && !blocks(object) {
        return bad("A compliance policy needs at least one action of type block.");
    }
    if collection.name == "targetedManagedAppConfigurations" && !object.contains_key("appGroupType") {
        return bad("The property 'appGroupType' is required.");
    }
    check_oma(object)
}

/// Refuses what the service refuses to merge into an object.
pub(crate) fn check_change(
    collection: &Collection,
    object: &StoredObject,
    merge: &Map<String, Value>,
) -> Result<(), Refusal> {
    check_owner(collection, object)?;
    if let Some(property) = brought(NOT_ON_CHANGE, collection, merge) {
        return bad(format!("The property '{property}' is not changed by PATCH."));
    }
    if let Some(property) = changed(collection, object, merge) {
        return bad(format!("The property '{property}' cannot be changed after creation."));
    }
    let is_typed = object.body.contains_key("@odata.type");
    if collection.name == "deviceEnrollmentConfigurations" && is_typed && !merge.contains_key("@odata.type") {
        return bad("The body must name its @odata.type.");
    }
    check_oma(merge)
}

/// Refuses what the service refuses to put in the place of an object.
pub(crate) fn check_replace(
    collection: &Collection,
    object: &StoredObject,
    body: &Map<String, Value>,
) -> Result<(), Refusal> {
    check_owner(collection, object)?;
    if let Some(property) = changed(collection, object, body) {
        return bad(format!("The property '{property}' cannot be changed after creation."));
    }
    let family = object.body.get("templateReference").and_then(|reference| reference.get("templateFamily"));
    let enrols = family.and_then(Value::as_str) == Some("enrollmentConfiguration");
    if enrols && object.body.contains_key("creationSource") && !body.contains_key("creationSource") {
        return bad("The property 'creationSource' must be sent back unchanged.");
    }
    Ok(())
}

/// Refuses what the service refuses to delete.
pub(crate) fn check_delete(collection: &Collection, object: &StoredObject) -> Result<(), Refusal> {
    check_owner(collection, object)?;
    let is_default = match collection.name {
        "deviceEnrollmentConfigurations" => is(object, "priority", &Value::from(0)),
        "intuneBrandingProfiles" => is(object, "isDefaultProfile", &Value::Bool(true)),
        _ => false,
    };
    if is_default {
        return bad("The default object cannot be deleted.");
    }
    if collection.name == "namedLocations" && is(object, "isTrusted", &Value::Bool(true)) {
        return bad("A trusted named location cannot be deleted: change isTrusted first.");
    }
    if UNASSIGNED_BEFORE_DELETE.contains(&collection.name) && !object.part("assignments").is_empty() {
        return Err(Refusal::Conflict("Code 5001: the object is still assigned.".to_owned()));
    }
    Ok(())
}

/// Refuses assignments that the service refuses.
pub(crate) fn check_assignments(
    collection: &Collection,
    object: &StoredObject,
    assignments: &[Value],
) -> Result<(), Refusal> {
    check_owner(collection, object)?;
    if collection.name == "deviceEnrollmentConfigurations" && is(object, "priority", &Value::from(0)) {
        return bad("The default object cannot be assigned.");
    }
    for assignment in assignments {
        let target = &assignment["target"];
        let kind = target["@odata.type"].as_str().unwrap_or_default();
        let Some(kind) = kind.trim_start_matches('#').strip_prefix("microsoft.graph.") else {
            return bad("An assignment must have a target that names its @odata.type.");
        };
        let names_group = target["groupId"].as_str().is_some_and(|id| !id.is_empty());
        if kind.to_ascii_lowercase().ends_with("groupassignmenttarget") && !names_group {
            return bad("A target of this type must name its groupId.");
        }
        if GROUPS_ALONE.contains(&collection.name) && !names_group {
            return bad("App protection is assigned to groups alone.");
        }
        let filter = target["deviceAndAppManagementAssignmentFilterId"].as_str().unwrap_or_default();
        let is_filtered = !filter.is_empty() && filter != "00000000-0000-0000-0000-000000000000";
        if is_filtered && kind == "exclusionGroupAssignmentTarget" {
            return bad("An exclusion takes no filter.");
        }
    }
    Ok(())
}

/// Refuses writes to what Microsoft owns.
fn check_owner(collection: &Collection, object: &StoredObject) -> Result<(), Refusal> {
    let built_in = match collection.name {
        "roleDefinitions" | "roleScopeTags" => {
            let yes = Value::Bool(true);
            is(object, "isBuiltIn", &yes) || is(object, "isBuiltInRoleDefinition", &yes)
        }
        "authenticationStrengthPolicies" => is(object, "policyType", &Value::from("builtIn")),
        "deviceHealthScripts" => is(object, "isGlobalScript", &Value::Bool(true)),
        _ => false,
    };
    if built_in { bad("A built-in object cannot be written.") } else { Ok(()) }
}

/// Refuses two OMA settings with the same address.
fn check_oma(object: &Map<String, Value>) -> Result<(), Refusal> {
    let settings = object.get("omaSettings").and_then(Value::as_array);
    let mut seen = std::collections::BTreeSet::new();
    for setting in settings.into_iter().flatten() {
        let address = setting["omaUri"].as_str().unwrap_or_default();
        if !seen.insert(address.to_ascii_lowercase()) {
            return bad(format!("The omaUri '{address}' is there twice."));
        }
    }
    Ok(())
}

fn brought(
    rules: &[(&str, Properties)],
    collection: &Collection,
    body: &Map<String, Value>,
) -> Option<&'static str> {
    let (_, properties) = rules.iter().find(|(name, _)| *name == collection.name)?;
    let brings = |property: &&&str| body.get(**property).is_some_and(|value| !value.is_null());
    properties.iter().find(brings).copied()
}

fn changed(
    collection: &Collection,
    object: &StoredObject,
    body: &Map<String, Value>,
) -> Option<&'static str> {
    let (_, properties) = IMMUTABLE.iter().find(|(name, _)| *name == collection.name)?;
    let differs = |property: &&&str| {
        let new = body.get(**property);
        new.is_some() && new != object.body.get(**property)
    };
    properties.iter().find(differs).copied()
}

fn blocks(policy: &Map<String, Value>) -> bool {
    let arrays = |value: Option<&Value>| value.and_then(Value::as_array).cloned().unwrap_or_default();
    arrays(policy.get("scheduledActionsForRule"))
        .iter()
        .flat_map(|rule| arrays(rule.get("scheduledActionConfigurations")))
        .any(|action| action.get("actionType").and_then(Value::as_str) == Some("block"))
}

fn is(object: &StoredObject, property: &str, value: &Value) -> bool {
    object.body.get(property) == Some(value)
}

fn bad(what: impl Into<String>) -> Result<(), Refusal> {
    Err(Refusal::Bad(what.into()))
}
