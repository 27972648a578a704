//! The list of runs: what it shows, what narrows it, and what of it can be taken along.

use std::collections::BTreeSet;
use std::time::Duration;

use axum::http::{Method, StatusCode};
use database::Clock;
use database::testing::Backend;
use ledger::failure::{Failure, FailureCode, FailureSummary, sanitize};
use ledger::summary::{CountKey, SummaryCounts};
use ledger::{Ending, Ledger, Outcome, RunId};
use rstest::rstest;
use serde_json::{Value, json};
use tenancy::Scope;

use crate::house::{Answer, House, Person, acting};

/// The list of the first workspace.
pub(crate) const LIST: &str = "/w/default/operations";

/// The line that says what of an address was not understood.
pub(crate) const TOLD: &str = "<p class=\"line\" role=\"note\">";

/// The ids of the runs that an answer holds, in its order.
fn runs_in(answer: &Answer) -> Vec<String> {
    let rows = answer.body.split("id=\"run-").skip(1);
    rows.filter_map(|rest| rest.split('"').next()).filter(|id| id.len() == 36).map(str::to_owned).collect()
}

pub(crate) async fn started(house: &House, scope: &Scope, kind: &str) -> RunId {
    house.ledger.start(scope, kind, json!({})).await.expect("it starts").run().id
}

/// Moves a run into the past, as if it had been started then; its id tells when that was.
async fn aged(house: &House, on: Backend, run: RunId, days: u64) -> RunId {
    let at = Clock::system().now().minus(Duration::from_secs(days * 86_400)).as_micros();
    let millis = u128::try_from(at / 1000).expect("after 1970");
    let older = (run.as_uuid().as_u128() & ((1 << 80) - 1)) | (millis << 80);
    let older = RunId::from_uuid(uuid::Uuid::from_u128(older));
    let change = match on {
        Backend::Sqlite => format!(
            "UPDATE operation_runs SET id = x'{}', created_at = {at} WHERE id = x'{}'",
            older.as_uuid().simple(),
            run.as_uuid().simple()
        ),
        Backend::Postgres => format!(
            "UPDATE operation_runs SET id = '{older}', created_at = to_timestamp({at} / 1000000.0) WHERE id = '{run}'"
        ),
    };
    house.database.batch(&change).await;
    older
}

/// Ends a run that waits.
pub(crate) async fn end(house: &House, run: RunId, outcome: Outcome, failures: Vec<Failure>) {
    let session = house.ledger.open_session("a test", Duration::from_secs(30)).await.expect("a session");
    let kinds: Vec<String> = house.ledger.catalog().kinds().map(|kind| kind.token.to_owned()).collect();
    let claimed = house.ledger.claim(session, kinds, 100, Duration::from_secs(60)).await.expect("a claim");
    for claimed in claimed {
        if claimed.claim.run != run {
            continue;
        }
        let mut summary = FailureSummary::default();
        for failure in &failures {
            summary.add(failure.clone());
        }
        let ending = Ending {
            outcome,
            counts: SummaryCounts::default().with(CountKey::Total, 3),
            failures: summary,
            reason: failures.first().map(|failure| failure.code.clone()),
        };
        house.ledger.finish(claimed.claim, &claimed.kind, &ending).await.expect("it ends");
    }
    house.ledger.close_session(session).await.expect("the session ends");
}

/// Runs of every sort, by what sets each apart.
pub(crate) struct Story {
    pub(crate) house: House,
    /// Failed today, by the operator, about a policy, in contoso.
    pub(crate) failed: RunId,
    /// Succeeded two days ago, by the owner, in fabrikam.
    done: RunId,
    /// Called off ten days ago, by the console, of the workspace.
    cancelled: RunId,
    /// Succeeded 40 days ago, by the operator, in contoso.
    old: RunId,
}

pub(crate) async fn story(on: Backend) -> Story {
    let house = House::on(on).await;
    house.ledger.cancel(&house.contoso, house.run).await.expect("the first run is called off");
    let otto = acting(&house.database, &house.operator, "default", "contoso").await;
    let olga = acting(&house.database, &house.owner, "default", "fabrikam").await;
    let old = started(&house, &otto, "inventory.sync").await;
    end(&house, old, Outcome::Succeeded, Vec::new()).await;
    let old = aged(&house, on, old, 40).await;
    let cancelled = started(&house, &house.whole, "fixture.whole").await;
    house.ledger.cancel(&house.whole, cancelled).await.expect("it is called off");
    let cancelled = aged(&house, on, cancelled, 10).await;
    let done = started(&house, &olga, "inventory.sync").await;
    end(&house, done, Outcome::Succeeded, Vec::new()).await;
    let done = aged(&house, on, done, 2).await;
    let failed = started(&house, &otto, "assignments.fetch").await;
    let failure =
        Failure::new(FailureCode::GRAPH_CONFLICT, sanitize("It changed <script>alert(1)</script>."))
            .on(sanitize("WIN <img src=x onerror=alert(1)> Baseline"));
    end(&house, failed, Outcome::Failed, vec![failure]).await;
    Story { house, failed, done, cancelled, old }
}

#[rstest]
#[tokio::test]
async fn the_lists_default_is_the_last_30_days_newest_first(
    #[values(Backend::Sqlite, Backend::Postgres)] on: Backend,
) {
    let Story { house, failed, done, cancelled, old } = story(on).await;
    let usual = house.get(LIST, Some(&house.owner)).await;
    let expected = [failed, house.run, done, cancelled].map(|run| run.to_string());
    assert_eq!(runs_in(&usual), expected);
    assert!(usual.body.contains("<b>Last 30 days</b>"), "the range is said: {}", main_of(&usual));
    assert!(!usual.body.contains(">Clear</a>"), "nothing differs from the default");
    let longer = house.get(&format!("{LIST}?range=90d"), Some(&house.owner)).await;
    assert_eq!(runs_in(&longer).last(), Some(&old.to_string()));
    assert!(longer.body.contains(">Clear</a>"));
}

#[rstest]
#[tokio::test]
async fn each_filter_alone_and_all_combined_narrow_rows_and_counts(
    #[values(Backend::Sqlite, Backend::Postgres)] on: Backend,
) {
    let Story { house, failed, done, cancelled, old } = story(on).await;
    let first = house.run;
    let identity = house.ledger.show(&house.whole, failed).await.expect("a run").expect("there").identity;
    let today = database::Clock::system().now().to_jiff().to_zoned(jiff::tz::TimeZone::UTC).date();
    let day = |ago: i32| today.checked_sub(jiff::Span::new().days(ago)).expect("a day");
    let all_of_them = format!(
        "state=failed&type=assignments.fetch&tenant=contoso&by={}&on={today}&code=graph.conflict&identity={identity}&q=baseline",
        house.operator.id
    );
    let cases: Vec<(String, Vec<RunId>)> = vec![
        ("state=failed".into(), vec![failed]),
        ("state=succeeded".into(), vec![done]),
        ("state=cancelled".into(), vec![first, cancelled]),
        ("state=other".into(), vec![first, cancelled]),
        ("state=active".into(), vec![]),
        ("state=partial".into(), vec![]),
        ("state=blocked".into(), vec![]),
        ("type=inventory.sync".into(), vec![done]),
        ("type=inventory.sync&type=fixture.whole".into(), vec![done, cancelled]),
        ("tenant=contoso".into(), vec![failed, first]),
        ("tenant=workspace".into(), vec![cancelled]),
        ("tenant=fabrikam&tenant=workspace".into(), vec![done, cancelled]),
        (format!("by={}", house.operator.id), vec![failed, first]),
        ("by=me".into(), vec![done]),
        ("by=schedule".into(), vec![]),
        ("by=system".into(), vec![]),
        ("range=24h".into(), vec![failed, first]),
        ("range=7d".into(), vec![failed, first, done]),
        ("range=90d".into(), vec![failed, first, done, cancelled, old]),
        (format!("on={today}"), vec![failed, first]),
        (format!("from={}&to={}", day(11), day(1)), vec![done, cancelled]),
        (format!("to={}", day(20)), vec![old]),
        ("code=graph.conflict".into(), vec![failed]),
        (format!("identity={}", &identity[..12]), vec![failed]),
        ("q=win+%3Cimg".into(), vec![failed]),
        ("q=graph.conf".into(), vec![failed]),
        ("q=%25".into(), vec![]),
        (all_of_them.clone(), vec![failed]),
        (all_of_them.replace("tenant=contoso", "tenant=fabrikam"), vec![]),
    ];
    for (query, expected) in cases {
        let page = house.get(&format!("{LIST}?{query}"), Some(&house.owner)).await;
        assert_eq!(page.status, StatusCode::OK, "{query}");
        let ids: Vec<String> = expected.iter().map(ToString::to_string).collect();
        assert_eq!(runs_in(&page), ids, "{query}");
        assert!(!page.body.contains(TOLD), "{query} is understood");
        let path = format!("/api/v1/workspaces/default/operations?{query}");
        let listed = house.call(Method::GET, &path, house.owner.token.as_deref(), None).await.json();
        let listed: Vec<String> = listed["items"].as_array().expect("a list").iter().map(id_of).collect();
        assert_eq!(listed, ids, "the API: {query}");
        let export =
            house.get(&format!("{LIST}/export?format=json&{query}"), Some(&house.owner)).await.json();
        let exported: Vec<String> = export["items"].as_array().expect("a list").iter().map(id_of).collect();
        assert_eq!(exported, ids, "the export: {query}");
        let count = format!("All <b>{}</b>", expected.len());
        if !query.contains("state=") {
            assert!(
                page.body.replace('\n', "").contains(&count),
                "{query} lacks {count}: {}",
                main_of(&page)
            );
        }
    }
}

fn id_of(run: &Value) -> String {
    run["id"].as_str().expect("an id").to_owned()
}

#[rstest]
#[tokio::test]
async fn what_cannot_be_understood_is_told_on_the_page_and_refused_to_programs(
    #[values(Backend::Sqlite, Backend::Postgres)] on: Backend,
) {
    let house = House::on(on).await;
    let long = "x".repeat(501);
    for query in [
        "state=odd".to_owned(),
        "range=12y".to_owned(),
        "on=2026-13-01".to_owned(),
        "from=2026-11-02&to=2026-11-01".to_owned(),
        "by=nobody".to_owned(),
        "identity=xyz".to_owned(),
        "identity=123".to_owned(),
        "cols=secret".to_owned(),
        "size=700".to_owned(),
        "tenant=nowhere".to_owned(),
        "state=failed&state=active".to_owned(),
        "older=AAAA".to_owned(),
        format!("q={long}"),
    ] {
        let page = house.get(&format!("{LIST}?{query}"), Some(&house.owner)).await;
        assert_eq!(page.status, StatusCode::OK, "{query}");
        assert!(page.body.contains(TOLD), "{query} is told");
        assert!(!page.body.contains(&long), "what is too long is not sent back");
        let path = format!("/api/v1/workspaces/default/operations?{query}");
        let api = house.call(Method::GET, &path, house.owner.token.as_deref(), None).await;
        assert!(api.status.is_client_error(), "the API: {query}: {}", api.status);
        let export = house.get(&format!("{LIST}/export?{query}"), Some(&house.owner)).await;
        assert!(export.status.is_client_error(), "the export: {query}: {}", export.status);
    }
    let format = house.get(&format!("{LIST}/export?format=xlsx"), Some(&house.owner)).await;
    assert!(
        format.status.is_client_error() && format.body.contains("must be csv or json"),
        "{}",
        format.body
    );
}

#[rstest]
#[tokio::test]
async fn two_runs_of_the_same_instant_across_a_page_border_appear_once(
    #[values(Backend::Sqlite, Backend::Postgres)] on: Backend,
) {
    let house = House::on(on).await;
    let at = Clock::system().now().minus(Duration::from_secs(3600));
    let then = Ledger::new((*house.database).clone(), house.ledger.catalog().clone(), Clock::fixed(at));
    let mut expected = BTreeSet::new();
    for n in 0..60 {
        let inputs = json!({"policy_types": [format!("t{n}")]});
        let run = then.start(&house.contoso, "policy.sync", inputs).await.expect("it starts").run().id;
        then.cancel(&house.contoso, run).await.expect("it is called off");
        expected.insert(run.to_string());
    }
    let mut seen = Vec::new();
    let mut path = format!("{LIST}?state=cancelled&size=25");
    let mut pages = 0;
    loop {
        let page = house.get(&path, Some(&house.owner)).await;
        seen.extend(runs_in(&page));
        pages += 1;
        let Some(older) =
            page.body.split("href=\"").find(|rest| rest.contains("older=") && rest.contains(">Older"))
        else {
            break;
        };
        path = older.split('"').next().expect("an address").replace("&amp;", "&");
    }
    assert_eq!((seen.len(), pages), (60, 3), "no run is there twice");
    assert_eq!(seen.into_iter().collect::<BTreeSet<_>>(), expected);
}

#[rstest]
#[tokio::test]
async fn an_empty_list_names_its_filters_and_offers_older_runs(
    #[values(Backend::Sqlite, Backend::Postgres)] on: Backend,
) {
    let Story { house, .. } = story(on).await;
    let empty = |query: &'static str| house.get(query, Some(&house.owner));
    let page = empty("/w/default/operations?state=succeeded&tenant=contoso&type=inventory.sync").await;
    let why = "No run matches Succeeded, Inventory sync, Contoso Ltd, last 30 days.";
    assert!(page.body.contains(why), "{}", main_of(&page));
    assert!(page.body.contains("1 older run, show 90 days"), "{}", main_of(&page));
    let none = empty("/w/default/operations?state=blocked").await;
    assert!(!none.body.contains("older run"), "{}", main_of(&none));
}

#[rstest]
#[tokio::test]
async fn columns_and_page_sizes_are_those_that_were_asked_for(
    #[values(Backend::Sqlite, Backend::Postgres)] on: Backend,
) {
    let Story { house, failed, .. } = story(on).await;
    let plain = house.get(LIST, Some(&house.owner)).await;
    let wide =
        house.get(&format!("{LIST}?cols=id,waited,ended,attempt,code,identity"), Some(&house.owner)).await;
    let identity = house.ledger.show(&house.whole, failed).await.expect("a run").expect("there").identity;
    for label in ["Run ID", "Waited", "Ended", "Attempt", "Reason code", "Identity"] {
        let cell = format!("data-label=\"{label}\"");
        assert!(wide.body.contains(&cell) && !plain.body.contains(&cell), "{label}");
    }
    assert!(wide.body.contains(&identity) && !plain.body.contains(&identity));
}

#[rstest]
#[tokio::test]
async fn an_export_is_a_table_of_what_the_list_shows_and_harmless(
    #[values(Backend::Sqlite, Backend::Postgres)] on: Backend,
) {
    let Story { house, failed, .. } = story(on).await;
    house.database.batch("UPDATE operation_runs SET initiator_name = '=cmd|'' /C calc''!A0, \"x\"'").await;
    let file = house.get(&format!("{LIST}/export?format=csv&state=failed"), Some(&house.owner)).await;
    assert_eq!(file.status, StatusCode::OK, "{}", file.body);
    assert_eq!(file.header("content-type"), Some("text/csv; charset=utf-8; header=present"));
    let name = file.header("content-disposition").expect("a name");
    assert!(
        name.starts_with("attachment; filename=\"operations-default-failed-30d-made-20")
            && name.ends_with(".csv\""),
        "{name}"
    );
    let lines: Vec<&str> = file.body.split("\r\n").collect();
    assert_eq!(lines.len(), 3, "a heading, a run, and the end: {}", file.body);
    assert!(
        lines[0].starts_with("id,type,operation,state,status,outcome,tenant,tenant_name,tenant_id,"),
        "{}",
        lines[0]
    );
    assert!(lines[1].starts_with(&format!(
        "{failed},assignments.fetch,Assignments fetch,Failed,completed,failed,contoso,Contoso Ltd,"
    )));
    assert!(lines[1].contains(",\"'=cmd|' /C calc'!A0, \"\"x\"\"\","), "{}", lines[1]);
    assert!(lines[1].contains(",graph.conflict,3,"), "{}", lines[1]);
    let at = lines[1].split(',').find(|cell| cell.ends_with('Z')).expect("a time");
    assert!(at.parse::<jiff::Timestamp>().is_ok(), "{at}");
    let api = "/api/v1/workspaces/default/operations/export?state=failed&format=csv";
    let by_api = house.call(Method::GET, api, house.owner.token.as_deref(), None).await;
    assert_eq!(by_api.body, file.body);
    let refused = house.get(&format!("{LIST}/export"), Some(&house.reader)).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    let list = house.get(LIST, Some(&house.reader)).await;
    assert!(
        list.body.contains("Needs the Operator role in Northwind Holdings."),
        "the menu says why: {}",
        list.body
    );
}

/// The page without its frame, which says when it was made.
pub(crate) fn main_of(answer: &Answer) -> &str {
    answer.body.split("<main").nth(1).unwrap_or(&answer.body)
}

/// Everything through which somebody could meet a run that is not theirs.
async fn doors(house: &House, person: &Person, run: RunId) -> Vec<(String, Answer)> {
    let mut answers = Vec::new();
    for path in [
        LIST.to_owned(),
        format!("{LIST}?cols=id&range=90d"),
        format!("{LIST}/{run}"),
        format!("{LIST}/export?format=csv"),
        format!("{LIST}/export?format=json"),
        "/w/default/notifications".to_owned(),
        "/w/default/search?q=Fabrikam".to_owned(),
        "/w/default/search?q=baseline".to_owned(),
        format!("/w/default/search?q={run}"),
    ] {
        let answer = house.get(&path, Some(person)).await;
        answers.push((path, answer));
    }
    for path in [
        "/api/v1/workspaces/default/operations".to_owned(),
        format!("/api/v1/workspaces/default/operations/{run}"),
        "/api/v1/workspaces/default/operations/export".to_owned(),
    ] {
        let answer = house.call(Method::GET, &path, person.token.as_deref(), None).await;
        answers.push((path, answer));
    }
    answers
}

#[rstest]
#[tokio::test]
async fn a_member_sees_only_the_runs_of_their_workspace_and_tenants(
    #[values(Backend::Sqlite, Backend::Postgres)] on: Backend,
) {
    let house = House::on(on).await;
    let olga = acting(&house.database, &house.owner, "default", "fabrikam").await;
    let hidden = house.ledger.start(&olga, "policy.sync", Value::Null).await.expect("it starts").run().id;
    for (path, answer) in doors(&house, &house.narrowed, hidden).await {
        // What was typed stands in the search box and above the results, and is no answer.
        let body = main_of(&answer)
            .replace(&format!("value=\"{hidden}\""), "")
            .replace(&format!("<bdi>{hidden}</bdi>"), "");
        assert!(!body.contains(&hidden.to_string()), "{path} names the run: {body}");
        assert!(!body.contains("Fabrikam Retail"), "{path} names the tenant: {body}");
        assert!(!body.contains(&house.foreign_run.to_string()), "{path}: {body}");
    }
    let whole: Vec<(String, Answer)> = doors(&house, &house.owner, hidden).await;
    let seen = whole.iter().filter(|(_, answer)| answer.body.contains(&hidden.to_string())).count();
    assert!(seen >= 8, "an Owner does meet it, so the test can fail: {seen}");
    let list = house.get(LIST, Some(&house.narrowed)).await;
    assert!(list.body.replace('\n', "").contains("All <b>1</b>"), "counts too: {}", main_of(&list));
}

#[rstest]
#[tokio::test]
async fn a_stranger_gets_the_bytes_of_a_missing_page_at_each_door(
    #[values(Backend::Sqlite, Backend::Postgres)] on: Backend,
) {
    let house = House::on(on).await;
    let run = house.run;
    for path in [
        "/w/default/operations".to_owned(),
        format!("/w/default/operations/{run}"),
        format!("/w/default/operations/{run}?format=json"),
        "/w/default/operations/export?format=csv".to_owned(),
        "/w/default/search?q=contoso".to_owned(),
        "/w/default/notifications".to_owned(),
        "/w/default/t/contoso/policies".to_owned(),
        format!("/w/default/t/contoso/policies/{}", house.policy),
        "/w/default/t/contoso/inventory".to_owned(),
    ] {
        let there = house.get(&path, Some(&house.stranger)).await;
        let missing = house.get(&path.replace("/w/default/", "/w/nowhere/"), Some(&house.stranger)).await;
        assert_eq!((there.status, missing.status), (StatusCode::NOT_FOUND, StatusCode::NOT_FOUND), "{path}");
        assert_eq!(there.body, missing.body, "{path}");
    }
    for path in ["operations", &format!("operations/{run}"), "operations/export", "tenants/contoso/policies"]
    {
        let ask = |workspace: &str| {
            let path = format!("/api/v1/workspaces/{workspace}/{path}");
            let (house, token) = (&house, house.stranger.token.clone());
            async move { house.call(Method::GET, &path, token.as_deref(), None).await }
        };
        let (there, missing) = (ask("default").await, ask("nowhere").await);
        assert_eq!((there.status, &there.body), (StatusCode::NOT_FOUND, &missing.body), "{path}");
    }
    let foreign = house.get(&format!("{LIST}/{}", house.foreign_run), Some(&house.owner)).await;
    let none = RunId::new(Clock::system().now());
    let none = house.get(&format!("{LIST}/{none}"), Some(&house.owner)).await;
    assert_eq!((foreign.status, none.status), (StatusCode::NOT_FOUND, StatusCode::NOT_FOUND));
    let gone = "This run does not exist or is older than 90 days.";
    assert!(foreign.body.contains(gone), "{}", main_of(&foreign));
    assert_eq!(main_of(&foreign), main_of(&none), "nobody can tell which it is");
}
