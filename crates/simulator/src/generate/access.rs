//! Conditional Access policies, numbered as administrators number them.

use serde_json::{Value, json};

use super::{Recipe, World};

const PURPOSES: &[(&str, &str, &str)] = &[
    ("Everyone - Require multifactor authentication", "mfa", "all"),
    ("Everyone - Block legacy authentication", "block", "legacy"),
    ("Administrators - Require multifactor authentication", "mfa", "admins"),
    ("Office apps - Require compliant device", "compliantDevice", "office"),
    ("Guests - Require multifactor authentication", "mfa", "guests"),
    ("Everyone - Block unknown platforms", "block", "platforms"),
];

/// Returns the recipes of this area.
pub(super) fn recipes() -> Vec<Box<dyn Recipe>> {
    PURPOSES
        .iter()
        .enumerate()
        .map(|(index, purpose)| {
            Box::new(move |world: &mut World, variant: usize| policy(world, index, *purpose, variant))
                as Box<dyn Recipe>
        })
        .collect()
}

fn policy(world: &mut World, index: usize, (name, control, who): (&str, &str, &str), variant: usize) {
    let number = variant * PURPOSES.len() + index + 1;
    let break_glass = world.groups.last().cloned().unwrap_or_default();
    let state = *world.numbers.pick(&["enabled", "enabled", "enabledForReportingButNotEnforced", "disabled"]);
    let include_users = match who {
        "admins" | "guests" => json!([]),
        _ => json!(["All"]),
    };
    let name = world.name(name, variant);
    let policy = json!({
        "displayName": format!("CA{number:03} - {name}"),
        "state": state,
        "templateId": null,
        "conditions": {
            "clientAppTypes": if who == "legacy" { json!(["exchangeActiveSync", "other"]) } else { json!(["all"]) },
            "userRiskLevels": [],
            "signInRiskLevels": [],
            "applications": {
                "includeApplications": if who == "office" { json!(["Office365"]) } else { json!(["All"]) },
                "excludeApplications": [],
                "includeUserActions": [],
            },
            "users": {
                "includeUsers": include_users,
                "excludeUsers": [],
                "includeGroups": [],
                "excludeGroups": [break_glass],
                "includeRoles": if who == "admins" { json!(["62e90394-69f5-4237-9190-012177145e10"]) } else { json!([]) },
                "excludeRoles": [],
                "includeGuestsOrExternalUsers": guests(who),
            },
            "platforms": if who == "platforms" {
                json!({ "includePlatforms": ["all"], "excludePlatforms": ["windows", "iOS", "android", "macOS"] })
            } else {
                Value::Null
            },
        },
        "grantControls": {
            "operator": "OR",
            "builtInControls": [control],
            "customAuthenticationFactors": [],
            "termsOfUse": [],
        },
        "sessionControls": null,
    });
    world.put("conditionalAccessPolicies", policy);
}

fn guests(who: &str) -> Value {
    match who {
        "guests" => json!({
            "guestOrExternalUserTypes": "b2bCollaborationGuest,b2bCollaborationMember",
            "externalTenants": { "@odata.type": "#microsoft.graph.conditionalAccessAllExternalTenants", "membershipKind": "all" },
        }),
        _ => Value::Null,
    }
}
