//! Writing: create, change, replace, delete, assign.

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use crate::address::{Address, Place};
use crate::answer::{Answer, Refusal};
use crate::clock::graph_time;
use crate::collections::{Assign, Collection, Shape};
use crate::handle::merge_into;
use crate::object::StoredObject;
use crate::parts::Part;
use crate::rules;
use crate::tenant::TenantState;

/// One write on a tenant.
#[derive(Debug)]
pub(crate) struct Writing<'a> {
    pub(crate) tenant: &'a mut TenantState,
    pub(crate) address: &'a Address,
    pub(crate) now: Timestamp,
}

/// The methods that write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Method {
    Post,
    Patch,
    Put,
    Delete,
}

impl Writing<'_> {
    /// Answers the request; a refused one changes nothing.
    pub(crate) fn answer(&mut self, method: Method, body: &[u8]) -> Result<Answer, Refusal> {
        let address = self.address;
        let single = address.collection.shape == Shape::Single;
        match (method, &address.place) {
            (Method::Post, Place::Whole) if !single => self.create(object_of(body)?),
            (Method::Patch, Place::Root) => self.change_settings(object_of(body)?),
            (Method::Patch | Method::Put, Place::Whole) if single => self.change_singleton(object_of(body)?),
            (Method::Patch, Place::Item(id)) => self.change(id, object_of(body)?),
            (Method::Put, Place::Item(id)) if address.collection.put => self.replace(id, object_of(body)?),
            (Method::Delete, Place::Item(id)) => self.delete(id),
            (Method::Post, Place::Part(id, part)) => self.add_element(id, part, object_of(body)?),
            (Method::Patch, Place::Element(id, part, element)) => {
                self.change_element(id, part, element, object_of(body)?)
            }
            (Method::Delete, Place::Element(id, part, element)) => self.delete_element(id, part, element),
            (Method::Post, Place::Deed(id, deed)) => self.act(id, deed, object_of(body)?),
            _ => Err(Refusal::Method(format!("{method:?}").to_uppercase())),
        }
    }

    fn create(&mut self, mut object: Map<String, Value>) -> Result<Answer, Refusal> {
        let collection = self.address.collection;
        rules::check_create(collection, &object)?;
        self.check_unique(&object)?;
        if let (Shape::Below(above), Some(parent)) = (collection.shape, &self.address.parent)
            && self.tenant.object(above, parent).is_none()
        {
            return Err(Refusal::NoSuchObject(parent.clone()));
        }
        // The service chooses the id, except for authentication contexts, whose ids c1 to c99 are fixed.
        if collection.name != "authenticationContextClassReferences" {
            object.remove("id");
        }
        // What a caller makes is never the service's own.
        for own in ["isBuiltIn", "isBuiltInRoleDefinition", "isGlobalScript"] {
            object.entry(own).and_modify(|owned| *owned = json!(false));
        }
        let now = json!(graph_time(self.now));
        if let Some(created) = collection.created {
            object.entry(created).or_insert_with(|| now.clone());
        }
        if let Some(changed) = collection.changed {
            object.insert(changed.to_owned(), now);
        }
        let parent = self.address.parent.clone();
        let id = self.tenant.put_object(collection, object, parent);
        let created = self.tenant.object(collection.name, &id);
        let body = created.map(|object| Value::Object(object.body.clone()));
        Ok(Answer::json(201, body.unwrap_or(Value::Null)))
    }

    fn change(&mut self, id: &str, merge: Map<String, Value>) -> Result<Answer, Refusal> {
        let collection = self.address.collection;
        let now = self.now;
        let missing = self.tenant.object(collection.name, id).is_none();
        if missing && collection.name == "authenticationContextClassReferences" {
            let mut object = merge;
            object.insert("id".to_owned(), json!(id));
            self.tenant.put_object(collection, object, None);
            return Ok(Answer::empty(204));
        }
        let object = self.object(id)?;
        rules::check_change(collection, object, &merge)?;
        merge_into(collection, object, merge);
        object.touch(collection, now);
        let changed = Value::Object(object.body.clone());
        Ok(match collection.path.starts_with("/device") {
            true => Answer::json(200, changed),
            // Directory and Conditional Access answer changes without content.
            false => Answer::empty(204),
        })
    }

    fn replace(&mut self, id: &str, mut object: Map<String, Value>) -> Result<Answer, Refusal> {
        let collection = self.address.collection;
        let now = self.now;
        let before = self.object(id)?;
        rules::check_replace(collection, before, &object)?;
        let kept = [collection.created, Some("settingCount"), Some("isAssigned")];
        for property in kept.into_iter().flatten() {
            if let Some(value) = before.body.get(property) {
                object.insert(property.to_owned(), value.clone());
            }
        }
        object.insert("id".to_owned(), json!(id));
        let assignments = before.parts.get("assignments").cloned();
        let parent = before.parent.clone();
        let mut after = StoredObject::split(collection, id, object, parent);
        if let (Some(part), Some(assignments)) = (collection.part("assignments"), assignments) {
            after.set_part(collection, part, assignments);
        }
        after.touch(collection, now);
        *before = after;
        Ok(Answer::empty(204))
    }

    fn delete(&mut self, id: &str) -> Result<Answer, Refusal> {
        let collection = self.address.collection;
        let object = self.object(id)?;
        rules::check_delete(collection, object)?;
        self.check_unreferenced(id)?;
        self.tenant.remove(collection.name, id);
        Ok(Answer::empty(if collection.path.starts_with("/device") { 200 } else { 204 }))
    }

    fn change_singleton(&mut self, merge: Map<String, Value>) -> Result<Answer, Refusal> {
        let collection = self.address.collection;
        let present = self.tenant.objects(collection.name).next().map(|object| object.id.clone());
        let id = match present {
            Some(id) => id,
            None => {
                let mut object = Map::new();
                object.insert("id".to_owned(), json!(collection.name));
                self.tenant.put_object(collection, object, None)
            }
        };
        merge_into(collection, self.object(&id)?, merge);
        Ok(Answer::empty(204))
    }

    /// Changes the settings of the tenant, which are a property of the service's root.
    fn change_settings(&mut self, mut root: Map<String, Value>) -> Result<Answer, Refusal> {
        match root.remove("settings") {
            Some(Value::Object(settings)) => self.change_singleton(settings),
            _ => Err(Refusal::Bad("The body must hold the object 'settings'.".to_owned())),
        }
    }

    fn add_element(&mut self, id: &str, part: &str, element: Map<String, Value>) -> Result<Answer, Refusal> {
        let collection = self.address.collection;
        let part = known_part(collection, part)?;
        if part.name == "assignments" && collection.assign != Assign::OneByOne {
            return Err(Refusal::Bad("Assignments are written by the assign action.".to_owned()));
        }
        let now = self.now;
        let object = self.object(id)?;
        let element = Value::Object(element);
        if part.name == "assignments" {
            rules::check_assignments(collection, object, std::slice::from_ref(&element))?;
        }
        let is_default = |text: &Value| text["isDefault"] == true;
        if collection.name == "notificationMessageTemplates"
            && !object.part(part.name).iter().chain([&element]).any(is_default)
        {
            return Err(Refusal::Bad("The first message must be the default one.".to_owned()));
        }
        let mut elements = object.part(part.name).to_vec();
        elements.push(element);
        object.set_part(collection, part, elements);
        object.touch(collection, now);
        let added = object.part(part.name).last().cloned();
        Ok(Answer::json(201, added.unwrap_or(Value::Null)))
    }

    fn change_element(
        &mut self,
        id: &str,
        part: &str,
        element: &str,
        merge: Map<String, Value>,
    ) -> Result<Answer, Refusal> {
        let collection = self.address.collection;
        let part = known_part(collection, part)?;
        let now = self.now;
        let object = self.object(id)?;
        let elements = object.parts.get_mut(part.name).map(Vec::as_mut_slice).unwrap_or_default();
        let found = elements
            .iter_mut()
            .find(|candidate| has_id(candidate, element))
            .and_then(Value::as_object_mut)
            .ok_or_else(|| Refusal::NoSuchObject(element.to_owned()))?;
        found.extend(merge.into_iter().filter(|(key, _)| key != "id"));
        let changed = Value::Object(found.clone());
        object.touch(collection, now);
        Ok(Answer::json(200, changed))
    }

    fn delete_element(&mut self, id: &str, part: &str, element: &str) -> Result<Answer, Refusal> {
        let collection = self.address.collection;
        let part = known_part(collection, part)?;
        let now = self.now;
        let object = self.object(id)?;
        let mut elements = object.part(part.name).to_vec();
        let before = elements.len();
        elements.retain(|candidate| !has_id(candidate, element));
        if elements.len() == before {
            return Err(Refusal::NoSuchObject(element.to_owned()));
        }
        object.set_part(collection, part, elements);
        object.touch(collection, now);
        Ok(Answer::empty(204))
    }

    /// Refuses a new object that clashes with another one.
    fn check_unique(&self, object: &Map<String, Value>) -> Result<(), Refusal> {
        let collection = self.address.collection;
        if collection.name == "authenticationStrengthPolicies" {
            let same = |known: &&StoredObject| known.body.get("displayName") == object.get("displayName");
            if self.tenant.objects(collection.name).any(|known| same(&known)) {
                return Err(Refusal::Conflict("The displayName is taken.".to_owned()));
            }
        }
        Ok(())
    }

    /// Refuses to delete what something else refers to.
    fn check_unreferenced(&self, id: &str) -> Result<(), Refusal> {
        let (by, what) = match self.address.collection.name {
            "namedLocations" => ("conditionalAccessPolicies", "a Conditional Access policy"),
            "authenticationStrengthPolicies" => ("conditionalAccessPolicies", "a Conditional Access policy"),
            "reusablePolicySettings" => ("configurationPolicies", "a configuration policy"),
            "notificationMessageTemplates" => ("deviceCompliancePolicies", "a compliance policy"),
            _ => return Ok(()),
        };
        let names = |object: &StoredObject| object.whole().to_string().contains(&format!("\"{id}\""));
        if self.tenant.objects(by).any(names) {
            return Err(Refusal::Conflict(format!("The object is used by {what}.")));
        }
        Ok(())
    }

    pub(crate) fn object(&mut self, id: &str) -> Result<&mut StoredObject, Refusal> {
        let parent = self.address.parent.as_deref();
        self.tenant
            .object_mut(self.address.collection.name, id)
            .filter(|object| parent.is_none() || object.parent.as_deref() == parent)
            .ok_or_else(|| Refusal::NoSuchObject(id.to_owned()))
    }
}

fn object_of(body: &[u8]) -> Result<Map<String, Value>, Refusal> {
    serde_json::from_slice(body)
        .map_err(|error| Refusal::Bad(format!("Cannot read the body as an object: {error}.")))
}

/// Finds a part, or says that there is no such path.
pub(crate) fn known_part(collection: &Collection, name: &str) -> Result<&'static Part, Refusal> {
    collection.part(name).ok_or_else(|| Refusal::NoSuchPath(name.to_owned()))
}

fn has_id(element: &Value, id: &str) -> bool {
    element.get("id").and_then(Value::as_str) == Some(id)
}
