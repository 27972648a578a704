//! A handle on a tenant of a running simulator: what the portal's administrator would do.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use secrecy::SecretString;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::approval::Verdict;
use crate::change::{self, Change};
use crate::collections::{Collection, Shape};
use crate::object::StoredObject;
use crate::script::Script;
use crate::service::Service;
use crate::snapshot::SnapshotError;
use crate::tenant::{Availability, StateError, TenantState, known};

/// Reads and changes one tenant of a running simulator, past HTTP, faults and recorder.
///
/// Cheap to clone. A change is seen by the next request.
#[derive(Clone)]
pub struct TenantHandle {
    service: Arc<Service>,
    tenant_id: Uuid,
}

impl fmt::Debug for TenantHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("TenantHandle").field(&self.tenant_id).finish()
    }
}

impl TenantHandle {
    pub(crate) fn new(service: Arc<Service>, tenant_id: Uuid) -> Self {
        Self { service, tenant_id }
    }

    /// Returns the tenant's id.
    pub fn tenant_id(&self) -> Uuid {
        self.tenant_id
    }

    /// Returns the tenant's name.
    pub fn display_name(&self) -> String {
        self.read(|state| state.display_name.clone())
    }

    /// Returns the id of the application that may log in.
    pub fn client_id(&self) -> Uuid {
        self.read(|state| state.client_id)
    }

    /// Returns the secret with which the application logs in now.
    pub fn client_secret(&self) -> SecretString {
        self.read(|state| state.client_secret.clone())
    }

    /// Rotates the client secret; tokens already issued stay good.
    pub fn set_secret(&self, secret: SecretString) {
        self.write(|state| state.client_secret = secret);
    }

    /// Puts an object as [`TenantState::put`] does, with the same errors.
    pub fn put(&self, collection: &str, object: Value) -> Result<String, StateError> {
        self.write(|state| state.put(collection, object))
    }

    /// Puts an object below another one, for collections such as `enrollmentProfiles`.
    ///
    /// # Errors
    /// [`StateError::UnknownObject`] if there is no such parent, and those of [`TenantState::put`].
    pub fn put_below(&self, collection: &str, parent: &str, object: Value) -> Result<String, StateError> {
        let collection = known(collection)?;
        let Value::Object(object) = object else {
            return Err(StateError::NotAnObject(collection.name.to_owned()));
        };
        self.write(|state| {
            let above = match collection.shape {
                Shape::Below(above) if state.object(above, parent).is_some() => parent,
                _ => return Err(unknown_object(collection, parent)),
            };
            Ok(state.put_object(collection, object, Some(above.to_owned())))
        })
    }

    /// Returns an object with its parts inline, or none.
    ///
    /// # Errors
    /// [`StateError::UnknownCollection`].
    pub fn get(&self, collection: &str, id: &str) -> Result<Option<Value>, StateError> {
        let collection = known(collection)?;
        Ok(self.read(|state| state.object(collection.name, id).map(StoredObject::whole)))
    }

    /// Returns the ids that a collection holds, in the order of its list.
    ///
    /// # Errors
    /// [`StateError::UnknownCollection`].
    pub fn ids(&self, collection: &str) -> Result<Vec<String>, StateError> {
        let collection = known(collection)?;
        Ok(self.read(|state| state.objects(collection.name).map(|object| object.id.clone()).collect()))
    }

    /// Merges properties into an object (RFC 7396: null removes) and notes the time of the change.
    ///
    /// Parts are not merged but replaced.
    ///
    /// # Errors
    /// [`StateError::UnknownCollection`], [`StateError::UnknownObject`], [`StateError::NotAnObject`].
    pub fn patch(&self, collection: &str, id: &str, merge: Value) -> Result<(), StateError> {
        let Value::Object(merge) = merge else {
            return Err(StateError::NotAnObject(collection.to_owned()));
        };
        self.change(collection, id, |collection, object| {
            merge_into(collection, object, merge);
        })
    }

    /// Deletes an object.
    ///
    /// # Errors
    /// [`StateError::UnknownCollection`], [`StateError::UnknownObject`].
    pub fn delete(&self, collection: &str, id: &str) -> Result<(), StateError> {
        let collection = known(collection)?;
        let removed = self.write(|state| state.remove(collection.name, id));
        removed.map(drop).ok_or_else(|| unknown_object(collection, id))
    }

    /// Gives an object another name, under whatever property its collection keeps names.
    ///
    /// # Errors
    /// [`StateError::UnknownCollection`], [`StateError::UnknownObject`].
    pub fn rename(&self, collection: &str, id: &str, name: &str) -> Result<(), StateError> {
        self.change(collection, id, |collection, object| {
            object.body.insert(collection.name_property.to_owned(), json!(name));
        })
    }

    /// Replaces an object's assignments.
    ///
    /// # Errors
    /// [`StateError::UnknownCollection`], [`StateError::UnknownObject`], and [`StateError::UnknownPart`] if
    /// the collection's objects have none.
    pub fn set_assignments(
        &self,
        collection: &str,
        id: &str,
        assignments: Vec<Value>,
    ) -> Result<(), StateError> {
        self.set_part(collection, id, "assignments", assignments)
    }

    /// Replaces a part of an object.
    ///
    /// # Errors
    /// Those of [`set_assignments`](Self::set_assignments).
    pub fn set_part(
        &self,
        collection: &str,
        id: &str,
        part: &str,
        elements: Vec<Value>,
    ) -> Result<(), StateError> {
        let table = known(collection)?;
        let Some(part) = table.part(part) else {
            return Err(StateError::UnknownPart { collection: table.name.to_owned(), part: part.to_owned() });
        };
        self.change(collection, id, |collection, object| {
            object.set_part(collection, part, elements);
        })
    }

    /// Begins a change script: its deeds are done when their time has come by the simulator's clock.
    pub fn play(&self, script: Script) {
        self.service.scripts.add(self.tenant_id, script, self.service.clock.now());
    }

    /// Demands claims (a JSON text) of the tenant's tokens from now on, those already issued included.
    pub fn demand_claims(&self, claims: &str) {
        self.service.tokens.demand(self.tenant_id, claims);
    }

    /// Forgets the delta links of the tenant: their next use is answered 410.
    pub fn expire_deltas(&self) {
        self.service.deltas.expire(Some(self.tenant_id));
    }

    /// Lets writes to these collections wait for the approval of another administrator.
    ///
    /// # Errors
    /// [`StateError::UnknownCollection`].
    pub fn require_approval(&self, collections: &[&str]) -> Result<(), StateError> {
        for collection in collections {
            self.service.approvals.protect(self.tenant_id, known(collection)?.name);
        }
        Ok(())
    }

    /// Decides an approval request; `operationApprovalRequests` lists them.
    ///
    /// # Errors
    /// [`StateError::UnknownObject`].
    pub fn decide(&self, request_id: &str, verdict: Verdict) -> Result<(), StateError> {
        self.patch("operationApprovalRequests", request_id, json!({ "status": verdict.status() }))
    }

    /// Sets whether a collection may be read.
    ///
    /// # Errors
    /// [`StateError::UnknownCollection`].
    pub fn set_availability(&self, collection: &str, availability: Availability) -> Result<(), StateError> {
        self.write(|state| state.set_availability(collection, availability))
    }

    /// Returns how many objects each collection holds, empty ones included.
    pub fn counts(&self) -> BTreeMap<&'static str, usize> {
        self.read(TenantState::counts)
    }

    /// Makes one believable change to the content of one policy, and says which; `seed` chooses.
    ///
    /// Settings-catalog policies are preferred, then compliance, device configuration, Conditional Access.
    /// Returns none if the tenant holds nothing that could change.
    pub fn change_one(&self, seed: u64) -> Option<Change> {
        let now = self.service.clock.now();
        self.write(|state| change::change_one(state, seed, now))
    }

    /// Returns a copy of the tenant's state.
    pub fn state(&self) -> TenantState {
        self.read(Clone::clone)
    }

    /// Writes the tenant as bytes; see [`TenantState::to_snapshot`].
    pub fn snapshot(&self) -> Vec<u8> {
        self.read(TenantState::to_snapshot)
    }

    /// Replaces the tenant's state by a snapshot of the same tenant.
    ///
    /// # Errors
    /// [`SnapshotError`]; the state is unchanged then.
    pub fn restore(&self, snapshot: &[u8]) -> Result<(), SnapshotError> {
        let restored = TenantState::from_snapshot(snapshot)?;
        let certificate = self.read(|state| state.certificate.clone());
        let restored = TenantState { certificate, ..restored };
        if restored.tenant_id != self.tenant_id {
            return Err(SnapshotError::OtherTenant { expected: self.tenant_id, found: restored.tenant_id });
        }
        self.write(|state| *state = restored);
        Ok(())
    }

    fn change(
        &self,
        collection: &str,
        id: &str,
        deed: impl FnOnce(&'static Collection, &mut StoredObject),
    ) -> Result<(), StateError> {
        let collection = known(collection)?;
        let now = self.service.clock.now();
        self.write(|state| {
            let object =
                state.object_mut(collection.name, id).ok_or_else(|| unknown_object(collection, id))?;
            deed(collection, object);
            object.touch(collection, now);
            Ok(())
        })
    }

    fn read<T>(&self, look: impl FnOnce(&TenantState) -> T) -> T {
        self.service
            .read_tenant(self.tenant_id, look)
            .expect("tenants are never taken away while the simulator runs")
    }

    fn write<T>(&self, change: impl FnOnce(&mut TenantState) -> T) -> T {
        self.service
            .write_tenant(self.tenant_id, change)
            .expect("tenants are never taken away while the simulator runs")
    }
}

/// Merges properties into an object; parts are replaced, the id stays.
pub(crate) fn merge_into(collection: &Collection, object: &mut StoredObject, merge: Map<String, Value>) {
    for (key, value) in merge {
        if key == "id" {
            continue;
        }
        match (collection.part(&key), value) {
            (Some(part), Value::Array(elements)) => object.set_part(collection, part, elements),
            (Some(part), _) => object.set_part(collection, part, Vec::new()),
            (None, value) => merge_value(&mut object.body, key, value),
        }
    }
}

fn merge_value(target: &mut Map<String, Value>, key: String, value: Value) {
    match value {
        Value::Null => {
            target.remove(&key);
        }
        Value::Object(inner) => {
            let slot = target.entry(key).or_insert_with(|| json!({}));
            if !slot.is_object() {
                *slot = json!({});
            }
            if let Value::Object(slot) = slot {
                for (key, value) in inner {
                    merge_value(slot, key, value);
                }
            }
        }
        value => {
            target.insert(key, value);
        }
    }
}

fn unknown_object(collection: &Collection, id: &str) -> StateError {
    StateError::UnknownObject { collection: collection.name.to_owned(), id: id.to_owned() }
}
