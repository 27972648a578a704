//! Where a list of policies goes on, as text.

use std::fmt;
use std::str::FromStr;

use governance::ObjectKey;

/// A place in the list, as text: tenant, type and Graph's id, which may hold slashes itself.
#[derive(Clone, Debug)]
pub(super) struct Place(pub(super) ObjectKey);

/// A text that is no place.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("a place is the `next` of the page before: TENANT/TYPE/GRAPH-ID")]
pub(super) struct PlaceError;

impl FromStr for Place {
    type Err = PlaceError;

    fn from_str(text: &str) -> Result<Self, PlaceError> {
        let mut parts = text.splitn(3, '/');
        let mut next = || parts.next().ok_or(PlaceError);
        let tenant = next()?.parse().map_err(|_| PlaceError)?;
        Ok(Self(ObjectKey { tenant, ty: next()?.to_owned(), graph_id: next()?.to_owned() }))
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/{}", self.0.tenant, self.0.ty, self.0.graph_id)
    }
}
