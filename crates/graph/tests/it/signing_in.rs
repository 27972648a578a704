//! Tokens: had once, kept, replaced, refused.

use std::time::Duration;

use graph::{Cancel, CollectionEnd, Connection, GraphOptions, Time};
use simulator::{Fault, Rule, TenantState};

use crate::world::{CONFIGURATION, answer, connection, list, quick, ty, world_of, world_with};

const LOGIN: &str = "oauth2/v2.0/token";

#[tokio::test]
async fn a_good_connection_says_which_tenant_it_leads_to() {
    let world = world_of(0).await;
    let checked = world.graph.check(&Cancel::new()).await.unwrap();
    assert_eq!(checked.tenant_id, world.tenant.tenant_id().to_string());
    assert_eq!(checked.display_name.as_deref(), Some("Contoso"));
}

#[tokio::test]
async fn wrong_credentials_are_named_and_not_tried_again() {
    let world = world_of(0).await;
    let good = connection(&world.simulator, &world.tenant);
    let nobody = "00000000-0000-4000-8000-00000000000a".to_owned();
    for (wrong, words) in [
        (Connection { secret: "planted-secret".into(), ..good.clone() }, "secret is wrong (AADSTS7000215)"),
        (
            Connection { client_id: nobody.clone(), ..good.clone() },
            "application is not known in this tenant (AADSTS700016)",
        ),
        (Connection { tenant_id: nobody, ..good.clone() }, "tenant is not known (AADSTS90002)"),
    ] {
        world.simulator.requests().clear();
        let graph = world.client.connect(wrong);
        let error = graph.check(&Cancel::new()).await.unwrap_err();
        assert_eq!(error.code(), "graph.credentials_rejected");
        assert!(error.message().contains(words), "{error}");
        assert!(error.correlation().request_id.is_some());
        assert_eq!((world.sign_ins(), world.reads()), (1, 0), "{words}");
        assert!(!format!("{graph:?} {error:?}").contains("planted-secret"));
    }
}

#[tokio::test]
async fn one_sign_in_serves_all_who_wait_for_it_well_or_badly() {
    let world = world_of(3).await;
    let good = connection(&world.simulator, &world.tenant);
    let twin = world.client.connect(good.clone());
    tokio::join!(world.list(CONFIGURATION), list(&twin, CONFIGURATION), world.list(CONFIGURATION));
    assert_eq!(world.sign_ins(), 1);

    world.simulator.requests().clear();
    let wrong = world.client.connect(Connection { secret: "wrong".into(), ..good });
    let (one, two, three) =
        tokio::join!(list(&wrong, CONFIGURATION), list(&wrong, CONFIGURATION), list(&wrong, CONFIGURATION));
    for listed in [one, two, three] {
        assert_eq!(listed.partial(), "graph.credentials_rejected");
    }
    assert_eq!(world.sign_ins(), 1);
}

#[tokio::test]
async fn a_token_that_expires_while_a_collection_is_listed_is_replaced_once() {
    let world = world_of(5).await;
    world.spoil(|rule| rule.page(2).times(1), Fault::ExpireTokens);
    let listed = world.list(CONFIGURATION).await;
    assert_eq!((listed.ids().len(), listed.end), (5, CollectionEnd::Complete));
    assert_eq!(world.sign_ins(), 2);
}

#[tokio::test]
async fn a_token_that_the_servers_clock_ended_is_replaced() {
    let world = world_of(3).await;
    world.list(CONFIGURATION).await;
    world.simulator.advance(Duration::from_hours(2));
    assert_eq!(world.list(CONFIGURATION).await.end, CollectionEnd::Complete);
    assert_eq!(world.sign_ins(), 2);
}

#[tokio::test]
async fn many_refused_requests_replace_the_token_once() {
    let world = world_of(1).await;
    let listed = world.list(CONFIGURATION).await;
    let (item, cancel) = (listed.items()[0], Cancel::new());
    world.simulator.expire_tokens();
    let read = || world.graph.read(ty(CONFIGURATION), item, &cancel);
    let (one, two, three, four) = tokio::join!(read(), read(), read(), read());
    for document in [one, two, three, four] {
        assert!(document.is_ok());
    }
    assert_eq!(world.sign_ins(), 2);
}

#[tokio::test]
async fn a_token_is_asked_for_with_the_claims_that_graph_demands() {
    let world = world_of(3).await;
    world.list(CONFIGURATION).await;
    let claims = r#"{"access_token":{"nbf":{"essential":true,"value":"1800000000"}}}"#;
    world.tenant.demand_claims(claims);
    assert_eq!(world.list(CONFIGURATION).await.end, CollectionEnd::Complete);
    assert_eq!(world.sign_ins(), 2, "one more, with the claims");
    world.simulator.expire_tokens();
    assert_eq!(world.list(CONFIGURATION).await.end, CollectionEnd::Complete);
    assert_eq!(world.sign_ins(), 4, "a plain token first, and then one with the claims again");
}

#[tokio::test]
async fn an_application_signs_in_with_a_certificate() {
    let pem = include_str!("../data/application.pem");
    let (_, key) = pem.split_at(pem.find("-----BEGIN PRIVATE").unwrap());
    let other = format!("{}{key}", include_str!("../data/other-certificate.pem"));
    let certificate = |pem: &str| TenantState::empty(3, "Certified").with_certificate(pem);
    let options = GraphOptions { time: Time::default(), ..quick() };
    let world = world_with(options, |state| *state = certificate(pem)).await;
    let with =
        |secret: &str| Connection { secret: secret.into(), ..connection(&world.simulator, &world.tenant) };
    world.client.connect(with(pem)).check(&Cancel::new()).await.unwrap();
    world.simulator.expire_tokens();
    world.client.connect(with(pem)).check(&Cancel::new()).await.unwrap();
    assert_eq!(world.sign_ins(), 2, "a statement for every sign-in, none used twice");

    world.simulator.requests().clear();
    let error = world.client.connect(with(&other)).check(&Cancel::new()).await.unwrap_err();
    assert_eq!((error.code(), world.sign_ins()), ("graph.credentials_rejected", 0), "{error}");
    let stranger = world.simulator.add_tenant(TenantState::empty(4, "Uncertified")).unwrap();
    let connection = Connection { secret: pem.into(), ..connection(&world.simulator, &stranger) };
    let error = world.client.connect(connection.clone()).check(&Cancel::new()).await.unwrap_err();
    assert!(error.message().contains("AADSTS700027"), "{error}");
    assert!(!format!("{connection:?} {error:?}").contains("PRIVATE"));
}

#[tokio::test]
async fn a_fresh_token_that_is_refused_is_given_up() {
    let world = world_of(1).await;
    world.spoil(|rule| rule, Fault::ClaimsChallenge);
    assert_eq!(world.list(CONFIGURATION).await.partial(), "graph.unauthorized");
    assert_eq!((world.reads(), world.sign_ins()), (2, 2));
}

#[tokio::test]
async fn a_rotated_secret_signs_in_anew() {
    let world = world_of(1).await;
    world.list(CONFIGURATION).await;
    world.tenant.set_secret("second-secret".into());
    let renewed = world.client.connect(connection(&world.simulator, &world.tenant));
    assert_eq!(list(&renewed, CONFIGURATION).await.end, CollectionEnd::Complete);
    assert_eq!(world.sign_ins(), 2);
}

#[tokio::test]
async fn a_sign_in_that_fails_for_a_moment_is_tried_again() {
    for fault in [Fault::Status(503), Fault::Status(429), Fault::Reset, Fault::CutBody(5)] {
        let world = world_of(1).await;
        world.simulator.faults().add(Rule::new(fault.clone()).path(LOGIN).times(2));
        assert_eq!(world.list(CONFIGURATION).await.end, CollectionEnd::Complete, "{fault:?}");
        assert_eq!(world.sign_ins(), 3, "{fault:?}");
    }
}

#[tokio::test]
async fn an_odd_answer_to_a_sign_in_is_no_token() {
    for fault in [
        Fault::Html,
        Fault::BrokenJson,
        Fault::EmptyBody,
        answer(r#"{"access_token":"a\r\nb","expires_in":3600}"#),
        answer(r#"{"access_token":"abc","expires_in":-1}"#),
        Fault::Answer { status: 307, headers: Vec::new(), body: Vec::new() },
    ] {
        let world = world_of(1).await;
        world.simulator.faults().add(Rule::new(fault.clone()).path(LOGIN));
        let error = world.graph.check(&Cancel::new()).await.unwrap_err();
        assert_eq!(error.code(), "graph.unexpected_answer", "{fault:?}");
        assert_eq!(world.reads(), 0, "{fault:?}");
    }
}

#[tokio::test]
async fn neither_secret_nor_token_is_ever_shown() {
    let world = world_of(1).await;
    let planted = r#"{"access_token":"planted-token","expires_in":3600}"#;
    world.simulator.faults().add(Rule::new(answer(planted)).path(LOGIN));
    let connection =
        Connection { secret: "planted-secret".into(), ..connection(&world.simulator, &world.tenant) };
    let graph = world.client.connect(connection.clone());
    let cancel = Cancel::new();
    let mut listing = graph.list(ty(CONFIGURATION), &cancel);
    assert!(listing.next_page().await.is_none());
    let shown = format!("{connection:?} {graph:?} {listing:?} {:?}", world.client);
    let end = listing.end();
    assert_eq!(end.error().unwrap().code(), "graph.unauthorized");
    let shown = format!("{shown} {end:?} {}", end.error().unwrap());
    assert!(!shown.contains("planted"), "{shown}");
}
