//! The state of one simulated tenant: who it is, and the objects that it holds.

use std::collections::BTreeMap;

use secrecy::SecretString;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::assertion::der_of;
use crate::collections::{Collection, Shape, TABLE, find};
use crate::ids::{derived_hex, derived_id};
use crate::object::StoredObject;

/// Whether a tenant may read a collection, and why not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum Availability {
    /// Requests are answered.
    #[default]
    Available,
    /// The tenant lacks the licence: 400 for device management, 403 for Conditional Access.
    Unlicensed,
    /// The application lacks the permission: 403.
    Denied,
}

/// Why a change to a tenant's state was refused.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum StateError {
    /// The simulator's table has no such collection.
    #[error("find a collection named {0:?}")]
    UnknownCollection(String),
    /// The collection has no such object.
    #[error("find {id:?} in {collection}")]
    UnknownObject {
        /// The collection that was asked.
        collection: String,
        /// The id that it does not hold.
        id: String,
    },
    /// Objects of the collection have no such part.
    #[error("find a part named {part:?} in {collection}")]
    UnknownPart {
        /// The collection that was asked.
        collection: String,
        /// The part that its table entry does not list.
        part: String,
    },
    /// What was given is not one JSON object.
    #[error("take something that is not a JSON object into {0}")]
    NotAnObject(String),
}

/// The objects of one collection, by id.
#[derive(Clone, Debug, Default)]
pub(crate) struct CollectionState {
    pub(crate) availability: Availability,
    pub(crate) objects: BTreeMap<String, StoredObject>,
}

/// One simulated tenant: identity, application credentials, objects.
///
/// Objects of a collection are kept, and listed, in the order of their ids.
#[derive(Clone, Debug)]
pub struct TenantState {
    pub(crate) tenant_id: Uuid,
    pub(crate) display_name: String,
    pub(crate) client_id: Uuid,
    pub(crate) client_secret: SecretString,
    /// The certificate with which the application may sign in as well, in DER.
    pub(crate) certificate: Option<Vec<u8>>,
    /// How many ids the tenant has given out; kept so that a restored tenant goes on where it was.
    pub(crate) ids_given: u64,
    pub(crate) collections: BTreeMap<&'static str, CollectionState>,
}

impl TenantState {
    /// Makes a tenant that holds its organization and nothing else.
    ///
    /// Tenant id, client id and client secret follow from `number`: the same number is the same tenant.
    pub fn empty(number: u64, display_name: &str) -> Self {
        let number = number.to_string();
        let tenant_id = derived_id(&["tenant", &number]);
        let mut state = Self {
            tenant_id,
            display_name: display_name.to_owned(),
            client_id: derived_id(&["client", &number]),
            client_secret: derived_hex(&["client secret", &number])[..40].to_owned().into(),
            certificate: None,
            ids_given: 0,
            collections: BTreeMap::new(),
        };
        state.put_organization();
        state
    }

    /// Gives the tenant another id; its organization follows.
    #[must_use]
    pub fn with_tenant_id(mut self, tenant_id: Uuid) -> Self {
        self.collections.remove("organization");
        self.tenant_id = tenant_id;
        self.put_organization();
        self
    }

    /// Gives the tenant's one application another id and secret.
    #[must_use]
    pub fn with_client(mut self, client_id: Uuid, client_secret: SecretString) -> Self {
        self.client_id = client_id;
        self.client_secret = client_secret;
        self
    }

    /// Lets the application sign in with the private key of this certificate too.
    ///
    /// A text that holds no certificate lets nobody in. Snapshots do not keep the certificate.
    #[must_use]
    pub fn with_certificate(mut self, pem: &str) -> Self {
        self.certificate = der_of(pem);
        self
    }

    /// Returns the id of the tenant.
    pub fn tenant_id(&self) -> Uuid {
        self.tenant_id
    }

    /// Returns the name of the tenant.
    pub fn display_name(&self) -> &str {
        &self.display_name
    }

    /// Returns the id of the application that may log in.
    pub fn client_id(&self) -> Uuid {
        self.client_id
    }

    /// Returns the secret with which the application logs in.
    pub fn client_secret(&self) -> &SecretString {
        &self.client_secret
    }

    /// Puts an object into a collection, replacing the one with the same id, and returns its id.
    ///
    /// Inline parts (`settings`, `assignments`, ...) are split off, so that detail calls serve them. An
    /// object without `id` gets one that follows from the tenant and the number of ids given so far. An
    /// object of `enrollmentProfiles` goes below the first token of `depOnboardingSettings`, which is made
    /// if there is none.
    ///
    /// # Errors
    /// [`StateError::UnknownCollection`] and [`StateError::NotAnObject`]; nothing is changed then.
    pub fn put(&mut self, collection: &str, object: Value) -> Result<String, StateError> {
        let collection = known(collection)?;
        let Value::Object(object) = object else {
            return Err(StateError::NotAnObject(collection.name.to_owned()));
        };
        Ok(self.put_object(collection, object, None))
    }

    /// Returns how many objects each collection holds, empty ones included.
    pub fn counts(&self) -> BTreeMap<&'static str, usize> {
        TABLE.iter().map(|collection| (collection.name, self.objects(collection.name).count())).collect()
    }

    /// Sets whether a collection may be read.
    ///
    /// # Errors
    /// [`StateError::UnknownCollection`].
    pub fn set_availability(
        &mut self,
        collection: &str,
        availability: Availability,
    ) -> Result<(), StateError> {
        let collection = known(collection)?;
        self.state_mut(collection.name).availability = availability;
        Ok(())
    }

    /// Puts an object whose collection is known; `parent` is the object that it lies below.
    pub(crate) fn put_object(
        &mut self,
        collection: &'static Collection,
        mut object: Map<String, Value>,
        parent: Option<String>,
    ) -> String {
        let id = match object.get("id").and_then(Value::as_str) {
            Some(id) if !id.is_empty() => id.to_owned(),
            _ => self.new_id(collection.name),
        };
        object.insert("id".to_owned(), Value::String(id.clone()));
        let parent = match (collection.shape, parent) {
            (Shape::Below(above), None) => Some(self.first_or_new(above)),
            (_, parent) => parent,
        };
        if collection.name == "intents" {
            self.put_template_of(&object);
        }
        let stored = StoredObject::split(collection, &id, object, parent);
        let objects = &mut self.state_mut(collection.name).objects;
        if collection.shape == Shape::Single {
            objects.clear();
        }
        objects.insert(id.clone(), stored);
        id
    }

    /// Gives out an id that no object of the tenant has.
    pub(crate) fn new_id(&mut self, collection: &str) -> String {
        self.ids_given += 1;
        let count = self.ids_given.to_string();
        derived_id(&["object", &self.tenant_id.to_string(), collection, &count]).to_string()
    }

    pub(crate) fn availability(&self, collection: &str) -> Availability {
        self.collections.get(collection).map_or(Availability::Available, |state| state.availability)
    }

    pub(crate) fn objects(&self, collection: &str) -> impl Iterator<Item = &StoredObject> {
        self.collections.get(collection).into_iter().flat_map(|state| state.objects.values())
    }

    pub(crate) fn object(&self, collection: &str, id: &str) -> Option<&StoredObject> {
        self.collections.get(collection)?.objects.get(id)
    }

    pub(crate) fn object_mut(&mut self, collection: &str, id: &str) -> Option<&mut StoredObject> {
        self.collections.get_mut(collection)?.objects.get_mut(id)
    }

    pub(crate) fn remove(&mut self, collection: &str, id: &str) -> Option<StoredObject> {
        self.collections.get_mut(collection)?.objects.remove(id)
    }

    pub(crate) fn state_mut(&mut self, collection: &'static str) -> &mut CollectionState {
        self.collections.entry(collection).or_default()
    }

    fn first_or_new(&mut self, collection: &'static str) -> String {
        if let Some(first) = self.objects(collection).next() {
            return first.id.clone();
        }
        let Some(collection) = find(collection) else {
            return String::new();
        };
        let mut token = Map::new();
        token.insert("tokenName".to_owned(), json!("Automated device enrollment"));
        self.put_object(collection, token, None)
    }

    /// Puts the template that an intent was made from, which a detail call reads.
    fn put_template_of(&mut self, intent: &Map<String, Value>) {
        let Some(template_id) = intent.get("templateId").and_then(Value::as_str) else {
            return;
        };
        if let (None, Some(templates)) = (self.object("templates", template_id), find("templates")) {
            let template = json!({
                "@odata.type": "#microsoft.graph.securityBaselineTemplate",
                "id": template_id,
                "displayName": "Template of an endpoint security profile",
                "templateType": "securityTemplate",
                "isDeprecated": true,
            });
            if let Value::Object(template) = template {
                self.put_object(templates, template, None);
            }
        }
    }

    fn put_organization(&mut self) {
        let Some(collection) = find("organization") else {
            return;
        };
        let domain: String =
            self.display_name.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_lowercase();
        let organization = json!({
            "id": self.tenant_id.to_string(),
            "displayName": self.display_name,
            "countryLetterCode": "DE",
            "createdDateTime": "2023-02-01T08:00:00Z",
            "tenantType": "AAD",
            "assignedPlans": [
                { "service": "SCO", "capabilityStatus": "Enabled" },
                { "service": "AADPremiumService", "capabilityStatus": "Enabled" },
            ],
            "verifiedDomains": [{
                "name": format!("{domain}.example"),
                "isDefault": true,
                "isInitial": true,
                "type": "Managed",
            }],
        });
        if let Value::Object(organization) = organization {
            self.put_object(collection, organization, None);
        }
    }
}

/// Finds a collection, or says that there is none.
pub(crate) fn known(collection: &str) -> Result<&'static Collection, StateError> {
    find(collection).ok_or_else(|| StateError::UnknownCollection(collection.to_owned()))
}
