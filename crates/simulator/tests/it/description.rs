//! Every answer of the simulator, held against Microsoft's description of Graph.

use std::collections::{BTreeMap, BTreeSet};

use reqwest::Method;
use serde_json::{Value, json};
use simulator::{GenerateOptions, Simulator, TenantState};

use crate::caller::{Caller, started};
use crate::schema::{Description, faults};

const EXCEPTIONS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/answer-exceptions.txt");
/// Objects of a collection that are asked for by themselves.
const ITEMS_MAX: usize = 40;

/// Properties that a body for a new object cannot have.
const REFUSED: [&str; 16] = [
    "@odata.context",
    "id",
    "createdDateTime",
    "lastModifiedDateTime",
    "apps",
    "definitionValues",
    "policyConfigurationIngestionType",
    "privacyAccessControls",
    "deviceEnrollmentConfigurationType",
    "enableWhiteGlove",
    "extractHardwareHash",
    "language",
    "committedContentVersion",
    "isFeatured",
    "uploadDateTime",
    "status",
];

/// A walk over all paths of the description that the simulator answers.
struct Walk<'a> {
    description: &'a Description,
    caller: &'a Caller,
    /// Ids that a path with a parameter at its end was found to have, by that path's beginning.
    found: BTreeMap<String, Vec<String>>,
    answers: usize,
    /// What differs: path and place, with an example.
    differs: BTreeMap<(String, String), String>,
}

impl Walk<'_> {
    async fn all(&mut self) {
        let mut templates: Vec<&String> = self.description.paths.keys().collect();
        templates.sort_by_key(|path| path.matches('/').count());
        for template in templates {
            if let Some(judge) = self.description.judge(template, "get", "200") {
                for path in self.addresses(template) {
                    let (status, body) = self.caller.get(&path).await;
                    if status == 200 {
                        self.answers += 1;
                        self.learn(template, &path, &body);
                        for (place, what) in faults(&judge, &body) {
                            self.differs.entry((template.clone(), place)).or_insert(what);
                        }
                    }
                }
            }
        }
    }

    /// Fills the parameters of a path with ids that its collections were found to have.
    fn addresses(&self, template: &str) -> Vec<String> {
        let mut addresses = vec![String::new()];
        for segment in template.split('/').skip(1) {
            let mut longer = Vec::new();
            for address in addresses {
                if segment.starts_with('{') {
                    let ids = self.found.get(&address).into_iter().flatten();
                    longer.extend(ids.map(|id| format!("{address}/{id}")));
                } else {
                    longer.push(format!("{address}/{segment}"));
                }
            }
            addresses = longer;
        }
        addresses
    }

    fn learn(&mut self, template: &str, path: &str, body: &Value) {
        let listed = body["value"].as_array().into_iter().flatten();
        let ids = listed.filter_map(|object| object["id"].as_str()).map(str::to_owned);
        let ids: BTreeSet<String> = ids.collect();
        if !template.ends_with('}') {
            self.found.insert(path.to_owned(), ids.into_iter().take(ITEMS_MAX).collect());
        }
    }
}

#[tokio::test]
async fn every_answer_is_as_microsoft_describes_it_but_for_a_list_that_only_shrinks() {
    let description = Description::read();
    let state = TenantState::generated(7, GenerateOptions::default().policies(400));
    let (_running, _, caller) = started(Simulator::new(), state).await;
    let mut walk = Walk {
        description: &description,
        caller: &caller,
        found: BTreeMap::new(),
        answers: 0,
        differs: BTreeMap::new(),
    };
    walk.all().await;
    assert!(walk.answers > 1_000, "{} answers", walk.answers);
    hold(walk.differs, |path| !path.starts_with('('));
}

/// Holds what differs against the exceptions for paths of a kind: nothing more, and nothing less.
fn hold(differs: BTreeMap<(String, String), String>, of_kind: impl Fn(&str) -> bool) {
    let exceptions = std::fs::read_to_string(EXCEPTIONS).unwrap();
    let lines = exceptions.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    let excepted = lines.map(|line| {
        let fields: Vec<&str> = line.split(" | ").collect();
        let [path, place, reason] = fields[..] else { panic!("path | place | reason: {line}") };
        assert!(!reason.trim().is_empty(), "{line}");
        (path.to_owned(), place.to_owned())
    });
    let excepted: BTreeSet<(String, String)> = excepted.filter(|(path, _)| of_kind(path)).collect();
    let new: Vec<_> = differs.iter().filter(|(key, _)| !excepted.contains(key)).collect();
    assert!(new.is_empty(), "{} answers differ:\n{new:#?}", new.len());
    let gone: Vec<_> = excepted.iter().filter(|key| !differs.contains_key(key)).collect();
    assert!(gone.is_empty(), "no longer needed, so to be taken off the list: {gone:#?}");
}

#[tokio::test]
async fn every_answer_to_a_write_is_as_microsoft_describes_it() {
    let description = Description::read();
    let state = TenantState::generated(7, GenerateOptions::default().policies(400));
    let (_running, _, caller) = started(Simulator::new(), state).await;
    let (mut differs, mut created, mut changed) = (BTreeMap::new(), 0, 0);
    for template in description.paths.keys().filter(|path| !path.contains('{')) {
        let Some(judge) = description.judge(template, "post", "201") else { continue };
        let (status, listed) = caller.get(template).await;
        let Some(first) = listed["value"][0].as_object().filter(|_| status == 200) else { continue };
        let id = first["id"].as_str().unwrap();
        let mut body = caller.good(&format!("{template}/{id}")).await;
        body.as_object_mut().unwrap().retain(|name, _| !REFUSED.contains(&name.as_str()));
        if body.get("displayName").is_some() {
            body["displayName"] = format!("Another of {template}").into();
        }
        if template.ends_with("deviceCompliancePolicies") {
            body["scheduledActionsForRule"] =
                json!([{ "ruleName": null, "scheduledActionConfigurations": [{ "actionType": "block" }] }]);
        }
        let (status, answer) = caller.send(Method::POST, template, body).await;
        if status != 201 {
            assert!(template.ends_with("/intents"), "{template}: {status} {answer}");
            continue;
        }
        created += 1;
        let item = format!("{template}/{}", answer["id"].as_str().unwrap());
        let mut note = |what: &str, found: BTreeMap<String, String>| {
            let named = |(place, example)| ((format!("({what}) {template}"), place), example);
            differs.extend(found.into_iter().map(named));
        };
        note("create", faults(&judge, &answer));
        let mut merge = json!({ "description": "Changed" });
        if let Some(odata_type) = answer.get("@odata.type") {
            merge["@odata.type"] = odata_type.clone();
        }
        let (status, answer) = caller.send(Method::PATCH, &item, merge).await;
        let described = description.paths.keys().find(|path| {
            path.strip_prefix(template.as_str()).is_some_and(|rest| {
                rest.starts_with("/{") && rest.ends_with('}') && rest.matches('/').count() == 1
            })
        });
        if let Some(judge) = described.and_then(|path| description.judge(path, "patch", "200")) {
            assert!(matches!(status, 200 | 204), "{item}: {status} {answer}");
            if status == 200 {
                changed += 1;
                note("change", faults(&judge, &answer));
            }
        }
    }
    assert!(created > 40 && changed > 30, "{created} created, {changed} changed");
    hold(differs, |path| path.starts_with("(create)") || path.starts_with("(change)"));
}

#[tokio::test]
async fn every_error_is_as_microsoft_describes_it() {
    let judge = Description::read().judge_of_errors();
    let (_running, _, caller) = started(Simulator::new(), TenantState::empty(1, "Empty")).await;
    let mut differs = BTreeMap::new();
    for path in [
        "/beta/deviceManagement/nonsense",
        "/beta/deviceManagement/intents/none",
        "/v1.0/groups/none",
        "/v1.0/groups?$top=0",
        "/v1.0/groups/delta?$top=5",
        "/v1.0/groups/delta?$deltatoken=old",
        "/v1.0/deviceManagement/configurationPolicies",
    ] {
        let (status, body) = caller.get(path).await;
        assert!(status >= 400, "{path}");
        let found = faults(&judge, &body).into_iter();
        differs.extend(found.map(|(place, example)| (("(error)".to_owned(), place), example)));
    }
    hold(differs, |path| path == "(error)");
}

#[test]
fn what_is_not_as_described_is_found() {
    let description = Description::read();
    let judge = description.judge("/beta/deviceManagement/deviceConfigurations", "get", "200").unwrap();
    let page = |object: Value| serde_json::json!({ "value": [object] });
    let typed = |value: Value| serde_json::json!({ "@odata.type": "#microsoft.graph.iosGeneralDeviceConfiguration", "accountBlockModification": value });
    assert!(faults(&judge, &page(typed(Value::Bool(true)))).is_empty());
    assert!(faults(&judge, &page(typed(Value::Null))).is_empty(), "it is nullable");
    let found = faults(&judge, &page(typed(Value::from("yes"))));
    assert_eq!(found.keys().collect::<Vec<_>>(), ["/value/[]/accountBlockModification"]);
    let wrong_date = serde_json::json!({ "createdDateTime": "yesterday" });
    assert!(!faults(&judge, &page(wrong_date)).is_empty());
    assert!(!faults(&judge, &serde_json::json!({ "value": 7 })).is_empty());
}
