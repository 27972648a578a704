//! The tour of the API in the documentation does what it says.

use database::testing::Backend;
use rstest::rstest;
use tokio::process::Command;

use crate::program::{Program, write};

const TOUR: &str = include_str!("../../../../docs/api.md");

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn every_command_of_the_tour_succeeds(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let database = backend.empty().await;
    let program = Program::on(&database);
    program.ok(&["migrate", "--seed"]).await;
    write(program.data_dir().parent().unwrap(), "password", b"harbour-lamp-seven-41\n");
    program.ok(&["users", "create", "ana@example.com", "--name", "Ana", "--password-file", "password"]).await;
    program.ok(&["members", "add", "ana@example.com", "--role", "operator"]).await;
    let create = [
        "tokens",
        "create",
        "--user",
        "ana@example.com",
        "--name",
        "tour",
        "--expires",
        "1d",
        "--rights",
        "all",
    ];
    let token = program.ok(&create).await.stdout;
    let mut serving = program.start(&["serve", "--listen", "127.0.0.1:0", "--role", "web"]);
    let said = serving.until("TenantAtlas is at").await;
    let address = said.split([' ', ';']).find(|word| word.starts_with("http://")).unwrap();
    let steps: Vec<&str> =
        TOUR.split("```sh\n").skip(1).map(|rest| rest.split("```").next().unwrap()).collect();
    assert!(steps.len() >= 4, "the tour has become short");
    for step in steps {
        let ran = Command::new("sh")
            .args(["-e", "-c", step])
            .env("ATLAS", address)
            .env("TOKEN", token.trim())
            .output()
            .await
            .unwrap();
        assert!(ran.status.success(), "{step}\n{}", String::from_utf8_lossy(&ran.stderr));
        assert!(ran.stdout.starts_with(b"{"), "{step}");
    }
    assert_eq!(serving.terminate().await, Some(0));
}
