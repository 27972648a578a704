//! Settings-catalog policies, and compliance policies of that make.

use serde_json::{Value, json};

use super::{Recipe, World};

/// The most settings of a policy; more than two pages of 25.
const SETTINGS_MOST: usize = 60;

/// The fewest settings of a policy.
const SETTINGS_FEWEST: usize = 5;

const DEEDS: &[&str] = &["allow", "require", "block", "enforce", "prevent", "limit", "audit", "show"];

const THINGS: &[&str] = &[
    "removablestorage",
    "unsignedscripts",
    "guestaccess",
    "screenlock",
    "telemetry",
    "autoupdate",
    "passwordreuse",
    "remotesessions",
    "clipboardsharing",
    "browserextensions",
    "startmenulayout",
    "networkdiscovery",
    "camera",
    "recoverykeys",
    "cloudbackup",
    "locationservices",
];

/// A purpose of settings-catalog policies.
#[derive(Clone, Copy)]
struct Purpose {
    name: &'static str,
    description: &'static str,
    platforms: &'static str,
    technologies: &'static str,
    family: &'static str,
    area: &'static str,
    secret: Secret,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Secret {
    None,
    One,
}

const fn windows(
    name: &'static str,
    description: &'static str,
    family: &'static str,
    area: &'static str,
) -> Purpose {
    Purpose {
        name,
        description,
        platforms: "windows10",
        technologies: "mdm",
        family,
        area,
        secret: Secret::None,
    }
}

const fn apple(
    name: &'static str,
    description: &'static str,
    platforms: &'static str,
    area: &'static str,
) -> Purpose {
    Purpose {
        name,
        description,
        platforms,
        technologies: "mdm,appleRemoteManagement",
        family: "none",
        area,
        secret: Secret::None,
    }
}

const PURPOSES: &[Purpose] = &[
    windows("Windows baseline", "What every Windows device starts with", "baseline", "baseline"),
    windows(
        "Windows - BitLocker",
        "Encrypts fixed and system drives",
        "endpointSecurityDiskEncryption",
        "bitlocker",
    ),
    windows("Windows - Microsoft Edge", "Browser start pages and extensions", "none", "microsoft_edge"),
    windows(
        "Windows - Defender Antivirus",
        "Real-time protection and scans",
        "endpointSecurityAntivirus",
        "defender",
    ),
    windows(
        "Windows - Firewall",
        "Profiles for office, home and public networks",
        "endpointSecurityFirewall",
        "firewall",
    ),
    windows(
        "Windows - Attack surface reduction",
        "Rules against common intrusions",
        "endpointSecurityAttackSurfaceReduction",
        "asr",
    ),
    windows(
        "Windows - Local administrator passwords",
        "Rotates the local administrator",
        "endpointSecurityAccountProtection",
        "laps",
    ),
    windows("Windows - OneDrive", "Moves known folders to the cloud", "none", "onedrive"),
    windows("Windows - Power and sleep", "Lets devices sleep at night", "none", "power"),
    Purpose {
        secret: Secret::One,
        ..windows("Windows - Office wireless", "Joins the office network", "none", "wifi")
    },
    apple("macOS - Restrictions", "What Macs may do", "macOS", "com.apple.applicationaccess"),
    apple("iOS - Home screen", "Layout of handhelds", "iOS", "com.apple.homescreenlayout"),
    Purpose {
        secret: Secret::One,
        ..apple("macOS - Certificate proxy", "Signs in at the proxy", "macOS", "com.apple.proxy")
    },
];

/// Returns the recipes of this area.
pub(super) fn recipes() -> Vec<Box<dyn Recipe>> {
    let purposes = PURPOSES.iter().map(|purpose| {
        Box::new(move |world: &mut World, variant: usize| policy(world, purpose, variant)) as Box<dyn Recipe>
    });
    purposes.chain([Box::new(linux_compliance) as Box<dyn Recipe>]).collect()
}

fn policy(world: &mut World, purpose: &Purpose, variant: usize) {
    let count = world.numbers.between(SETTINGS_FEWEST, SETTINGS_MOST);
    let settings = settings(world, purpose, count);
    let template_id = match purpose.family {
        "none" => String::new(),
        family => format!("{}_1", crate::ids::derived_id(&["template", family])),
    };
    let assignments = world.assignments();
    let policy = json!({
        "name": world.name(purpose.name, variant),
        "description": purpose.description,
        "platforms": purpose.platforms,
        "technologies": purpose.technologies,
        "creationSource": null,
        "settingCount": 0,
        "isAssigned": false,
        "priorityMetaData": null,
        "roleScopeTagIds": ["0"],
        "templateReference": {
            "templateId": template_id,
            "templateFamily": purpose.family,
            "templateDisplayName": (purpose.family != "none").then_some(purpose.name),
            "templateDisplayVersion": (purpose.family != "none").then_some("Version 1"),
        },
        "settings": settings,
        "assignments": assignments,
    });
    world.put("configurationPolicies", policy);
}

fn settings(world: &mut World, purpose: &Purpose, count: usize) -> Vec<Value> {
    let prefix = format!("device_vendor_msft_policy_config_{}", purpose.area);
    let start = world.numbers.below(DEEDS.len() * THINGS.len());
    let mut instances: Vec<Value> = (0..count)
        .map(|index| {
            let at = (start + index) % (DEEDS.len() * THINGS.len());
            let definition = format!("{prefix}_{}{}", DEEDS[at % DEEDS.len()], THINGS[at / DEEDS.len()]);
            match world.numbers.below(6) {
                0 => number(&definition, world.numbers.between(1, 90)),
                1 => text(&definition, THINGS[world.numbers.below(THINGS.len())]),
                _ => choice(&definition, world.numbers.below(2)),
            }
        })
        .collect();
    // The last place is for the group, the one before it for the secret.
    instances[count - 1] = group(&format!("{prefix}_exceptions"), world);
    if purpose.secret == Secret::One {
        instances[count - 2] = secret(&format!("{prefix}_sharedpassphrase"));
    }
    instances
        .into_iter()
        .enumerate()
        .map(|(index, instance)| json!({ "id": index.to_string(), "settingInstance": instance }))
        .collect()
}

fn instance(kind: &str, definition: &str, holder: &str, value: Value) -> Value {
    json!({
        "@odata.type": format!("#microsoft.graph.deviceManagementConfiguration{kind}Instance"),
        "settingDefinitionId": definition,
        "settingInstanceTemplateReference": null,
        holder: value,
    })
}

fn choice(definition: &str, option: usize) -> Value {
    instance(
        "ChoiceSetting",
        definition,
        "choiceSettingValue",
        json!({
            "settingValueTemplateReference": null,
            "value": format!("{definition}_{option}"),
            "children": [],
        }),
    )
}

fn simple(definition: &str, kind: &str, value: Value) -> Value {
    instance(
        "SimpleSetting",
        definition,
        "simpleSettingValue",
        json!({
            "@odata.type": format!("#microsoft.graph.deviceManagementConfiguration{kind}SettingValue"),
            "settingValueTemplateReference": null,
            "value": value,
        }),
    )
}

fn number(definition: &str, value: usize) -> Value {
    simple(definition, "Integer", json!(value))
}

fn text(definition: &str, value: &str) -> Value {
    simple(definition, "String", json!(value))
}

fn secret(definition: &str) -> Value {
    let mut instance = simple(definition, "Secret", json!("00000000-0000-4000-8000-000000000000"));
    instance["simpleSettingValue"]["valueState"] = json!("encryptedValueToken");
    instance
}

/// Makes a group collection with two instances that differ.
fn group(definition: &str, world: &mut World) -> Value {
    let entry = |path: &str, option: usize, days: usize| {
        json!({
            "settingValueTemplateReference": null,
            "children": [
                text(&format!("{definition}_path"), path),
                choice(&format!("{definition}_mode"), option),
                number(&format!("{definition}_days"), days),
            ],
        })
    };
    let days = world.numbers.between(1, 30);
    instance(
        "GroupSettingCollection",
        definition,
        "groupSettingCollectionValue",
        json!([entry("C:\\Program Files\\Line of business", 0, days), entry("C:\\Tools", 1, days + 7),]),
    )
}

fn linux_compliance(world: &mut World, variant: usize) {
    let settings: Vec<Value> = (0..6)
        .map(|index| {
            let definition =
                format!("linux_customcompliance_{}{}", DEEDS[index % DEEDS.len()], THINGS[index]);
            let option = world.numbers.below(2);
            json!({ "id": index.to_string(), "settingInstance": choice(&definition, option) })
        })
        .collect();
    let assignments = world.assignments();
    let policy = json!({
        "name": world.name("Linux - Compliance", variant),
        "description": "Distribution, encryption and password of Linux desktops",
        "platforms": "linux",
        "technologies": "linuxMdm",
        "creationSource": null,
        "settingCount": 0,
        "isAssigned": false,
        "roleScopeTagIds": ["0"],
        "settings": settings,
        "scheduledActionsForRule": [{
            "ruleName": "",
            "scheduledActionConfigurations": [{
                "actionType": "block",
                "gracePeriodHours": 24,
                "notificationTemplateId": "00000000-0000-0000-0000-000000000000",
                "notificationMessageCCList": [],
            }],
        }],
        "assignments": assignments,
    });
    world.put("compliancePolicies", policy);
}
