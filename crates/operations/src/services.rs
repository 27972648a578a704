//! What work may use, and the step from stored inputs to typed ones.

use std::future::Future;
use std::marker::PhantomData;

use graph::GraphClient;
use ledger::Ending;
use ledger::catalog::Operation;
use tenancy::secrets::MasterKey;
use tenancy::{Clock, Database};
use worker::{ActiveRun, Interrupted, Work, WorkFuture};

use crate::failure::payload_invalid;

/// What work may use.
#[derive(Clone, Debug)]
pub struct Services {
    /// Where everything is kept.
    pub database: Database,
    /// The way to Microsoft Graph.
    pub graph: GraphClient,
    /// What credentials are sealed under.
    pub master_key: MasterKey,
    /// The application's clock.
    pub clock: Clock,
}

/// An operation's work half.
pub(crate) trait Worked: Operation + Send + Sync + 'static {
    /// Does it.
    fn work<'r>(
        self,
        run: &'r ActiveRun,
        services: &'r Services,
    ) -> impl Future<Output = Result<Ending, Interrupted>> + Send + 'r;
}

/// Makes the registered work of an operation.
pub(crate) fn work<O: Worked>(services: &Services) -> impl Work + use<O> {
    Typed::<O> { services: services.clone(), operation: PhantomData }
}

struct Typed<O> {
    services: Services,
    operation: PhantomData<fn() -> O>,
}

impl<O: Worked> Work for Typed<O> {
    fn run<'r>(&'r self, run: &'r ActiveRun) -> WorkFuture<'r> {
        Box::pin(async move {
            // Another version may have written the row; what cannot be read is not guessed.
            let read = serde_json::from_value::<O>(run.claimed().inputs.clone());
            let operation = read.map_err(|error| payload_invalid(&error.to_string()))?;
            operation.work(run, &self.services).await
        })
    }
}
