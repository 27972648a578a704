//! Wrong input is answered clearly, with the right exit code and without secrets, and nothing is lost.

use database::testing::Backend;
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use crate::program::{Answer, Program, answer, write};

/// Says that a call was refused in one clear way, and without a fault of the program.
fn refused(answer: &Answer, code: i32, told: &[&str]) {
    assert_eq!(answer.code, Some(code), "{answer:?}");
    assert_eq!(answer.stdout, "", "{answer:?}");
    assert!(answer.stderr.starts_with("error: "), "{answer:?}");
    for text in told {
        assert!(answer.stderr.contains(text), "`{text}` is not in {answer:?}");
    }
    assert!(!answer.stderr.contains("panicked"), "{answer:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn unknown_options_commands_and_words_are_wrong_use() {
    let program = Program::new();
    refused(&program.call(&["runs", "list", "--tenent", "contoso"]).await, 2, &["--tenent", "--tenant"]);
    refused(&program.call(&["wroker"]).await, 2, &["wroker", "worker"]);
    refused(&program.call(&["runs", "list", "--status", "done"]).await, 2, &["done", "succeeded"]);
    refused(&program.call(&["runs", "list", "--since", "yesterday"]).await, 2, &["24h"]);
    refused(&program.call(&["runs", "show", "latest"]).await, 2, &["named by its id"]);
    refused(&program.call(&["worker", "--lease", "0"]).await, 2, &["--lease"]);
    refused(&program.call(&["doctor", "--log", "loud=shout=no"]).await, 2, &["--log"]);
    refused(
        &program.call(&["tenants", "add", "--slug", "A B", "--tenant-id", "x", "--client-id", "y"]).await,
        2,
        &["lower-case"],
    );
    assert!(!program.data_dir().exists(), "nothing is made by wrong use");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_kind_lists_those_there_are() {
    let program = Program::new();
    program.ok(&["migrate", "--seed"]).await;
    let known = ["inventory.sync", "policy.sync", "tenant.check_connection"];
    refused(&program.call(&["start", "polcy.sync", "--tenant", "contoso"]).await, 2, &known);
    refused(&program.call(&["start", "policy.sync", "--tenant", "nobody"]).await, 2, &["no tenant `nobody`"]);
    refused(&program.call(&["start", "policy.sync"]).await, 2, &["one tenant"]);
    refused(
        &program.call(&["start", "policy.sync", "--tenant", "contoso", "--type", "wish"]).await,
        2,
        &["wish", "configurationPolicy"],
    );
    refused(
        &program.call(&["start", "policy.sync", "--tenant", "contoso", "--input", "{"]).await,
        2,
        &["no JSON"],
    );
    refused(
        &program.call(&["start", "policy.sync", "--tenant", "contoso", "--input", r#"{"types": []}"#]).await,
        2,
        &["policy_types"],
    );
    refused(&program.call(&["runs", "show", "00000000"]).await, 2, &["no run `00000000`"]);
    refused(&program.call(&["runs", "list", "--workspace", "other"]).await, 2, &["no workspace `other`"]);
    assert_eq!(program.json(&["runs", "list"]).await["runs"], serde_json::json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn errors_are_json_where_json_was_asked_for() {
    let program = Program::new();
    for (arguments, code, exit) in [
        (&["runs", "list", "--json"][..], "database.missing", 1),
        (&["runs", "list", "--json", "--nonsense"], "usage", 2),
        (&["runs", "list", "--json", "--database", "mysql://x"], "database.url", 2),
    ] {
        let answer = program.call(arguments).await;
        let error: Value =
            serde_json::from_str(&answer.stderr).unwrap_or_else(|error| panic!("{error}: {answer:?}"));
        assert_eq!((answer.code, &error["error"]["code"]), (Some(exit), &code.into()), "{answer:?}");
        assert!(error["error"]["message"].as_str().is_some_and(|message| !message.is_empty()));
        assert_eq!(answer.stdout, "");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_data_directory_that_cannot_be_used_is_named() {
    let program = Program::new();
    refused(&program.call(&["runs", "list"]).await, 1, &["there is no database at", "migrate --seed"]);
    write(program.data_dir().parent().unwrap(), "file", b"not a folder");
    for folder in ["file", "file/below", "/proc/no-such-place"] {
        refused(&program.call(&["--data-dir", folder, "migrate"]).await, 1, &[folder, "--data-dir"]);
        refused(&program.call(&["--data-dir", folder, "demo", "--exit"]).await, 1, &[folder]);
    }
    let homeless = answer(program.bare(&["runs", "list"])).await;
    refused(&homeless, 2, &["neither XDG_DATA_HOME nor HOME is set", "TENANTATLAS_DATA_DIR"]);
    std::fs::create_dir_all(program.data_dir().join("tenantatlas.db")).unwrap();
    refused(&program.call(&["worker"]).await, 1, &["is no database file"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_foreign_file_is_left_as_it_is() {
    let program = Program::new();
    let text = b"These are the minutes of the meeting.\n".repeat(200);
    write(&program.data_dir(), "tenantatlas.db", &text);
    for arguments in [
        &["migrate"][..],
        &["migrate", "--fresh", "--confirm", "tenantatlas.db"],
        &["worker"],
        &["demo", "--exit"],
    ] {
        let answer = program.call(arguments).await;
        refused(&answer, 1, &["tenantatlas.db"]);
    }
    assert_eq!(std::fs::read(program.data_dir().join("tenantatlas.db")).unwrap(), text);

    for backend in [Backend::Sqlite, Backend::Postgres] {
        let theirs = backend.empty().await;
        theirs.batch("CREATE TABLE theirs (n integer); INSERT INTO theirs VALUES (7)").await;
        let program = Program::on(&theirs);
        for arguments in
            [&["migrate"][..], &["migrate", "--fresh", "--yes"], &["worker"], &["demo", "--exit"]]
        {
            refused(&program.call(arguments).await, 1, &["another program"]);
        }
        // Still there: a table of that name cannot be made again.
        theirs.try_batch("CREATE TABLE theirs (n integer)").await.expect_err("their table is still there");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_string_is_never_repeated() {
    let port = free_port().await;
    let away = format!("postgres://ana:hunter2@127.0.0.1:{port}/atlas");
    let program = Program::new().with("TENANTATLAS_DATABASE", &away);
    for arguments in [&["runs", "list"][..], &["migrate"], &["worker"], &["seed"], &["demo", "--exit"]] {
        let answer = program.call(arguments).await;
        refused(&answer, 1, &[&format!("127.0.0.1:{port}/atlas")]);
        assert!(!answer.stderr.contains("hunter2"), "{answer:?}");
    }
    let doctor = program.call(&["doctor"]).await;
    assert_eq!(doctor.code, Some(1));
    assert!(doctor.stdout.contains("FAIL  database") && !doctor.stdout.contains("hunter2"), "{doctor:?}");

    let program = Program::new();
    for bad in [
        "postgres://ana:hunter2@db:port/atlas",
        "postgres://ana:hunter2@/",
        "mysql://ana:hunter2@db/atlas",
        "host=db password=hunter2",
        "postgres://ana:hunter2@db/atlas?sslmode=hunter2",
    ] {
        for arguments in [
            &["--database", bad, "runs", "list"][..],
            &["runs", "list", "--databse", bad],
            &["runs", "list", bad],
            &[bad],
        ] {
            let answer = program.call(arguments).await;
            refused(&answer, 2, &[]);
            assert!(!answer.stderr.contains("hunter2"), "{arguments:?}: {answer:?}");
        }
    }
    let help = answer(program.with("TENANTATLAS_DATABASE", away).bare(&["worker", "--help"])).await;
    assert!(!help.stdout.contains("hunter2"), "{help:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_postgresql_that_is_too_old_is_refused_with_its_version() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((mut client, _)) = listener.accept().await {
            let mut startup = [0; 4096];
            if client.read(&mut startup).await.is_ok() {
                // Authentication is over, a parameter, ready (PostgreSQL documentation, "Message Formats").
                let mut said = b"R\0\0\0\x08\0\0\0\0".to_vec();
                let parameter = b"server_version\x009.6.24\0";
                said.push(b'S');
                said.extend(u32::try_from(parameter.len() + 4).unwrap().to_be_bytes());
                said.extend(parameter);
                said.extend(b"Z\0\0\0\x05I");
                // The client hangs up as soon as it has read the version.
                let _ = client.write_all(&said).await;
                let _ = client.read(&mut startup).await;
            }
        }
    });
    let program =
        Program::new().with("TENANTATLAS_DATABASE", format!("postgres://ana:hunter2@127.0.0.1:{port}/atlas"));
    let answer = program.call(&["migrate"]).await;
    refused(&answer, 1, &["9.6.24", "or newer"]);
    assert!(!answer.stderr.contains("hunter2"), "{answer:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_worker_on_one_file_is_refused_and_the_first_goes_on() {
    let program = Program::new();
    program.ok(&["migrate", "--seed"]).await;
    let worker = program.worker(&[]).await;
    refused(
        &program.call(&["worker"]).await,
        1,
        &["another TenantAtlas process already works on", "PostgreSQL"],
    );
    refused(&program.call(&["demo", "--exit"]).await, 1, &["another TenantAtlas process already works on"]);
    assert_eq!(program.json(&["doctor"]).await["healthy"], true);
    assert_eq!(worker.terminate().await, Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_of_exports_that_is_none_is_wrong_use() {
    let program = Program::new();
    refused(&program.call(&["demo", "--exit", "--corpus", "nowhere"]).await, 2, &["nowhere"]);
    std::fs::create_dir_all(program.data_dir().with_file_name("empty")).unwrap();
    refused(&program.call(&["simulate", "--corpus", "empty", "--port", "0"]).await, 2, &["empty"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_master_key_that_is_missing_or_wrong_is_noticed_before_work_fails() {
    let program = Program::new();
    program.ok(&["migrate", "--seed"]).await;
    let key = program.data_dir().join("master.key");
    let kept = std::fs::read_to_string(&key).unwrap();
    std::fs::remove_file(&key).unwrap();
    refused(&program.call(&["worker"]).await, 1, &["master.key", "TENANTATLAS_MASTER_KEY"]);
    assert!(!key.exists(), "no other key is made in its place");
    std::fs::write(&key, "ab".repeat(32)).unwrap();
    let doctor = program.call(&["doctor"]).await;
    assert!(doctor.code == Some(1) && doctor.stdout.contains("another master key"), "{doctor:?}");
    let program = program.with("TENANTATLAS_MASTER_KEY", kept.trim());
    assert_eq!(program.json(&["doctor"]).await["healthy"], true);
    let program = program.with("TENANTATLAS_MASTER_KEY", "hunter2");
    let wrong = program.call(&["worker"]).await;
    refused(&wrong, 2, &["64 hexadecimal digits"]);
    assert!(!wrong.stderr.contains("hunter2"));
}

async fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port()
}
