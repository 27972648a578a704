//! Apps, their configuration and their protection.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

use super::{Recipe, World};

/// Returns the recipes of this area.
pub(super) fn recipes() -> Vec<Box<dyn Recipe>> {
    vec![
        Box::new(store_app),
        Box::new(ios_protection),
        Box::new(web_app),
        Box::new(android_protection),
        Box::new(app_configuration),
    ]
}

fn store_app(world: &mut World, variant: usize) {
    let assignments = world.group_assignments();
    let app = json!({
        "@odata.type": "#microsoft.graph.winGetApp",
        "displayName": world.name("Diagram viewer", variant),
        "description": "Opens drawings of the plant",
        "publisher": "Example Tools",
        "packageIdentifier": format!("9EXAMPLE{:04}", variant + 1),
        "isFeatured": false,
        "publishingState": "published",
        "roleScopeTagIds": ["0"],
        "installExperience": { "runAsAccount": "user" },
        "categories": [],
        "assignments": assignments,
    });
    world.put("mobileApps", app);
}

fn web_app(world: &mut World, variant: usize) {
    let assignments = world.group_assignments();
    let app = json!({
        "@odata.type": "#microsoft.graph.webApp",
        "displayName": world.name("Intranet", variant),
        "description": "Start page of the company",
        "publisher": "Workplace team",
        "appUrl": "https://intranet.example.org/",
        "useManagedBrowser": true,
        "isFeatured": true,
        "publishingState": "published",
        "roleScopeTagIds": ["0"],
        "assignments": assignments,
    });
    world.put("mobileApps", app);
}

fn app_configuration(world: &mut World, variant: usize) {
    let assignments = world.group_assignments();
    let settings = "<dict><key>server</key><string>mail.example.org</string></dict>";
    let configuration = json!({
        "@odata.type": "#microsoft.graph.iosMobileAppConfiguration",
        "displayName": world.name("iOS - Mail settings", variant),
        "description": "Server of the mail app",
        "version": 1,
        "targetedMobileApps": [],
        "encodedSettingXml": STANDARD.encode(settings),
        "settings": [],
        "roleScopeTagIds": ["0"],
        "assignments": assignments,
    });
    world.put("mobileAppConfigurations", configuration);
}

fn ios_protection(world: &mut World, variant: usize) {
    let pin_length = world.numbers.between(4, 8);
    let assignments = world.group_assignments();
    let protection = json!({
        "displayName": world.name("iOS - App protection", variant),
        "description": "Keeps company data in company apps",
        "version": "1",
        "allowedInboundDataTransferSources": "allApps",
        "allowedOutboundDataTransferDestinations": "managedApps",
        "pinRequired": true,
        "minimumPinLength": pin_length,
        "faceIdBlocked": false,
        "periodOfflineBeforeWipeIsEnforced": "P90D",
        "deployedAppCount": 2,
        "isAssigned": false,
        "roleScopeTagIds": ["0"],
        "apps": [
            { "version": "0", "mobileAppIdentifier": { "@odata.type": "#microsoft.graph.iosMobileAppIdentifier", "bundleId": "org.example.mail" } },
            { "version": "0", "mobileAppIdentifier": { "@odata.type": "#microsoft.graph.iosMobileAppIdentifier", "bundleId": "org.example.files" } },
        ],
        "assignments": assignments,
    });
    world.put("iosManagedAppProtections", protection);
}

fn android_protection(world: &mut World, variant: usize) {
    let pin_length = world.numbers.between(4, 8);
    let assignments = world.group_assignments();
    let protection = json!({
        "displayName": world.name("Android - App protection", variant),
        "description": "Keeps company data in company apps",
        "version": "1",
        "allowedOutboundDataTransferDestinations": "managedApps",
        "pinRequired": true,
        "minimumPinLength": pin_length,
        "screenCaptureBlocked": true,
        "encryptAppData": true,
        "periodOfflineBeforeWipeIsEnforced": "P90D",
        "deployedAppCount": 1,
        "isAssigned": false,
        "roleScopeTagIds": ["0"],
        "apps": [
            { "version": "0", "mobileAppIdentifier": { "@odata.type": "#microsoft.graph.androidMobileAppIdentifier", "packageId": "org.example.mail" } },
        ],
        "assignments": assignments,
    });
    world.put("androidManagedAppProtections", protection);
}
