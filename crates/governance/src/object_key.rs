//! Where a list of objects goes on, and which of them it shows.

use tenancy::TenantId;
use uuid::Uuid;

/// The most objects that one page of a list gives.
pub const PAGE_MAX: usize = 500;

/// The place of an object in a list: tenant, type, Graph's id. It is unique, so that no object is
/// shown twice or left out across pages.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ObjectKey {
    /// The tenant.
    pub tenant: TenantId,
    /// The key of its type.
    pub ty: String,
    /// Graph's id.
    pub graph_id: String,
}

/// Which objects a list shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Presence {
    /// All of them.
    #[default]
    Any,
    /// Those that the last complete reading held, and those that none was over yet.
    Present,
    /// Those that a complete reading no longer held.
    Missing,
}

impl Presence {
    /// Returns what is asked of "is it missing?"; nothing where both will do.
    pub(crate) fn missing(self) -> Option<bool> {
        match self {
            Self::Any => None,
            Self::Present => Some(false),
            Self::Missing => Some(true),
        }
    }
}

/// Returns the key that every object comes after.
pub(crate) fn before_all() -> ObjectKey {
    ObjectKey { tenant: TenantId::from_uuid(Uuid::nil()), ty: String::new(), graph_id: String::new() }
}

/// Returns what a page asks the database for: one row more than it shows, to know whether there is a next.
pub(crate) fn rows_of_page(limit: usize) -> i64 {
    i64::try_from(limit.clamp(1, PAGE_MAX)).expect("a page is short") + 1
}

/// Cuts the row too many off, and returns the key of the last one that stays if there was one.
pub(crate) fn cut<T>(rows: &mut Vec<T>, limit: usize, key: impl Fn(&T) -> ObjectKey) -> Option<ObjectKey> {
    let limit = limit.clamp(1, PAGE_MAX);
    if rows.len() <= limit {
        return None;
    }
    rows.truncate(limit);
    rows.last().map(key)
}

/// Returns a list as a value to bind: none for "all".
pub(crate) fn words(list: &[String]) -> Option<Vec<String>> {
    (!list.is_empty()).then(|| list.to_vec())
}
