//! What the page of one run tells, what a search finds, and the parts of a policy.

use axum::http::StatusCode;
use database::testing::Backend;
use ledger::Outcome;
use ledger::failure::{Failure, FailureCode, sanitize};
use rstest::rstest;
use serde_json::json;

use crate::house::House;
use crate::operations::{LIST, Story, TOLD, end, main_of, started, story};

#[rstest]
#[tokio::test]
async fn detail_shows_meta_counts_failures_context_events_and_related_links_for_every_kind(
    #[values(Backend::Sqlite, Backend::Postgres)] on: Backend,
) {
    let house = House::on(on).await;
    house.ledger.cancel(&house.contoso, house.run).await.expect("the first run is called off");
    let kinds: Vec<_> = house.ledger.catalog().kinds().cloned().collect();
    assert!(kinds.len() >= 5, "the house has its kinds");
    for kind in kinds {
        let scope = match kind.scope {
            ledger::catalog::RunScope::Tenant => &house.contoso,
            ledger::catalog::RunScope::Workspace => &house.whole,
        };
        // One kind does nothing where nothing is selected; the others take no such field.
        let inputs = match kind.token {
            "backup_set.add_policies" => json!({"policies": ["p"]}),
            _ => json!({}),
        };
        let run = house.ledger.start(scope, kind.token, inputs).await.expect("it starts").run().id;
        let failure = Failure::new(FailureCode::GRAPH_CONFLICT, sanitize("It changed."))
            .on(sanitize("WIN <img src=x onerror=alert(1)> Baseline"));
        end(&house, run, Outcome::PartiallySucceeded, vec![failure]).await;
        let context = format!(
            r#"UPDATE operation_runs SET context = '{{"who": {{"note": "<script>alert(2)</script>", "key": "[redacted]"}}, "parent_run": "{}"}}'"#,
            house.run
        );
        house.database.batch(&context).await;
        let page = house.get(&format!("{LIST}/{run}"), Some(&house.owner)).await;
        let (main, kind) = (main_of(&page), kind.token);
        let place = if scope.tenant().is_some() { "Contoso Ltd" } else { "Workspace" };
        for (what, holds) in [
            ("its id", run.to_string()),
            ("its kind", format!(">{kind}<")),
            ("its place", place.to_owned()),
            ("its state", "Partial".to_owned()),
            ("how long it waited", "<dt>Waited</dt>".to_owned()),
            ("its attempts", "1 of 3".to_owned()),
            ("its counts", "counts of the only attempt".to_owned()),
            ("its failure", "graph.conflict".to_owned()),
            ("what it failed on", "WIN &lt;img src=x onerror=alert(1)&gt; Baseline".to_owned()),
            ("what to do", "Sync again, look at what changed".to_owned()),
            ("others like it", format!("{LIST}?code=graph.conflict")),
            ("the failures as a file", format!("{LIST}/{run}?format=csv")),
            ("its context", "&lt;script&gt;alert(2)&lt;/script&gt;".to_owned()),
            ("what is withheld, as a chip", "withheld".to_owned()),
            ("the run that its context names", format!("{LIST}/{}", house.run)),
            ("its JSON", format!("{LIST}/{run}?format=json")),
            ("how it began", "Attempt 1 began".to_owned()),
            ("how it ended", "Ended, Partial".to_owned()),
            ("runs of its identity", format!("{LIST}?identity=")),
        ] {
            assert!(main.contains(&holds), "{kind} lacks {what} ({holds}): {main}");
        }
        assert!(!main.contains("<img src=x") && !main.contains("<script>"), "{kind} holds nothing that runs");
        assert_eq!(main.contains("Open policies"), scope.tenant().is_some(), "{kind} leads to its result");
        let json = house.get(&format!("{LIST}/{run}?format=json"), Some(&house.owner)).await.json();
        assert_eq!(
            (json["type"].as_str(), json["failures"][0]["code"].as_str()),
            (Some(kind), Some("graph.conflict"))
        );
        let table = house.get(&format!("{LIST}/{run}?format=csv"), Some(&house.owner)).await;
        assert!(
            table.body.starts_with("code,message,count,item,advice\r\ngraph.conflict,It changed.,1,"),
            "{}",
            table.body
        );
    }
}

#[rstest]
#[tokio::test]
async fn a_run_is_drawn_beside_those_before_it(#[values(Backend::Sqlite, Backend::Postgres)] on: Backend) {
    let house = House::on(on).await;
    house.ledger.cancel(&house.contoso, house.run).await.expect("the first run is called off");
    let mut last = house.run;
    for _ in 0..3 {
        last = started(&house, &house.contoso, "inventory.sync").await;
        end(&house, last, Outcome::Succeeded, Vec::new()).await;
    }
    let page = house.get(&format!("{LIST}/{last}"), Some(&house.owner)).await;
    assert!(page.body.contains("Same operation, last 3 runs"), "{}", main_of(&page));
    let again = house.get(&format!("{LIST}/{last}?answer=active"), Some(&house.owner)).await;
    let why = "You were brought here because an equal run was already active";
    assert!(again.body.contains(why), "{}", main_of(&again));
}

#[rstest]
#[tokio::test]
async fn a_search_finds_runs_tenants_policies_and_pages_and_draws_them_as_text(
    #[values(Backend::Sqlite, Backend::Postgres)] on: Backend,
) {
    let Story { house, failed, .. } = story(on).await;
    let search = |typed: String| {
        let query = url::form_urlencoded::Serializer::new(String::new()).append_pair("q", &typed).finish();
        let (house, person) = (&house, &house.owner);
        async move { house.get(&format!("/w/default/search?{query}"), Some(person)).await }
    };
    let run = format!("{LIST}/{failed}");
    let policy = format!("/w/default/t/contoso/policies/{}", house.policy);
    for (typed, leads_to) in [
        (failed.to_string(), run.as_str()),
        (failed.to_string().to_uppercase(), &run),
        (format!("https://atlas.example/w/default/operations/{failed}?answer=queued"), &run),
        ("BASELINE".to_owned(), &run),
        ("graph.conflict".to_owned(), &run),
        ("fabrikam".to_owned(), "/w/default/t/fabrikam/policies"),
        ("<b>agent".to_owned(), &policy),
        ("inventory contoso".to_owned(), "/w/default/t/contoso/inventory"),
        ("notif".to_owned(), "/w/default/notifications"),
    ] {
        let page = search(typed.clone()).await;
        let main = main_of(&page);
        assert!(main.contains(&format!("href=\"{leads_to}\"")), "{typed}: {main}");
        assert!(!main.contains("<b>agent") && !main.contains("<img src=x"), "{typed} stays text");
    }
    let none = search("\"><script>alert(1)</script>".to_owned()).await;
    let main = main_of(&none);
    assert!(main.contains("Nothing that you may see matches.") && !main.contains("<script>"), "{main}");
    let foreign = search(house.foreign_run.to_string()).await;
    assert!(main_of(&foreign).contains("Nothing that you may see matches."));
    let long = search("x".repeat(201)).await;
    assert!(long.body.contains(TOLD) && long.status == StatusCode::OK);
    let list = house.get(LIST, Some(&house.owner)).await;
    assert!(list.body.contains("action=\"/w/default/search\""), "every page has the search");
}

#[rstest]
#[tokio::test]
async fn settings_are_searched_runs_listed_and_versions_that_are_not_there_missing(
    #[values(Backend::Sqlite, Backend::Postgres)] on: Backend,
) {
    let house = House::on(on).await;
    let policy = format!("/w/default/t/contoso/policies/{}", house.policy);
    let get = |query: &'static str| house.get(query, Some(&house.owner));
    let at = |query: &str| format!("{policy}{query}");
    let found = house.get(&at("?find=AGENT.ps1"), Some(&house.owner)).await;
    let main = main_of(&found);
    assert!(
        main.contains("fileName") && !main.contains("runAsAccount") && main.contains("1 setting"),
        "{main}"
    );
    let none = house.get(&at("?find=%3Cscript%3E"), Some(&house.owner)).await;
    let main = main_of(&none);
    assert!(
        main.contains("No setting or value holds “&lt;script&gt;”.") && !main.contains("<script>"),
        "{main}"
    );
    house.ledger.cancel(&house.contoso, house.run).await.expect("it is called off");
    let runs = house.get(&at("?tab=runs"), Some(&house.owner)).await;
    let main = main_of(&runs);
    assert!(main.contains(&house.run.to_string()) && main.contains("recorded version 1"), "{main}");
    assert_eq!(house.get(&at("?version=9"), Some(&house.owner)).await.status, StatusCode::NOT_FOUND);
    assert_eq!(get("/w/default/t/contoso/inventory").await.status, StatusCode::OK);
}
