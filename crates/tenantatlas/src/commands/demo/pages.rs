//! The demo's pages: on this machine alone, entered by links that are good once.

use std::io::{BufRead, IsTerminal};
use std::net::SocketAddr;

use tenancy::Scope;
use tenancy::demo::{self, DemoError, DemoPerson};
use tenancy::secrets::MasterKey;
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use web::options::Options;

use crate::commands::serve;
use crate::problem::{Problem, chain};
use crate::wiring::Installation;

/// The pages while they are served.
pub(super) struct Pages {
    installation: Installation,
    people: Vec<DemoPerson>,
    address: String,
    stop: CancellationToken,
    serving: tokio::task::JoinHandle<()>,
}

/// A link that signs somebody in.
pub(super) struct Link {
    pub(super) name: String,
    pub(super) role: String,
    pub(super) url: String,
}

impl Pages {
    /// Begins to serve; where the port is taken and nobody asked for it, a free one is taken.
    ///
    /// # Errors
    /// The address is taken or not this machine's own, or the database holds more than a demo.
    pub(super) async fn begin(
        installation: &Installation,
        scope: &Scope,
        key: &MasterKey,
        listen: Option<SocketAddr>,
    ) -> Result<Self, Problem> {
        let people = demo::ensure_people(&installation.database, scope, installation.clock.now()).await?;
        let listener = listen_on(listen).await?;
        let at = listener.local_addr().map_err(|error| {
            Problem::failed("listen.refused", "failed to learn the address of the pages").because(&error)
        })?;
        let stop = CancellationToken::new();
        let state = serve::state(installation, key, Options::demo(at));
        let serving = tokio::spawn(serve::serve(listener, state, stop.clone()));
        let (installation, address) = (installation.clone(), format!("http://{at}"));
        Ok(Self { installation, people, address, stop, serving })
    }

    /// Gives the address of the pages.
    pub(super) fn address(&self) -> &str {
        &self.address
    }

    /// Makes a new link for everybody, the Owner first; the one that a person had before is dead.
    ///
    /// # Errors
    /// The database holds more than a demo, or could not be used.
    pub(super) async fn links(&self) -> Result<Vec<Link>, Problem> {
        let mut links = Vec::new();
        for person in &self.people {
            let now = self.installation.clock.now();
            let token = demo::offer(&self.installation.database, person, now).await?;
            let url = format!("{}/demo/sign-in?token={}", self.address, token.reveal());
            links.push(Link { name: person.name.clone(), role: person.role.to_string(), url });
        }
        Ok(links)
    }

    /// Stops serving.
    pub(super) async fn end(self) {
        self.stop.cancel();
        // It ends when its last answer is out; a fault of it was told where it happened.
        let _ = self.serving.await;
    }
}

impl From<DemoError> for Problem {
    fn from(error: DemoError) -> Self {
        match error {
            DemoError::NotADemo => Self::wrong_use("demo.own_tenants", chain(&error))
                .advice("give the demo a data directory of its own with --data-dir"),
            DemoError::Database(error) => error.into(),
            _ => Self::failed("demo.people", chain(&error)),
        }
    }
}

/// Says whether a person can press Enter.
pub(super) fn is_somebody_there() -> bool {
    std::io::stdin().is_terminal()
}

/// Says each time that a person presses Enter; never where nobody can.
pub(super) fn presses_of_enter() -> mpsc::Receiver<()> {
    let (sender, presses) = mpsc::channel(1);
    if is_somebody_there() {
        // A thread of its own, that ends with the process: reading from a terminal cannot be called off.
        std::thread::spawn(move || {
            for _ in std::io::stdin().lock().lines().map_while(Result::ok) {
                if sender.blocking_send(()).is_err() {
                    return;
                }
            }
        });
    }
    presses
}

async fn listen_on(asked: Option<SocketAddr>) -> Result<TcpListener, Problem> {
    let usual = SocketAddr::from(([127, 0, 0, 1], serve::PORT));
    let at = asked.unwrap_or(usual);
    if !at.ip().is_loopback() {
        let message = format!("{at} can be reached from other machines, and a demo is for this one");
        return Err(
            Problem::wrong_use("listen.open", message).advice("name an address such as 127.0.0.1:8081")
        );
    }
    match TcpListener::bind(at).await {
        Err(_) if asked.is_none() => serve::listen(SocketAddr::from(([127, 0, 0, 1], 0))).await,
        Err(_) => serve::listen(at).await,
        Ok(listener) => Ok(listener),
    }
}
