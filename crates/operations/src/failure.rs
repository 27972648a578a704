//! The one place where what went wrong below becomes what a run keeps: a stable code and safe words.

use governance::RecordError;
use graph::{ErrorKind, GraphError, Retry};
use ledger::failure::{Failure, FailureCode, SafeText, sanitize};
use tenancy::DatabaseError;
use tenancy::tenant::ConnectError;
use worker::{ActiveRun, Interrupted, Stop};

/// Gives the failure for an error of Graph: its code, its words, and the ids that Microsoft's support asks for.
pub(crate) fn of_graph(error: &GraphError) -> Failure {
    of_graph_on(error, "")
}

/// The same for one item. The ids stand with the item, so that equal failures of many items read alike.
pub(crate) fn of_graph_on(error: &GraphError, item: &str) -> Failure {
    let code = FailureCode::find(error.code()).unwrap_or(FailureCode::INTERNAL);
    let failure = Failure::new(code, sanitize(error.message()));
    let correlation = error.correlation();
    let ids = [("request id", correlation.request_id), ("activity id", correlation.activity_id)];
    let ids: Vec<String> = ids.iter().filter_map(|(what, id)| id.map(|id| format!("{what} {id}"))).collect();
    match (item.is_empty(), ids.is_empty()) {
        (true, true) => failure,
        (true, false) => failure.on(sanitize(&ids.join(", "))),
        (false, true) => failure.on(sanitize(item)),
        (false, false) => failure.on(sanitize(&format!("{item} ({})", ids.join(", ")))),
    }
}

/// Gives the interruption for an error of Graph that ends the whole run.
pub(crate) fn interrupted_by_graph(run: &ActiveRun, error: &GraphError) -> Interrupted {
    if error.kind() == ErrorKind::Cancelled {
        return Interrupted::Stopped(run.stop().unwrap_or(Stop::ShuttingDown));
    }
    Interrupted::Failed { failure: of_graph(error), again: error.retry() == Retry::Later }
}

/// Gives the interruption for a database that failed under the work.
pub(crate) fn interrupted_by_database(error: &DatabaseError) -> Interrupted {
    let away = error.is_away() || matches!(error, DatabaseError::Full { .. });
    let code = if away { FailureCode::DATABASE_UNAVAILABLE } else { FailureCode::DATABASE_FAILED };
    tracing::error!(error = error as &dyn std::error::Error, "the database failed under a run");
    Interrupted::Failed {
        failure: Failure::new(code, sanitize(&error.to_string())),
        again: away || error.may_be_retried(),
    }
}

/// Gives the interruption for credentials that cannot be opened.
pub(crate) fn interrupted_by_credentials(error: &ConnectError) -> Interrupted {
    match error {
        ConnectError::Database(error) => interrupted_by_database(error),
        other => not_connected(sanitize(&other.to_string())),
    }
}

/// Gives the interruption for a tenant that cannot be worked with.
pub(crate) fn not_connected(why: SafeText) -> Interrupted {
    Interrupted::Failed { failure: Failure::new(FailureCode::TENANT_NOT_CONNECTED, why), again: false }
}

/// Gives the interruption for a page that could not be kept.
pub(crate) fn interrupted_by_recording(error: &RecordError) -> Interrupted {
    match error {
        RecordError::Database(error) => interrupted_by_database(error),
        other => not_connected(sanitize(&other.to_string())),
    }
}

/// Gives the interruption for stored inputs that this version does not understand.
pub(crate) fn payload_invalid(why: &str) -> Interrupted {
    Interrupted::Failed { failure: Failure::new(FailureCode::PAYLOAD_INVALID, sanitize(why)), again: false }
}
