//! People on pages: accounts, members, invitations, tokens, and the server that they are on.

use std::time::Duration;

use axum::body::Body;
use axum::http::{Method, StatusCode};
use database::testing::Backend;
use rstest::rstest;

use crate::house::{Answer, House, PASSWORD, Person, form};

fn member(of: &Person) -> String {
    format!("/w/default/settings/members/{}", of.id)
}

/// Gives the text between two marks of a page, unescaped where a page escapes addresses.
fn between<'a>(body: &'a str, before: &str, after: &str) -> &'a str {
    let rest = body.split_once(before).unwrap_or_else(|| panic!("no {before} in {body}")).1;
    rest.split_once(after).unwrap_or_else(|| panic!("no {after} in {body}")).0
}

/// Follows the reference that an answer gave.
fn as_told(person: &Person, answer: &Answer) -> Person {
    let cookie = answer.header("set-cookie").expect("a cookie");
    let session = between(cookie, "=", ";").to_owned();
    Person { session, ..person.clone() }
}

async fn signed_in(house: &House, email: &str, password: &str) -> Answer {
    let body = format!("email={email}&password={password}&next=%2Faccount");
    house.send(form("/sign-in", None).body(Body::from(body)).expect("a request")).await
}

#[rstest]
#[tokio::test]
async fn a_role_change_takes_effect_on_the_next_request(
    #[values(Backend::Sqlite, Backend::Postgres)] on: Backend,
) {
    let house = House::on(on).await;
    let start = "/w/default/t/contoso/start/inventory.sync";
    assert_eq!(house.post(start, &house.reader, "").await.status, StatusCode::FORBIDDEN);
    let path = member(&house.reader);
    let changed = house.post(&format!("{path}/role"), &house.owner, "role=operator").await;
    assert_eq!(changed.header("location"), Some(format!("{path}?told=role").as_str()), "{}", changed.body);
    let started = house.post(start, &house.reader, "").await;
    assert_eq!(started.status, StatusCode::SEE_OTHER, "{}", started.body);
    let narrow = house.post(&format!("{path}/reach"), &house.owner, "reach=tenants&tenant=fabrikam").await;
    assert_eq!(narrow.status, StatusCode::SEE_OTHER, "{}", narrow.body);
    let hidden = house.get("/w/default/t/contoso/policies", Some(&house.reader)).await;
    assert_eq!(hidden.status, StatusCode::NOT_FOUND);
    let list = house.get("/w/default/settings/members", Some(&house.owner)).await;
    assert!(list.body.contains("Fabrikam Retail") && list.body.contains("Console"), "{}", list.body);
    let alone = house.get("/w/default/settings/members", Some(&house.reader)).await;
    assert!(
        alone.body.contains("counts for some tenants only") && !alone.body.contains("Olga"),
        "{}",
        alone.body
    );
    let removed = house.post(&format!("{path}/remove"), &house.owner, "confirm=someone").await;
    assert_eq!(removed.status, StatusCode::UNPROCESSABLE_ENTITY, "the address must be typed");
    let removed = house.post(&format!("{path}/remove"), &house.owner, "confirm=rita%40example.com").await;
    assert_eq!(removed.header("location"), Some("/w/default/settings/members?told=removed"));
    let gone = house.get("/w/default/operations", Some(&house.reader)).await;
    assert_eq!(gone.status, StatusCode::NOT_FOUND);
}

#[rstest]
#[tokio::test]
async fn the_last_owner_stays(#[values(Backend::Sqlite, Backend::Postgres)] on: Backend) {
    let house = House::on(on).await;
    let path = member(&house.owner);
    let reason = "This is the last owner of the workspace; make somebody else owner first.";
    for (deed, fields) in [
        ("role", "role=manager"),
        ("reach", "reach=tenants&tenant=contoso"),
        ("remove", "confirm=olga%40example.com"),
    ] {
        let refused = house.post(&format!("{path}/{deed}"), &house.owner, fields).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{deed}");
        assert!(refused.body.contains(reason), "{deed}: {}", refused.body);
    }
    let role = house.post(&format!("{}/role", member(&house.manager)), &house.owner, "role=owner").await;
    assert_eq!(role.status, StatusCode::SEE_OTHER);
    let left = house.post(&format!("{path}/remove"), &house.owner, "confirm=olga%40example.com").await;
    assert_eq!(left.header("location"), Some("/w"), "who left has nothing more to see: {}", left.body);
    let empty =
        house.post(&format!("{}/reach", member(&house.reader)), &house.manager, "reach=tenants").await;
    assert!(empty.body.contains("Choose one tenant at least."), "{}", empty.body);
}

#[rstest]
#[tokio::test]
async fn a8_a_change_of_trust_asks_for_the_password_again_and_keeps_the_form(
    #[values(Backend::Sqlite, Backend::Postgres)] on: Backend,
) {
    let house = House::on(on).await;
    house.clock.advance(tenancy::PROOF_LIFE + Duration::from_secs(1));
    let path = member(&house.reader);
    let asked = house.post(&format!("{path}/role"), &house.owner, "role=manager").await;
    let again = asked.header("location").expect("it leads on").to_owned();
    assert!(again.starts_with("/sign-in/again?next=%2Fw%2Fdefault%2Fsettings%2Fmembers%2F"), "{again}");
    let page = house.get(&again, Some(&house.owner)).await;
    let next = between(&page.body, "name=\"next\" value=\"", "\"").to_owned();
    assert_eq!(next, format!("{path}?role=manager"));
    let encoded: String = url::form_urlencoded::byte_serialize(next.as_bytes()).collect();
    let wrong = house.post("/sign-in/again", &house.owner, &format!("password=x&next={encoded}")).await;
    assert_eq!(wrong.status, StatusCode::FORBIDDEN);
    let fields = format!("password={PASSWORD}&next={encoded}");
    let proved = house.post("/sign-in/again", &house.owner, &fields).await;
    assert_eq!(proved.header("location"), Some(next.as_str()));
    let owner = as_told(&house.owner, &proved);
    let back = house.get(&next, Some(&owner)).await;
    assert!(back.body.contains("value=\"manager\" checked"), "{}", back.body);
    let changed = house.post(&format!("{path}/role"), &owner, "role=manager").await;
    assert_eq!(changed.header("location"), Some(format!("{path}?told=role").as_str()));
    // The forms that make a link, a token or a workspace ask before they are shown, and keep what an address holds.
    house.administers(&house.manager).await;
    for (path, who) in [
        ("/w/default/settings/members/invite?email=a%40b.example&role=owner&reach=workspace", &house.manager),
        ("/w/default/settings/tokens/new?name=x&days=30&right=see", &house.operator),
        ("/server/workspaces/new?name=N&slug=n&owner=o%40b.example", &house.manager),
    ] {
        if path.contains("invite") {
            house.post(&format!("{}/role", member(&house.manager)), &owner, "role=owner").await;
        }
        let answer = house.get(path, Some(who)).await;
        let next = answer.header("location").unwrap_or_default().strip_prefix("/sign-in/again?next=");
        let next: String = url::form_urlencoded::parse(format!("n={}", next.expect(path)).as_bytes())
            .next()
            .map(|(_, next)| next.into_owned())
            .expect("an address");
        assert_eq!(next, path);
    }
}

#[rstest]
#[tokio::test]
async fn an_invitation_is_shown_once_and_makes_one_account(
    #[values(Backend::Sqlite, Backend::Postgres)] on: Backend,
) {
    let house = House::on(on).await;
    let invite = "/w/default/settings/members/invite";
    let bad = house.post(invite, &house.owner, "email=nobody&role=king&reach=tenants").await;
    assert_eq!(bad.status, StatusCode::UNPROCESSABLE_ENTITY);
    for told in ["must look like name@example.org", "Choose a role.", "Choose one tenant at least."] {
        assert!(bad.body.contains(told), "{told}: {}", bad.body);
    }
    let fields = "email=Ana%40example.com&role=operator&reach=tenants&tenant=contoso";
    let made = house.post(invite, &house.owner, fields).await;
    assert_eq!(made.status, StatusCode::OK, "{}", made.body);
    let link = between(&made.body, "<code>http://127.0.0.1:8080", "</code>").to_owned();
    let list = house.get("/w/default/settings/members", Some(&house.owner)).await;
    let token = link.split_once("token=").expect("a token").1.to_owned();
    assert!(list.body.contains("ana@example.com") && !list.body.contains(&token), "{}", list.body);
    let page = house.get(&link, None).await;
    assert!(page.body.contains("Join <bdi>Northwind Holdings</bdi>"), "{}", page.body);
    let weak = format!("token={token}&name=Ana&password=password1");
    let weak = house.send(form("/invitation", None).body(Body::from(weak)).expect("a request")).await;
    assert_eq!(weak.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", weak.body);
    let accept = format!("token={token}&name=Ana&password={PASSWORD}");
    let accepted =
        house.send(form("/invitation", None).body(Body::from(accept.clone())).expect("a request")).await;
    assert_eq!(accepted.header("location"), Some("/w/default/operations"), "{}", accepted.body);
    let ana = as_told(&house.spare, &accepted);
    assert_eq!(house.get("/w/default/t/contoso/policies", Some(&ana)).await.status, StatusCode::OK);
    assert_eq!(house.get("/w/default/t/fabrikam/policies", Some(&ana)).await.status, StatusCode::NOT_FOUND);
    // Used, unknown, cut and absent links all get one answer.
    let used = house.get(&link, None).await;
    assert_eq!(used.status, StatusCode::NOT_FOUND);
    for path in ["/invitation", "/invitation?token=x", "/invitation?token=%00", &link[..link.len() - 1]] {
        let answer = house.get(path, None).await;
        assert_eq!((answer.status, &answer.body), (used.status, &used.body), "{path}");
    }
    let again = house.send(form("/invitation", None).body(Body::from(accept)).expect("a request")).await;
    assert_eq!((again.status, &again.body), (used.status, &used.body));
}

#[rstest]
#[tokio::test]
async fn who_has_an_account_joins_with_it_and_with_no_other(
    #[values(Backend::Sqlite, Backend::Postgres)] on: Backend,
) {
    let house = House::on(on).await;
    let fields = "email=stan%40example.com&role=readonly&reach=workspace";
    let made = house.post("/w/default/settings/members/invite", &house.owner, fields).await;
    let link = between(&made.body, "<code>http://127.0.0.1:8080", "</code>").to_owned();
    let token = link.split_once("token=").expect("a token").1;
    let nobody = house.get(&link, None).await;
    assert!(nobody.body.contains("/sign-in?next=%2Finvitation%3Ftoken%3D"), "{}", nobody.body);
    let other = house.get(&link, Some(&house.reader)).await;
    assert!(other.body.contains("which is another account"), "{}", other.body);
    let other = house.post("/invitation", &house.reader, &format!("token={token}")).await;
    assert!(other.status == StatusCode::OK && other.body.contains("which is another account"));
    let forged = format!("token={token}");
    let forged = form("/invitation", Some(&house.stranger)).body(Body::from(forged)).expect("a request");
    assert_eq!(house.send(forged).await.status, StatusCode::FORBIDDEN, "a form of ours carries its token");
    let joined = house.post("/invitation", &house.stranger, &format!("token={token}")).await;
    assert_eq!(joined.header("location"), Some("/w/default/operations"), "{}", joined.body);
    let seen = house.get("/w/default/operations", Some(&house.stranger)).await;
    assert_eq!(seen.status, StatusCode::OK);
    let invited = format!("/w/default/settings/invitations/{}/revoke", house.invitation);
    assert_eq!(house.post(&invited, &house.owner, "").await.status, StatusCode::SEE_OTHER);
    assert_eq!(house.post(&invited, &house.owner, "").await.status, StatusCode::NOT_FOUND);
}

#[rstest]
#[tokio::test]
async fn a_token_is_shown_once_and_a_revoked_one_is_dead_at_once(
    #[values(Backend::Sqlite, Backend::Postgres)] on: Backend,
) {
    let house = House::on(on).await;
    let new = "/w/default/settings/tokens/new";
    let bad = house.post(new, &house.operator, "name=x&days=9999").await;
    assert!(
        bad.body.contains("Choose how long it is good.") && bad.body.contains("Choose one right at least."),
        "{}",
        bad.body
    );
    let greedy = house.post(new, &house.operator, "name=x&days=30&right=manage_members").await;
    assert_eq!(greedy.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(greedy.body.contains("capabilities that its owner has"), "{}", greedy.body);
    let fields = "name=%3Cscript%3Enightly&days=30&right=see&right=export";
    let made = house.post(new, &house.operator, fields).await;
    assert_eq!(made.status, StatusCode::OK, "{}", made.body);
    let text = between(&made.body, "<code>tat_", "</code>");
    let text = format!("tat_{text}");
    let list = house.get("/w/default/settings/tokens", Some(&house.operator)).await;
    assert!(list.body.contains("&lt;script&gt;nightly") && !list.body.contains(&text), "{}", list.body);
    let runs = "/api/v1/workspaces/default/operations";
    assert_eq!(house.call(Method::GET, runs, Some(&text), None).await.status, StatusCode::OK);
    let id = text.split('_').nth(1).expect("an id");
    let id = uuid::Uuid::try_parse(id).expect("an id");
    let revoke = format!("/w/default/settings/tokens/{id}/revoke");
    let foreign = house.post(&revoke, &house.manager, "").await;
    assert_eq!(foreign.status, StatusCode::NOT_FOUND, "another's token is nobody's business");
    assert_eq!(house.post(&revoke, &house.operator, "").await.status, StatusCode::SEE_OTHER);
    let mistyped = format!("{}x", &text[..text.len() - 1]);
    let dead = house.call(Method::GET, runs, Some(&text), None).await;
    let wrong = house.call(Method::GET, runs, Some(&mistyped), None).await;
    assert_eq!((dead.status, &dead.body), (StatusCode::UNAUTHORIZED, &wrong.body), "one answer for both");
    let owner = house.get("/w/default/settings/tokens", Some(&house.owner)).await;
    assert!(
        owner.body.contains("Otto Operator") && owner.body.contains("Everybody's tokens"),
        "{}",
        owner.body
    );
    assert!(!house.get("/w/default/settings/tokens", Some(&house.operator)).await.body.contains("Olga"));
}

#[rstest]
#[tokio::test]
async fn a_revoked_session_is_dead_at_once(#[values(Backend::Sqlite, Backend::Postgres)] on: Backend) {
    let house = House::on(on).await;
    let other = signed_in(&house, "otto%40example.com", PASSWORD).await;
    let other = as_told(&house.operator, &other);
    let account = house.get("/account", Some(&house.operator)).await;
    assert!(account.body.contains("this one") && account.body.contains("End all others"), "{}", account.body);
    let forms = account.body.split("action=\"/account/sessions/");
    let id = forms.filter_map(|form| form.split_once("/end\"")).map(|(id, _)| id).next().expect("a form");
    let end = format!("/account/sessions/{id}");
    let foreign = house.post(&format!("{end}/end"), &house.owner, "").await;
    assert_eq!(foreign.status, StatusCode::NOT_FOUND, "another's session is nobody's business");
    assert_eq!(house.get("/account", Some(&other)).await.status, StatusCode::OK);
    assert_eq!(house.post(&format!("{end}/end"), &house.operator, "").await.status, StatusCode::SEE_OTHER);
    assert_eq!(house.get("/account", Some(&other)).await.status, StatusCode::SEE_OTHER, "it is signed out");
    assert_eq!(house.get("/account", Some(&house.operator)).await.status, StatusCode::OK);
    let third = as_told(&house.operator, &signed_in(&house, "otto%40example.com", PASSWORD).await);
    house.post("/account/sessions/end-others", &house.operator, "").await;
    assert_eq!(house.get("/account", Some(&third)).await.status, StatusCode::SEE_OTHER);
}

#[rstest]
#[tokio::test]
async fn a_new_password_ends_every_other_session(#[values(Backend::Sqlite, Backend::Postgres)] on: Backend) {
    let house = House::on(on).await;
    let other = as_told(&house.operator, &signed_in(&house, "otto%40example.com", PASSWORD).await);
    let wrong =
        house.post("/account/password", &house.operator, "current=nope-nope&new=a-fine-new-sentence").await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(
        !wrong.body.contains("nope-nope") && !wrong.body.contains("a-fine-new"),
        "no password is sent back"
    );
    let weak =
        house.post("/account/password", &house.operator, &format!("current={PASSWORD}&new=password1")).await;
    assert!(weak.body.contains("one of the first that anybody would try"), "{}", weak.body);
    let fields = format!("current={PASSWORD}&new=a-fine-new-sentence");
    let changed = house.post("/account/password", &house.operator, &fields).await;
    assert_eq!(changed.header("location"), Some("/account?told=password"), "{}", changed.body);
    let kept = as_told(&house.operator, &changed);
    assert_eq!(house.get("/account", Some(&kept)).await.status, StatusCode::OK);
    for dead in [&other, &house.operator] {
        assert_eq!(house.get("/account", Some(dead)).await.status, StatusCode::SEE_OTHER);
    }
    assert_eq!(signed_in(&house, "otto%40example.com", PASSWORD).await.status, StatusCode::UNAUTHORIZED);
    let again = signed_in(&house, "otto%40example.com", "a-fine-new-sentence").await;
    assert_eq!(again.header("location"), Some("/account"));
    let named = house.post("/account/name", &kept, "name=Otto+%3Cb%3E").await;
    assert_eq!(named.header("location"), Some("/account?told=name"));
    let page = house.get("/account", Some(&kept)).await;
    assert!(page.body.contains("Otto &lt;b&gt;") && !page.body.contains("Otto <b>"), "{}", page.body);
    let nameless = house.post("/account/name", &kept, "name=%E2%80%AEevil").await;
    assert_eq!(nameless.status, StatusCode::UNPROCESSABLE_ENTITY);
}

#[rstest]
#[tokio::test]
async fn a_server_administrator_makes_workspaces_and_minds_accounts(
    #[values(Backend::Sqlite, Backend::Postgres)] on: Backend,
) {
    let house = House::on(on).await;
    house.administers(&house.manager).await;
    let menu = house.get("/w/default/operations", Some(&house.manager)).await;
    assert!(menu.body.contains("/server/workspaces"), "the way is shown: {}", menu.body);
    assert!(!house.get("/w/default/operations", Some(&house.owner)).await.body.contains("/server/"));
    let new = "/server/workspaces/new";
    let bad = house.post(new, &house.manager, "name=Second&slug=Second!&owner=nobody%40example.com").await;
    assert_eq!(bad.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(
        bad.body.contains("is not a short name") && bad.body.contains("There is no user with this address")
    );
    let taken = house.post(new, &house.manager, "name=Second&slug=other&owner=rita%40example.com").await;
    assert!(taken.body.contains("There is a workspace of this short name already."), "{}", taken.body);
    let made = house.post(new, &house.manager, "name=Second&slug=second&owner=rita%40example.com").await;
    assert_eq!(made.header("location"), Some("/server/workspaces?told=created"), "{}", made.body);
    assert_eq!(house.get("/w/second/settings/members", Some(&house.reader)).await.status, StatusCode::OK);
    assert_eq!(house.get("/w/second/operations", Some(&house.manager)).await.status, StatusCode::NOT_FOUND);
    let list = house.get("/server/workspaces", Some(&house.manager)).await;
    assert!(list.body.contains("Adatum") && !list.body.contains("/w/other"), "{}", list.body);
    let user = |person: &Person, deed: &str| format!("/server/users/{}/{deed}", person.id);
    let last = house.post(&user(&house.manager, "admin"), &house.manager, "admin=withdrawn").await;
    assert_eq!(last.status, StatusCode::CONFLICT);
    assert!(last.body.contains("This is the last server administrator"), "{}", last.body);
    let off = house.post(&user(&house.operator, "standing"), &house.manager, "standing=disabled").await;
    assert_eq!(off.header("location"), Some("/server/users?told=disabled"));
    assert_eq!(house.get("/w/default/operations", Some(&house.operator)).await.status, StatusCode::SEE_OTHER);
    let runs = "/api/v1/workspaces/default/operations";
    let token = house.operator.token.as_deref();
    assert_eq!(house.call(Method::GET, runs, token, None).await.status, StatusCode::UNAUTHORIZED);
    let named = house.post(&user(&house.owner, "admin"), &house.manager, "admin=granted").await;
    assert_eq!(named.status, StatusCode::SEE_OTHER);
    assert_eq!(house.get("/server/users", Some(&house.owner)).await.status, StatusCode::OK);
    let odd = house.post(&user(&house.owner, "admin"), &house.manager, "admin=maybe").await;
    assert_eq!(odd.status, StatusCode::UNPROCESSABLE_ENTITY);
}

#[rstest]
#[tokio::test]
async fn health_says_what_waits_as_far_as_one_may_see(
    #[values(Backend::Sqlite, Backend::Postgres)] on: Backend,
) {
    let house = House::on(on).await;
    house.ledger.start(&house.whole, "fixture.whole", serde_json::Value::Null).await.expect("it starts");
    let page = house.get("/w/default/settings/health", Some(&house.reader)).await;
    assert!(page.body.contains("No worker is running. Start one, or the queue waits."), "{}", page.body);
    assert!(page.body.contains("<dt>Waiting</dt><dd>2<"), "{}", page.body);
    assert!(page.body.contains(if on == Backend::Sqlite { "SQLite" } else { "PostgreSQL" }));
    let narrowed = house.get("/w/default/settings/health", Some(&house.narrowed)).await;
    assert!(narrowed.body.contains("<dt>Waiting</dt><dd>1<"), "{}", narrowed.body);
    let moved = house.get("/w/default/settings", Some(&house.reader)).await;
    assert_eq!(moved.header("location"), Some("/w/default/settings/members"));
}
