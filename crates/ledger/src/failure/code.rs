//! The codes of failures: an interface, so a code that was once released keeps its meaning.

use std::{borrow::Cow, fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize};

use super::{SafeText, sanitize};

/// Longest code in bytes that is read back from a row.
const CODE_LENGTH_MAX: usize = 100;

/// A stable code, for example `graph.throttled`.
///
/// New ones come from the table. One that a newer version wrote can still be read and shown; it
/// only has no [`entry`](FailureCode::entry).
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct FailureCode(Cow<'static, str>);

/// What the table says about a code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CodeEntry {
    /// The stored token.
    pub code: &'static str,
    /// What it means, in a sentence.
    pub meaning: &'static str,
    /// What a person can do about it, in a sentence.
    pub advice: &'static str,
}

/// A code that is not in the table.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("find the failure code `{0}` in the table of codes")]
pub struct UnknownCode(SafeText);

macro_rules! codes {
    ($($name:ident = $code:literal: $meaning:literal, $advice:literal;)+) => {
        impl FailureCode {
            $(#[doc = concat!("`", $code, "`: ", $meaning)]
            pub const $name: Self = Self(Cow::Borrowed($code));)+

            /// Every code that this version writes, in the order of the table.
            pub const TABLE: &'static [CodeEntry] =
                &[$(CodeEntry { code: $code, meaning: $meaning, advice: $advice },)+];
        }
    };
}

codes! {
    DISPATCH_FAILED = "queue.dispatch_failed":
        "The run could not be handed to a worker.",
        "Read the reason, put it right (connect the tenant, store its credentials), and start again.";
    WORKER_LOST = "ops.worker_lost":
        "The worker that ran this stopped without a word, and no attempt is left.",
        "Look at the server's log for the time of the last sign of life, then run it again.";
    PAYLOAD_INVALID = "ops.payload_invalid":
        "The stored inputs of the run cannot be read by this version.",
        "Start it again; if it fails again, the server and its workers run different versions.";
    UNKNOWN_KIND = "ops.unknown_kind":
        "No worker of this version knows this kind of run.",
        "Bring the server and its workers to the same version, then run it again.";
    PANICKED = "ops.panicked":
        "The work stopped at a fault in the program.",
        "Run it again; if it fails again, report it with the run's id.";
    DEADLINE_EXCEEDED = "ops.deadline_exceeded":
        "The run took longer than its kind is allowed to take.",
        "Run it again with a smaller selection, or when Microsoft Graph answers faster.";
    CANCELLED = "ops.cancelled":
        "A person cancelled the run.",
        "Run it again if it is still wanted; what was done before stays done.";
    INTERNAL = "ops.internal":
        "The work failed for a reason that has no code of its own.",
        "Read the message; the server's log has the whole chain under the run's id.";
    MORE_FAILURES = "ops.more_failures":
        "There were more kinds of failure than are listed.",
        "Put the listed ones right and run it again.";
    RECONCILE_FAILED = "ops.reconcile_adapter_runs.failed":
        "A mirrored run disagrees with its restore run and could not be mended.",
        "It is tried again within a quarter of an hour; open the restore run to see its true state.";
    RECONCILE_MISSING = "ops.reconcile_adapter_runs.missing":
        "A restore run had no mirrored run; one was made.",
        "Nothing to do.";
    RECONCILE_WRONG_STATE = "ops.reconcile_adapter_runs.wrong_state":
        "A mirrored run had another state than its restore run; it was set right.",
        "Nothing to do.";
    RECONCILE_ORPHANED = "ops.reconcile_adapter_runs.orphaned":
        "A mirrored run had no restore run; it was closed.",
        "Nothing to do.";
    RECONCILE_STUCK = "ops.reconcile_adapter_runs.stuck":
        "A mirrored run had not moved for too long; it was closed.",
        "Open the restore run and decide whether to restore again.";
    DATABASE_UNAVAILABLE = "database.unavailable":
        "Our own database could not be reached or did not answer in time.",
        "Check that the database is up; the run is tried again by itself while attempts are left.";
    DATABASE_FAILED = "database.failed":
        "Our own database refused a write or a read.",
        "The server's log has the statement and the database's code under the run's id.";
    GRAPH_UNAUTHORIZED = "graph.unauthorized":
        "Microsoft Graph did not accept the access token.",
        "Check the connection of the tenant; if its credentials are right, run it again.";
    GRAPH_CREDENTIALS_REJECTED = "graph.credentials_rejected":
        "Microsoft's login refused the application's credentials.",
        "Enter a valid secret or certificate for the tenant's connection.";
    GRAPH_FORBIDDEN = "graph.forbidden":
        "The application lacks a permission for this part of the tenant.",
        "Grant the permission that the message names and give admin consent.";
    GRAPH_UNLICENSED = "graph.unlicensed":
        "The tenant has no licence for this part of the service.",
        "Nothing to do, unless the tenant should have the licence.";
    GRAPH_NOT_FOUND = "graph.not_found":
        "Microsoft Graph has no such object or collection.",
        "Sync again; the object may have been deleted.";
    GRAPH_CONFLICT = "graph.conflict":
        "Microsoft Graph refused a write because the object changed or exists already.",
        "Sync again, look at what changed, and repeat the write if it is still wanted.";
    GRAPH_THROTTLED = "graph.throttled":
        "Microsoft Graph asked us to slow down for longer than we may wait.",
        "Run it again later; other applications use the same allowance of the tenant.";
    GRAPH_UNAVAILABLE = "graph.unavailable":
        "Microsoft Graph had a fault of its own, also after repeated tries.",
        "Run it again later; Microsoft's service health page shows known incidents.";
    GRAPH_TIMEOUT = "graph.timeout":
        "Microsoft Graph did not answer in time.",
        "Run it again later.";
    GRAPH_UNREACHABLE = "graph.unreachable":
        "No connection to Microsoft Graph could be made.",
        "Check name resolution, proxy and firewall of the machine that runs the worker.";
    GRAPH_TLS = "graph.tls":
        "The connection to Microsoft Graph could not be secured.",
        "Check the machine's clock and trusted certificates, and any proxy that opens TLS.";
    GRAPH_UNEXPECTED_ANSWER = "graph.unexpected_answer":
        "Microsoft Graph answered with something that is no valid page or object.",
        "Run it again; if it fails again, a proxy may answer in Microsoft's place.";
    GRAPH_FOREIGN_LINK = "graph.foreign_link":
        "A page link led to another host and was not followed.",
        "Report it with the run's id: Microsoft Graph does not do this, something in between may.";
    GRAPH_PAGE_LOOP = "graph.page_loop":
        "The page links of a collection led in a circle.",
        "Run it again; the collection counts as not completely read.";
    GRAPH_TOO_LARGE = "graph.too_large":
        "An answer was larger than we accept.",
        "Report it with the run's id and the type that was read.";
    GRAPH_CANCELLED = "graph.cancelled":
        "A call to Microsoft Graph was given up because the run was to stop.",
        "Run it again if it is still wanted.";
    SYNC_INCOMPLETE = "sync.incomplete":
        "A collection was not read to its last page, so nothing was inferred from what is missing.",
        "Put the other failures of the run right and sync again.";
    PAYLOAD_UNREADABLE = "sync.payload_unreadable":
        "An object that Microsoft Graph returned could not be understood and was not stored.",
        "The others were stored; report it with the run's id and the object.";
    TENANT_NOT_CONNECTED = "tenant.not_connected":
        "The tenant has no working connection.",
        "Store its credentials and check the connection.";
    ASSIGNMENT_GROUP_MISSING = "assignments.group_missing":
        "The target group of an assignment does not exist.",
        "Map the group to one that exists, or leave the assignment out.";
    RESTORE_PREVIEW_EXPIRED = "restore.preview_expired":
        "The preview was too old, or the tenant changed under it.",
        "Make a new preview.";
    RESTORE_AMBIGUOUS = "restore.ambiguous":
        "More than one object in the tenant could be the one that was written.",
        "Compare them in the Intune admin center, delete the surplus one, and make a new preview.";
}

impl FailureCode {
    /// Finds a code in the table.
    ///
    /// # Errors
    /// [`UnknownCode`] if this version does not write it.
    pub fn find(code: &str) -> Result<Self, UnknownCode> {
        Self::TABLE
            .iter()
            .find(|entry| entry.code == code)
            .map(|entry| Self(Cow::Borrowed(entry.code)))
            .ok_or_else(|| UnknownCode(sanitize(code)))
    }

    /// The stored token.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What the table says; `None` for a code of a newer version.
    pub fn entry(&self) -> Option<&'static CodeEntry> {
        Self::TABLE.iter().find(|entry| entry.code == self.0)
    }
}

impl FromStr for FailureCode {
    type Err = UnknownCode;

    fn from_str(code: &str) -> Result<Self, Self::Err> {
        Self::find(code)
    }
}

impl fmt::Display for FailureCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for FailureCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for FailureCode {
    /// Takes every well-formed code, so that rows of a newer version can be listed.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let code = String::deserialize(deserializer)?;
        Self::find(&code).or_else(|unknown| {
            let well_formed = code.len() <= CODE_LENGTH_MAX
                && code.contains('.')
                && code.split('.').all(|part| {
                    !part.is_empty()
                        && part.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
                });
            if well_formed { Ok(Self(Cow::Owned(code))) } else { Err(serde::de::Error::custom(unknown)) }
        })
    }
}
