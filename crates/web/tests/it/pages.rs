//! What the pages say, and what they ask of the database.

use axum::http::StatusCode;
use database::testing::Backend;
use rstest::rstest;

use crate::house::{House, Person, SCRIPT_SECRET};

/// The most statements that a page may run: three for who asks and the frame, the rest for the page itself.
const STATEMENTS_MAX: usize = 6;

/// Pages that show less, or nothing, to whoever is narrowed to a tenant, and then ask less.
const FOR_SOME: [&str; 3] = ["/w/default/settings/members", "/server/workspaces", "/server/users"];

#[rstest]
#[tokio::test]
async fn every_page_renders_with_no_graph_configured(
    #[values(Backend::Sqlite, Backend::Postgres)] on: Backend,
) {
    let house = House::on(on).await;
    house.administers(&house.owner).await;
    let pages = [
        ("/w/default/operations", "Operations"),
        (&format!("/w/default/operations/{}", house.run), "Policy sync"),
        ("/w/default/tenants", "Contoso Ltd"),
        ("/w/default/tenants/new", "Add tenant"),
        ("/w/default/settings/members", "What each role may do"),
        (&format!("/w/default/settings/members/{}", house.spare.id), "Remove from the workspace"),
        ("/w/default/settings/members/invite", "Make the link"),
        ("/w/default/settings/tokens", "Create token"),
        ("/w/default/settings/tokens/new", "Good for"),
        ("/w/default/settings/health", "Oldest waiting"),
        ("/account", "Where you are signed in"),
        ("/server/workspaces", "Northwind Holdings"),
        ("/server/workspaces/new", "First Owner"),
        ("/server/users", "Make server administrator"),
        ("/w/default/notifications", "Policy sync queued"),
        ("/w/default/t/contoso/inventory", "Inventory"),
        ("/w/default/t/contoso/policies", "Install &lt;b&gt;agent&lt;/b&gt;"),
        (&format!("/w/default/t/contoso/policies/{}", house.policy), "agent.ps1"),
        (&format!("/w/default/t/contoso/policies/{}?tab=versions", house.policy), "First version"),
        (&format!("/w/default/t/contoso/policies/{}?tab=json", house.policy), "Version 1"),
        (
            &format!("/w/default/t/contoso/policies/{}?tab=assignments", house.policy),
            "Assignments were not read",
        ),
    ];
    for (path, holds) in pages {
        let person = if path.contains("notifications") { &house.operator } else { &house.owner };
        let page = house.get(path, Some(person)).await;
        assert_eq!(page.status, StatusCode::OK, "{path}: {}", page.body);
        assert!(page.body.contains(holds), "{path} lacks {holds}: {}", page.body);
        assert!(page.body.starts_with("<!DOCTYPE html><html lang=\"en\""), "{path}");
        for forbidden in
            [" style=", "<style", "javascript:", " onclick=", SCRIPT_SECRET, "<b>agent</b>", "not a real one"]
        {
            assert!(!page.body.contains(forbidden), "{path} holds {forbidden}");
        }
        assert!(page.body.matches("<h1").count() == 1, "{path} has one title");
    }
}

#[rstest]
#[tokio::test]
async fn a_page_asks_the_same_of_the_database_however_many_rows_it_shows(
    #[values(Backend::Sqlite, Backend::Postgres)] on: Backend,
) {
    let house = House::on(on).await;
    house.administers(&house.owner).await;
    // The references that this rotates are rotated before anything is counted.
    house.get("/account", Some(&house.owner)).await;
    let policy = format!("/w/default/t/contoso/policies/{}", house.policy);
    let run = format!("/w/default/operations/{}", house.run);
    let tabs = ["versions", "json", "assignments"].map(|tab| format!("{policy}?tab={tab}"));
    let mut pages = vec![
        "/w/default/operations",
        run.as_str(),
        "/w/default/tenants",
        "/w/default/notifications",
        "/w/default/settings/members",
        "/w/default/settings/tokens",
        "/w/default/settings/health",
        "/account",
        "/server/workspaces",
        "/server/users",
        "/w/default/t/contoso/inventory",
        "/w/default/t/contoso/policies",
        policy.as_str(),
    ];
    pages.extend(tabs.iter().map(String::as_str));
    let mut few = Vec::new();
    for path in &pages {
        few.push(statements(&house, path, &house.owner).await);
    }
    for n in 0..40 {
        let inputs = serde_json::json!({"policy_types": [format!("t{n}")]});
        house.ledger.start(&house.contoso, "policy.sync", inputs).await.expect("it starts");
    }
    for (path, before) in pages.into_iter().zip(few) {
        let after = statements(&house, path, &house.owner).await;
        assert_eq!(before, after, "{path}");
        if !FOR_SOME.contains(&path) {
            let narrow = statements(&house, path, &house.narrowed).await;
            assert_eq!(before, narrow, "{path}, in reach of one tenant");
        }
        assert!(after.len() <= STATEMENTS_MAX, "{path} asks {} times: {after:?}", after.len());
    }
}

async fn statements(house: &House, path: &str, person: &Person) -> Vec<&'static str> {
    let _ = house.ran.take();
    let page = house.get(path, Some(person)).await;
    assert_eq!(page.status, StatusCode::OK, "{path}");
    let mut ran = house.ran.take();
    ran.sort_unstable();
    ran
}

#[rstest]
#[tokio::test]
async fn the_list_says_what_it_leaves_out(#[values(Backend::Sqlite, Backend::Postgres)] on: Backend) {
    let house = House::on(on).await;
    let list = |query: &'static str| house.get(query, Some(&house.owner));
    let usual = list("/w/default/operations").await;
    assert!(usual.body.contains("Last 30 days") && usual.body.contains("Active now, 1"), "{}", usual.body);
    assert!(
        usual.body.contains(&house.run.to_string()) && !usual.body.contains(&house.foreign_run.to_string())
    );
    let none = list("/w/default/operations?state=failed&range=7d").await;
    assert!(none.body.contains("No run matches Failed, last 7 days."), "{}", none.body);
    let odd = list("/w/default/operations?state=odd&range=12y&colour=red").await;
    for told in [
        "The filter state has no value “odd”.",
        "The filter range has no value “12y”.",
        "There is no filter “colour”.",
    ] {
        assert!(odd.body.contains(told), "{told}: {}", odd.body);
    }
    let mine = house.get("/w/default/operations?by=me", Some(&house.operator)).await;
    assert!(mine.body.contains(&house.run.to_string()));
    assert!(!list("/w/default/operations?by=me").await.body.contains(&house.run.to_string()));
    let typed = house.get(&format!("/w/default/operations?q={}", house.run), Some(&house.owner)).await;
    assert_eq!(typed.header("location"), Some(format!("/w/default/operations/{}", house.run).as_str()));
    let of_tenant = list("/w/default/t/contoso/operations").await;
    assert_eq!(of_tenant.header("location"), Some("/w/default/operations?tenant=contoso"));
    assert!(!list("/w/default/operations?tenant=fabrikam").await.body.contains(&house.run.to_string()));
}

#[rstest]
#[tokio::test]
async fn a_tenant_is_also_found_by_the_id_that_other_systems_know(
    #[values(Backend::Sqlite, Backend::Postgres)] on: Backend,
) {
    let house = House::on(on).await;
    let tenants = tenancy::tenant::list(&house.database, &house.whole).await.expect("a list");
    let contoso = tenants.iter().find(|tenant| tenant.slug == "contoso").expect("it is there");
    let path = format!("/w/default/t/{}/policies?q=a", contoso.external_id);
    let moved = house.get(&path, Some(&house.reader)).await;
    assert_eq!(moved.status, StatusCode::PERMANENT_REDIRECT);
    assert_eq!(moved.header("location"), Some("/w/default/t/contoso/policies?q=a"));
    assert_eq!(house.get(&path, Some(&house.stranger)).await.status, StatusCode::NOT_FOUND);
    let fabrikam = tenants.iter().find(|tenant| tenant.slug == "fabrikam").expect("it is there");
    let hidden = format!("/w/default/t/{}/policies", fabrikam.external_id);
    assert_eq!(house.get(&hidden, Some(&house.narrowed)).await.status, StatusCode::NOT_FOUND);
}

#[rstest]
#[tokio::test]
async fn a_tenant_is_connected_and_checked(#[values(Backend::Sqlite, Backend::Postgres)] on: Backend) {
    let house = House::on(on).await;
    let good = "name=Litware&slug=litware&environment=test&cloud=global&graph_tenant_id=litware.example\
                &client_id=0f8fad5b-d9cb-469f-a165-70867728950e&client_secret=a-planted-secret";
    let wrong = good.replace("slug=litware", "slug=Lit+Ware").replace("cloud=global", "cloud=elsewhere");
    let answer = house.post("/w/default/tenants/new", &house.owner, &wrong).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(
        answer.body.contains("is not a short name") && answer.body.contains("Choose a cloud."),
        "{}",
        answer.body
    );
    assert!(!answer.body.contains("a-planted-secret"), "a secret is never sent back");
    let taken = house
        .post("/w/default/tenants/new", &house.owner, &good.replace("slug=litware", "slug=contoso"))
        .await;
    assert!(taken.body.contains("There is a tenant of this short name already."), "{}", taken.body);
    let made = house.post("/w/default/tenants/new", &house.owner, good).await;
    assert!(made.header("location").is_some_and(|run| run.ends_with("?answer=queued")), "{made:?}");
    let list = house.get("/w/default/tenants", Some(&house.reader)).await;
    assert!(list.body.contains("Litware") && list.body.contains("Not checked yet"), "{}", list.body);
}

#[rstest]
#[tokio::test]
async fn a_simulated_tenant_is_on_this_machine_and_no_production_tenant(
    #[values(Backend::Sqlite, Backend::Postgres)] on: Backend,
) {
    let house = House::on(on).await;
    let sent = |environment: &str, simulator: &str| {
        let fields = format!(
            "name=Lab&slug=lab&environment={environment}&cloud=simulated&simulator={simulator}\
             &graph_tenant_id=lab.example&client_id=0f8fad5b-d9cb-469f-a165-70867728950e&client_secret=none"
        );
        let house = &house;
        async move { house.post("/w/default/tenants/new", &house.owner, &fields).await }
    };
    let elsewhere = [
        "",
        "http://graph.example:8765",
        "http://localhost:8765",
        "http://10.0.0.1:8765",
        "https://127.0.0.1:8765",
        "http://127.0.0.1",
        "http://127.0.0.1:8765/admin",
        "http://a@127.0.0.1:8765",
    ];
    for simulator in elsewhere {
        let refused = sent("test", simulator).await;
        assert!(refused.body.contains("Enter what the simulator printed"), "{simulator}: {}", refused.body);
    }
    let refused = sent("production", "http://127.0.0.1:8765").await;
    assert!(refused.body.contains("is refused for a tenant whose environment is production"), "{refused:?}");
    let made = sent("test", "http://127.0.0.1:8765/").await;
    assert!(made.header("location").is_some_and(|run| run.ends_with("?answer=queued")), "{made:?}");
}

#[rstest]
#[tokio::test]
async fn notices_are_read_by_asking_and_by_nothing_else(
    #[values(Backend::Sqlite, Backend::Postgres)] on: Backend,
) {
    let house = House::on(on).await;
    let unread = "Notifications, 1 unread";
    for _ in 0..2 {
        let page = house.get("/w/default/notifications", Some(&house.operator)).await;
        assert!(page.body.contains(unread), "looking changes nothing: {}", page.body);
    }
    let run = format!("/w/default/operations/{}", house.run);
    assert!(house.get(&run, Some(&house.operator)).await.body.contains(unread));
    let read =
        house.post("/w/default/notifications/read", &house.operator, &format!("run={}", house.run)).await;
    assert_eq!(read.header("location"), Some("/w/default/notifications"));
    assert!(!house.get("/w/default/notifications", Some(&house.operator)).await.body.contains(unread));
}

#[tokio::test]
async fn a_script_gets_the_page_without_the_frame() {
    let house = House::on(Backend::Sqlite).await;
    let request = crate::house::request(axum::http::Method::GET, "/w/default/operations", Some(&house.owner));
    let request = request.header("hx-request", "true").body(axum::body::Body::empty()).expect("a request");
    let part = house.send(request).await;
    assert!(part.body.starts_with("<title>") && part.body.contains("id=\"runs\""), "{}", part.body);
    assert!(!part.body.contains("<aside id=\"rail\""), "{}", part.body);
}
