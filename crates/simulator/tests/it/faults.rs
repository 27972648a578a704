//! Every fault fires, on the requests it was meant for, as often as it was meant to.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use reqwest::{Method, Response};
use serde_json::{Value, json};
use simulator::{Fault, RetryAfter, Rule};

use crate::caller::{Caller, ask_token, generated};

const GROUPS: &str = "/v1.0/groups?$top=3";

async fn response(caller: &Caller) -> Response {
    caller.request(Method::GET, GROUPS).send().await.unwrap()
}

#[tokio::test]
async fn throttling_says_when_to_come_back_in_every_way() {
    let (running, _, caller) = generated(1).await;
    let cases = [
        (RetryAfter::Seconds(7), Some("7")),
        (RetryAfter::Absent, None),
        (RetryAfter::Text("-5".to_owned()), Some("-5")),
        (RetryAfter::Text("1000000000".to_owned()), Some("1000000000")),
    ];
    for (retry_after, expected) in cases {
        let id = running.faults().add(Rule::new(Fault::Throttled(retry_after)).path("groups").times(1));
        let answer = response(&caller).await;
        assert_eq!(answer.status(), 429);
        assert_eq!(answer.headers().get("retry-after").map(|value| value.to_str().unwrap()), expected);
        let body: Value = answer.json().await.unwrap();
        assert_eq!(body["error"]["code"], "TooManyRequests");
        assert_eq!(response(&caller).await.status(), 200, "once and no more");
        assert_eq!(running.faults().remove(id), 1);
    }
    let date = RetryAfter::DateIn(Duration::from_secs(90));
    running.faults().add(Rule::new(Fault::Throttled(date)));
    let answer = response(&caller).await;
    let date = answer.headers()["retry-after"].to_str().unwrap();
    assert!(date.ends_with(" GMT") && date.len() == 29, "{date}");
}

#[tokio::test]
async fn statuses_and_raw_answers_are_sent_as_they_are() {
    let (running, _, caller) = generated(1).await;
    for status in [500, 502, 503, 504] {
        let id = running.faults().add(Rule::new(Fault::Status(status)));
        assert_eq!(response(&caller).await.status(), status);
        running.faults().remove(id);
    }
    let headers = vec![("x-ms-throttle-scope".to_owned(), "Tenant".to_owned())];
    running.faults().add(Rule::new(Fault::Answer { status: 418, headers, body: b"[1,]".to_vec() }));
    let answer = response(&caller).await;
    assert_eq!(
        (answer.status().as_u16(), answer.headers()["x-ms-throttle-scope"].to_str().unwrap()),
        (418, "Tenant")
    );
    assert_eq!(answer.text().await.unwrap(), "[1,]");
}

#[tokio::test]
async fn connections_are_reset_and_bodies_cut() {
    let (running, _, caller) = generated(1).await;
    let id = running.faults().add(Rule::new(Fault::Reset));
    let failed = caller.request(Method::GET, GROUPS).send().await.unwrap_err();
    assert!(failed.is_request() && !failed.is_timeout(), "{failed:?}");
    assert!(running.faults().remove(id) >= 1);
    assert_eq!(running.requests().all().last().unwrap().status, None);

    let id = running.faults().add(Rule::new(Fault::CutBody(10)));
    let failed = response(&caller).await.bytes().await.unwrap_err();
    assert!(!failed.is_timeout(), "{failed:?}");
    running.faults().remove(id);
    assert_eq!(response(&caller).await.status(), 200, "the next connection is good");
}

#[tokio::test]
async fn hanging_answers_never_come_and_stopping_ends_them() {
    let (running, _, caller) = generated(1).await;
    for fault in [Fault::Hang, Fault::StalledBody(10)] {
        let id = running.faults().add(Rule::new(fault));
        let patience = Duration::from_millis(150);
        let request = caller.request(Method::GET, GROUPS).timeout(patience).send();
        let failed = match request.await {
            Ok(answer) => answer.bytes().await.unwrap_err(),
            Err(failed) => failed,
        };
        assert!(failed.is_timeout(), "{failed:?}");
        running.faults().remove(id);
    }
    running.faults().add(Rule::new(Fault::Hang));
    let (failed, ()) = tokio::join!(caller.request(Method::GET, GROUPS).send(), async {
        while running.requests().count("groups") < 3 {
            tokio::task::yield_now().await;
        }
        running.stop().await;
    });
    assert!(!failed.unwrap_err().is_timeout());
}

#[tokio::test]
async fn delays_come_before_good_answers() {
    let (running, _, caller) = generated(1).await;
    let delay = Duration::from_millis(120);
    let id = running.faults().add(Rule::new(Fault::Delay(delay)).path("groups"));
    let start = Instant::now();
    assert_eq!(response(&caller).await.status(), 200);
    assert!(start.elapsed() >= delay);
    assert_eq!(running.faults().fired(id), 1);
}

#[tokio::test]
async fn bodies_that_are_no_page_come_with_status_200() {
    let (running, _, caller) = generated(1).await;
    let mut bodies = Vec::new();
    for fault in [Fault::Html, Fault::BrokenJson, Fault::EmptyBody] {
        let id = running.faults().add(Rule::new(fault));
        let answer = response(&caller).await;
        assert_eq!(answer.status(), 200);
        bodies.push(answer.text().await.unwrap());
        running.faults().remove(id);
    }
    assert!(bodies[0].starts_with("<!DOCTYPE html>"));
    assert!(bodies[1].starts_with('{') && serde_json::from_str::<Value>(&bodies[1]).is_err());
    assert_eq!(bodies[2], "");
}

#[tokio::test]
async fn pages_lose_their_value_their_ids_and_their_way() {
    let (running, tenant, caller) = generated(1).await;
    let page_with = async |fault: Fault| {
        let id = running.faults().add(Rule::new(fault));
        let page = caller.good(GROUPS).await;
        assert_eq!(running.faults().remove(id), 1);
        page
    };
    assert!(page_with(Fault::MissingValue).await.get("value").is_none());
    assert_eq!(page_with(Fault::NullValue).await["value"], Value::Null);
    assert!(page_with(Fault::MissingId).await["value"][0].get("id").is_none());
    let itself = page_with(Fault::NextLinkLoop).await;
    assert_eq!(itself["@odata.nextLink"], json!(format!("{}{GROUPS}", running.graph_url())));
    let foreign = page_with(Fault::ForeignNextLink("https://elsewhere.example".to_owned())).await;
    assert_eq!(foreign["@odata.nextLink"], json!(format!("https://elsewhere.example{GROUPS}")));

    let groups = tenant.counts()["groups"];
    running.faults().add(Rule::new(Fault::RepeatedPage).page(2).times(1));
    assert_eq!(caller.all(GROUPS).await.len(), groups + 6, "two pages come twice");
}

#[tokio::test]
async fn a_huge_body_is_a_page_of_its_length() {
    let (running, _, caller) = generated(1).await;
    running.faults().add(Rule::new(Fault::HugeBody(3_000_000)));
    let body: Value = response(&caller).await.json().await.unwrap();
    assert!(body["value"].as_array().unwrap().len() > 30_000);
}

#[tokio::test]
async fn tokens_expire_in_the_middle() {
    let (running, tenant, caller) = generated(1).await;
    running.faults().add(Rule::new(Fault::ExpireTokens).path("groups").page(2).times(1));
    let first = caller.good(GROUPS).await;
    let link = first["@odata.nextLink"].as_str().unwrap();
    assert_eq!(caller.get(link).await.0, 401);
    let again = Caller::log_in(&running, &tenant).await;
    again.good(link).await;

    running.faults().add(Rule::new(Fault::ClaimsChallenge).path("organization").times(1));
    let answer = again.request(Method::GET, "/v1.0/organization").send().await.unwrap();
    assert_eq!(answer.status(), 401);
    assert!(answer.headers()["www-authenticate"].to_str().unwrap().contains("claims="));
    again.good("/v1.0/organization").await;
}

#[tokio::test]
async fn data_changes_between_two_pages() {
    let (running, tenant, caller) = generated(1).await;
    let ids = tenant.ids("groups").unwrap();
    let last = ids.last().unwrap().clone();
    running.faults().add(
        Rule::new(Fault::act(move |tenant| tenant.delete("groups", &last).unwrap()))
            .path("/groups")
            .page(2)
            .times(1),
    );
    assert_eq!(caller.all(GROUPS).await.len(), ids.len() - 1);
}

#[tokio::test]
async fn rules_pick_tenant_method_path_page_and_count() {
    let (running, tenant, caller) = generated(1).await;
    let stranger = "11111111-2222-4333-8444-555555555555".parse().unwrap();
    let never = running.faults().add(Rule::new(Fault::Status(500)).tenant(stranger));
    let posts = running.faults().add(Rule::new(Fault::Status(501)).method("post").path("groups"));
    let second = running.faults().add(Rule::new(Fault::Status(503)).path("groups").page(2).skip(1));
    let mine = Rule::new(Fault::Status(504)).tenant(tenant.tenant_id()).path("organization");
    let mine = running.faults().add(mine);

    let first = caller.good(GROUPS).await;
    let link = first["@odata.nextLink"].as_str().unwrap();
    assert_eq!((caller.get(link).await.0, caller.get(link).await.0), (200, 503));
    assert_eq!(caller.send(Method::POST, "/v1.0/groups", json!({})).await.0, 501);
    assert_eq!(caller.get("/v1.0/organization").await.0, 504);
    let fired = [never, posts, second, mine].map(|id| running.faults().fired(id));
    assert_eq!(fired, [0, 1, 1, 1]);
    let named = running.requests().matching(|request| request.fault == Some("status"));
    assert_eq!(named.len(), 3);
    running.faults().clear();
    caller.good(GROUPS).await;
}

#[tokio::test]
async fn logins_go_wrong_too() {
    let (running, tenant, _) = generated(1).await;
    running.faults().add(Rule::new(Fault::Status(503)).path("/oauth2/").tenant(tenant.tenant_id()).times(1));
    let id = tenant.tenant_id().to_string();
    assert_eq!(ask_token(&running, &id, "any", "any").await.0, 503);
    assert_eq!(ask_token(&running, &id, "any", "any").await.0, 400);
}

#[tokio::test]
async fn requests_in_flight_are_counted() {
    let (running, _, caller) = generated(1).await;
    let seen = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&seen);
    let deed = Fault::act(move |_| {
        counter.fetch_add(1, Ordering::Relaxed);
    });
    running.faults().add(Rule::new(deed).path("groups"));
    running.faults().add(Rule::new(Fault::Delay(Duration::from_millis(100))).path("groups"));
    tokio::join!(response(&caller), response(&caller), response(&caller));
    assert_eq!(seen.load(Ordering::Relaxed), 3);
    assert_eq!(running.requests().most_in_flight(), 3);
}
