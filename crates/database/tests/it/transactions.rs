//! One transaction body, two databases, the same answers.

use database::testing::Backend;
use database::{DatabaseError, Ts, new_id, params, statement};
use rstest::rstest;
use uuid::Uuid;

statement! {
    ADD = "test.add_workspace", (Uuid, Text, Text, Time) -> (Uuid),
    both: "INSERT INTO workspaces (id, slug, name, created_at) VALUES ($1, $2, $3, $4) RETURNING id"
}
statement! {
    COUNT = "test.count_workspaces", () -> (I64),
    both: "SELECT count(*) FROM workspaces"
}
statement! {
    PICK = "test.pick_workspaces", (TextList, UuidList) -> (Text),
    postgres: "SELECT slug FROM workspaces WHERE slug = ANY($1) OR id = ANY($2) ORDER BY slug",
    sqlite: "SELECT slug FROM workspaces WHERE slug IN (SELECT value FROM json_each($1))
        OR id IN (SELECT unhex(value) FROM json_each($2)) ORDER BY slug"
}

fn at() -> Ts {
    Ts::from_micros(1_800_000_000_123_456)
}

async fn count(database: &database::Database) -> i64 {
    let read: Result<i64, DatabaseError> = database
        .read("test.count", |tx| Box::pin(async move { tx.query_one(&COUNT, &[]).await?.get(0) }))
        .await;
    read.expect("workspaces can be counted")
}

async fn add(database: &database::Database, slug: &'static str) -> Result<Uuid, DatabaseError> {
    let id = new_id(at());
    database
        .write("test.add", move |tx| {
            Box::pin(async move { tx.query_one(&ADD, params![id, slug, "A name", at()]).await?.get(0) })
        })
        .await
}

#[rstest]
#[tokio::test]
async fn a_unit_that_answers_with_an_error_leaves_nothing_behind(
    #[values(Backend::Sqlite, Backend::Postgres)] on: Backend,
) {
    let database = on.fresh().await;
    let answer: Result<(), DatabaseError> = database
        .write("test.change_of_mind", |tx| {
            Box::pin(async move {
                tx.query_one(&ADD, params![new_id(at()), "first", "First", at()]).await?;
                Err(DatabaseError::Missing { statement: "on purpose" })
            })
        })
        .await;
    assert!(matches!(answer, Err(DatabaseError::Missing { .. })), "{answer:?}");
    assert_eq!(count(&database).await, 0);
}

#[rstest]
#[tokio::test]
async fn after_a_refused_statement_the_whole_unit_is_lost(
    #[values(Backend::Sqlite, Backend::Postgres)] on: Backend,
) {
    let database = on.fresh().await;
    add(&database, "taken").await.expect("the slug is free");
    let answer: Result<(), DatabaseError> = database
        .write("test.swallow", |tx| {
            Box::pin(async move {
                tx.query_one(&ADD, params![new_id(at()), "other", "Other", at()]).await?;
                let refused = tx.query_one(&ADD, params![new_id(at()), "taken", "Again", at()]).await;
                assert!(matches!(refused, Err(DatabaseError::Constraint { .. })), "{refused:?}");
                Ok(())
            })
        })
        .await;
    assert!(matches!(answer, Err(DatabaseError::Poisoned { .. })), "{answer:?}");
    assert_eq!(count(&database).await, 1);
}

#[rstest]
#[tokio::test]
async fn a_panic_in_a_unit_is_an_error_and_the_database_goes_on(
    #[values(Backend::Sqlite, Backend::Postgres)] on: Backend,
) {
    let database = on.fresh().await;
    let answer: Result<(), DatabaseError> = database
        .write("test.panic", |tx| {
            Box::pin(async move {
                tx.query_one(&ADD, params![new_id(at()), "lost", "Lost", at()]).await?;
                panic!("on purpose")
            })
        })
        .await;
    assert!(matches!(answer, Err(DatabaseError::Panicked { .. })), "{answer:?}");
    add(&database, "kept").await.expect("the next unit runs");
    assert_eq!(count(&database).await, 1);
}

#[tokio::test]
async fn on_sqlite_a_unit_that_waits_for_anything_else_is_rolled_back() {
    let database = Backend::Sqlite.fresh().await;
    let answer: Result<(), DatabaseError> = database
        .write("test.wait", |tx| {
            Box::pin(async move {
                tx.query_one(&ADD, params![new_id(at()), "lost", "Lost", at()]).await?;
                tokio::task::yield_now().await;
                Ok(())
            })
        })
        .await;
    assert!(matches!(answer, Err(DatabaseError::Suspended { .. })), "{answer:?}");
    assert_eq!(count(&database).await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn on_sqlite_a_connection_whose_reader_went_away_is_not_lent_before_it_is_back() {
    let database = Backend::Sqlite.fresh().await;
    let (started, mut running) = tokio::sync::mpsc::unbounded_channel();
    let mut releases = Vec::new();
    for _ in 0..2 {
        let (release, held) = std::sync::mpsc::channel::<()>();
        let (database, started) = (database.clone(), started.clone());
        let reading = tokio::spawn(async move {
            let body = database.read("test.held", move |_| {
                Box::pin(async move {
                    started.send(()).expect("the test listens");
                    // Until the test lets go; a sender that is gone says so, too.
                    let _ = held.recv();
                    Ok::<(), DatabaseError>(())
                })
            });
            let _ = body.await;
        });
        running.recv().await.expect("the reading began");
        reading.abort();
        let _ = reading.await;
        releases.push(release);
    }
    // Both connections are away still: the next reader has to wait.
    let next = tokio::spawn({
        let database = database.clone();
        async move { database.read("test.next", |_| Box::pin(async { Ok::<(), DatabaseError>(()) })).await }
    });
    for _ in 0..1_000 {
        tokio::task::yield_now().await;
    }
    assert!(!next.is_finished(), "no connection is free");
    drop(releases);
    next.await.expect("the reader does not panic").expect("it reads when a connection is back");
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn units_that_arrive_together_are_all_kept_and_a_bad_one_spoils_no_other(
    #[values(Backend::Sqlite, Backend::Postgres)] on: Backend,
) {
    let database = on.fresh().await;
    let units: Vec<_> = (0..60)
        .map(|n| {
            let database = database.clone();
            tokio::spawn(async move {
                let slug = if n % 3 == 0 { "same".to_owned() } else { format!("own-{n}") };
                let id = new_id(at());
                let answer: Result<Uuid, DatabaseError> = database
                    .write("test.together", move |tx| {
                        Box::pin(
                            async move { tx.query_one(&ADD, params![id, slug, "N", at()]).await?.get(0) },
                        )
                    })
                    .await;
                answer.is_ok()
            })
        })
        .collect();
    let mut kept = 0;
    for unit in units {
        kept += i64::from(unit.await.expect("no unit panics"));
    }
    assert_eq!(kept, 41, "forty slugs of their own, and one of the twenty that are equal");
    assert_eq!(count(&database).await, kept);
}

#[rstest]
#[tokio::test]
async fn a_caller_who_hangs_up_does_not_stop_the_unit_half_way(
    #[values(Backend::Sqlite, Backend::Postgres)] on: Backend,
) {
    let database = on.fresh().await;
    let id = new_id(at());
    let mut waiting: std::pin::Pin<Box<dyn Future<Output = Result<(), DatabaseError>> + Send>> = {
        let database = database.clone();
        Box::pin(async move {
            database
                .write("test.hang_up", move |tx| {
                    Box::pin(async move {
                        tx.query_one(&ADD, params![id, "first", "First", at()]).await?;
                        tx.query_one(&ADD, params![new_id(at()), "second", "Second", at()]).await?;
                        Ok(())
                    })
                })
                .await
        })
    };
    // Asked for once, then dropped: the unit is under way by then.
    let first = std::future::poll_fn(|cx| std::task::Poll::Ready(waiting.as_mut().poll(cx))).await;
    drop(waiting);
    assert!(first.is_pending() || first.is_ready());
    let mut seen = count(&database).await;
    for _ in 0..10_000 {
        if seen == 2 {
            break;
        }
        tokio::task::yield_now().await;
        seen = count(&database).await;
    }
    assert_eq!(seen, 2);
}

#[rstest]
#[tokio::test]
async fn lists_are_bound_alike(#[values(Backend::Sqlite, Backend::Postgres)] on: Backend) {
    let database = on.fresh().await;
    let a = add(&database, "a").await.expect("a is free");
    for slug in ["b", "c", "d"] {
        add(&database, slug).await.expect("the slug is free");
    }
    let picked: Result<Vec<String>, DatabaseError> = database
        .read("test.pick", move |tx| {
            Box::pin(async move {
                let rows = tx.query(&PICK, params![vec!["c".to_owned(), "d".to_owned()], vec![a]]).await?;
                rows.iter().map(|row| row.get(0)).collect()
            })
        })
        .await;
    assert_eq!(picked.expect("the lists are understood"), ["a", "c", "d"]);
}

#[rstest]
#[tokio::test]
async fn what_does_not_fit_the_declaration_is_refused_before_the_database_sees_it(
    #[values(Backend::Sqlite, Backend::Postgres)] on: Backend,
) {
    let database = on.fresh().await;
    let bad: [(Vec<database::Value>, usize); 3] = [
        (params![new_id(at()), "x", "X"].to_vec(), 0),
        (params!["not a uuid", "x", "X", at()].to_vec(), 1),
        (params![new_id(at()), 7_i64, "X", at()].to_vec(), 2),
    ];
    for (values, place) in bad {
        let answer: Result<(), DatabaseError> = database
            .write("test.misfit", move |tx| {
                Box::pin(async move { tx.execute(&ADD, &values).await.map(|_| ()) })
            })
            .await;
        assert!(matches!(answer, Err(DatabaseError::Parameter { at, .. }) if at == place), "{answer:?}");
    }
    let nul: Result<(), DatabaseError> = database
        .write("test.nul", |tx| {
            Box::pin(
                async move { tx.execute(&ADD, params![new_id(at()), "x", "a\0b", at()]).await.map(|_| ()) },
            )
        })
        .await;
    assert!(matches!(nul, Err(DatabaseError::Nul { at: 3, .. })), "{nul:?}");
}

#[rstest]
#[tokio::test]
async fn a_reading_body_cannot_write_on_sqlite_and_sees_what_is_committed(
    #[values(Backend::Sqlite, Backend::Postgres)] on: Backend,
) {
    let database = on.fresh().await;
    add(&database, "one").await.expect("the slug is free");
    assert_eq!(count(&database).await, 1, "a reader sees the commit at once");
    if on == Backend::Sqlite {
        let answer: Result<(), DatabaseError> = database
            .read("test.write_by_reading", |tx| {
                Box::pin(async move {
                    tx.execute(&ADD, params![new_id(at()), "two", "Two", at()]).await.map(|_| ())
                })
            })
            .await;
        assert!(answer.is_err());
    }
}
