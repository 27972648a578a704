//! Whether a read makes a version.

use super::prepare::Hashes;
use crate::normalise::Hash32;

/// One of the two halves of a policy that are compared apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Side {
    /// The object with its parts.
    Settings,
    /// Whom it is assigned to.
    Assignments,
}

impl Side {
    const ALL: [Self; 2] = [Self::Settings, Self::Assignments];

    /// Returns the stored word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Settings => "settings",
            Self::Assignments => "assignments",
        }
    }

    pub(super) fn from_stored(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|side| side.as_str() == word)
    }
}

/// What is known of a policy, under the rules of the read that it is compared with.
#[derive(Debug, Clone, Copy)]
pub(super) struct Known {
    /// The newest version.
    pub(super) canonical: Hash32,
    pub(super) settings: Hash32,
    /// The assignments as they were last read, which may be before the newest version.
    pub(super) assignments: Option<Hash32>,
    /// Whether the newest version holds assignments.
    pub(super) holds_assignments: bool,
}

/// Whether a read makes a version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It says what the newest version says.
    Same,
    /// It does not: these sides differ. None of them does where the newest version lacks assignments that
    /// the read has, and nothing says that they were ever others.
    Version(Vec<Side>),
}

impl Verdict {
    /// Compares what is known with a read; a side that one of them lacks is not compared.
    pub(super) fn of(known: &Known, read: &Hashes) -> Self {
        let mut changed = Vec::new();
        if known.settings != read.settings {
            changed.push(Side::Settings);
        }
        if let (Some(known), Some(read)) = (known.assignments, read.assignments)
            && known != read
        {
            changed.push(Side::Assignments);
        }
        // Without this, a version taken while assignments could not be read would never get any.
        let gains_assignments = read.assignments.is_some() && !known.holds_assignments;
        if changed.is_empty() && !gains_assignments { Self::Same } else { Self::Version(changed) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hash(of: &str) -> Hash32 {
        Hash32::of_bytes(of.as_bytes())
    }

    fn known(settings: &str, assignments: Option<&str>, holds_assignments: bool) -> Known {
        Known {
            canonical: hash("c"),
            settings: hash(settings),
            assignments: assignments.map(hash),
            holds_assignments,
        }
    }

    fn read(settings: &str, assignments: Option<&str>) -> Hashes {
        Hashes { canonical: hash("d"), settings: hash(settings), assignments: assignments.map(hash) }
    }

    #[test]
    fn each_side_is_compared_where_both_have_it() {
        use Side::{Assignments, Settings};
        use Verdict::{Same, Version};
        for (what, known, read, verdict) in [
            ("nothing", known("s", Some("a"), true), read("s", Some("a")), Same),
            ("settings", known("s", Some("a"), true), read("t", Some("a")), Version(vec![Settings])),
            ("assignments", known("s", Some("a"), true), read("s", Some("b")), Version(vec![Assignments])),
            ("both", known("s", Some("a"), true), read("t", Some("b")), Version(vec![Settings, Assignments])),
            ("assignments not read now", known("s", Some("a"), true), read("s", None), Same),
            (
                "settings, assignments not read",
                known("s", Some("a"), true),
                read("t", None),
                Version(vec![Settings]),
            ),
            ("a type without", known("s", None, false), read("s", None), Same),
            ("first sight of assignments", known("s", None, false), read("s", Some("a")), Version(vec![])),
            ("the same ones again", known("s", Some("a"), false), read("s", Some("a")), Version(vec![])),
            (
                "others than last",
                known("s", Some("a"), false),
                read("s", Some("b")),
                Version(vec![Assignments]),
            ),
        ] {
            assert_eq!(Verdict::of(&known, &read), verdict, "{what}");
        }
    }
}
