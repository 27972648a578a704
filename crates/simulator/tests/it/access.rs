//! Logging in, tokens, errors in Graph's shape, and what the recorder keeps.

use std::time::Duration;

use reqwest::Method;
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use simulator::{Availability, Simulator, SimulatorError, TenantState};

use crate::caller::{Caller, ask_token, client, empty, generated};

#[tokio::test]
async fn wrong_credentials_are_answered_as_entra_does() {
    let (running, tenant, _) = empty().await;
    let (id, app) = (tenant.tenant_id().to_string(), tenant.client_id().to_string());
    let secret = tenant.client_secret();
    let stranger = "11111111-2222-4333-8444-555555555555";
    let cases = [
        (id.as_str(), app.as_str(), "wrong", 401, "invalid_client", 7_000_215),
        (stranger, &app, secret.expose_secret(), 400, "invalid_request", 90_002),
        (&id, stranger, secret.expose_secret(), 400, "unauthorized_client", 700_016),
    ];
    for (tenant, app, secret, status, error, code) in cases {
        let (answered, body) = ask_token(&running, tenant, app, secret).await;
        assert_eq!((answered, body["error"].as_str()), (status, Some(error)));
        assert_eq!(body["error_codes"], json!([code]));
        let description = body["error_description"].as_str().unwrap();
        assert!(description.starts_with(&format!("AADSTS{code}:")), "{description}");
    }
}

#[tokio::test]
async fn a_rotated_secret_replaces_the_old_one() {
    let (running, tenant, _) = empty().await;
    let (id, app) = (tenant.tenant_id().to_string(), tenant.client_id().to_string());
    let old = tenant.client_secret();
    tenant.set_secret("another secret".to_owned().into());
    assert_eq!(ask_token(&running, &id, &app, old.expose_secret()).await.0, 401);
    assert_eq!(ask_token(&running, &id, &app, "another secret").await.0, 200);
}

#[tokio::test]
async fn no_token_and_wrong_tokens_are_401_with_a_challenge() {
    let (_running, _, caller) = empty().await;
    let url = format!("{}/v1.0/organization", caller.url);
    let without = client().get(&url).send().await.unwrap();
    let wrong = client().get(&url).bearer_auth("nonsense").send().await.unwrap();
    for response in [without, wrong] {
        assert_eq!(response.status(), 401);
        assert!(response.headers().contains_key("www-authenticate"));
        let body: Value = response.json().await.unwrap();
        assert_eq!(body["error"]["code"], "InvalidAuthenticationToken");
    }
}

#[tokio::test]
async fn tokens_expire_by_the_clock_and_on_request() {
    let (running, tenant, caller) = empty().await;
    running.advance(Duration::from_secs(3598));
    caller.good("/v1.0/organization").await;
    running.advance(Duration::from_secs(2));
    assert_eq!(caller.get("/v1.0/organization").await.0, 401);

    running.set_token_lifetime(Duration::from_secs(5));
    let caller = Caller::log_in(&running, &tenant).await;
    caller.good("/v1.0/organization").await;
    running.expire_tokens_of(tenant.tenant_id());
    assert_eq!(caller.get("/v1.0/organization").await.0, 401);
}

#[tokio::test]
async fn a_token_sees_its_own_tenant_alone() {
    let (running, _, caller) = empty().await;
    let other = running.add_tenant(TenantState::empty(2, "Other")).unwrap();
    let other_caller = Caller::log_in(&running, &other).await;
    let name = |body: Value| body["value"][0]["displayName"].clone();
    assert_eq!(name(caller.good("/v1.0/organization").await), "Empty");
    assert_eq!(name(other_caller.good("/v1.0/organization").await), "Other");
    assert_eq!(running.tenants().len(), 2);
    assert!(matches!(running.add_tenant(TenantState::empty(2, "Twin")), Err(SimulatorError::TwinTenant(_))));
}

#[tokio::test]
async fn errors_have_graphs_shape_and_echo_the_request_id() {
    let (running, tenant, caller) = empty().await;
    tenant.set_availability("namedLocations", Availability::Denied).unwrap();
    tenant.set_availability("conditionalAccessPolicies", Availability::Unlicensed).unwrap();
    tenant.set_availability("intents", Availability::Unlicensed).unwrap();
    tenant.set_availability("deviceConfigurations", Availability::Denied).unwrap();
    let cases = [
        ("/v1.0/identity/conditionalAccess/namedLocations", 403, "AccessDenied"),
        ("/v1.0/identity/conditionalAccess/policies", 403, "AccessDenied"),
        ("/beta/deviceManagement/intents", 400, "BadRequest"),
        ("/beta/deviceManagement/deviceConfigurations", 403, "Forbidden"),
        ("/beta/deviceManagement/configurationPolicies/none", 404, "ResourceNotFound"),
        ("/v1.0/groups/none", 404, "Request_ResourceNotFound"),
        ("/beta/deviceManagement/nonsense", 404, "ResourceNotFound"),
        ("/v1.0/deviceManagement/configurationPolicies", 400, "BadRequest"),
        ("/v1.0/groups?$top=0", 400, "BadRequest"),
        ("/v1.0/groups?$skiptoken=made-up", 400, "BadRequest"),
    ];
    for (path, status, code) in cases {
        let response =
            caller.request(Method::GET, path).header("client-request-id", "mine-1").send().await.unwrap();
        assert_eq!(response.status(), status, "{path}");
        assert_eq!(response.headers()["client-request-id"], "mine-1");
        assert!(response.headers().contains_key("request-id"));
        assert!(response.headers().contains_key("date"));
        let body: Value = response.json().await.unwrap();
        assert_eq!(body["error"]["code"], code, "{path}");
        assert_eq!(body["error"]["innerError"]["client-request-id"], "mine-1");
        assert!(body["error"]["message"].is_string());
    }
    assert_eq!(running.requests().count("nonsense"), 1);
}

#[tokio::test]
async fn intune_wraps_its_messages_in_json() {
    let (_running, _, caller) = empty().await;
    let (_, body) = caller.get("/beta/deviceManagement/intents/none").await;
    let inner: Value = serde_json::from_str(body["error"]["message"].as_str().unwrap()).unwrap();
    assert!(inner["Message"].as_str().unwrap().contains("Activity ID"));
}

#[tokio::test]
async fn the_recorder_keeps_what_was_asked_and_no_secret() {
    let (running, tenant, caller) = generated(5).await;
    caller
        .request(Method::GET, "/v1.0/groups?$top=2")
        .header("client-request-id", "abc")
        .send()
        .await
        .unwrap();
    caller.send(Method::POST, "/v1.0/groups", json!({ "displayName": "New" })).await;
    caller
        .client
        .post(format!("{}/{}/oauth2/v2.0/token?client_secret=leaked", caller.url, tenant.tenant_id()))
        .send()
        .await
        .unwrap();

    let recorder = running.requests();
    assert_eq!((recorder.len(), recorder.non_get_count()), (4, 1));
    let all = recorder.all();
    assert!(all[0].is_login() && all[0].body_sha256.is_none());
    assert_eq!(all[1].path, "/v1.0/groups?$top=2");
    assert_eq!(all[1].client_request_id.as_deref(), Some("abc"));
    assert_eq!((all[1].status, all[2].status), (Some(200), Some(201)));
    assert_eq!(all[2].body_sha256.as_ref().unwrap().len(), 64);
    assert!(all.iter().all(|request| request.tenant_id == Some(tenant.tenant_id())));
    assert_eq!(recorder.hosts().into_iter().collect::<Vec<_>>(), [running.address().to_string()]);

    let written = format!("{all:?} {:?} {tenant:?} {:?}", running, tenant.state());
    for secret in [caller.token.as_str(), tenant.client_secret().expose_secret(), "leaked"] {
        assert!(!written.contains(secret), "{secret} was recorded");
    }
    recorder.clear();
    assert!(recorder.is_empty());
    caller.good("/v1.0/organization").await;
    assert_eq!(recorder.all()[0].sequence, 4);
}

#[tokio::test]
async fn a_wanted_port_is_taken_and_free_again_after_the_stop() {
    let running = Simulator::new().tenant(TenantState::empty(1, "One")).start().await.unwrap();
    let port = running.address().port();
    let failed = Simulator::new().port(port).start().await.unwrap_err();
    assert!(matches!(failed, SimulatorError::Listen { port: wanted, .. } if wanted == port));
    running.stop().await;
    let again = Simulator::new().port(port).start().await.unwrap();
    assert_eq!(again.graph_url(), format!("http://127.0.0.1:{port}"));
}
