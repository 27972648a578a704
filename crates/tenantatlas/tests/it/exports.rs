//! A small folder of exports of the tests' own.

use std::path::Path;

use serde_json::json;

use crate::program::write;

/// How many settings-catalog policies it holds: more than one page of a hundred.
pub(crate) const CATALOG_POLICIES: usize = 130;

/// Writes the folder: three encodings, a file without an id, an id that comes twice, and three files that cannot be loaded.
pub(crate) fn write_to(folder: &Path) {
    let mut index = String::from("path\ttype\n");
    let mut add = |path: &str, bytes: &[u8]| {
        write(folder, path, bytes);
        index.push_str(&format!("{path}\t{}\n", path.split('/').next().unwrap()));
    };
    for n in 0..CATALOG_POLICIES {
        let choice = format!("device_vendor_msft_policy_config_sample_{n}");
        let policy = json!({
            "id": format!("aaaaaaaa-0000-4000-8000-{n:012}"),
            "name": format!("Sample {n}"),
            "platforms": "windows10",
            "technologies": "mdm",
            "settings": [{
                "id": "0",
                "settingInstance": {
                    "@odata.type": "#microsoft.graph.deviceManagementConfigurationChoiceSettingInstance",
                    "settingDefinitionId": choice,
                    "choiceSettingValue": {"value": format!("{choice}_1"), "children": []},
                },
            }],
        });
        add(&format!("configurationPolicies/sample-{n:03}.json"), policy.to_string().as_bytes());
    }
    let compliance = |id: Option<&str>, name: &str| {
        let mut policy = json!({
            "@odata.type": "#microsoft.graph.windows10CompliancePolicy", "displayName": name, "passwordRequired": true,
        });
        if let Some(id) = id {
            policy["id"] = json!(id);
        }
        policy.to_string()
    };
    let twice = "bbbbbbbb-0000-4000-8000-000000000001";
    let marked = [b"\xEF\xBB\xBF".as_slice(), compliance(Some(twice), "Marked").as_bytes()].concat();
    add("deviceCompliancePolicies/marked.json", &marked);
    let wide = compliance(Some(twice), "Wide").encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<_>>();
    add("deviceCompliancePolicies/wide.json", &[b"\xFF\xFE".as_slice(), &wide].concat());
    add("deviceCompliancePolicies/without-id.json", compliance(None, "Without id").as_bytes());
    add("deviceCompliancePolicies/broken.json", br#"{"displayName": "Broken", "#);
    add("deviceCompliancePolicies/list.json", b"[]");
    add("_notes/readme.json", b"{}");
    write(folder, "INDEX.tsv", index.as_bytes());
}
