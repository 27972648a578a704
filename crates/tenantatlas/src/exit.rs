//! How the process ends.

use std::process::ExitCode;

use ledger::Outcome;

/// What the exit code says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    /// All of it was done.
    Succeeded,
    /// It was not done, or refused by a precondition.
    Failed,
    /// What was asked for makes no sense.
    WrongUse,
    /// Some of it was done.
    Partial,
    /// Somebody called it off.
    Cancelled,
}

impl Exit {
    /// Gives the number that a shell sees.
    pub(crate) const fn code(self) -> u8 {
        match self {
            Self::Succeeded => 0,
            Self::Failed => 1,
            Self::WrongUse => 2,
            Self::Partial => 3,
            Self::Cancelled => 4,
        }
    }

    /// Gives the end of a command that waited for a run.
    pub(crate) const fn of(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Succeeded => Self::Succeeded,
            Outcome::PartiallySucceeded => Self::Partial,
            Outcome::Cancelled => Self::Cancelled,
            Outcome::Failed | Outcome::Blocked | Outcome::Pending => Self::Failed,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        exit.code().into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_outcome_has_its_exit_code() {
        let codes: Vec<u8> = Outcome::ALL.iter().map(|outcome| Exit::of(*outcome).code()).collect();
        assert_eq!(codes, [1, 0, 3, 1, 1, 4], "{:?}", Outcome::ALL);
    }
}
