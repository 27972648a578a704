//! Wrong places, wrong servers, wrong files: each is refused with a sentence, and no password is repeated.

use std::str::FromStr;

use database::testing::Backend;
use database::{Database, DatabaseUrl, LockError, OpenOptions, ProcessLock};
use rstest::rstest;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

fn whole(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        text = format!("{text}: {cause}");
        next = cause.source();
    }
    text
}

#[rstest]
#[case("mysql://root:hunter2secret@localhost/x")]
#[case("postgres://me:hunter2secret@localhost:notaport/x")]
#[case("postgres://me:hunter2secret@localhost/x?nonsense=hunter2secret")]
#[case("postgres://me:hunter2secret@/")]
#[case("postgres://me:hunter2secret@localhost")]
#[case("host=localhost password=hunter2secret")]
#[case("hunter2secret")]
#[case("sqlite:")]
#[case("")]
fn a_bad_connection_string_is_explained_without_repeating_it(#[case] text: &str) {
    let error = DatabaseUrl::from_str(text).expect_err("the string is bad").to_string();
    assert!(error.contains("postgres://USER:PASSWORD@HOST:PORT/NAME"), "{error}");
    assert!(!error.contains("hunter2secret"), "{error}");
}

#[test]
fn a_url_is_shown_without_its_password() {
    let url =
        DatabaseUrl::from_str("postgres://me:hunter2secret@db.example:5433/atlas").expect("the url is good");
    assert_eq!(url.to_string(), "postgres://db.example:5433/atlas");
    assert_eq!(format!("{url:?}"), "postgres://db.example:5433/atlas");
}

#[tokio::test]
async fn a_server_that_is_away_is_said_to_be_away() {
    let free = std::net::TcpListener::bind("127.0.0.1:0")
        .expect("a port is free")
        .local_addr()
        .expect("it has a number");
    let url =
        DatabaseUrl::from_str(&format!("postgres://me:hunter2secret@{free}/atlas")).expect("the url is good");
    let error = Database::open(&url, OpenOptions::default()).await.expect_err("nobody listens");
    assert!(error.is_away());
    let text = whole(&error);
    assert!(text.starts_with("failed to reach the database"), "{text}");
    assert!(!text.contains("hunter2secret"), "{text}");
}

#[tokio::test]
async fn a_server_that_is_too_old_is_refused_with_both_versions() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
    let port = listener.local_addr().expect("it has a number").port();
    // As much of the protocol as an old server speaks before the first query: accepted, its version, ready.
    tokio::spawn(async move {
        let (mut socket, _) = listener.accept().await.expect("the client connects");
        let mut length = [0; 4];
        socket.read_exact(&mut length).await.expect("a start-up message comes");
        let mut rest = vec![0; u32::from_be_bytes(length) as usize - 4];
        socket.read_exact(&mut rest).await.expect("the whole of it comes");
        let version = b"server_version\09.6.24\0";
        let mut answer = vec![b'R', 0, 0, 0, 8, 0, 0, 0, 0, b'S', 0, 0, 0, (version.len() + 4) as u8];
        answer.extend_from_slice(version);
        answer.extend_from_slice(&[b'Z', 0, 0, 0, 5, b'I']);
        socket.write_all(&answer).await.expect("the client listens");
        let _ = socket.read(&mut rest).await;
    });
    let url =
        DatabaseUrl::from_str(&format!("postgres://me@127.0.0.1:{port}/atlas")).expect("the url is good");
    let error = Database::open(&url, OpenOptions::default()).await.expect_err("the server is too old");
    let text = whole(&error);
    assert!(text.contains("the server is PostgreSQL 9.6.24, and TenantAtlas needs 15 or newer"), "{text}");
}

#[tokio::test]
async fn a_file_that_is_no_database_or_another_programs_is_refused_and_left_as_it_was() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let text = folder.path().join("notes.db");
    std::fs::write(&text, "these are my notes, and a good many of them, so that it is no database header")
        .expect("a file can be written");
    let foreign = folder.path().join("foreign.db");
    let other = Backend::Sqlite.empty().await;
    other
        .batch(&format!(
            "ATTACH '{}' AS f; CREATE TABLE f.theirs (id INTEGER); INSERT INTO f.theirs VALUES (7)",
            foreign.display()
        ))
        .await;
    for path in [&text, &foreign] {
        let before = std::fs::read(path).expect("the file is there");
        let url = DatabaseUrl::Sqlite(path.clone());
        let error = Database::open(&url, OpenOptions::default()).await.expect_err("the file is not ours");
        assert!(error.is_away(), "{}", whole(&error));
        assert_eq!(std::fs::read(path).expect("the file is there"), before, "{}", path.display());
    }
}

#[test]
fn a_second_worker_on_the_same_file_is_refused_until_the_first_is_gone() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let file = folder.path().join("tenantatlas.db");
    let first = ProcessLock::acquire(&file).expect("nobody works on it");
    assert!(matches!(ProcessLock::acquire(&file), Err(LockError::Held { .. })));
    drop(first);
    ProcessLock::acquire(&file).expect("the first is gone");
}

#[cfg(unix)]
#[tokio::test]
async fn a_new_file_and_its_journal_can_be_read_by_their_owner_alone() {
    use std::os::unix::fs::PermissionsExt;
    let database = Backend::Sqlite.fresh().await;
    let path = database.sqlite_path().expect("it is a file").to_owned();
    let mut journal = path.clone().into_os_string();
    journal.push("-wal");
    for file in [path.into_os_string(), journal] {
        let rights = std::fs::metadata(&file).expect("the file is there").permissions().mode() & 0o777;
        assert_eq!(rights, 0o600, "{}", file.display());
    }
}
