//! A tenant to record something for, in a database of the test's own.

use contract::{Part, PolicyType, Registry};
use database::testing::{Backend, TestDatabase};
use database::{Database, Ts, new_id};
use governance::policies::{
    Filter, Policy, PolicyRead, PrepareError, RawDocument, RawPart, Version, prepare,
};
use governance::{Counts, policies};
use secrecy::SecretString;
use serde_json::value::RawValue;
use serde_json::{Value, json};
use tenancy::secrets::MasterKey;
use tenancy::tenant::{CloudName, Connect, Environment};
use tenancy::workspace::Origin;
use tenancy::{RunId, Scope, Slug, access, tenant, workspace};

/// The instant at which a test begins.
pub(crate) fn at(seconds: i64) -> Ts {
    Ts::from_micros(1_800_000_000_123_456 + seconds * 1_000_000)
}

/// The id of some run; runs are rows of another crate.
pub(crate) fn run() -> RunId {
    RunId::new(at(0))
}

pub(crate) fn ty(key: &str) -> &'static PolicyType {
    Registry::builtin().get(key).expect("the type is in the registry")
}

/// A database with one workspace and one tenant.
pub(crate) struct Home {
    pub(crate) database: TestDatabase,
    pub(crate) scope: Scope,
}

impl Home {
    pub(crate) async fn on(backend: Backend) -> Self {
        let database = backend.fresh().await;
        let scope = tenant_in(&database, "default", "contoso").await;
        Self { database, scope }
    }

    /// Records reads that are all to be kept, `seconds` after the test began.
    pub(crate) async fn record(&self, reads: Vec<PolicyRead>, seconds: i64) -> Counts {
        policies::record(&self.database, &self.scope, run(), reads, at(seconds))
            .await
            .expect("the reads are recorded")
    }

    /// Gives the only policy that there is.
    pub(crate) async fn only_policy(&self) -> Policy {
        let page = policies::list(&self.database, &self.scope, &Filter::default(), None, 10).await;
        let mut policies = page.expect("policies can be listed").policies;
        assert_eq!(policies.len(), 1, "{policies:#?}");
        policies.remove(0)
    }

    /// Gives the versions of the only policy, oldest first.
    pub(crate) async fn versions(&self) -> Vec<Version> {
        let policy = self.only_policy().await.id;
        let mut versions =
            policies::versions(&self.database, &self.scope, policy).await.expect("versions can be listed");
        versions.reverse();
        versions
    }
}

/// Connects a tenant and gives the scope of whoever may do everything in it.
pub(crate) async fn tenant_in(database: &Database, in_workspace: &str, slug: &str) -> Scope {
    let parse = |text: &str| text.parse::<Slug>().expect("a good slug");
    workspace::ensure(database, &parse(in_workspace), "A workspace", Origin::Own, at(0))
        .await
        .expect("a workspace");
    let whole = access::console(database, in_workspace, None, at(0)).await.expect("a scope");
    let connect = Connect {
        slug: parse(slug),
        name: "A tenant".to_owned(),
        graph_tenant_id: new_id(at(0)).to_string(),
        environment: Environment::Test,
        cloud: CloudName::Global,
        simulated: None,
        client_id: "a-client".to_owned(),
        client_secret: SecretString::from("not a real secret"),
        origin: Origin::Own,
    };
    tenant::upsert(database, &whole, &MasterKey::from_bytes([7; 32]), connect, at(0))
        .await
        .expect("a tenant");
    access::console(database, in_workspace, Some(slug), at(0)).await.expect("a scope of the tenant")
}

/// What Graph would have sent for a policy.
pub(crate) struct Sent {
    pub(crate) ty: &'static PolicyType,
    pub(crate) rule_set: u32,
    pub(crate) id: String,
    object: String,
    parts: Vec<(Part, Option<String>, Vec<String>)>,
}

impl Sent {
    /// An object as text; nothing of it is touched on the way.
    pub(crate) fn text(key: &str, id: &str, object: &str) -> Self {
        Self {
            ty: ty(key),
            rule_set: Registry::builtin().rule_set(),
            id: id.to_owned(),
            object: object.to_owned(),
            parts: Vec::new(),
        }
    }

    pub(crate) fn of(key: &str, id: &str, object: &Value) -> Self {
        Self::text(key, id, &object.to_string())
    }

    pub(crate) fn with(self, part: Part, elements: &[&str]) -> Self {
        self.with_part(part, None, elements)
    }

    pub(crate) fn with_part_of(self, part: Part, of: &str, elements: &[&str]) -> Self {
        self.with_part(part, Some(of.to_owned()), elements)
    }

    fn with_part(mut self, part: Part, of: Option<String>, elements: &[&str]) -> Self {
        self.parts.push((part, of, elements.iter().map(|&element| element.to_owned()).collect()));
        self
    }

    pub(crate) fn prepare(&self) -> Result<PolicyRead, PrepareError> {
        let raw = |text: &String| RawValue::from_string(text.clone()).expect("the test's text is JSON");
        let object = raw(&self.object);
        let parts: Vec<Vec<Box<RawValue>>> =
            self.parts.iter().map(|(_, _, all)| all.iter().map(raw).collect()).collect();
        let document = self.parts.iter().zip(&parts).fold(
            RawDocument::of(&object),
            |document, ((part, of, _), elements)| {
                document.with(RawPart { part: *part, of: of.as_deref(), elements })
            },
        );
        prepare(self.ty, self.rule_set, &self.id, &document)
    }

    /// Prepares a policy that can be.
    pub(crate) fn read(&self) -> PolicyRead {
        self.prepare().expect("the policy can be recorded")
    }
}

/// A settings-catalog policy with one setting and one assignment.
pub(crate) fn catalog_policy(id: &str, setting: &str, group: &str) -> Sent {
    let target = json!({"@odata.type": "#microsoft.graph.groupAssignmentTarget", "groupId": group});
    let assignment = json!({"id": format!("x_{group}"), "target": target});
    catalog_policy_unassigned(id, setting).with(Part::Assignments, &[&assignment.to_string()])
}

/// The same with assignments that were not read.
pub(crate) fn catalog_policy_unassigned(id: &str, value: &str) -> Sent {
    let object = json!({"id": id, "name": "Baseline", "platforms": "windows10"});
    let instance = json!({"settingDefinitionId": "a", "simpleSettingValue": {"value": value}});
    let setting = json!({"id": "0", "settingInstance": instance});
    Sent::of("configurationPolicy", id, &object).with(Part::Settings, &[&setting.to_string()])
}
