//! The actions of objects: `assign` and the other verbs that are posted below an object.

use serde_json::{Map, Value, json};

use crate::answer::{Answer, Refusal};
use crate::collections::{Assign, find};
use crate::rules;
use crate::write::{Writing, known_part};

impl Writing<'_> {
    /// Performs an action.
    pub(crate) fn act(
        &mut self,
        id: &str,
        deed: &str,
        mut body: Map<String, Value>,
    ) -> Result<Answer, Refusal> {
        let collection = self.address.collection;
        match (deed, collection.name) {
            ("assign", _) => match collection.assign {
                Assign::Listing(property) => self.assign(id, &mut body, property, Lists::Yes),
                Assign::Silent(property) => self.assign(id, &mut body, property, Lists::No),
                Assign::Never | Assign::OneByOne => Err(Refusal::NoSuchPath(deed.to_owned())),
            },
            ("targetApps", _) => self.target_apps(id, &mut body),
            ("scheduleActionsForRules", "deviceCompliancePolicies") => self.replace_part(
                id,
                &mut body,
                "deviceComplianceScheduledActionForRules",
                "scheduledActionsForRule",
            ),
            ("setScheduledActions", "compliancePolicies") => {
                self.replace_part(id, &mut body, "scheduledActions", "scheduledActionsForRule")
            }
            ("updateRelationships", "mobileApps") => {
                self.replace_part(id, &mut body, "relationships", "relationships")
            }
            ("updateDefinitionValues", "groupPolicyConfigurations") => {
                self.update_definition_values(id, &mut body)
            }
            ("updateSettings", "intents") => self.update_settings(id, &mut body),
            ("createInstance", "templates") => self.create_instance(id, body),
            ("setPriority", "deviceEnrollmentConfigurations" | "appleUserInitiatedEnrollmentProfiles") => {
                self.set_property(id, &body, "priority", "priority")
            }
            ("reorder", "configurationPolicies") => self.reorder(id, &body),
            ("windowsPrivacyAccessControls", "deviceConfigurations") => {
                self.set_property(id, &body, "windowsPrivacyAccessControls", "privacyAccessControls")
            }
            ("updateAllowedCombinations", "authenticationStrengthPolicies") => {
                self.set_property(id, &body, "allowedCombinations", "allowedCombinations")
            }
            ("update", "policySets") => self.update_policy_set(id, &mut body),
            ("remove", "groupPolicyUploadedDefinitionFiles") => {
                self.object(id)?;
                self.tenant.remove(collection.name, id);
                Ok(Answer::empty(204))
            }
            ("setEnrollmentTimeDeviceMembershipTarget", "configurationPolicies") => {
                self.set_enrollment_target(id, &body)
            }
            ("clearEnrollmentTimeDeviceMembershipTarget", "configurationPolicies") => {
                self.object(id)?.body.remove(ENROLLMENT_TARGET);
                Ok(Answer::empty(204))
            }
            ("retrieveEnrollmentTimeDeviceMembershipTarget", _) => {
                Err(Refusal::Bad("The function is called with GET.".to_owned()))
            }
            _ => Err(Refusal::NoSuchPath(deed.to_owned())),
        }
    }

    /// Replaces the whole set of assignments, which the body holds under one name and no other.
    fn assign(
        &mut self,
        id: &str,
        body: &mut Map<String, Value>,
        property: &str,
        lists: Lists,
    ) -> Result<Answer, Refusal> {
        let collection = self.address.collection;
        let now = self.now;
        let part = known_part(collection, "assignments")?;
        let assignments = array_of(body, property)?;
        if let Some(other) = body.keys().find(|key| !key.starts_with('@')) {
            return Err(Refusal::Bad(format!("The property '{other}' does not exist on the action.")));
        }
        let object = self.object(id)?;
        rules::check_assignments(collection, object, &assignments)?;
        // The service gives assignments their ids anew.
        object.set_part(collection, part, assignments.into_iter().map(without_id).collect());
        object.touch(collection, now);
        Ok(match lists {
            Lists::Yes => Answer::json(200, json!({ "value": object.part(part.name) })),
            Lists::No => Answer::empty(204),
        })
    }

    fn target_apps(&mut self, id: &str, body: &mut Map<String, Value>) -> Result<Answer, Refusal> {
        let group = body.remove("appGroupType");
        if self.address.collection.name == "targetedManagedAppConfigurations" && group.is_none() {
            return Err(Refusal::Bad("The property 'appGroupType' is required.".to_owned()));
        }
        let answer = self.replace_part(id, body, "apps", "apps")?;
        if let Some(group) = group {
            self.object(id)?.body.insert("appGroupType".to_owned(), group);
        }
        Ok(answer)
    }

    fn replace_part(
        &mut self,
        id: &str,
        body: &mut Map<String, Value>,
        property: &str,
        part: &str,
    ) -> Result<Answer, Refusal> {
        let collection = self.address.collection;
        let now = self.now;
        let part = known_part(collection, part)?;
        let elements = array_of(body, property)?;
        let object = self.object(id)?;
        object.set_part(collection, part, elements.into_iter().map(without_id).collect());
        object.touch(collection, now);
        Ok(Answer::empty(204))
    }

    fn set_property(
        &mut self,
        id: &str,
        body: &Map<String, Value>,
        from: &str,
        to: &str,
    ) -> Result<Answer, Refusal> {
        let (collection, now) = (self.address.collection, self.now);
        let missing = || Refusal::Bad(format!("The body must hold '{from}'."));
        let value = body.get(from).cloned().ok_or_else(missing)?;
        let object = self.object(id)?;
        object.body.insert(to.to_owned(), value);
        object.touch(collection, now);
        Ok(Answer::empty(204))
    }

    fn reorder(&mut self, id: &str, body: &Map<String, Value>) -> Result<Answer, Refusal> {
        let priority = body.get("priority").filter(|priority| priority.is_number());
        let priority = priority.ok_or_else(|| Refusal::Bad("The body must hold 'priority'.".to_owned()))?;
        self.object(id)?.body.insert("priorityMetaData".to_owned(), json!({ "priority": priority }));
        Ok(Answer::empty(204))
    }

    /// Adds, changes and deletes definition values in one call.
    fn update_definition_values(
        &mut self,
        id: &str,
        body: &mut Map<String, Value>,
    ) -> Result<Answer, Refusal> {
        let (added, updated) = (taken(body, "added"), taken(body, "updated"));
        let deleted = taken(body, "deletedIds");
        self.edit_part(id, "definitionValues", added, updated, &deleted)
    }

    fn update_policy_set(&mut self, id: &str, body: &mut Map<String, Value>) -> Result<Answer, Refusal> {
        let collection = self.address.collection;
        let (added, updated) = (taken(body, "addedPolicySetItems"), taken(body, "updatedPolicySetItems"));
        let deleted = taken(body, "deletedPolicySetItems");
        let answer = self.edit_part(id, "items", added, updated, &deleted)?;
        if let Some(Value::Array(assignments)) = body.remove("assignments") {
            let part = known_part(collection, "assignments")?;
            let object = self.object(id)?;
            rules::check_assignments(collection, object, &assignments)?;
            object.set_part(collection, part, assignments.into_iter().map(without_id).collect());
        }
        Ok(answer)
    }

    fn edit_part(
        &mut self,
        id: &str,
        part: &str,
        added: Vec<Value>,
        updated: Vec<Value>,
        deleted: &[Value],
    ) -> Result<Answer, Refusal> {
        let (collection, now) = (self.address.collection, self.now);
        let part = known_part(collection, part)?;
        let object = self.object(id)?;
        let mut elements = object.part(part.name).to_vec();
        let gone = |element: &Value| {
            let updated_ids = updated.iter().filter_map(|value| value.get("id"));
            let id = element.get("id");
            id.is_some() && deleted.iter().chain(updated_ids).any(|gone| Some(gone) == id)
        };
        elements.retain(|element| !gone(element));
        elements.extend(updated.iter().cloned().chain(added.into_iter().map(without_id)));
        object.set_part(collection, part, elements);
        object.touch(collection, now);
        Ok(Answer::empty(204))
    }

    /// Sets values of an intent by their definitions; `null` as JSON text takes one away.
    fn update_settings(&mut self, id: &str, body: &mut Map<String, Value>) -> Result<Answer, Refusal> {
        let (collection, now) = (self.address.collection, self.now);
        let part = known_part(collection, "settings")?;
        let changes = array_of(body, "settings")?;
        let object = self.object(id)?;
        let mut settings = object.part(part.name).to_vec();
        for change in changes {
            settings.retain(|known| known["definitionId"] != change["definitionId"]);
            if change["valueJson"] != "null" {
                settings.push(without_id(change));
            }
        }
        object.set_part(collection, part, settings);
        object.touch(collection, now);
        Ok(Answer::empty(204))
    }

    /// Makes an intent from a template.
    fn create_instance(&mut self, id: &str, mut body: Map<String, Value>) -> Result<Answer, Refusal> {
        self.object(id)?;
        let intents = find("intents").ok_or_else(|| Refusal::NoSuchPath("intents".to_owned()))?;
        let settings = taken(&mut body, "settingsDelta");
        body.insert("templateId".to_owned(), json!(id));
        body.insert("isAssigned".to_owned(), json!(false));
        body.insert("settings".to_owned(), settings.into_iter().map(without_id).collect());
        let new = self.tenant.put_object(intents, body, None);
        let created = self.tenant.object(intents.name, &new);
        let created = created.map(|object| Value::Object(object.body.clone()));
        Ok(Answer::json(201, created.unwrap_or(Value::Null)))
    }

    /// Sets the group that a device preparation policy fills: once, until it is cleared.
    fn set_enrollment_target(&mut self, id: &str, body: &Map<String, Value>) -> Result<Answer, Refusal> {
        let targets = body.get("enrollmentTimeDeviceMembershipTargets").and_then(Value::as_array);
        let group = targets.and_then(|targets| targets.first()?["targetId"].as_str());
        let group = group.ok_or_else(|| Refusal::Bad("The body must name a targetId.".to_owned()))?;
        if self.tenant.object("groups", group).is_none() {
            return Err(Refusal::Bad("The group does not exist.".to_owned()));
        }
        let group = json!(group);
        let object = self.object(id)?;
        if object.body.contains_key(ENROLLMENT_TARGET) {
            return Err(Refusal::Bad("A target is set already: clear it first.".to_owned()));
        }
        object.body.insert(ENROLLMENT_TARGET.to_owned(), group);
        Ok(Answer::json(200, json!({ "validationSucceeded": true })))
    }
}

/// Where the group of a device preparation policy is kept; no answer shows it as a property.
pub(crate) const ENROLLMENT_TARGET: &str = "#enrollmentTarget";

/// Whether an action lists what it made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Lists {
    Yes,
    No,
}

fn array_of(body: &mut Map<String, Value>, property: &str) -> Result<Vec<Value>, Refusal> {
    match body.remove(property) {
        Some(Value::Array(elements)) => Ok(elements),
        _ => Err(Refusal::Bad(format!("The body must hold the array '{property}'."))),
    }
}

fn taken(body: &mut Map<String, Value>, property: &str) -> Vec<Value> {
    array_of(body, property).unwrap_or_default()
}

fn without_id(mut element: Value) -> Value {
    if let Some(element) = element.as_object_mut() {
        element.remove("id");
    }
    element
}
