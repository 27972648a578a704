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
        check_create(collection, &object)?;
        if let (Shape::Below(above), Some(parent)) = (collection.shape, &self.address.parent)
            && self.tenant.object(above, parent).is_none()
        {
            return Err(Refusal::NoSuchObject(parent.clone()));
        }
        // The service chooses the id, except for authentication contexts, whose ids c1 to c99 are fixed.
        if collection.name != "authenticationContextClassReferences" {
            object.remove("id");
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
        if collection.put && merge.contains_key("settings") {
            return Err(Refusal::Bad("Settings are changed by PUT of the whole policy.".to_owned()));
        }
        let now = self.now;
        let missing = self.tenant.object(collection.name, id).is_none();
        if missing && collection.name == "authenticationContextClassReferences" {
            let mut object = merge;
            object.insert("id".to_owned(), json!(id));
            self.tenant.put_object(collection, object, None);
            return Ok(Answer::empty(204));
        }
        let object = self.object(id)?;
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
        self.object(id)?;
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

    fn add_element(&mut self, id: &str, part: &str, element: Map<String, Value>) -> Result<Answer, Refusal> {
        let collection = self.address.collection;
        let part = known_part(collection, part)?;
        if part.name == "assignments" && collection.assign != Assign::OneByOne {
            return Err(Refusal::Bad("Assignments are written by the assign action.".to_owned()));
        }
        let now = self.now;
        let object = self.object(id)?;
        let mut elements = object.part(part.name).to_vec();
        elements.push(Value::Object(element));
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

    /// Performs an action that replaces a part as a whole.
    fn act(&mut self, id: &str, deed: &str, mut body: Map<String, Value>) -> Result<Answer, Refusal> {
        let collection = self.address.collection;
        let now = self.now;
        let (part, property, lists) = match (deed, collection.assign) {
            ("assign", Assign::Listing(property)) => ("assignments", property, true),
            ("assign", Assign::Silent(property)) => ("assignments", property, false),
            ("targetApps", _) => ("apps", "apps", false),
            ("scheduleActionsForRules", _) => {
                ("scheduledActionsForRule", "deviceComplianceScheduledActionForRules", false)
            }
            ("setScheduledActions", _) => ("scheduledActionsForRule", "scheduledActions", false),
            ("updateDefinitionValues", _) => return self.update_definition_values(id, &mut body),
            ("retrieveEnrollmentTimeDeviceMembershipTarget", _) => {
                return Err(Refusal::Bad("The function is called with GET.".to_owned()));
            }
            _ => return Err(Refusal::NoSuchPath(deed.to_owned())),
        };
        let part = known_part(collection, part)?;
        let Some(Value::Array(elements)) = body.remove(property) else {
            return Err(Refusal::Bad(format!("The body must hold the array '{property}'.")));
        };
        let object = self.object(id)?;
        // The service gives assignments their ids anew.
        object.set_part(collection, part, elements.into_iter().map(without_id).collect());
        object.touch(collection, now);
        Ok(if lists {
            Answer::json(200, json!({ "value": object.part(part.name) }))
        } else {
            Answer::empty(204)
        })
    }

    /// Adds, changes and deletes definition values in one call.
    fn update_definition_values(
        &mut self,
        id: &str,
        body: &mut Map<String, Value>,
    ) -> Result<Answer, Refusal> {
        let collection = self.address.collection;
        let part = known_part(collection, "definitionValues")?;
        let now = self.now;
        let mut take = |property: &str| match body.remove(property) {
            Some(Value::Array(elements)) => elements,
            _ => Vec::new(),
        };
        let (added, updated, deleted) = (take("added"), take("updated"), take("deletedIds"));
        let object = self.object(id)?;
        let mut elements = object.part(part.name).to_vec();
        let gone = |element: &Value| {
            let updated_ids = updated.iter().filter_map(|value| value.get("id"));
            let id = element.get("id");
            id.is_some() && deleted.iter().chain(updated_ids).any(|gone| Some(gone) == id)
        };
        elements.retain(|element| !gone(element));
        let new = added.into_iter().map(without_id);
        elements.extend(updated.iter().cloned().chain(new));
        object.set_part(collection, part, elements);
        object.touch(collection, now);
        Ok(Answer::empty(204))
    }

    fn object(&mut self, id: &str) -> Result<&mut StoredObject, Refusal> {
        let parent = self.address.parent.as_deref();
        self.tenant
            .object_mut(self.address.collection.name, id)
            .filter(|object| parent.is_none() || object.parent.as_deref() == parent)
            .ok_or_else(|| Refusal::NoSuchObject(id.to_owned()))
    }
}

/// Refuses what the service refuses to create.
fn check_create(collection: &Collection, object: &Map<String, Value>) -> Result<(), Refusal> {
    let polymorphic = collection.odata_type.is_none() && collection.path.starts_with("/device");
    let plain = ["roleDefinitions", "roleAssignments", "assignmentFilters", "inventoryPolicies"];
    if polymorphic && !plain.contains(&collection.name) && !object.contains_key("@odata.type") {
        return Err(Refusal::Bad(
            "The body must name its @odata.type: the collection holds several.".to_owned(),
        ));
    }
    if collection.name == "deviceCompliancePolicies" && !blocks(object) {
        return Err(Refusal::Bad("A compliance policy needs at least one action of type block.".to_owned()));
    }
    Ok(())
}

fn blocks(policy: &Map<String, Value>) -> bool {
    let arrays = |value: Option<&Value>| value.and_then(Value::as_array).cloned().unwrap_or_default();
    arrays(policy.get("scheduledActionsForRule"))
        .iter()
        .flat_map(|rule| arrays(rule.get("scheduledActionConfigurations")))
        .any(|action| action.get("actionType").and_then(Value::as_str) == Some("block"))
}

fn object_of(body: &[u8]) -> Result<Map<String, Value>, Refusal> {
    serde_json::from_slice(body)
        .map_err(|error| Refusal::Bad(format!("Cannot read the body as an object: {error}.")))
}

fn known_part(collection: &Collection, name: &str) -> Result<&'static Part, Refusal> {
    collection.part(name).ok_or_else(|| Refusal::NoSuchPath(name.to_owned()))
}

fn has_id(element: &Value, id: &str) -> bool {
    element.get("id").and_then(Value::as_str) == Some(id)
}

fn without_id(mut element: Value) -> Value {
    if let Some(element) = element.as_object_mut() {
        element.remove("id");
    }
    element
}
