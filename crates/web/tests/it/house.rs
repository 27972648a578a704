//! An installation with two workspaces and somebody of every role, reached through the router.

use std::collections::BTreeSet;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE, COOKIE, HOST};
use axum::http::{HeaderMap, Method, Request, StatusCode};
use database::Clock;
use database::testing::{Backend, Ran, TestDatabase};
use governance::contract::Registry;
use governance::policies::{self, Filter, PolicyId, RawDocument, prepare};
use ledger::catalog::{Catalog, Cooldown, Operation, Related, RunScope};
use ledger::summary::CountKey;
use ledger::{Ending, Ledger, Outcome, RunId};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use serde_json::{Value, json};
use tenancy::access::{self, Reach, Role};
use tenancy::invitation::{self, NewInvitation};
use tenancy::membership::{self, NewMember};
use tenancy::password::Hashing;
use tenancy::secrets::MasterKey;
use tenancy::session::{self, SignIn};
use tenancy::tenant::{self, CloudName, Connect, Environment};
use tenancy::token::{self, NewToken};
use tenancy::user::{self, NewUser, ServerAdmin};
use tenancy::workspace::{self, Origin};
use tenancy::{ApiTokenId, Capability, InvitationId, Scope, UserId};
use tower::ServiceExt;
use web::options::Options;
use web::routes;
use web::state::{AppState, Parts};

/// The host that requests are for.
pub(crate) const HOST_NAME: &str = "127.0.0.1:8080";

/// The password of everybody.
pub(crate) const PASSWORD: &str = "harbour-lamp-seven-41";

/// The secret inside the script of the policy; no page and no answer may hold it.
pub(crate) const SCRIPT_SECRET: &str = "cGFzc3dvcmQ9aHVzaA==";

/// Defines an operation that stands for one of the product's, without its work.
macro_rules! operation {
    ($name:ident, $kind:literal, $label:literal, $field:ident, $scope:expr, $cooldown:expr) => {
        #[derive(Debug, Serialize, Deserialize)]
        #[serde(deny_unknown_fields)]
        pub(crate) struct $name {
            #[serde(default)]
            $field: BTreeSet<String>,
        }

        impl Operation for $name {
            const KIND: &'static str = $kind;
            const LABEL: &'static str = $label;
            const SUMMARY: &'static str = "Stands for the real one.";
            const SCOPE: RunScope = $scope;
            const NEEDS: Capability = Capability::StartReads;
            const EXPECTED: Duration = Duration::from_secs(60);
            const COOLDOWN: Cooldown = $cooldown;
            const COUNTS: &'static [CountKey] = &[CountKey::Total];
            const RELATED: Related = Related::Policies;
        }
    };
}

const QUARTER: Cooldown = Cooldown::AfterWork(Duration::from_secs(900));
operation!(PolicySync, "policy.sync", "Policy sync", policy_types, RunScope::Tenant, Cooldown::None);
operation!(InventorySync, "inventory.sync", "Inventory sync", kinds, RunScope::Tenant, Cooldown::None);
operation!(Check, "tenant.check_connection", "Connection check", parts, RunScope::Tenant, Cooldown::None);
operation!(Fetch, "assignments.fetch", "Assignments fetch", ids, RunScope::Tenant, QUARTER);
operation!(Whole, "fixture.whole", "Workspace work", parts, RunScope::Workspace, Cooldown::None);

/// An operation on what somebody selected, which may be nothing.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct AddPolicies {
    #[serde(default)]
    policies: BTreeSet<String>,
}

impl Operation for AddPolicies {
    const KIND: &'static str = "backup_set.add_policies";
    const LABEL: &'static str = "Add policies to a set";
    const SUMMARY: &'static str = "Stands for the real one.";
    const NEEDS: Capability = Capability::StartBackups;
    const EXPECTED: Duration = Duration::from_secs(60);
    const COUNTS: &'static [CountKey] = &[CountKey::Total];
    const RELATED: Related = Related::Policies;

    fn nothing_to_do(&self) -> Option<&'static str> {
        self.policies.is_empty().then_some("no policies selected")
    }
}

/// Somebody who asks.
#[derive(Clone, Debug)]
pub(crate) struct Person {
    pub(crate) id: UserId,
    /// The reference in the browser's cookie.
    pub(crate) session: String,
    /// The token in forms.
    pub(crate) csrf: String,
    /// An API token with every right that a token of theirs may hold.
    pub(crate) token: Option<String>,
    /// Another token of theirs, which may be revoked.
    pub(crate) spare_token: Option<ApiTokenId>,
}

/// An installation of a test's own.
pub(crate) struct House {
    pub(crate) database: TestDatabase,
    pub(crate) ledger: Ledger,
    /// The clock of the pages; it stands still until a test moves it.
    pub(crate) clock: Clock,
    pub(crate) router: Router,
    /// Where the router's passwords are hashed.
    pub(crate) hashing: Hashing,
    pub(crate) ran: Ran,
    pub(crate) whole: Scope,
    pub(crate) contoso: Scope,
    pub(crate) reader: Person,
    pub(crate) operator: Person,
    pub(crate) manager: Person,
    pub(crate) owner: Person,
    /// An Operator who sees the tenant `contoso` only.
    pub(crate) narrowed: Person,
    /// An Owner of another workspace.
    pub(crate) stranger: Person,
    /// A member of no other use than to be changed and removed.
    pub(crate) spare: Person,
    /// An open invitation to the first workspace.
    pub(crate) invitation: InvitationId,
    /// A run of `contoso` that the operator started.
    pub(crate) run: RunId,
    /// A run of the other workspace.
    pub(crate) foreign_run: RunId,
    pub(crate) policy: PolicyId,
    pub(crate) foreign_policy: PolicyId,
}

/// An answer, read to its end.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.body))
    }
}

impl House {
    /// Makes the installation.
    pub(crate) async fn on(backend: Backend) -> Self {
        Self::letting(backend, ledger::BACKLOG_MAX).await
    }

    /// Makes one where this many runs may wait in a workspace.
    pub(crate) async fn letting(backend: Backend, backlog_max: u32) -> Self {
        let database = backend.fresh().await;
        let now = Clock::system().now();
        let clock = Clock::fixed(now);
        for (slug, name) in [("default", "Northwind Holdings"), ("other", "Adatum")] {
            let slug = slug.parse().expect("a slug");
            workspace::ensure(&database, &slug, name, Origin::Own, now).await.expect("a workspace");
        }
        let scope = |workspace: &'static str, tenant: Option<&'static str>| {
            let database = (*database).clone();
            async move { access::console(&database, workspace, tenant, now).await.expect("the console may act") }
        };
        let (whole, other) = (scope("default", None).await, scope("other", None).await);
        for (scope, slug, name) in [
            (&whole, "contoso", "Contoso Ltd"),
            (&whole, "fabrikam", "Fabrikam Retail"),
            (&other, "adatum", "Adatum AG"),
        ] {
            connect(&database, scope, slug, name).await;
        }
        let (contoso, adatum) =
            (scope("default", Some("contoso")).await, scope("other", Some("adatum")).await);
        let people = People { database: &database, hashing: Hashing::default(), now };
        let only_contoso = Reach::only([contoso.tenant().expect("a tenant")]);
        let reader = people.join("Rita Reader", &whole, Role::Readonly, Reach::Workspace).await;
        let operator = people.join("Otto Operator", &whole, Role::Operator, Reach::Workspace).await;
        let manager = people.join("Mara Manager", &whole, Role::Manager, Reach::Workspace).await;
        let owner = people.join("Olga Owner", &whole, Role::Owner, Reach::Workspace).await;
        let narrowed = people.join("Nils Narrow", &whole, Role::Operator, only_contoso).await;
        let stranger = people.join("Stan Stranger", &other, Role::Owner, Reach::Workspace).await;
        let spare = people.join("Sara Spare", &whole, Role::Readonly, Reach::Workspace).await;
        let invited = NewInvitation {
            email: "ines@example.com".parse().expect("an address"),
            role: Role::Operator,
            reach: Reach::Workspace,
        };
        let invited = invitation::invite(&database, &whole, invited, now).await.expect("an invitation");
        let catalog = [
            PolicySync::kind(),
            InventorySync::kind(),
            Check::kind(),
            Fetch::kind(),
            Whole::kind(),
            AddPolicies::kind(),
        ];
        let catalog = Catalog::new(catalog).expect("no kind is there twice");
        let ran = Ran::default();
        let watched = database.noting(ran.clone());
        let ledger = Ledger::new(watched.clone(), catalog, Clock::system()).with_backlog_max(backlog_max);
        let run =
            started(&ledger, &acting(&database, &operator, "default", "contoso").await, "policy.sync").await;
        let foreign_run = started(&ledger, &adatum, "policy.sync").await;
        let policy = script(&database, &contoso, run).await;
        let foreign_policy = script(&database, &adatum, foreign_run).await;
        let app = AppState::new(Parts {
            database: watched,
            ledger: ledger.clone(),
            clock: clock.clone(),
            master_key: MasterKey::from_bytes([1; 32]),
            cursor_key: [2; 32],
            options: Options::loopback(HOST_NAME.parse().expect("an address")),
            version: "0.0.0",
        });
        let hashing = app.hashing().clone();
        let router = routes::router(app);
        Self {
            database,
            ledger,
            clock,
            router,
            hashing,
            ran,
            whole,
            contoso,
            reader,
            operator,
            manager,
            owner,
            narrowed,
            stranger,
            spare,
            invitation: invited.id,
            run,
            foreign_run,
            policy,
            foreign_policy,
        }
    }

    /// Sends a request as it is.
    pub(crate) async fn send(&self, request: Request<Body>) -> Answer {
        let response = self.router.clone().oneshot(request).await.expect("the router always answers");
        let (parts, body) = response.into_parts();
        let body = axum::body::to_bytes(body, 16 * 1024 * 1024).await.expect("a body ends");
        Answer {
            status: parts.status,
            headers: parts.headers,
            body: String::from_utf8_lossy(&body).into_owned(),
        }
    }

    /// Looks at a page.
    pub(crate) async fn get(&self, path: &str, person: Option<&Person>) -> Answer {
        self.send(request(Method::GET, path, person).body(Body::empty()).expect("a request")).await
    }

    /// Sends a form as its page would.
    pub(crate) async fn post(&self, path: &str, person: &Person, fields: &str) -> Answer {
        let body = format!("csrf={}&{fields}", person.csrf);
        self.send(form(path, Some(person)).body(Body::from(body)).expect("a request")).await
    }

    /// Calls the API.
    pub(crate) async fn call(
        &self,
        method: Method,
        path: &str,
        token: Option<&str>,
        body: Option<Value>,
    ) -> Answer {
        let mut request = Request::builder().method(method).uri(path).header(HOST, HOST_NAME);
        if let Some(token) = token {
            request = request.header(AUTHORIZATION, format!("Bearer {token}"));
        }
        let body = match body {
            Some(body) => {
                request = request.header(CONTENT_TYPE, "application/json");
                Body::from(body.to_string())
            }
            None => Body::empty(),
        };
        self.send(request.body(body).expect("a request")).await
    }

    /// Makes somebody a server administrator.
    pub(crate) async fn administers(&self, person: &Person) {
        let now = Clock::system().now();
        let server = access::server_console(&self.database, now).await.expect("the console may act");
        let named = user::set_server_admin(&self.database, &server, person.id, ServerAdmin::Yes, now);
        named.await.expect("they have an account");
    }

    /// Ends everything that is due, with its work done.
    pub(crate) async fn work(&self) {
        let lease = Duration::from_secs(30);
        let session = self.ledger.open_session("a test", lease).await.expect("a session");
        let kinds = self.ledger.catalog().kinds().map(|kind| kind.token.to_owned()).collect();
        for run in self.ledger.claim(session, kinds, 100, lease).await.expect("a claim") {
            let ending = Ending {
                outcome: Outcome::Succeeded,
                counts: Default::default(),
                failures: Default::default(),
                reason: None,
            };
            self.ledger.finish(run.claim, &run.kind, &ending).await.expect("it ends");
        }
        self.ledger.close_session(session).await.expect("the session ends");
    }

    /// Everybody of the first workspace, with the role, least first.
    pub(crate) fn members(&self) -> [(Role, &Person); 4] {
        [
            (Role::Readonly, &self.reader),
            (Role::Operator, &self.operator),
            (Role::Manager, &self.manager),
            (Role::Owner, &self.owner),
        ]
    }
}

/// Begins a request of a browser.
pub(crate) fn request(method: Method, path: &str, person: Option<&Person>) -> axum::http::request::Builder {
    let request = Request::builder().method(method).uri(path).header(HOST, HOST_NAME);
    match person {
        Some(person) => request.header(COOKIE, format!("tenantatlas-loopback={}", person.session)),
        None => request,
    }
}

/// Begins the request of a form on one of our own pages.
pub(crate) fn form(path: &str, person: Option<&Person>) -> axum::http::request::Builder {
    request(Method::POST, path, person)
        .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
        .header("sec-fetch-site", "same-origin")
}

/// Makes accounts.
struct People<'a> {
    database: &'a TestDatabase,
    hashing: Hashing,
    /// The house's own instant, so that a slow machine moves nobody's proof.
    now: tenancy::Ts,
}

impl People<'_> {
    async fn join(&self, name: &str, scope: &Scope, role: Role, reach: Reach) -> Person {
        let now = self.now;
        let server = access::server_console(self.database, now).await.expect("the console may act");
        let email = format!("{}@example.com", name.split(' ').next().unwrap_or_default().to_lowercase());
        let new = NewUser {
            email: email.parse().expect("an address"),
            name: name.to_owned(),
            password: SecretString::from(PASSWORD),
        };
        let made = user::create(self.database, &self.hashing, &server, new, now).await.expect("an account");
        let member = NewMember { user: made.id, role, reach: reach.clone() };
        membership::add(self.database, scope, member, now).await.expect("a member");
        let sign_in = SignIn {
            email,
            password: SecretString::from(PASSWORD),
            replaces: None,
            request: std::sync::Arc::default(),
        };
        let new = session::sign_in(self.database, &self.hashing, sign_in, now).await.expect("a session");
        let capabilities = access::capabilities_of(role, &reach)
            .iter()
            .filter(|one| !access::NEVER_BY_TOKEN.contains(one))
            .collect();
        let new_token = NewToken {
            owner: made.id,
            name: "a test".to_owned(),
            capabilities,
            expires_at: now.plus(Duration::from_secs(3600)),
        };
        let spare = token::create(self.database, scope, new_token.clone(), now).await.ok();
        let token = token::create(self.database, scope, new_token, now).await.ok();
        Person {
            id: made.id,
            session: new.token.reveal().to_owned(),
            csrf: new.session.csrf.token(),
            token: token.map(|created| created.token.reveal().to_owned()),
            spare_token: spare.map(|created| created.row.id),
        }
    }
}

/// Gives the scope in which somebody acts in a tenant.
pub(crate) async fn acting(database: &TestDatabase, person: &Person, workspace: &str, tenant: &str) -> Scope {
    let found =
        session::authenticate(database, &person.session, std::sync::Arc::default(), Clock::system().now());
    let session = found.await.expect("an answer").expect("a session");
    access::member(database, &session.principal(), workspace, Some(tenant)).await.expect("a member")
}

async fn started(ledger: &Ledger, scope: &Scope, kind: &str) -> RunId {
    ledger.start(scope, kind, Value::Null).await.expect("it starts").run().id
}

async fn connect(database: &TestDatabase, scope: &Scope, slug: &str, name: &str) {
    let connect = Connect {
        slug: slug.parse().expect("a slug"),
        name: name.to_owned(),
        graph_tenant_id: format!("{slug}.example"),
        environment: Environment::Production,
        cloud: CloudName::Global,
        simulated: None,
        client_id: "0f8fad5b-d9cb-469f-a165-70867728950e".to_owned(),
        client_secret: SecretString::from("not a real one"),
        origin: Origin::Own,
    };
    let key = MasterKey::from_bytes([1; 32]);
    tenant::upsert(database, scope, &key, connect, Clock::system().now()).await.expect("a tenant");
}

/// Keeps a script with a secret in it as a policy.
async fn script(database: &TestDatabase, scope: &Scope, run: RunId) -> PolicyId {
    let registry = Registry::builtin();
    let ty = registry.get("deviceManagementScript").expect("the type is known");
    let object = json!({
        "@odata.type": "#microsoft.graph.deviceManagementScript", "id": "s1", "displayName": "Install <b>agent</b>",
        "scriptContent": SCRIPT_SECRET, "fileName": "agent.ps1", "runAsAccount": "system",
    });
    let raw = RawValue::from_string(object.to_string()).expect("it is JSON");
    let read = prepare(ty, registry.rule_set(), "s1", &RawDocument::of(&raw)).expect("it can be kept");
    let now = Clock::system().now();
    policies::record(database, scope, run, vec![read], now).await.expect("it is kept");
    let page = policies::list(database, scope, &Filter::default(), None, 10).await.expect("a list");
    page.policies.first().expect("one policy").id
}
