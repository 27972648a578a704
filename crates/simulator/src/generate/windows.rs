//! Windows enrolment and update profiles.

use serde_json::{Value, json};

use super::{Recipe, World};

/// Returns the recipes of this area.
pub(super) fn recipes() -> Vec<Box<dyn Recipe>> {
    vec![
        Box::new(autopilot),
        Box::new(feature_update),
        Box::new(status_page),
        Box::new(driver_update),
        Box::new(quality_update),
    ]
}

fn put(world: &mut World, collection: &str, name: &str, variant: usize, content: Value) {
    let assignments = world.assignments();
    let mut profile = json!({
        "displayName": world.name(name, variant),
        "description": "Kept by the workplace team",
        "roleScopeTagIds": ["0"],
        "assignments": assignments,
    });
    if let (Some(profile), Value::Object(content)) = (profile.as_object_mut(), content) {
        profile.extend(content);
    }
    world.put(collection, profile);
}

fn autopilot(world: &mut World, variant: usize) {
    put(
        world,
        "windowsAutopilotDeploymentProfiles",
        "Windows - Autopilot",
        variant,
        json!({
            "@odata.type": "#microsoft.graph.azureADWindowsAutopilotDeploymentProfile",
            "deviceNameTemplate": "WS-%SERIAL%",
            "deviceType": "windowsPc",
            "locale": "os-default",
            "hardwareHashExtractionEnabled": true,
            "preprovisioningAllowed": false,
            "outOfBoxExperienceSetting": {
                "deviceUsageType": "singleUser",
                "escapeLinkHidden": true,
                "eulaHidden": true,
                "keyboardSelectionPageSkipped": true,
                "privacySettingsHidden": true,
                "userType": "standard",
            },
        }),
    );
}

fn feature_update(world: &mut World, variant: usize) {
    put(
        world,
        "windowsFeatureUpdateProfiles",
        "Windows - Feature update",
        variant,
        json!({
            "featureUpdateVersion": "Windows 11, version 24H2",
            "deployableContentDisplayName": "Windows 11, version 24H2",
            "endOfSupportDate": "2027-10-12T00:00:00Z",
            "installFeatureUpdatesOptional": false,
            "installLatestWindows10OnWindows11IneligibleDevice": true,
            "rolloutSettings": { "offerStartDateTimeInUTC": null, "offerEndDateTimeInUTC": null, "offerIntervalInDays": null },
        }),
    );
}

fn status_page(world: &mut World, variant: usize) {
    let minutes = world.numbers.between(60, 120);
    put(
        world,
        "deviceEnrollmentConfigurations",
        "Windows - Enrolment status page",
        variant,
        json!({
            "@odata.type": "#microsoft.graph.windows10EnrollmentCompletionPageConfiguration",
            "deviceEnrollmentConfigurationType": "windows10EnrollmentCompletionPageConfiguration",
            "priority": variant + 1,
            "version": 1,
            "showInstallationProgress": true,
            "installProgressTimeoutInMinutes": minutes,
            "allowDeviceUseOnInstallFailure": false,
            "allowLogCollectionOnInstallFailure": true,
            "selectedMobileAppIds": [],
        }),
    );
}

fn driver_update(world: &mut World, variant: usize) {
    let days = world.numbers.between(0, 10);
    put(
        world,
        "windowsDriverUpdateProfiles",
        "Windows - Driver updates",
        variant,
        json!({
            "approvalType": "automatic",
            "deploymentDeferralInDays": days,
            "deviceReporting": 0,
            "newUpdates": 0,
            "inventorySyncStatus": { "driverInventorySyncState": "success", "lastSuccessfulSyncDateTime": "2025-05-02T04:00:00Z" },
        }),
    );
}

fn quality_update(world: &mut World, variant: usize) {
    put(
        world,
        "windowsQualityUpdateProfiles",
        "Windows - Expedited update",
        variant,
        json!({
            "releaseDateDisplayName": "05/13/2025 - 2025.05 B",
            "deployableContentDisplayName": "2025.05 B",
            "expeditedUpdateSettings": { "qualityUpdateRelease": "2025-05-13T00:00:00Z", "daysUntilForcedReboot": 1 },
        }),
    );
}
