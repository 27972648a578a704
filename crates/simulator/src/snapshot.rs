//! A tenant as bytes, so that its state outlives the process.

use std::collections::BTreeMap;

use secrecy::ExposeSecret;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::collections::find;
use crate::object::StoredObject;
use crate::tenant::{Availability, CollectionState, TenantState};

/// The shape of the bytes; another number is another shape.
const SNAPSHOT_VERSION: u32 = 1;

/// Why bytes did not become a tenant.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SnapshotError {
    /// The bytes are not a snapshot, or were cut.
    #[error("read the snapshot")]
    Parse(#[source] serde_json::Error),
    /// The snapshot is of a version that this build does not know.
    #[error("understand snapshot version {0}; this build writes version {SNAPSHOT_VERSION}")]
    Version(u32),
    /// The snapshot holds a collection that this build does not know.
    #[error("find a collection named {0:?}, which the snapshot holds")]
    UnknownCollection(String),
    /// The snapshot is of another tenant than the one it was to replace.
    #[error("restore tenant {expected} from a snapshot of {found}")]
    OtherTenant {
        /// The tenant that was to be restored.
        expected: Uuid,
        /// The tenant that the snapshot is of.
        found: Uuid,
    },
}

#[derive(Serialize, Deserialize)]
struct Snapshot {
    version: u32,
    tenant_id: Uuid,
    display_name: String,
    client_id: Uuid,
    client_secret: String,
    ids_given: u64,
    collections: BTreeMap<String, SnapshotCollection>,
}

#[derive(Serialize, Deserialize)]
struct SnapshotCollection {
    availability: Availability,
    objects: Vec<StoredObject>,
}

impl TenantState {
    /// Writes the whole tenant as JSON; the same state gives the same bytes.
    ///
    /// The bytes hold the client secret: keep them where the secret may be kept.
    pub fn to_snapshot(&self) -> Vec<u8> {
        let collections = self.collections.iter().map(|(name, state)| {
            let objects = state.objects.values().cloned().collect();
            let availability = state.availability;
            ((*name).to_owned(), SnapshotCollection { availability, objects })
        });
        let snapshot = Snapshot {
            version: SNAPSHOT_VERSION,
            tenant_id: self.tenant_id,
            display_name: self.display_name.clone(),
            client_id: self.client_id,
            client_secret: self.client_secret.expose_secret().to_owned(),
            ids_given: self.ids_given,
            collections: collections.collect(),
        };
        serde_json::to_vec(&snapshot).expect("strings, numbers and JSON values always serialize")
    }

    /// Reads a tenant back from [`to_snapshot`](Self::to_snapshot)'s bytes.
    ///
    /// # Errors
    /// [`SnapshotError`], by what is wrong with the bytes.
    pub fn from_snapshot(bytes: &[u8]) -> Result<Self, SnapshotError> {
        let snapshot: Snapshot = serde_json::from_slice(bytes).map_err(SnapshotError::Parse)?;
        if snapshot.version != SNAPSHOT_VERSION {
            return Err(SnapshotError::Version(snapshot.version));
        }
        let mut collections = BTreeMap::new();
        for (name, held) in snapshot.collections {
            let collection = find(&name).ok_or(SnapshotError::UnknownCollection(name))?;
            let objects = held.objects.into_iter().map(|object| (object.id.clone(), object));
            let state = CollectionState { availability: held.availability, objects: objects.collect() };
            collections.insert(collection.name, state);
        }
        Ok(Self {
            tenant_id: snapshot.tenant_id,
            display_name: snapshot.display_name,
            client_id: snapshot.client_id,
            client_secret: snapshot.client_secret.into(),
            certificate: None,
            ids_given: snapshot.ids_given,
            collections,
        })
    }
}
