//! A simulated tenant, and a client that is connected to it.

use std::time::Duration;

use contract::{PolicyType, Registry};
use graph::{
    Cancel, Cloud, CollectionEnd, Connection, Document, GraphClient, GraphError, GraphOptions, Item, Page,
    TenantClient, Time,
};
use serde_json::{Value, json};
use simulator::{Fault, Rule, RuleId, Running, Simulator, TenantHandle, TenantState};

/// A collection that is listed without `$top`, so that the simulator's page size counts.
pub(crate) const CONFIGURATIONS: &str = "deviceConfigurations";
/// Its type.
pub(crate) const CONFIGURATION: &str = "deviceConfiguration";

pub(crate) struct World {
    pub(crate) simulator: Running,
    pub(crate) tenant: TenantHandle,
    pub(crate) client: GraphClient,
    pub(crate) graph: TenantClient,
}

/// Everything that a listing gave.
pub(crate) struct Listed {
    pub(crate) pages: Vec<Page>,
    pub(crate) end: CollectionEnd,
}

/// Waits so short that no test is slow, and long enough to be told apart.
pub(crate) fn quick() -> GraphOptions {
    GraphOptions {
        request_timeout: Duration::from_secs(20),
        max_attempts: 4,
        backoff_base: Duration::from_millis(2),
        backoff_cap: Duration::from_millis(10),
        stated_wait_cap: Duration::from_millis(10),
        conditional_access_interval: Duration::ZERO,
        time: Time::new(|| jiff::Timestamp::UNIX_EPOCH, || 0.5),
        ..GraphOptions::default()
    }
}

/// A tenant with two objects on a page.
pub(crate) async fn world(fill: impl FnOnce(&mut TenantState)) -> World {
    world_with(quick(), fill).await
}

pub(crate) async fn world_with(options: GraphOptions, fill: impl FnOnce(&mut TenantState)) -> World {
    let mut state = TenantState::empty(1, "Contoso");
    fill(&mut state);
    let tenant_id = state.tenant_id();
    let simulator = Simulator::new().page_size(2).tenant(state).start().await.unwrap();
    let tenant = simulator.tenant(tenant_id).unwrap();
    let client = GraphClient::new(options).unwrap();
    let graph = client.connect(connection(&simulator, &tenant));
    World { simulator, tenant, client, graph }
}

/// A tenant with that many device configurations, called `c0`, `c1`, ...
pub(crate) async fn world_of(count: usize) -> World {
    world(|state| configurations(state, count)).await
}

pub(crate) fn configurations(state: &mut TenantState, count: usize) {
    for number in 0..count {
        let id = format!("c{number}");
        state.put(CONFIGURATIONS, json!({"id": id, "displayName": id})).unwrap();
    }
}

pub(crate) fn connection(simulator: &Running, tenant: &TenantHandle) -> Connection {
    Connection {
        cloud: Cloud::simulated(&simulator.login_url(), &simulator.graph_url()).unwrap(),
        tenant_id: tenant.tenant_id().to_string(),
        client_id: tenant.client_id().to_string(),
        secret: tenant.client_secret(),
    }
}

pub(crate) fn ty(key: &str) -> &'static PolicyType {
    Registry::builtin().get(key).unwrap()
}

impl World {
    /// Lists a type to its end.
    pub(crate) async fn list(&self, key: &str) -> Listed {
        list(&self.graph, key).await
    }

    /// Lists a type that holds one object, and reads that object.
    pub(crate) async fn read_only(&self, key: &str) -> Result<Document, GraphError> {
        let listed = self.list(key).await;
        let [item] = listed.items()[..] else {
            panic!("{key} holds one object: {:?}", listed.end);
        };
        self.graph.read(ty(key), item, &Cancel::new()).await
    }

    /// Lets something go wrong on the lists of device configurations.
    pub(crate) fn spoil(&self, rule: impl FnOnce(Rule) -> Rule, fault: Fault) -> RuleId {
        self.simulator.faults().add(rule(Rule::new(fault).path(CONFIGURATIONS)))
    }

    /// Returns how many requests there were to Graph, sign-ins not counted.
    pub(crate) fn reads(&self) -> usize {
        self.simulator.requests().matching(|request| !request.is_login()).len()
    }

    /// Returns how many sign-ins there were.
    pub(crate) fn sign_ins(&self) -> usize {
        self.simulator.requests().matching(simulator::Request::is_login).len()
    }
}

pub(crate) async fn list(graph: &TenantClient, key: &str) -> Listed {
    let cancel = Cancel::new();
    let mut listing = graph.list(ty(key), &cancel);
    let mut pages = Vec::new();
    while let Some(page) = listing.next_page().await {
        pages.push(page);
    }
    Listed { pages, end: listing.end() }
}

impl Listed {
    pub(crate) fn items(&self) -> Vec<&Item> {
        self.pages.iter().flat_map(|page| &page.items).collect()
    }

    pub(crate) fn ids(&self) -> Vec<&str> {
        self.items().into_iter().map(|item| item.id.as_str()).collect()
    }

    /// Returns the code of a partial end.
    pub(crate) fn partial(&self) -> &'static str {
        match &self.end {
            CollectionEnd::Partial { error } => error.code(),
            other => panic!("the listing is not partial: {other:?}"),
        }
    }
}

pub(crate) fn parsed(raw: &serde_json::value::RawValue) -> Value {
    serde_json::from_str(raw.get()).unwrap()
}

/// An answer of exactly this JSON text.
pub(crate) fn answer(body: &str) -> Fault {
    Fault::Answer { status: 200, headers: Vec::new(), body: body.as_bytes().to_vec() }
}
