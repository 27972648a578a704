//! Accounts, members, invitations, tokens and the audit log from the console.

use std::sync::Arc;

use database::Clock;
use database::testing::{Backend, TestDatabase};
use rstest::rstest;
use serde_json::Value;
use tenancy::{access, session, token};

use crate::program::{Answer, Program, write};

const PASSWORD: &str = "harbour-lamp-seven-41";

/// Makes an installation whose members are made from the console.
async fn installed(backend: Backend) -> (Program, TestDatabase) {
    let database = backend.empty().await;
    let program = Program::on(&database);
    program.ok(&["migrate", "--seed"]).await;
    write(program.data_dir().parent().unwrap(), "password", format!("{PASSWORD}\n").as_bytes());
    (program, database)
}

async fn account(program: &Program, name: &str) -> String {
    let email = format!("{name}@contoso.example");
    program.ok(&["users", "create", &email, "--name", name, "--password-file", "password"]).await;
    email
}

async fn member(program: &Program, name: &str, role: &str) -> String {
    let email = account(program, name).await;
    program.ok(&["members", "add", &email, "--role", role]).await;
    email
}

/// Says that a call was refused in one clear way, without repeating a secret.
fn refused(answer: &Answer, code: i32, told: &[&str]) {
    assert_eq!(answer.code, Some(code), "{answer:?}");
    assert_eq!(answer.stdout, "", "{answer:?}");
    for text in told {
        assert!(answer.stderr.contains(text), "`{text}` is not in {answer:?}");
    }
    assert!(answer.stderr.starts_with("error: ") && !answer.stderr.contains(PASSWORD), "{answer:?}");
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a_token_is_printed_once_alone_and_acts_for_its_owner_until_it_is_revoked(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (program, database) = installed(backend).await;
    let ana = member(&program, "ana", "operator").await;
    let create = ["tokens", "create", "--user", &ana, "--name", "nightly job", "--expires", "30d"];
    let made = program.ok(&[&create[..], &["--rights", "see,start_reads"]].concat()).await;
    let text = made.stdout.strip_suffix('\n').unwrap();
    assert!(!text.contains(char::is_whitespace) && text.starts_with(token::PREFIX), "{made:?}");
    assert!(made.stderr.contains("not shown again") && !made.stderr.contains(text), "{made:?}");

    let now = Clock::system().now();
    let found = token::authenticate(&database, text, Arc::default(), now).await.unwrap().unwrap();
    let scope = access::member(&database, &found, "default", None).await.unwrap();
    assert_eq!(
        scope.capabilities().iter().map(tenancy::Capability::token).collect::<Vec<_>>(),
        ["see", "start_reads"]
    );

    let listed = program.ok(&["tokens", "list"]).await;
    assert!(listed.stdout.contains("nightly job") && listed.stdout.contains(&ana), "{listed:?}");
    let log = program.ok(&["audit", "list", "--json"]).await;
    let secret = text.rsplit('_').next().unwrap();
    for told in [&listed.stdout, &log.stdout, &made.stderr] {
        assert!(!told.contains(secret) && !told.contains(PASSWORD), "{told}");
    }
    let log: Value = serde_json::from_str(&log.stdout).unwrap();
    let created =
        log["rows"].as_array().unwrap().iter().find(|row| row["action"] == "token.created").unwrap();
    assert_eq!(
        (&created["detail"]["through"], &created["actor"]["name"]),
        (&"console".into(), &"Console".into())
    );

    let id = program.json(&["tokens", "list"]).await["tokens"][0]["id"].as_str().unwrap().to_owned();
    program.ok(&["tokens", "revoke", &id]).await;
    let found = token::authenticate(&database, text, Arc::default(), now).await.unwrap();
    assert!(found.is_none(), "a revoked token is dead at once");
    refused(&program.call(&["tokens", "revoke", &id]).await, 2, &["no such token", "tokens list"]);
    assert!(program.json(&["tokens", "list"]).await["tokens"].as_array().unwrap().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_can_do_no_more_than_its_owner_and_expires_within_a_year() {
    let (program, _database) = installed(Backend::Sqlite).await;
    let ana = member(&program, "ana", "operator").await;
    let create = |expires: &'static str, rights: &'static str| {
        let (program, ana) = (&program, &ana);
        async move {
            program
                .call(&[
                    "tokens",
                    "create",
                    "--user",
                    ana,
                    "--name",
                    "x",
                    "--expires",
                    expires,
                    "--rights",
                    rights,
                ])
                .await
        }
    };
    refused(
        &create("30d", "see,manage_members").await,
        2,
        &["operator here", "`manage_members`", "takes owner"],
    );
    refused(&create("30d", "root").await, 2, &["`root` is no right of a token", "start_reads"]);
    refused(&create("366d", "see").await, 2, &["within a year"]);
    refused(&create("0d", "see").await, 2, &["after now"]);
    refused(&create("soon", "see").await, 2, &["30d"]);
    let all = create("365d", "all").await;
    assert_eq!(all.code, Some(0), "{all:?}");
    let rights = program.json(&["tokens", "list"]).await["tokens"][0]["rights"].clone();
    assert!(rights.as_array().unwrap().contains(&"start_backups".into()), "{rights}");
    assert!(!rights.as_array().unwrap().contains(&"own_tokens".into()), "{rights}");
    refused(
        &program
            .call(&[
                "tokens",
                "create",
                "--user",
                "eve@contoso.example",
                "--name",
                "x",
                "--expires",
                "1d",
                "--rights",
                "see",
            ])
            .await,
        2,
        &["eve@contoso.example is no member of the workspace `default`", "members add"],
    );
    refused(&program.call(&["tokens", "revoke", "latest"]).await, 2, &["latest"]);
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn people_are_let_in_changed_and_shut_out_from_the_console(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (program, database) = installed(backend).await;
    let olga = member(&program, "olga", "owner").await;
    let ana = member(&program, "ana", "readonly").await;
    let named = program.json(&["users", "rename", &ana, "Ana Lopes"]).await;
    assert_eq!((&named["name"], &named["enabled"]), (&"Ana Lopes".into(), &true.into()));
    program.ok(&["users", "server-admin", "grant", &olga]).await;
    refused(
        &program.call(&["users", "server-admin", "withdraw", &olga]).await,
        1,
        &["last server administrator"],
    );
    refused(&program.call(&["users", "disable", &olga]).await, 1, &["last server administrator"]);

    let role = program.json(&["members", "role", &ana, "manager"]).await;
    assert_eq!((&role["role"], &role["tenants"]), (&"manager".into(), &Value::Null));
    let narrowed = program.json(&["members", "narrow", &ana, "--tenant", "contoso"]).await;
    assert_eq!(narrowed["tenants"], serde_json::json!(["contoso"]));
    let widened = program.json(&["members", "narrow", &ana, "--all-tenants"]).await;
    assert_eq!(widened["tenants"], Value::Null);
    for last in [
        &["members", "remove", &olga][..],
        &["members", "role", &olga, "manager"],
        &["members", "narrow", &olga, "--tenant", "contoso"],
    ] {
        refused(&program.call(last).await, 1, &["last owner"]);
    }

    let sign_in = |password: &'static str| {
        let (database, email) = (database.clone(), ana.clone());
        async move {
            let sign_in =
                session::SignIn { email, password: password.into(), replaces: None, request: Arc::default() };
            session::sign_in(
                &database,
                &tenancy::password::Hashing::default(),
                sign_in,
                Clock::system().now(),
            )
            .await
        }
    };
    sign_in(PASSWORD).await.unwrap();
    program.ok(&["users", "disable", &ana]).await;
    sign_in(PASSWORD).await.expect_err("the account is shut out");
    program.ok(&["users", "enable", &ana]).await;
    let reset =
        program.call_with_input(&["users", "reset-password", &ana], "another-lamp-of-nine-52\n").await;
    assert_eq!(reset.code, Some(0), "{reset:?}");
    sign_in("another-lamp-of-nine-52").await.unwrap();
    program.ok(&["members", "remove", &ana]).await;
    assert_eq!(program.json(&["members", "list"]).await["members"].as_array().unwrap().len(), 1);

    let server = program.json(&["audit", "list", "--server-log", "--limit", "200"]).await;
    let actions: Vec<&str> =
        server["rows"].as_array().unwrap().iter().filter_map(|row| row["action"].as_str()).collect();
    for action in [
        "user.created",
        "user.renamed",
        "user.disabled",
        "user.enabled",
        "user.password_reset",
        "user.server_admin_granted",
    ] {
        assert!(actions.contains(&action), "{action} is not in {actions:?}");
    }
    let first = program.json(&["audit", "list", "--limit", "1"]).await;
    assert_eq!(first["rows"][0]["action"], "membership.removed");
    let next =
        program.json(&["audit", "list", "--limit", "1", "--after", first["next"].as_str().unwrap()]).await;
    assert_ne!(next["rows"][0]["id"], first["rows"][0]["id"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invitation_prints_its_link_once_and_is_taken_back_by_address() {
    let (program, database) = installed(Backend::Sqlite).await;
    let made = program
        .ok(&[
            "invitations",
            "create",
            "eve@contoso.example",
            "--role",
            "operator",
            "--tenant",
            "contoso",
            "--address",
            "https://atlas.example/",
        ])
        .await;
    let token = made.stdout.trim_end().strip_prefix("https://atlas.example/invitation?token=").unwrap();
    let now = Clock::system().now();
    let offer = tenancy::invitation::look(&database, token, now).await.unwrap().unwrap();
    assert_eq!((offer.email.as_str(), offer.role.as_str()), ("eve@contoso.example", "operator"));
    let listed = program.ok(&["invitations", "list"]).await;
    assert!(listed.stdout.contains("eve@contoso.example") && !listed.stdout.contains(token), "{listed:?}");
    program.ok(&["invitations", "revoke", "Eve@Contoso.Example"]).await;
    assert_eq!(tenancy::invitation::look(&database, token, now).await.unwrap(), None);
    refused(
        &program.call(&["invitations", "revoke", "eve@contoso.example"]).await,
        2,
        &["no such open invitation", "invitations list"],
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_input_about_people_is_said_in_their_words() {
    let (program, _database) = installed(Backend::Sqlite).await;
    let ana = member(&program, "ana", "operator").await;
    let refuse = |arguments: &'static [&'static str], told: &'static [&'static str]| {
        let program = &program;
        async move { refused(&program.call(arguments).await, 2, told) }
    };
    refuse(&["users", "create", "ana", "--name", "Ana"], &["name@example.org"]).await;
    refuse(&["users", "create", "ana@contoso.example", "--name", "Ana"], &["already", "users list"]).await;
    refuse(
        &["users", "create", "bo@contoso.example", "--name", "Bo"],
        &["there is no password", "--password-file"],
    )
    .await;
    refuse(
        &["users", "create", "bo@contoso.example", "--name", "Bo", "--password-file", "nowhere"],
        &["nowhere"],
    )
    .await;
    refuse(&["users", "create", "bo@contoso.example", "--name", "Bo", "--password", "x"], &["--password"])
        .await;
    refuse(
        &["users", "rename", "bo@contoso.example", "Bo"],
        &["nobody has an account as bo@contoso.example"],
    )
    .await;
    refuse(&["users", "rename", "ana@contoso.example", " "], &["1 to 200 characters"]).await;
    refuse(&["users", "disable", "bo@contoso.example"], &["users create"]).await;
    refuse(&["members", "add", "bo@contoso.example", "--role", "operator"], &["users create"]).await;
    refuse(&["members", "add", "ana@contoso.example", "--role", "operator"], &["already", "members role"])
        .await;
    refuse(
        &["members", "role", "ana@contoso.example", "king"],
        &["king", "readonly, operator, manager, owner"],
    )
    .await;
    refuse(&["members", "narrow", "ana@contoso.example"], &["--tenant"]).await;
    refuse(
        &["members", "narrow", "ana@contoso.example", "--tenant", "nowhere"],
        &["no tenant `nowhere`", "tenants list"],
    )
    .await;
    refuse(
        &["invitations", "create", "ana@contoso.example", "--role", "owner"],
        &["member of the workspace already"],
    )
    .await;
    refuse(
        &["invitations", "create", "bo@contoso.example", "--role", "owner", "--address", "atlas"],
        &["https://atlas.example.com"],
    )
    .await;
    refuse(&["audit", "list", "--tenant", "nowhere"], &["no tenant `nowhere`"]).await;
    refuse(&["audit", "list", "--limit", "0"], &["--limit"]).await;
    for weak in ["short\n", "password1234\n", "contoso\n"] {
        let answer = program.call_with_input(&["users", "reset-password", &ana], weak).await;
        refused(&answer, 2, &["password"]);
        assert!(!answer.stderr.contains(weak.trim_end()), "{answer:?}");
    }
    let two = program.call_with_input(&["users", "reset-password", &ana], "one line\nanother one\n").await;
    refused(&two, 2, &["one line of"]);
    let endless = "x".repeat(100_000);
    refused(&program.call_with_input(&["users", "reset-password", &ana], &endless).await, 2, &["4096 bytes"]);
    assert_eq!(
        program.json(&["users", "list"]).await["users"].as_array().unwrap().len(),
        1,
        "nothing was made"
    );
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a_workspace_is_made_with_its_owner_and_keeps_to_itself(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (program, _database) = installed(backend).await;
    let ana = account(&program, "ana").await;
    let create = ["workspaces", "create", "adatum", "--name", "Adatum AG", "--owner", &ana];
    let made = program.json(&create).await;
    assert_eq!(made["slug"], "adatum");
    assert_eq!(made["owner"], ana.as_str());

    let listed = program.json(&["workspaces", "list"]).await;
    let of = |slug: &str| {
        let all = listed["workspaces"].as_array().unwrap();
        all.iter().find(|one| one["slug"] == slug).unwrap_or_else(|| panic!("{listed:#}")).clone()
    };
    assert_eq!((&of("adatum")["members"], &of("adatum")["tenants"]), (&1.into(), &0.into()));
    assert_eq!((&of("default")["members"], &of("default")["tenants"]), (&0.into(), &2.into()));
    let inside = program.json(&["--workspace", "adatum", "members", "list"]).await;
    assert_eq!(inside["members"][0]["role"], "owner", "{inside:#}");
    let tenants = program.json(&["--workspace", "adatum", "tenants", "list"]).await;
    assert_eq!(tenants["tenants"].as_array().map(Vec::len), Some(0), "{tenants:#}");

    refused(&program.call(&create).await, 2, &["short name already", "workspaces list"]);
    let stranger = ["workspaces", "create", "other", "--name", "Other", "--owner", "bo@contoso.example"];
    refused(&program.call(&stranger).await, 2, &["nobody has an account as bo@contoso.example"]);
    refused(&program.call(&["workspaces", "create", "Not A Slug", "--name", "x"]).await, 2, &["Not A Slug"]);
    refused(
        &program.call(&["workspaces", "create", "other", "--name", " "]).await,
        2,
        &["1 to 200 characters"],
    );
    assert_eq!(program.json(&["workspaces", "list"]).await, listed, "nothing was made");
}
