//! A small installation for tests: the first administrator, a workspace, and whoever joins it.

use std::sync::Arc;
use std::time::Duration;

use database::testing::{Backend, TestDatabase};
use database::{Clock, Database, Ts};
use secrecy::SecretString;
use tenancy::access::{self, Reach, Role};
use tenancy::audit::{self, AuditRow};
use tenancy::first_start::{self, Complete};
use tenancy::invitation::{self, Accept, NewInvitation};
use tenancy::password::Hashing;
use tenancy::secrets::MasterKey;
use tenancy::session::{self, NewSession, Session, SignIn, SignInError};
use tenancy::tenant::{self, CloudName, Connect, Environment};
use tenancy::user::NewUser;
use tenancy::workspace::Origin;
use tenancy::{RequestInfo, Scope, SecretToken, TenantId};

/// The password of everybody in these tests.
pub(crate) const PASSWORD: &str = "harbour-lamp-seven-41";

/// An installation of a test's own, at a time that stands still unless a test moves on from it.
pub(crate) struct House {
    pub(crate) database: TestDatabase,
    pub(crate) hashing: Hashing,
    pub(crate) now: Ts,
    /// The first administrator, Owner of `default`.
    pub(crate) owner: NewSession,
}

pub(crate) fn secret(text: &str) -> SecretString {
    SecretString::from(text)
}

/// A request from an address of its own.
pub(crate) fn request_from(address: &str) -> Arc<RequestInfo> {
    Arc::new(RequestInfo::new("req-1", Some(address.parse().expect("an address")), "Browser/1.0"))
}

pub(crate) fn request() -> Arc<RequestInfo> {
    request_from("203.0.113.7")
}

pub(crate) fn new_user(name: &str) -> NewUser {
    NewUser {
        email: format!("{name}@contoso.example").parse().expect("an address"),
        name: name.to_owned(),
        password: secret(PASSWORD),
    }
}

pub(crate) async fn house(on: Backend) -> House {
    let database = on.fresh().await;
    let (hashing, now) = (Hashing::default(), Clock::system().now());
    let token =
        first_start::offer(&database, now).await.expect("it can be made").expect("nobody is here yet");
    let first = Complete { user: new_user("olga"), request: request() };
    let owner =
        first_start::complete(&database, &hashing, token.reveal(), first, now).await.expect("olga is first");
    House { database, hashing, now, owner }
}

impl House {
    /// Gives the instant this much after the house was made.
    pub(crate) fn after(&self, by: Duration) -> Ts {
        self.now.plus(by)
    }

    /// Gives the scope of a session in the workspace `default`.
    pub(crate) async fn scope(&self, session: &Session) -> Scope {
        access::member(&self.database, &session.principal(), "default", None).await.expect("a member")
    }

    pub(crate) async fn owner_scope(&self) -> Scope {
        self.scope(&self.owner.session).await
    }

    pub(crate) async fn console(&self) -> Scope {
        access::console(&self.database, "default", None, self.now).await.expect("the console may act")
    }

    pub(crate) async fn invite(&self, name: &str, role: Role, reach: Reach) -> SecretToken {
        let email = format!("{name}@contoso.example").parse().expect("an address");
        let scope = self.owner_scope().await;
        let new = NewInvitation { email, role, reach };
        invitation::invite(&self.database, &scope, new, self.now).await.expect("they are invited").token
    }

    /// Lets somebody join the workspace through an invitation.
    pub(crate) async fn join(&self, name: &str, role: Role, reach: Reach) -> NewSession {
        let token = self.invite(name, role, reach).await;
        let accept = Accept { name: name.to_owned(), password: secret(PASSWORD), request: request() };
        let accepted =
            invitation::accept(&self.database, &self.hashing, token.reveal(), accept, self.now).await;
        accepted.expect("it is accepted").session.expect("an account was made")
    }

    pub(crate) async fn connect(&self, slug: &str) -> TenantId {
        let scope = self.console().await;
        connect(&self.database, &scope, slug, self.now).await.expect("it connects")
    }

    pub(crate) async fn sign_in(
        &self,
        name: &str,
        password: &str,
        now: Ts,
    ) -> Result<NewSession, SignInError> {
        let email = format!("{name}@contoso.example");
        let sign_in = SignIn { email, password: secret(password), replaces: None, request: request() };
        session::sign_in(&self.database, &self.hashing, sign_in, now).await
    }

    /// Finds the session of a reference.
    pub(crate) async fn authenticate(&self, reference: &str, now: Ts) -> Option<Session> {
        session::authenticate(&self.database, reference, request(), now).await.expect("an answer")
    }

    /// Reads the whole log of the workspace, newest first.
    pub(crate) async fn log(&self) -> Vec<AuditRow> {
        let scope = self.console().await;
        audit::list(&self.database, &scope, None, audit::PAGE_LENGTH_MAX).await.expect("it can be read")
    }

    /// Reads the whole log of the server, newest first.
    pub(crate) async fn server_log(&self) -> Vec<AuditRow> {
        let scope = access::server_console(&self.database, self.now).await.expect("the console may act");
        audit::list_server(&self.database, &scope, None, audit::PAGE_LENGTH_MAX)
            .await
            .expect("it can be read")
    }
}

/// Gives the codes of a log, oldest first.
pub(crate) fn codes(log: &[AuditRow]) -> Vec<&str> {
    log.iter().rev().map(|row| row.action.as_str()).collect()
}

pub(crate) async fn connect(
    database: &Database,
    scope: &Scope,
    slug: &str,
    now: Ts,
) -> Result<TenantId, tenant::ConnectError> {
    let connect = Connect {
        slug: slug.parse().expect("a slug"),
        name: slug.to_owned(),
        graph_tenant_id: format!("{slug}.example"),
        environment: Environment::Production,
        cloud: CloudName::Global,
        simulated: None,
        client_id: "0f8fad5b-d9cb-469f-a165-70867728950e".to_owned(),
        client_secret: secret("not a real one"),
        origin: Origin::Own,
    };
    Ok(tenant::upsert(database, scope, &MasterKey::from_bytes([1; 32]), connect, now).await?.id)
}
