//! Device configuration profiles and administrative templates.

use serde_json::{Value, json};

use super::{Recipe, World};
use crate::ids::derived_id;

/// Returns the recipes of this area.
pub(super) fn recipes() -> Vec<Box<dyn Recipe>> {
    vec![
        Box::new(update_ring),
        Box::new(windows_restrictions),
        Box::new(custom),
        Box::new(templates),
        Box::new(ios_restrictions),
        Box::new(android_restrictions),
    ]
}

fn put(world: &mut World, name: &str, kind: &str, variant: usize, settings: Value) {
    let assignments = world.assignments();
    let mut profile = json!({
        "@odata.type": format!("#microsoft.graph.{kind}"),
        "displayName": world.name(name, variant),
        "description": "Kept by the workplace team",
        "version": 1,
        "supportsScopeTags": true,
        "roleScopeTagIds": ["0"],
        "assignments": assignments,
    });
    if let (Some(profile), Value::Object(settings)) = (profile.as_object_mut(), settings) {
        profile.extend(settings);
    }
    world.put("deviceConfigurations", profile);
}

fn update_ring(world: &mut World, variant: usize) {
    let days = world.numbers.between(0, 14);
    put(
        world,
        "Windows update ring",
        "windowsUpdateForBusinessConfiguration",
        variant,
        json!({
            "automaticUpdateMode": "autoInstallAtMaintenanceTime",
            "businessReadyUpdatesOnly": "businessReadyOnly",
            "qualityUpdatesDeferralPeriodInDays": days,
            "featureUpdatesDeferralPeriodInDays": days * 4,
            "qualityUpdatesPaused": false,
            "featureUpdatesPaused": false,
            "driversExcluded": false,
            "deadlineGracePeriodInDays": 2,
            "installationSchedule": {
                "@odata.type": "#microsoft.graph.windowsUpdateActiveHoursInstall",
                "activeHoursStart": "07:00:00.0000000",
                "activeHoursEnd": "19:00:00.0000000",
            },
        }),
    );
}

fn windows_restrictions(world: &mut World, variant: usize) {
    let minutes = world.numbers.between(3, 20);
    put(
        world,
        "Windows - Device restrictions",
        "windows10GeneralConfiguration",
        variant,
        json!({
            "cameraBlocked": false,
            "copyPasteBlocked": false,
            "passwordMinutesOfInactivityBeforeScreenTimeout": minutes,
            "defenderScanRemovableDrivesDuringFullScan": true,
            "defenderFileExtensionsToExclude": ["log", "tmp"],
            "edgeHomepageUrls": ["https://start.example.org/"],
        }),
    );
}

fn custom(world: &mut World, variant: usize) {
    let reference = derived_id(&["oma", &world.number.to_string(), &world.made.to_string()]);
    put(
        world,
        "Windows - Custom settings",
        "windows10CustomConfiguration",
        variant,
        json!({
            "omaSettings": [
                {
                    "@odata.type": "#microsoft.graph.omaSettingInteger",
                    "displayName": "Days of logs",
                    "omaUri": "./Device/Vendor/Example/Logs/Days",
                    "value": 14,
                    "isEncrypted": false,
                    "secretReferenceValueId": null,
                },
                {
                    "@odata.type": "#microsoft.graph.omaSettingString",
                    "displayName": "Enrolment key of the inventory agent",
                    "omaUri": "./Device/Vendor/Example/Agent/Key",
                    "value": "not-a-real-key-of-anything",
                    "isEncrypted": true,
                    "secretReferenceValueId": format!("{}_{reference}", world.state.tenant_id),
                },
            ],
        }),
    );
}

fn ios_restrictions(world: &mut World, variant: usize) {
    let length = world.numbers.between(4, 8);
    put(
        world,
        "iOS - Device restrictions",
        "iosGeneralDeviceConfiguration",
        variant,
        json!({
            "airDropBlocked": true,
            "cameraBlocked": false,
            "iCloudBlockBackup": true,
            "passcodeMinimumLength": length,
            "appsVisibilityList": [],
            "safariManagedDomains": ["intranet.example.org"],
        }),
    );
}

fn android_restrictions(world: &mut World, variant: usize) {
    let failures = world.numbers.between(4, 11);
    put(
        world,
        "Android - Dedicated devices",
        "androidDeviceOwnerGeneralDeviceConfiguration",
        variant,
        json!({
            "cameraBlocked": true,
            "factoryResetBlocked": true,
            "passwordSignInFailureCountBeforeFactoryReset": failures,
            "kioskModeApps": [],
            "screenCaptureBlocked": true,
        }),
    );
}

fn templates(world: &mut World, variant: usize) {
    let definition = |name: &str| json!({ "id": derived_id(&["definition", name]).to_string(), "displayName": name, "classType": "machine" });
    let presentation =
        |name: &str| json!({ "id": derived_id(&["presentation", name]).to_string(), "label": name });
    let megabytes = world.numbers.between(16, 64) * 1024;
    let assignments = world.assignments();
    let profile = json!({
        "displayName": world.name("Windows - Event logs", variant),
        "description": "Sizes and retention of event logs",
        "policyConfigurationIngestionType": "builtIn",
        "roleScopeTagIds": ["0"],
        "definitionValues": [
            {
                "enabled": true,
                "configurationType": "policy",
                "definition": definition("Largest size of the application log"),
                "presentationValues": [{
                    "@odata.type": "#microsoft.graph.groupPolicyPresentationValueDecimal",
                    "value": megabytes,
                    "presentation": presentation("Kilobytes"),
                }],
            },
            {
                "enabled": false,
                "configurationType": "policy",
                "definition": definition("Forward events without encryption"),
                "presentationValues": [],
            },
        ],
        "assignments": assignments,
    });
    world.put("groupPolicyConfigurations", profile);
}
