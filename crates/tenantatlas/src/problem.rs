//! Why a command could not do what was asked: the one place that turns errors into codes and exit codes.

mod people;

use std::borrow::Cow;
use std::error::Error;
use std::fmt::Write as _;
use std::io::Write as _;

use database::{DatabaseError, DatabaseUrl, LockError, MigrateError, UrlError};
use ledger::StartError;
use serde_json::json;
use tenancy::access::AccessError;
use tenancy::secrets::{MasterKeyError, SealError};
use tenancy::tenant::{ConnectError, UnknownWord};

use crate::exit::Exit;
use crate::present::Format;

/// What a person is told: what failed and why, what to do, and how the process ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Problem {
    exit: Exit,
    code: Cow<'static, str>,
    message: String,
    advice: Option<String>,
}

impl Problem {
    /// Something went wrong that the command line is not to blame for.
    pub(crate) fn failed(code: impl Into<Cow<'static, str>>, message: impl Into<String>) -> Self {
        Self { exit: Exit::Failed, code: code.into(), message: message.into(), advice: None }
    }

    /// What was asked for makes no sense, or names something that does not exist.
    pub(crate) fn wrong_use(code: impl Into<Cow<'static, str>>, message: impl Into<String>) -> Self {
        Self { exit: Exit::WrongUse, ..Self::failed(code, message) }
    }

    /// Nobody reads what we write any more: there is nobody to tell, so it is not reported.
    pub(crate) fn reader_gone() -> Self {
        Self::failed(READER_GONE, "the reader of the output has gone")
    }

    /// Adds an error and everything that caused it.
    #[must_use]
    pub(crate) fn because(mut self, error: &dyn Error) -> Self {
        let _ = write!(self.message, ": {}", chain(error));
        self
    }

    /// Says which database it is about; a url is shown without its password.
    #[must_use]
    pub(crate) fn at(mut self, url: &DatabaseUrl) -> Self {
        self.message = format!("{} ({url})", self.message);
        self
    }

    /// Adds what to do about it, a sentence without its full stop.
    #[must_use]
    pub(crate) fn advice(mut self, advice: impl Into<String>) -> Self {
        self.advice = Some(advice.into());
        self
    }

    /// Writes the problem to standard error and gives the process its end.
    pub(crate) fn report(&self, format: Format) -> Exit {
        if self.code != READER_GONE {
            let text = match format {
                Format::Text => format!("error: {}", self.sentence()),
                Format::Json => json!({"error": {"code": self.code, "message": self.sentence()}}).to_string(),
            };
            // Without a place for errors there is only the exit code.
            let _ = writeln!(std::io::stderr().lock(), "{text}");
        }
        self.exit
    }

    /// Gives what is told.
    pub(crate) fn sentence(&self) -> String {
        match &self.advice {
            None => self.message.clone(),
            Some(advice) => format!("{}; {advice}", self.message),
        }
    }
}

const READER_GONE: &str = "output.closed";

/// Writes an error with everything that caused it, each cause once.
pub(crate) fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        let more = cause.to_string();
        if !text.contains(&more) {
            let _ = write!(text, ": {more}");
        }
        next = cause.source();
    }
    text
}

impl From<DatabaseError> for Problem {
    fn from(error: DatabaseError) -> Self {
        let away = error.is_away();
        let problem =
            Self::failed(if away { "database.unavailable" } else { "database.failed" }, chain(&error));
        if away {
            problem.advice("nothing was changed; check that the database is there and is TenantAtlas's own")
        } else {
            problem
        }
    }
}

impl From<UrlError> for Problem {
    fn from(error: UrlError) -> Self {
        Self::wrong_use("database.url", error.to_string())
    }
}

impl From<LockError> for Problem {
    fn from(error: LockError) -> Self {
        let code =
            if matches!(error, LockError::Held { .. }) { "database.locked" } else { "data_dir.unusable" };
        Self::failed(code, chain(&error))
    }
}

impl From<MigrateError> for Problem {
    fn from(error: MigrateError) -> Self {
        match error {
            MigrateError::Database(error) => error.into(),
            MigrateError::Foreign => Self::failed("database.foreign", chain(&error)),
            MigrateError::Ahead { .. } => {
                Self::failed("database.newer", chain(&error)).advice("update this program")
            }
            _ => Self::failed("database.migration", chain(&error)),
        }
    }
}

impl From<AccessError> for Problem {
    fn from(error: AccessError) -> Self {
        match error {
            AccessError::Workspace(_) => Self::wrong_use("workspace.unknown", chain(&error))
                .advice("name one with --workspace, or make the default one with `tenantatlas seed`"),
            AccessError::Tenant { .. } => Self::wrong_use("tenant.unknown", chain(&error))
                .advice("`tenantatlas tenants list` names those there are"),
            AccessError::Database(error) => error.into(),
            _ => Self::failed("access.failed", chain(&error)),
        }
    }
}

impl From<StartError> for Problem {
    fn from(error: StartError) -> Self {
        let code = match &error {
            StartError::UnknownKind { .. } => "kind.unknown",
            StartError::Inputs(_) => "inputs.invalid",
            StartError::WrongScope { .. } => "start.wrong_scope",
            StartError::NotRepeatable { .. } => "run.not_repeatable",
            StartError::BacklogFull { .. } => return Self::failed("queue.backlog_full", chain(&error)),
            StartError::NotAllowed { .. } => return Self::failed("start.not_allowed", chain(&error)),
            StartError::Database(_) => {
                let StartError::Database(error) = error else {
                    return Self::failed("start.failed", chain(&error));
                };
                return error.into();
            }
            _ => return Self::failed("start.failed", chain(&error)),
        };
        Self::wrong_use(code, chain(&error))
    }
}

impl From<ConnectError> for Problem {
    fn from(error: ConnectError) -> Self {
        match error {
            ConnectError::Field { .. } => Self::wrong_use("tenant.invalid", chain(&error)),
            ConnectError::Seal(error) => error.into(),
            ConnectError::Database(error) => error.into(),
            _ => Self::failed("tenant.not_allowed", chain(&error)),
        }
    }
}

impl From<SealError> for Problem {
    fn from(error: SealError) -> Self {
        Self::failed("master_key.mismatch", chain(&error))
            .advice("give the master key that the tenants were connected with")
    }
}

impl From<MasterKeyError> for Problem {
    fn from(error: MasterKeyError) -> Self {
        match error {
            MasterKeyError::Form => Self::wrong_use("master_key.invalid", chain(&error)),
            _ => Self::failed("master_key.unusable", chain(&error)),
        }
    }
}

impl From<UnknownWord> for Problem {
    fn from(error: UnknownWord) -> Self {
        Self::wrong_use("usage", error.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_is_told_with_its_causes_and_what_to_do() {
        let cause = std::io::Error::other("the disk is on fire");
        let problem = Problem::failed("disk", "failed to write").because(&cause).advice("fetch water");
        assert_eq!(problem.sentence(), "failed to write: the disk is on fire; fetch water");
    }
}
