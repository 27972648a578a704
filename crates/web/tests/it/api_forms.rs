//! What the API makes of requests that are not quite right: each is told what is wrong, and nothing is guessed.

use axum::body::Body;
use axum::http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, COOKIE, HOST, IF_NONE_MATCH};
use axum::http::{HeaderName, Method, Request};
use database::testing::Backend;
use rstest::rstest;
use serde_json::json;

use crate::house::{Answer, HOST_NAME, House};

const RUNS: &str = "/api/v1/workspaces/default/operations";
const POLICIES: &str = "/api/v1/workspaces/default/tenants/contoso/policies";

async fn send(
    house: &House,
    method: Method,
    path: &str,
    headers: &[(HeaderName, &str)],
    body: &[u8],
) -> Answer {
    let token = house.operator.token.as_deref().expect("the operator has a token");
    let mut request = Request::builder().method(method).uri(path).header(HOST, HOST_NAME);
    request = request.header(AUTHORIZATION, format!("Bearer {token}"));
    for (name, value) in headers {
        request = request.header(name, *value);
    }
    house.send(request.body(Body::from(body.to_vec())).expect("a request")).await
}

fn refused(answer: &Answer, status: u16, code: &str) {
    assert_eq!((answer.status.as_u16(), &answer.json()["code"]), (status, &json!(code)), "{}", answer.body);
    assert_eq!(answer.header("content-type"), Some("application/problem+json"));
}

#[rstest]
#[tokio::test]
async fn an_address_that_is_not_quite_right_is_refused(
    #[values(Backend::Sqlite, Backend::Postgres)] on: Backend,
) {
    let house = House::on(on).await;
    let run = house.run.to_string();
    let upper = send(&house, Method::GET, &format!("{RUNS}/{}", run.to_uppercase()), &[], b"").await;
    assert_eq!(upper.json()["id"], json!(run), "an id in upper case is the same id");
    let missing =
        send(&house, Method::GET, &format!("{RUNS}/00000000-0000-0000-0000-000000000000"), &[], b"").await;
    let long = "0".repeat(5000);
    for id in ["..", "%2e%2e", "%00", "%ff", "nil", &run.replace('-', ""), &format!("%7B{run}%7D"), &long] {
        let answer = send(&house, Method::GET, &format!("{RUNS}/{id}"), &[], b"").await;
        refused(&answer, 404, "request.not_found");
        assert_eq!(answer.body, missing.body, "{id}");
    }
    for place in ["/api/v1/workspaces/%00/operations", "/api/v1/workspaces/Default/operations"] {
        refused(&send(&house, Method::GET, place, &[], b"").await, 404, "request.not_found");
    }
    for (query, code) in [
        ("size=0", "query.invalid"),
        ("size=25&size=50", "query.invalid"),
        ("size=%D9%A2%D9%A5", "query.invalid"),
        ("cols=attempt", "query.invalid"),
        ("code=%00", "query.invalid"),
        ("from=2026-02-01&to=2026-01-01", "query.invalid"),
        ("on=2026-02-01&range=7d", "query.invalid"),
        ("tenant=nowhere", "query.invalid"),
        ("tenant=adatum", "query.invalid"),
        ("older=bm9uc2Vuc2U", "cursor.invalid"),
        ("newer=%21", "cursor.invalid"),
    ] {
        refused(&send(&house, Method::GET, &format!("{RUNS}?{query}"), &[], b"").await, 400, code);
    }
    for bare in
        [format!("{RUNS}/{run}"), "/api/v1/workspaces".to_owned(), format!("{POLICIES}/{}", house.policy)]
    {
        refused(&send(&house, Method::GET, &format!("{bare}?x=1"), &[], b"").await, 400, "query.invalid");
    }
    let far = format!("{RUNS}?code={}", "x".repeat(9000));
    refused(&send(&house, Method::GET, &far, &[], b"").await, 414, "request.address_too_long");
}

#[rstest]
#[tokio::test]
async fn a_cursor_counts_for_its_list_its_filters_and_its_tenant(
    #[values(Backend::Sqlite, Backend::Postgres)] on: Backend,
) {
    let house = House::on(on).await;
    for n in 0..3 {
        let inputs = json!({"policy_types": [format!("t{n}")]});
        let run =
            house.ledger.start(&house.contoso, "policy.sync", inputs).await.expect("it starts").run().id;
        house.ledger.cancel(&house.contoso, run).await.expect("it ends");
    }
    let first = send(&house, Method::GET, &format!("{RUNS}?state=cancelled&size=1"), &[], b"").await.json();
    let cursor = first["next"].as_str().expect("there are more").to_owned();
    let good =
        send(&house, Method::GET, &format!("{RUNS}?state=cancelled&size=2&older={cursor}"), &[], b"").await;
    assert_eq!(good.json()["items"].as_array().map(Vec::len), Some(2), "{}", good.body);
    for elsewhere in [
        format!("{RUNS}?older={cursor}"),
        format!("{RUNS}?state=cancelled&type=policy.sync&older={cursor}"),
        format!("{RUNS}?state=cancelled&range=7d&older={cursor}"),
        format!("{RUNS}?state=cancelled&older={cursor}A"),
        format!("{POLICIES}?after={cursor}"),
        format!("/api/v1/workspaces/default/tenants/fabrikam/policies?after={cursor}"),
    ] {
        refused(&send(&house, Method::GET, &elsewhere, &[], b"").await, 400, "cursor.invalid");
    }
}

#[rstest]
#[tokio::test]
async fn a_body_that_is_not_quite_right_is_refused_with_its_place(
    #[values(Backend::Sqlite, Backend::Postgres)] on: Backend,
) {
    let house = House::on(on).await;
    let json_kind = [(CONTENT_TYPE, "application/json")];
    let mut large = vec![b' '; 1024 * 1024];
    large.extend_from_slice(b"{}");
    let deep = format!(r#"{{"inputs":{}{}}}"#, "[".repeat(10_000), "]".repeat(10_000));
    let wide = format!(r#"{{"inputs":[{}1]}}"#, "1,".repeat(10_000));
    for (body, status, code, place) in [
        (&b""[..], 400, "request.malformed", None),
        (b"{}{}", 400, "request.malformed", None),
        (b"{\"type\":\"\xff\"}", 400, "request.malformed", None),
        (deep.as_bytes(), 400, "request.malformed", None),
        (wide.as_bytes(), 400, "request.malformed", None),
        (&large, 413, "request.too_large", None),
        (br#"{"type":"policy.sync","type":"inventory.sync"}"#, 400, "body.invalid", Some("")),
        (br#"{"type":"a\u0000"}"#, 400, "body.invalid", Some("/type")),
        (br#"{"type":"policy.sync","tenant":7}"#, 400, "body.invalid", Some("/tenant")),
        (
            br#"{"type":"policy.sync","tenant":"contoso","inputs":{"policy_types":[1e30]}}"#,
            400,
            "body.invalid",
            Some("/inputs/policy_types/0"),
        ),
        (br#"{"type":"moon.land","tenant":"contoso"}"#, 400, "body.invalid", Some("/type")),
    ] {
        let answer = send(&house, Method::POST, RUNS, &json_kind, body).await;
        refused(&answer, status, code);
        let said = answer.json()["errors"][0]["field"].as_str().map(str::to_owned);
        assert_eq!(said.as_deref(), place, "{}", answer.body);
    }
    let body = br#"{"type":"policy.sync","tenant":"contoso"}"#;
    let encoded = HeaderName::from_static("content-encoding");
    for headers in [
        &[(CONTENT_TYPE, "text/plain")][..],
        &[(CONTENT_TYPE, "application/json; charset=utf-16")],
        &[(CONTENT_TYPE, "application/json"), (encoded, "gzip")],
        &[(CONTENT_TYPE, "application/json"), (CONTENT_TYPE, "application/json")],
    ] {
        refused(&send(&house, Method::POST, RUNS, headers, body).await, 415, "request.media_type");
    }
}

#[rstest]
#[tokio::test]
async fn methods_forms_and_tags_are_kept_to(#[values(Backend::Sqlite, Backend::Postgres)] on: Backend) {
    let house = House::on(on).await;
    let tenants = "/api/v1/workspaces/default/tenants";
    for method in [Method::DELETE, Method::PUT, Method::PATCH, Method::TRACE, Method::OPTIONS] {
        let answer = send(&house, method, tenants, &[], b"").await;
        refused(&answer, 405, "request.method_not_allowed");
        assert_eq!(answer.header("allow"), Some("GET,HEAD"));
    }
    let html = send(&house, Method::GET, tenants, &[(ACCEPT, "text/html")], b"").await;
    refused(&html, 406, "request.not_acceptable");
    let export = send(&house, Method::GET, &format!("{RUNS}/export"), &[(ACCEPT, "text/csv")], b"").await;
    assert_eq!(
        (export.status.as_u16(), export.header("content-type").is_some()),
        (200, true),
        "{}",
        export.body
    );
    let both = send(&house, Method::GET, tenants, &[(COOKIE, "tenantatlas-loopback=x")], b"").await;
    refused(&both, 400, "request.malformed");
    let first = send(&house, Method::GET, tenants, &[], b"").await;
    let tag = first.header("etag").expect("a tag").to_owned();
    let same = send(&house, Method::GET, tenants, &[(IF_NONE_MATCH, &tag)], b"").await;
    assert_eq!(
        (same.status.as_u16(), same.body.as_str(), same.header("etag")),
        (304, "", Some(tag.as_str()))
    );
    let other = send(&house, Method::GET, tenants, &[(IF_NONE_MATCH, "\"other\"")], b"").await;
    assert_eq!((other.status.as_u16(), other.body), (200, first.body));
    let workspaces = send(&house, Method::GET, "/api/v1/workspaces", &[], b"").await.json();
    assert_eq!(
        workspaces,
        json!({"items": [{"slug": "default", "name": "Northwind Holdings", "role": "operator"}]})
    );
    let nobody = house.call(Method::GET, tenants, None, None).await;
    refused(&nobody, 401, "request.signed_out");
    assert!(nobody.header("www-authenticate").is_some());
}
