//! What is removed when it counts no more, and what the log tells of wrong passwords.

use std::io::{self, Write};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use database::testing::Backend;
use rstest::rstest;
use tenancy::access::{Reach, Role};
use tenancy::token::{self, NewToken};
use tenancy::{Capability, invitation};

use crate::house::{house, request_from};

/// A day.
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

#[rstest]
#[tokio::test]
async fn tokens_and_invitations_are_forgotten_a_month_after_their_end(
    #[values(Backend::Sqlite, Backend::Postgres)] on: Backend,
) {
    let house = house(on).await;
    let scope = house.owner_scope().await;
    let new = |name: &str, life: Duration| NewToken {
        owner: house.owner.session.user,
        name: name.to_owned(),
        capabilities: [Capability::See].into_iter().collect(),
        expires_at: house.after(life),
    };
    let make = async |name, life| {
        token::create(&house.database, &scope, new(name, life), house.now).await.expect("it is made").row.id
    };
    make("short", DAY).await;
    let revoked = make("revoked", 300 * DAY).await;
    make("long", 300 * DAY).await;
    token::revoke(&house.database, &scope, revoked, house.now).await.expect("it is revoked");
    house.invite("ana", Role::Operator, Reach::Workspace).await;
    let (early, late) = (house.after(30 * DAY - DAY / 2), house.after(32 * DAY));
    assert_eq!(token::prune(&house.database, early).await.expect("it is kept"), 0);
    assert_eq!(token::prune(&house.database, late).await.expect("two ended"), 2);
    assert_eq!(token::prune(&house.database, late).await.expect("nothing is left"), 0);
    let left = token::list(&house.database, &scope, house.now).await.expect("a list");
    assert_eq!(left.iter().map(|one| one.name.as_str()).collect::<Vec<_>>(), ["long"]);
    assert_eq!(left[0].owner_name, "olga");
    assert_eq!(invitation::prune(&house.database, late).await.expect("it is kept"), 0);
    let later = house.after(invitation::LIFE + invitation::KEPT_AFTER_END);
    assert_eq!(invitation::prune(&house.database, later).await.expect("one ended"), 1);
}

/// Log lines, kept.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().expect("nobody panicked with it").extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[rstest]
#[tokio::test]
async fn a5_the_log_tells_of_a_delay_and_of_the_network_but_of_no_address(
    #[values(Backend::Sqlite, Backend::Postgres)] on: Backend,
) {
    let house = house(on).await;
    let lines = Lines::default();
    let kept = lines.clone();
    let subscriber = tracing_subscriber::fmt().with_ansi(false).with_writer(move || kept.clone()).finish();
    let guard = tracing::subscriber::set_default(subscriber);
    for _ in 0..5 {
        let sign_in = tenancy::session::SignIn {
            email: "olga@contoso.example".to_owned(),
            password: crate::house::secret("wrong-wrong-wrong"),
            replaces: None,
            request: request_from("203.0.113.77"),
        };
        let refused = tenancy::session::sign_in(&house.database, &house.hashing, sign_in, house.now).await;
        refused.expect_err("the password is wrong");
    }
    drop(guard);
    let log = String::from_utf8(lines.0.lock().expect("nobody panicked with it").clone()).expect("text");
    let told: Vec<&str> = log.lines().filter(|line| line.contains("sign-in is delayed")).collect();
    assert_eq!(told.len(), 1, "{log}");
    assert!(told[0].contains("WARN") && told[0].contains("wait_seconds=1"), "{log}");
    assert!(told[0].contains("203.0.113.0/24") && !log.contains("203.0.113.77"), "{log}");
    assert!(!log.contains("olga") && !log.contains("wrong-wrong"), "{log}");
}
