//! Coming in and going out: signing in, forged requests, cookies.

use axum::body::Body;
use axum::http::header::{AUTHORIZATION, COOKIE};
use axum::http::{Method, StatusCode};
use database::testing::Backend;
use rstest::rstest;

use crate::house::{House, PASSWORD, form, request};

fn cookie_of(answer: &crate::house::Answer) -> Option<&str> {
    answer.header("set-cookie")?.split(';').next()?.split_once('=').map(|(_, value)| value)
}

#[rstest]
#[tokio::test]
async fn a_person_signs_in_works_and_signs_out(#[values(Backend::Sqlite, Backend::Postgres)] on: Backend) {
    let house = House::on(on).await;
    let sent = house.get("/w/default/operations?state=failed", None).await;
    assert_eq!(sent.header("location"), Some("/sign-in?next=%2Fw%2Fdefault%2Foperations%3Fstate%3Dfailed"));
    let page = house.get("/sign-in?next=%2Fw%2Fdefault%2Foperations", None).await;
    assert!(
        page.status.is_success() && page.body.contains("value=\"/w/default/operations\""),
        "{}",
        page.body
    );
    let body = format!("email=otto%40example.com&password={PASSWORD}&next=%2Fw%2Fdefault%2Foperations");
    let signed = house.send(form("/sign-in", None).body(Body::from(body)).expect("a request")).await;
    assert_eq!(
        (signed.status, signed.header("location")),
        (StatusCode::SEE_OTHER, Some("/w/default/operations"))
    );
    let cookie = signed.header("set-cookie").expect("a cookie");
    assert!(
        cookie.starts_with("tenantatlas-loopback=") && cookie.contains("HttpOnly; SameSite=Lax"),
        "{cookie}"
    );
    let session = cookie_of(&signed).expect("a reference").to_owned();
    let mut person = house.operator.clone();
    person.session = session;
    let page = house.get("/w/default/operations", Some(&person)).await;
    assert!(page.body.contains("Otto Operator"), "{}", page.body);
    let token = page.body.split("name=\"csrf\" value=\"").nth(1).and_then(|rest| rest.split('"').next());
    person.csrf = token.expect("a form carries the token").to_owned();
    let left = house.post("/sign-out", &person, "").await;
    assert_eq!((left.status, left.header("location")), (StatusCode::SEE_OTHER, Some("/sign-in")));
    assert_eq!(cookie_of(&left), Some(""));
    assert_eq!(house.get("/w/default/operations", Some(&person)).await.status, StatusCode::SEE_OTHER);
}

#[rstest]
#[tokio::test]
async fn a_wrong_password_and_an_unknown_user_read_the_same(
    #[values(Backend::Sqlite, Backend::Postgres)] on: Backend,
) {
    let house = House::on(on).await;
    let try_it = |body: &'static str| {
        let request = form("/sign-in", None).body(Body::from(body)).expect("a request");
        house.send(request)
    };
    let wrong = try_it("email=otto%40example.com&password=wrong-wrong-wrong").await;
    let unknown = try_it("email=nobody%40example.com&password=wrong-wrong-wrong").await;
    assert_eq!((wrong.status, unknown.status), (StatusCode::UNAUTHORIZED, StatusCode::UNAUTHORIZED));
    assert_eq!(wrong.body.replace("otto", "nobody"), unknown.body);
    assert!(!wrong.body.contains("wrong-wrong-wrong"), "a password is never sent back");
    assert_eq!(wrong.header("set-cookie"), None);
}

#[rstest]
#[tokio::test]
async fn w1_a_forged_form_changes_nothing(#[values(Backend::Sqlite, Backend::Postgres)] on: Backend) {
    let house = House::on(on).await;
    let path = "/w/default/t/contoso/start/inventory.sync";
    let with = |site: Option<&'static str>, origin: Option<&'static str>, token: String| {
        let mut request = request(Method::POST, path, Some(&house.operator))
            .header("content-type", "application/x-www-form-urlencoded");
        if let Some(site) = site {
            request = request.header("sec-fetch-site", site);
        }
        if let Some(origin) = origin {
            request = request.header("origin", origin);
        }
        house.send(request.body(Body::from(format!("csrf={token}"))).expect("a request"))
    };
    let good = house.operator.csrf.clone();
    for (site, origin) in [
        (Some("cross-site"), None),
        (Some("same-site"), None),
        (Some("cross-site"), Some("http://127.0.0.1:8080")),
        (None, Some("https://evil.example")),
        (None, Some("null")),
        (None, None),
    ] {
        let answer = with(site, origin, good.clone()).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{site:?} {origin:?}");
    }
    for token in [String::new(), "x".to_owned(), house.owner.csrf.clone()] {
        assert_eq!(
            with(Some("same-origin"), None, token.clone()).await.status,
            StatusCode::FORBIDDEN,
            "{token}"
        );
    }
    let filter = ledger::RunFilter { kinds: vec!["inventory.sync".to_owned()], ..Default::default() };
    assert!(house.ledger.list_active(&house.whole, &filter).await.expect("a list").is_empty());
    assert_eq!(with(Some("same-origin"), None, good.clone()).await.status, StatusCode::SEE_OTHER);
    assert_eq!(with(None, Some("http://127.0.0.1:8080"), good).await.status, StatusCode::SEE_OTHER);
    let sign_in = request(Method::POST, "/sign-in", None)
        .header("content-type", "application/x-www-form-urlencoded")
        .header("sec-fetch-site", "cross-site");
    let sign_in =
        sign_in.body(Body::from(format!("email=otto%40example.com&password={PASSWORD}"))).expect("a request");
    let answer = house.send(sign_in).await;
    assert_eq!((answer.status, answer.header("set-cookie")), (StatusCode::FORBIDDEN, None));
}

#[tokio::test]
async fn k2_a_token_counts_in_its_header_only_and_never_beside_a_cookie() {
    let house = House::on(Backend::Sqlite).await;
    let token = house.operator.token.clone().expect("a token");
    let path = "/api/v1/workspaces/default/tenants";
    assert_eq!(house.call(Method::GET, path, Some(&token), None).await.status, StatusCode::OK);
    let in_query = house.call(Method::GET, &format!("{path}?token={token}"), None, None).await;
    assert_eq!(in_query.status, StatusCode::UNAUTHORIZED);
    assert_eq!(in_query.header("www-authenticate"), Some("Bearer realm=\"tenantatlas\""));
    let cookie = request(Method::GET, path, Some(&house.operator)).body(Body::empty()).expect("a request");
    assert_eq!(house.send(cookie).await.status, StatusCode::BAD_REQUEST);
    let both =
        request(Method::GET, path, Some(&house.operator)).header(AUTHORIZATION, format!("Bearer {token}"));
    assert_eq!(
        house.send(both.body(Body::empty()).expect("a request")).await.status,
        StatusCode::BAD_REQUEST
    );
    let both = request(Method::GET, "/w/default/operations", Some(&house.operator));
    let both = both.header(AUTHORIZATION, format!("Bearer {token}")).body(Body::empty()).expect("a request");
    assert_eq!(house.send(both).await.status, StatusCode::BAD_REQUEST);
    let page =
        request(Method::GET, "/w/default/operations", None).header(AUTHORIZATION, format!("Bearer {token}"));
    let page = house.send(page.body(Body::empty()).expect("a request")).await;
    assert_eq!(page.status, StatusCode::SEE_OTHER, "a token opens no page");
    let other = request(Method::GET, "/w", None)
        .header(COOKIE, format!("__Host-tenantatlas={}", house.operator.session));
    let other = house.send(other.body(Body::empty()).expect("a request")).await;
    assert_eq!(other.status, StatusCode::SEE_OTHER, "the other transport's cookie is not looked at");
}

#[rstest]
#[tokio::test]
async fn a_changed_role_counts_at_the_next_request_and_the_reference_changes(
    #[values(Backend::Sqlite, Backend::Postgres)] on: Backend,
) {
    use tenancy::access::Role;
    let house = House::on(on).await;
    let path = "/w/default/t/contoso/start/inventory.sync";
    let now = database::Clock::system().now();
    let changed = tenancy::membership::change_role(
        &house.database,
        &house.whole,
        house.operator.id,
        Role::Readonly,
        now,
    );
    changed.await.expect("the role is changed");
    let refused = house.post(path, &house.operator, "").await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    assert!(refused.body.contains("Needs the Operator role in Northwind Holdings."), "{}", refused.body);
    let fresh = cookie_of(&refused).expect("a new reference").to_owned();
    assert_ne!(fresh, house.operator.session);
    let mut person = house.operator.clone();
    person.session = fresh;
    assert_eq!(house.get("/w/default/operations", Some(&person)).await.status, StatusCode::OK);
}

#[rstest]
#[tokio::test]
async fn the_first_start_makes_one_account_and_then_is_not_there(
    #[values(Backend::Sqlite, Backend::Postgres)] on: Backend,
) {
    let house = House::on(on).await;
    assert_eq!(
        house.get("/first-start", None).await.status,
        StatusCode::NOT_FOUND,
        "there are accounts already"
    );
    let tried = form("/first-start", None).body(Body::from(format!(
        "token={}&name=Eve&email=eve%40example.com&password={PASSWORD}",
        "A".repeat(43)
    )));
    let tried = house.send(tried.expect("a request")).await;
    assert_eq!((tried.status, tried.header("set-cookie")), (StatusCode::UNPROCESSABLE_ENTITY, None));
    assert!(!tried.body.contains(PASSWORD));
}

#[tokio::test]
async fn links_of_a_demo_lead_nowhere_where_no_demo_is_served() {
    let house = House::on(Backend::Sqlite).await;
    let address = "/demo/sign-in?token=0vQkI7jpceajbianGm3X0o6lvdsg5IvDyrbvrHu0nQY";
    let missing = house.get("/nowhere", None).await;
    let shown = house.get(address, None).await;
    assert_eq!((shown.status, shown.body), (StatusCode::NOT_FOUND, missing.body));
    let tried = form("/demo/sign-in", None).body(Body::from("token=x")).expect("a request");
    assert_eq!(house.send(tried).await.status, StatusCode::NOT_FOUND);
}

#[rstest]
#[tokio::test]
async fn a3_a_wrong_password_and_an_unknown_person_cost_one_hash_each_and_read_the_same(
    #[values(Backend::Sqlite, Backend::Postgres)] on: Backend,
) {
    let house = House::on(on).await;
    let mut pages = Vec::new();
    for email in ["olga@example.com", "anna@example.com"] {
        let before = house.hashing.count();
        let fields = format!("email={}&password=not+the+password", email.replace('@', "%40"));
        let answer = house.send(form("/sign-in", None).body(Body::from(fields)).expect("a request")).await;
        assert_eq!(house.hashing.count() - before, 1, "{email} costs one hash");
        // What was typed is given back; everything else has to be the same.
        pages.push((answer.status, answer.headers, answer.body.replace(email, "the typed address")));
    }
    assert_eq!(pages[0].0, StatusCode::UNAUTHORIZED);
    assert_eq!(pages[0], pages[1]);
}
