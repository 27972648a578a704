//! A plain HTTP caller, with no idea of its own about Graph.

use std::sync::Once;
use std::time::Duration;

use reqwest::{Client, Method, RequestBuilder, Response};
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use simulator::{GenerateOptions, Running, Simulator, TenantHandle, TenantState};

/// How long a test waits for an answer that must come.
const PATIENCE: Duration = Duration::from_secs(30);

/// A caller with a token.
pub(crate) struct Caller {
    pub(crate) client: Client,
    pub(crate) token: String,
    pub(crate) url: String,
}

#[expect(clippy::disallowed_methods, reason = "the caller must share nothing with the product's client")]
pub(crate) fn client() -> Client {
    static PROVIDER: Once = Once::new();
    PROVIDER.call_once(|| {
        // A provider that is already there is as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
    });
    Client::builder().timeout(PATIENCE).no_proxy().build().unwrap()
}

/// Starts a simulator with one generated tenant and logs in.
pub(crate) async fn generated(policies: usize) -> (Running, TenantHandle, Caller) {
    let options = GenerateOptions::default().policies(policies);
    started(Simulator::new(), TenantState::generated(1, options)).await
}

/// Starts a simulator with one empty tenant and logs in.
pub(crate) async fn empty() -> (Running, TenantHandle, Caller) {
    started(Simulator::new(), TenantState::empty(1, "Empty")).await
}

pub(crate) async fn started(simulator: Simulator, tenant: TenantState) -> (Running, TenantHandle, Caller) {
    let id = tenant.tenant_id();
    let running = simulator.tenant(tenant).start().await.unwrap();
    let handle = running.tenant(id).unwrap();
    let caller = Caller::log_in(&running, &handle).await;
    (running, handle, caller)
}

/// Asks for a token with these words.
pub(crate) async fn ask_token(
    running: &Running,
    tenant: &str,
    client_id: &str,
    client_secret: &str,
) -> (u16, Value) {
    let form = [
        ("grant_type", "client_credentials"),
        ("client_id", client_id),
        ("client_secret", client_secret),
        ("scope", "https://graph.microsoft.com/.default"),
    ];
    let url = format!("{}/{tenant}/oauth2/v2.0/token", running.login_url());
    let response = client().post(url).form(&form).send().await.unwrap();
    (response.status().as_u16(), response.json().await.unwrap())
}

impl Caller {
    pub(crate) async fn log_in(running: &Running, tenant: &TenantHandle) -> Self {
        let (status, body) = ask_token(
            running,
            &tenant.tenant_id().to_string(),
            &tenant.client_id().to_string(),
            tenant.client_secret().expose_secret(),
        )
        .await;
        assert_eq!(status, 200, "{body}");
        let token = body["access_token"].as_str().unwrap().to_owned();
        Self { client: client(), token, url: running.graph_url() }
    }

    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let url = if path.starts_with("http") { path.to_owned() } else { format!("{}{path}", self.url) };
        self.client.request(method, url).bearer_auth(&self.token)
    }

    pub(crate) async fn send(&self, method: Method, path: &str, body: Value) -> (u16, Value) {
        let response = self.request(method, path).json(&body).send().await.unwrap();
        read(response).await
    }

    pub(crate) async fn get(&self, path: &str) -> (u16, Value) {
        read(self.request(Method::GET, path).send().await.unwrap()).await
    }

    /// Gets what must be there.
    pub(crate) async fn good(&self, path: &str) -> Value {
        let (status, body) = self.get(path).await;
        assert_eq!(status, 200, "{path}: {body}");
        body
    }

    /// Follows the links of a list to its end.
    pub(crate) async fn pages(&self, path: &str) -> Vec<Vec<Value>> {
        let mut pages = Vec::new();
        let mut next = Some(path.to_owned());
        while let Some(link) = next {
            let body = self.good(&link).await;
            pages.push(body["value"].as_array().unwrap().clone());
            next = body["@odata.nextLink"].as_str().map(str::to_owned);
            assert!(pages.len() < 10_000, "{path} never ends");
        }
        pages
    }

    pub(crate) async fn all(&self, path: &str) -> Vec<Value> {
        self.pages(path).await.concat()
    }
}

async fn read(response: Response) -> (u16, Value) {
    let status = response.status().as_u16();
    let text = response.text().await.unwrap();
    (status, serde_json::from_str(&text).unwrap_or(Value::Null))
}

/// Makes settings-catalog settings that tell each other apart.
pub(crate) fn settings(count: usize) -> Value {
    let setting = |index: usize| {
        json!({ "settingInstance": {
            "@odata.type": "#microsoft.graph.deviceManagementConfigurationChoiceSettingInstance",
            "settingDefinitionId": format!("setting_{index}"),
            "choiceSettingValue": { "value": format!("setting_{index}_0"), "children": [] },
        } })
    };
    (0..count).map(setting).collect()
}
