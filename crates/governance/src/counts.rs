//! What recording did.

use std::ops::AddAssign;

/// How many objects a recording made, changed and found as they were; each object once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Objects that were not known before.
    pub created: u64,
    /// Objects that were known and differ from what was kept.
    pub updated: u64,
    /// Objects that are as they were.
    pub unchanged: u64,
}

impl Counts {
    /// Returns the number of objects that were recorded.
    #[must_use]
    pub fn total(self) -> u64 {
        self.created + self.updated + self.unchanged
    }
}

impl AddAssign for Counts {
    fn add_assign(&mut self, more: Self) {
        self.created += more.created;
        self.updated += more.updated;
        self.unchanged += more.unchanged;
    }
}
