//! What surrounds every answer: headers, hosts, limits, errors.

use axum::body::Body;
use axum::http::header::{CONTENT_LENGTH, HOST};
use axum::http::{Method, Request, StatusCode};
use database::testing::Backend;
use rstest::rstest;
use tower::ServiceExt;
use web::headers::SECURITY_POLICY;
use web::routes::{self, Door};

use crate::house::{HOST_NAME, House, form, request};
use crate::matrix::{Target, filled};

/// The most bytes that the stylesheet may take on the wire.
const STYLESHEET_BYTES_MAX: usize = 10 * 1024;

/// Asserts the headers that no answer may lack.
fn assert_guarded(answer: &crate::house::Answer, what: &str) {
    let has = |name: &str, value: &str| assert_eq!(answer.header(name), Some(value), "{name} of {what}");
    has("content-security-policy", SECURITY_POLICY);
    has("x-content-type-options", "nosniff");
    has("referrer-policy", "no-referrer");
    has("cross-origin-opener-policy", "same-origin");
    has("cross-origin-resource-policy", "same-origin");
    assert!(answer.header("permissions-policy").is_some(), "{what}");
    assert_eq!(answer.header("server"), None, "{what}");
    assert_eq!(answer.header("access-control-allow-origin"), None, "{what}");
    assert_eq!(answer.header("strict-transport-security"), None, "plain HTTP must not promise TLS: {what}");
}

#[rstest]
#[tokio::test]
async fn every_route_carries_the_headers_and_keeps_nothing(
    #[values(Backend::Sqlite, Backend::Postgres)] on: Backend,
) {
    let house = House::on(on).await;
    for route in routes::inventory() {
        let path = filled(&route.path, &house, Target::Own);
        let answer = match route.door {
            Door::Api => house.call(route.method.clone(), &path, house.owner.token.as_deref(), None).await,
            Door::Page | Door::Open => {
                let request = request(route.method.clone(), &path, Some(&house.owner));
                house.send(request.body(Body::empty()).expect("a request")).await
            }
        };
        let what = format!("{} {path}", route.method);
        assert_guarded(&answer, &what);
        let kept = if path.starts_with("/assets/") { "no-cache" } else { "no-store" };
        assert_eq!(answer.header("cache-control"), Some(kept), "{what}");
        assert!(!answer.status.is_server_error(), "{what}: {}", answer.status);
    }
}

#[tokio::test]
async fn files_may_be_kept_for_good_under_their_own_address_only() {
    let house = House::on(Backend::Sqlite).await;
    let kept = house.get(&web::assets::url("atlas.css"), None).await;
    assert_eq!((kept.status, kept.header("cache-control")), (StatusCode::OK, Some(web::assets::IMMUTABLE)));
    assert_eq!(kept.header("content-type"), Some("text/css; charset=utf-8"));
    assert_guarded(&kept, "a file");
    let older = house.get("/assets/0123456789abcdef/atlas.css", None).await;
    assert_eq!((older.status, older.header("cache-control")), (StatusCode::OK, Some("no-cache")));
    for missing in
        ["/assets/0123456789abcdef/none.css", "/assets/x/../Cargo.toml", "/assets/x/%2e%2e/Cargo.toml"]
    {
        assert_eq!(house.get(missing, None).await.status, StatusCode::NOT_FOUND, "{missing}");
    }
}

#[tokio::test]
async fn only_our_own_host_is_answered() {
    let house = House::on(Backend::Sqlite).await;
    let ask = |host: Option<&'static str>| {
        let mut request = Request::builder().uri("/healthz");
        if let Some(host) = host {
            request = request.header(HOST, host);
        }
        request.body(Body::empty()).expect("a request")
    };
    assert_eq!(house.send(ask(Some(HOST_NAME))).await.status, StatusCode::OK);
    for host in [None, Some("evil.example"), Some("127.0.0.1"), Some("127.0.0.1:8081")] {
        let answer = house.send(ask(host)).await;
        assert_eq!(answer.status, StatusCode::MISDIRECTED_REQUEST, "{host:?}");
        assert_guarded(&answer, "another host");
    }
    let twice = Request::builder().uri("/healthz").header(HOST, HOST_NAME).header(HOST, "evil.example");
    assert_eq!(
        house.send(twice.body(Body::empty()).expect("a request")).await.status,
        StatusCode::MISDIRECTED_REQUEST
    );
    let line = Request::builder().uri("http://evil.example/healthz").header(HOST, HOST_NAME);
    assert_eq!(
        house.send(line.body(Body::empty()).expect("a request")).await.status,
        StatusCode::MISDIRECTED_REQUEST
    );
}

#[tokio::test]
async fn what_is_too_large_too_long_or_of_another_kind_is_refused_by_name() {
    let house = House::on(Backend::Sqlite).await;
    let announced = form("/sign-in", None).header(CONTENT_LENGTH, "2000000");
    let announced = house.send(announced.body(Body::empty()).expect("a request")).await;
    assert_eq!(announced.status, StatusCode::PAYLOAD_TOO_LARGE);
    let sent = form("/sign-in", None).body(Body::from(vec![b'a'; 1_100_000])).expect("a request");
    assert_eq!(house.send(sent).await.status, StatusCode::PAYLOAD_TOO_LARGE);
    let long = format!("/sign-in?next={}", "a".repeat(9000));
    assert_eq!(house.get(&long, None).await.status, StatusCode::URI_TOO_LONG);
    let path = "/api/v1/workspaces/default/operations";
    let token = house.operator.token.clone().expect("a token");
    let plain = Request::builder().method(Method::POST).uri(path).header(HOST, HOST_NAME);
    let plain =
        plain.header("authorization", format!("Bearer {token}")).body(Body::from("{}")).expect("a request");
    assert_eq!(house.send(plain).await.status, StatusCode::UNSUPPORTED_MEDIA_TYPE);
    let method =
        house.send(request(Method::DELETE, "/w", None).body(Body::empty()).expect("a request")).await;
    assert!(
        matches!(method.status, StatusCode::METHOD_NOT_ALLOWED | StatusCode::FORBIDDEN),
        "{}",
        method.status
    );
    let method = house.call(Method::DELETE, path, Some(&token), None).await;
    assert_eq!(method.status, StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(
        method.header("allow").map(|allow| allow.contains("GET") && allow.contains("POST")),
        Some(true)
    );
    assert_eq!(method.header("content-type"), Some("application/problem+json"));
    assert_eq!(method.json()["code"], "request.method_not_allowed");
    let trace = request(Method::TRACE, "/healthz", None).body(Body::empty()).expect("a request");
    assert_eq!(house.send(trace).await.status, StatusCode::METHOD_NOT_ALLOWED);
}

#[rstest]
#[tokio::test]
async fn a_stranger_gets_the_bytes_of_a_missing_page(
    #[values(Backend::Sqlite, Backend::Postgres)] on: Backend,
) {
    let house = House::on(on).await;
    let missing = house.get("/no/such/page", Some(&house.stranger)).await;
    assert_eq!(missing.status, StatusCode::NOT_FOUND);
    let run = house.run;
    let foreign = [
        "/w/default".to_owned(),
        "/w/default/operations".to_owned(),
        format!("/w/default/operations/{run}"),
        "/w/default/t/contoso/policies".to_owned(),
        "/w/other/t/contoso/policies".to_owned(),
        format!("/w/default/t/contoso/policies/{}", house.policy),
        format!("/w/other/t/adatum/policies/{}", house.policy),
        "/w/none/operations".to_owned(),
        "/w/%00/operations".to_owned(),
    ];
    for path in foreign {
        let answer = house.get(&path, Some(&house.stranger)).await;
        assert_eq!((answer.status, &answer.body), (missing.status, &missing.body), "{path}");
        assert_eq!(answer.headers, missing.headers, "{path}");
    }
    let token = house.stranger.token.as_deref();
    let missing = house.call(Method::GET, "/api/v1/workspaces/none/operations", token, None).await;
    for path in [
        "/api/v1/workspaces/default/operations".to_owned(),
        format!("/api/v1/workspaces/other/operations/{run}"),
    ] {
        let answer = house.call(Method::GET, &path, token, None).await;
        assert_eq!((answer.status, &answer.body), (StatusCode::NOT_FOUND, &missing.body), "{path}");
        assert_eq!(answer.headers, missing.headers, "{path}");
    }
}

#[tokio::test]
async fn answers_are_compressed_where_nobody_learns_from_their_length() {
    let house = House::on(Backend::Sqlite).await;
    let ask = |path: String, site: &'static str, token: Option<String>| {
        let person = token.is_none().then_some(&house.owner);
        let mut request = request(Method::GET, &path, person).header("accept-encoding", "gzip, br");
        request = request.header("sec-fetch-site", site);
        if let Some(token) = token {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        house.router.clone().oneshot(request.body(Body::empty()).expect("a request"))
    };
    let page = "/w/default/operations".to_owned();
    for (path, site, token, expected) in [
        (web::assets::url("atlas.css"), "cross-site", None, Some("gzip")),
        (
            web::assets::url("vendor/fonts/atkinson-hyperlegible-next-latin-wght-normal.woff2"),
            "same-origin",
            None,
            None,
        ),
        (page.clone(), "same-origin", None, Some("gzip")),
        (page.clone(), "none", None, Some("gzip")),
        (page.clone(), "cross-site", None, None),
        (page.clone(), "same-site", None, None),
        ("/w/default/operations/export".to_owned(), "same-origin", None, Some("gzip")),
        ("/api/v1/workspaces/default/operations".to_owned(), "none", house.owner.token.clone(), Some("gzip")),
    ] {
        let answer = ask(path.clone(), site, token).await.expect("the router always answers");
        assert_eq!(answer.status(), StatusCode::OK, "{path}");
        let found = answer.headers().get("content-encoding").and_then(|value| value.to_str().ok());
        assert_eq!(found, expected, "{path} {site}");
        let body = axum::body::to_bytes(answer.into_body(), 16 << 20).await.expect("a body ends");
        assert!(!body.is_empty(), "{path}");
        if path.ends_with("atlas.css") {
            assert!(
                body.len() <= STYLESHEET_BYTES_MAX,
                "the stylesheet has {} bytes on the wire",
                body.len()
            );
        }
    }
}
