//! What policies need: groups, filters, scope tags, roles, categories, locations, templates, connectors.

use serde_json::json;

use super::World;

const GROUPS: &[(&str, &str)] = &[
    ("Devices - Windows - All", "device.deviceOSType -eq \"Windows\""),
    ("Devices - Windows - Pilot", ""),
    ("Devices - Kiosk", "device.devicePhysicalIds -any (_ -eq \"[OrderID]:Kiosk\")"),
    ("Devices - macOS - All", "device.deviceOSType -eq \"MacMDM\""),
    ("Users - Everyone licensed", ""),
    ("Users - Executives", ""),
    ("Users - Frontline", "user.department -eq \"Stores\""),
    ("Users - Break glass", ""),
];

const FILTERS: &[(&str, &str, &str)] = &[
    ("Company owned Windows", "windows10AndLater", "(device.deviceOwnership -eq \"Corporate\")"),
    ("Personal iOS", "iOS", "(device.deviceOwnership -eq \"Personal\")"),
    ("Virtual desktops", "windows10AndLater", "(device.model -startsWith \"Virtual\")"),
    ("Rugged Android", "androidForWork", "(device.manufacturer -eq \"Zebra\")"),
];

/// Puts everything that is no policy.
pub(super) fn furnish(world: &mut World) {
    for (name, rule) in GROUPS {
        let dynamic = !rule.is_empty();
        let id = world.put(
            "groups",
            json!({
                "displayName": name,
                "description": format!("{name}, kept by the workplace team"),
                "groupTypes": if dynamic { vec!["DynamicMembership"] } else { vec![] },
                "membershipRule": dynamic.then_some(*rule),
                "membershipRuleProcessingState": dynamic.then_some("On"),
                "mailEnabled": false,
                "mailNickname": name.replace([' ', '-'], "").to_lowercase(),
                "securityEnabled": true,
            }),
        );
        world.groups.push(id);
    }
    for (name, platform, rule) in FILTERS {
        let id = world.put(
            "assignmentFilters",
            json!({
                "@odata.type": "#microsoft.graph.deviceAndAppManagementAssignmentFilter",
                "displayName": name,
                "description": format!("{name}, for assignments"),
                "platform": platform,
                "rule": rule,
                "assignmentFilterManagementType": "devices",
                "roleScopeTags": ["0"],
            }),
        );
        world.filters.push(id);
    }
    administration(world);
    locations(world);
    connectors(world);
}

fn administration(world: &mut World) {
    for (id, name, built_in) in
        [("0", "Default", true), ("1", "Region North", false), ("2", "Region South", false)]
    {
        world.put(
            "roleScopeTags",
            json!({
                "id": id,
                "displayName": name,
                "description": format!("Scope of {name}"),
                "isBuiltIn": built_in,
            }),
        );
    }
    world.put(
        "roleDefinitions",
        json!({
            "@odata.type": "#microsoft.graph.deviceAndAppManagementRoleDefinition",
            "displayName": "Regional support",
            "description": "Reads everything, restarts and syncs devices",
            "isBuiltIn": false,
            "isBuiltInRoleDefinition": false,
            "roleScopeTagIds": ["0"],
            "rolePermissions": [{
                "resourceActions": [{
                    "allowedResourceActions": [
                        "Microsoft.Intune_ManagedDevices_Read",
                        "Microsoft.Intune_RemoteTasks_SyncDevice",
                    ],
                    "notAllowedResourceActions": [],
                }],
            }],
        }),
    );
    for name in ["Office", "Store", "Warehouse"] {
        world.put(
            "deviceCategories",
            json!({
                "displayName": name,
                "description": format!("Devices of the {}", name.to_lowercase()),
                "roleScopeTagIds": ["0"],
            }),
        );
    }
    for (name, subject) in [
        ("Device is not compliant", "Your device needs attention"),
        ("Device will be retired", "Your device loses access soon"),
    ] {
        world.put("notificationMessageTemplates", json!({
            "displayName": name,
            "description": "Sent by compliance policies",
            "defaultLocale": "en-us",
            "brandingOptions": "includeCompanyLogo",
            "roleScopeTagIds": ["0"],
            "localizedNotificationMessages": [
                { "locale": "en-us", "subject": subject, "messageTemplate": "Please open the company portal.", "isDefault": true },
                { "locale": "de-de", "subject": "Ihr Gerät braucht Aufmerksamkeit", "messageTemplate": "Bitte öffnen Sie das Unternehmensportal.", "isDefault": false },
            ],
        }));
    }
    world.put(
        "termsAndConditions",
        json!({
            "displayName": "Use of company devices",
            "title": "Use of company devices",
            "description": "Shown at enrolment",
            "bodyText": "Company devices are managed. Settings and installed apps are recorded.",
            "acceptanceStatement": "I have read this and agree.",
            "version": 1,
            "roleScopeTagIds": ["0"],
        }),
    );
}

fn locations(world: &mut World) {
    world.put(
        "namedLocations",
        json!({
            "@odata.type": "#microsoft.graph.ipNamedLocation",
            "displayName": "Headquarters",
            "isTrusted": true,
            "ipRanges": [
                { "@odata.type": "#microsoft.graph.iPv4CidrRange", "cidrAddress": "203.0.113.0/24" },
                { "@odata.type": "#microsoft.graph.iPv6CidrRange", "cidrAddress": "2001:db8:40::/48" },
            ],
        }),
    );
    world.put(
        "namedLocations",
        json!({
            "@odata.type": "#microsoft.graph.countryNamedLocation",
            "displayName": "Countries we work in",
            "countriesAndRegions": ["DE", "NO", "PT"],
            "includeUnknownCountriesAndRegions": false,
            "countryLookupMethod": "clientIpAddress",
        }),
    );
    world.put(
        "authenticationStrengthPolicies",
        json!({
            "displayName": "Hardware keys only",
            "description": "For administrators",
            "policyType": "custom",
            "requirementsSatisfied": "mfa",
            "allowedCombinations": ["fido2", "windowsHelloForBusiness"],
            "combinationConfigurations": [],
        }),
    );
    world.put(
        "authenticationContextClassReferences",
        json!({
            "id": "c1",
            "displayName": "Privileged work",
            "description": "Asked for before roles are activated",
            "isAvailable": true,
        }),
    );
}

fn connectors(world: &mut World) {
    world.put(
        "depOnboardingSettings",
        json!({
            "tokenName": "Apple devices of the company",
            "appleIdentifier": "devices@example.org",
            "tokenExpirationDateTime": "2027-03-01T00:00:00Z",
            "tokenType": "dep",
        }),
    );
    for (name, kind) in
        [("Mac enrolment", "depMacOSEnrollmentProfile"), ("iPhone enrolment", "depIOSEnrollmentProfile")]
    {
        world.put(
            "enrollmentProfiles",
            json!({
                "@odata.type": format!("#microsoft.graph.{kind}"),
                "displayName": name,
                "description": "Automated device enrolment",
                "isDefault": true,
                "isMandatory": true,
                "requiresUserAuthentication": true,
                "supervisedModeEnabled": true,
            }),
        );
    }
    world.put(
        "deviceManagementSettings",
        json!({
            "id": "deviceManagementSettings",
            "deviceComplianceCheckinThresholdDays": 30,
            "isScheduledActionEnabled": true,
            "secureByDefault": true,
            "androidDeviceAdministratorEnrollmentEnabled": false,
        }),
    );
}
