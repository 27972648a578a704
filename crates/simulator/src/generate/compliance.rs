//! Device compliance policies, one per platform.

use serde_json::{Value, json};

use super::{Recipe, World};

/// Returns the recipes of this area.
pub(super) fn recipes() -> Vec<Box<dyn Recipe>> {
    vec![Box::new(windows), Box::new(ios), Box::new(android), Box::new(macos)]
}

fn put(world: &mut World, name: &str, kind: &str, variant: usize, rules: Value) {
    let assignments = world.assignments();
    let grace = world.numbers.below(4) * 24;
    let mut policy = json!({
        "@odata.type": format!("#microsoft.graph.{kind}CompliancePolicy"),
        "displayName": world.name(name, variant),
        "description": "What a device needs before it may read company data",
        "version": 1,
        "roleScopeTagIds": ["0"],
        "scheduledActionsForRule": [{
            "ruleName": "PasswordRequired",
            "scheduledActionConfigurations": [
                { "id": "block", "actionType": "block", "gracePeriodHours": grace, "notificationTemplateId": "", "notificationMessageCCList": [] },
                { "id": "retire", "actionType": "retire", "gracePeriodHours": grace + 720, "notificationTemplateId": "", "notificationMessageCCList": [] },
            ],
        }],
        "assignments": assignments,
    });
    if let (Some(policy), Value::Object(rules)) = (policy.as_object_mut(), rules) {
        policy.extend(rules);
    }
    world.put("deviceCompliancePolicies", policy);
}

fn windows(world: &mut World, variant: usize) {
    let length = world.numbers.between(6, 14);
    put(
        world,
        "Windows - Compliance",
        "windows10",
        variant,
        json!({
            "bitLockerEnabled": true,
            "secureBootEnabled": true,
            "codeIntegrityEnabled": true,
            "passwordRequired": true,
            "passwordMinimumLength": length,
            "passwordRequiredType": "alphanumeric",
            "osMinimumVersion": "10.0.22631.3880",
            "defenderEnabled": true,
            "rtpEnabled": true,
            "validOperatingSystemBuildRanges": [],
        }),
    );
}

fn ios(world: &mut World, variant: usize) {
    let minutes = world.numbers.between(1, 5);
    put(
        world,
        "iOS - Compliance",
        "ios",
        variant,
        json!({
            "passcodeRequired": true,
            "passcodeMinimumLength": 6,
            "passcodeMinutesOfInactivityBeforeLock": minutes,
            "osMinimumVersion": "17.4",
            "securityBlockJailbrokenDevices": true,
            "restrictedApps": [],
        }),
    );
}

fn android(world: &mut World, variant: usize) {
    let days = world.numbers.between(60, 365);
    put(
        world,
        "Android - Compliance",
        "androidDeviceOwner",
        variant,
        json!({
            "passwordRequired": true,
            "passwordExpirationDays": days,
            "storageRequireEncryption": true,
            "osMinimumVersion": "13",
            "securityRequireIntuneAppIntegrity": true,
        }),
    );
}

fn macos(world: &mut World, variant: usize) {
    let length = world.numbers.between(8, 12);
    put(
        world,
        "macOS - Compliance",
        "macOS",
        variant,
        json!({
            "passwordRequired": true,
            "passwordMinimumLength": length,
            "storageRequireEncryption": true,
            "firewallEnabled": true,
            "systemIntegrityProtectionEnabled": true,
            "gatekeeperAllowedAppSource": "macAppStoreAndIdentifiedDevelopers",
        }),
    );
}
