//! Eventual consistency: what was created is not seen at once.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

/// How long an object that a request created stays unseen by reads and lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lag {
    /// Until it was asked for by its id, or its collection was listed, so often.
    Reads(usize),
    /// For so long by the simulator's clock.
    Time(Duration),
}

/// The objects that are not seen yet.
#[derive(Debug)]
pub(crate) struct Lags {
    lag: Option<Lag>,
    unseen: Mutex<BTreeMap<Key, Unseen>>,
}

/// Tenant, collection, id.
type Key = (Uuid, &'static str, String);

#[derive(Clone, Copy, Debug)]
enum Unseen {
    Reads(usize),
    Until(Timestamp),
}

impl Lags {
    pub(crate) fn new(lag: Option<Lag>) -> Self {
        Self { lag, unseen: Mutex::default() }
    }

    /// Notes that a request created an object.
    pub(crate) fn created(&self, tenant_id: Uuid, collection: &'static str, id: &str, now: Timestamp) {
        let unseen = match self.lag {
            None => return,
            Some(Lag::Reads(count)) => Unseen::Reads(count),
            Some(Lag::Time(wait)) => {
                let wait = SignedDuration::try_from(wait).unwrap_or(SignedDuration::MAX);
                Unseen::Until(now.checked_add(wait).unwrap_or(Timestamp::MAX))
            }
        };
        let mut all = self.unseen.lock().unwrap_or_else(PoisonError::into_inner);
        all.insert((tenant_id, collection, id.to_owned()), unseen);
    }

    /// Returns what a request does not see of a collection; with an id, the request is for that object.
    pub(crate) fn hidden(
        &self,
        tenant_id: Uuid,
        collection: &'static str,
        id: Option<&str>,
        now: Timestamp,
    ) -> BTreeSet<String> {
        let mut all = self.unseen.lock().unwrap_or_else(PoisonError::into_inner);
        let mut hidden = BTreeSet::new();
        all.retain(|(of_tenant, of_collection, of_id), unseen| {
            let meant =
                *of_tenant == tenant_id && *of_collection == collection && id.is_none_or(|id| id == of_id);
            let stays = match unseen {
                Unseen::Reads(0) => false,
                Unseen::Reads(left) => {
                    *left -= usize::from(meant);
                    true
                }
                Unseen::Until(at) => *at > now,
            };
            if stays && meant {
                hidden.insert(of_id.clone());
            }
            stays
        });
        hidden
    }
}
