//! Reading: lists, items, parts and the few functions.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use crate::address::{Address, Place};
use crate::answer::{Answer, Refusal, context_path};
use crate::collections::Shape;
use crate::deeds::ENROLLMENT_TARGET;
use crate::masks::{mask_oma_values, plain_oma_value, renew_secrets};
use crate::object::StoredObject;
use crate::page::{Cursor, cut, place_key};
use crate::parts::{Count, Expand, INNER_HIDDEN, Part};
use crate::query::{Expansion, Query};
use crate::tenant::TenantState;

/// One GET on a tenant.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reading<'a> {
    pub(crate) tenant: &'a TenantState,
    pub(crate) address: &'a Address,
    pub(crate) query: &'a Query,
    /// Origin and version, without a slash at the end: `http://127.0.0.1:1/beta`.
    pub(crate) base: &'a str,
    /// The path without query.
    pub(crate) path: &'a str,
    /// The page size that overrides those of the table.
    pub(crate) page_size: Option<usize>,
    /// Objects that were created and cannot be seen yet.
    pub(crate) hidden: &'a BTreeSet<String>,
}

impl Reading<'_> {
    /// Answers the request.
    pub(crate) fn answer(&self) -> Result<Answer, Refusal> {
        let collection = self.address.collection;
        match &self.address.place {
            Place::Whole if collection.shape == Shape::Single => self.singleton(),
            Place::Whole => self.list(),
            Place::Item(id) => self.item(id),
            Place::Part(id, part) => self.part(self.object(id)?, self.known_part(part)?),
            Place::Element(id, part, element) => self.element(id, part, element),
            Place::Inner(id, part, element, inner) => self.inner(id, part, element, inner),
            Place::Deed(id, deed) => self.function(self.object(id)?, deed),
            Place::Delta | Place::Root => Err(Refusal::NoSuchPath("delta".to_owned())),
        }
    }

    fn list(&self) -> Result<Answer, Refusal> {
        let collection = self.address.collection;
        for expansion in &self.query.expand {
            let refused = match collection.part(&expansion.name) {
                Some(part) => part.on_list == Expand::Refused,
                None => true,
            };
            if refused {
                return Err(cannot_expand(&expansion.name));
            }
        }
        let parent = self.address.parent.as_deref();
        self.parent_exists()?;
        let wanted = self.tenant.objects(collection.name).filter(|object| {
            let below = parent.is_none() || object.parent.as_deref() == parent;
            below
                && !self.hidden.contains(&object.id)
                && self.query.built_in.is_none_or(|built_in| is_built_in(object) == built_in)
        });
        let top = self.query.top.map(|top| top.min(collection.top_max));
        // A wish for the largest page: a service may always give less.
        let own = self.page_size.unwrap_or(usize::MAX);
        let size = top.or(self.page_size).unwrap_or(collection.page_size).min(own);
        let (page, next) = cut(wanted.map(|object| (object.id.clone(), object)), &self.cursor()?, size);
        let objects: Vec<Value> = page.into_iter().map(|object| self.listed(object)).collect();
        let mut body = self.page_body(&format!("#{}", context_path(collection)), objects, next);
        if let (true, Some(page)) = (collection.page_count, body.as_object_mut()) {
            // The service's quirk: the size of the page, not the total.
            let count = page.get("value").and_then(Value::as_array).map_or(0, Vec::len);
            page.insert("@odata.count".to_owned(), json!(count));
        }
        Ok(Answer::json(200, body))
    }

    fn listed(&self, object: &StoredObject) -> Value {
        let collection = self.address.collection;
        let mut shown = self.shown(object);
        for property in collection.null_in_list {
            if let Some(value) = shown.get_mut(*property) {
                *value = Value::Null;
            }
        }
        for property in collection.absent_in_list {
            shown.remove(*property);
        }
        self.expand_into(&mut shown, object, |part| part.on_list);
        Value::Object(self.selected(shown))
    }

    fn item(&self, id: &str) -> Result<Answer, Refusal> {
        let object = self.object(id)?;
        let collection = self.address.collection;
        for expansion in &self.query.expand {
            if collection.part(&expansion.name).is_none() {
                return Err(cannot_expand(&expansion.name));
            }
        }
        let mut shown = self.shown(object);
        self.expand_into(&mut shown, object, |part| part.on_item);
        let context = format!("#{}/$entity", context_path(collection));
        Ok(Answer::json(200, self.with_context(&context, self.selected(shown))))
    }

    fn singleton(&self) -> Result<Answer, Refusal> {
        let collection = self.address.collection;
        let context = format!("#{}/$entity", context_path(collection));
        if let Some(object) = self.tenant.objects(collection.name).next() {
            return Ok(Answer::json(200, self.with_context(&context, self.shown(object))));
        }
        // A tenant without Apple certificate has none; every other singleton is there from the start.
        if collection.name == "applePushNotificationCertificate" {
            return Err(Refusal::NoSuchObject(collection.name.to_owned()));
        }
        let mut untouched = Map::new();
        untouched.insert("id".to_owned(), json!(collection.name));
        Ok(Answer::json(200, self.with_context(&context, untouched)))
    }

    fn part(&self, object: &StoredObject, part: &Part) -> Result<Answer, Refusal> {
        let collection = self.address.collection;
        let context = format!("#{}('{}')/{}", context_path(collection), object.id, part.name);
        if part.count == Count::One {
            return Ok(match object.part(part.name).first() {
                Some(Value::Object(value)) => Answer::json(200, self.with_context(&context, value.clone())),
                // OData: a null value is an answer without content.
                _ => Answer::empty(204),
            });
        }
        let hidden: Vec<&str> = self.hidden(part.inner, &self.query.expand);
        self.elements(&context, object.part(part.name), &hidden, part.page_size)
    }

    fn element(&self, id: &str, part: &str, element: &str) -> Result<Answer, Refusal> {
        let object = self.object(id)?;
        let part = self.known_part(part)?;
        let found = find_element(object.part(part.name), element)?;
        let hidden = self.hidden(part.inner, &self.query.expand);
        let context = format!("#{}('{id}')/{}/$entity", context_path(self.address.collection), part.name);
        let shown = without(found, &hidden);
        Ok(Answer::json(200, self.with_context(&context, shown)))
    }

    fn inner(&self, id: &str, part: &str, element: &str, inner: &str) -> Result<Answer, Refusal> {
        let object = self.object(id)?;
        let part = self.known_part(part)?;
        let found = find_element(object.part(part.name), element)?;
        let context =
            format!("#{}('{id}')/{}('{element}')/{inner}", context_path(self.address.collection), part.name);
        match found.get(inner) {
            Some(Value::Object(value)) => Ok(Answer::json(200, self.with_context(&context, value.clone()))),
            Some(Value::Array(elements)) => {
                let hidden = self.hidden(INNER_HIDDEN, &self.query.expand);
                self.elements(&context, elements, &hidden, part.page_size)
            }
            _ => self.elements(&context, &[], &[], part.page_size),
        }
    }

    /// Answers the functions that detail calls use.
    fn function(&self, object: &StoredObject, deed: &str) -> Result<Answer, Refusal> {
        let collection = self.address.collection;
        let context = |name: &str| format!("{}/$metadata#{name}", self.base);
        if let Some(arguments) = deed.strip_prefix("getOmaSettingPlainTextValue") {
            let reference = arguments.split('\'').nth(1).unwrap_or_default();
            let value = plain_oma_value(object, reference)
                .ok_or_else(|| Refusal::NoSuchObject(reference.to_owned()))?;
            return Ok(Answer::json(200, json!({ "@odata.context": context("Edm.String"), "value": value })));
        }
        if collection.name == "configurationPolicies"
            && deed == "retrieveEnrollmentTimeDeviceMembershipTarget"
        {
            return Ok(Answer::json(
                200,
                json!({
                    "@odata.context": context("microsoft.graph.enrollmentTimeDeviceMembershipTargetResult"),
                    "enrollmentTimeDeviceMembershipTargetValidationStatuses": object
                        .body
                        .get(ENROLLMENT_TARGET)
                        .map(|group| json!({ "targetId": group, "validationSucceeded": true }))
                        .into_iter()
                        .collect::<Vec<_>>(),
                    "validationSucceeded": true,
                }),
            ));
        }
        Err(Refusal::NoSuchPath(deed.to_owned()))
    }

    fn elements(
        &self,
        context: &str,
        elements: &[Value],
        hidden: &[&str],
        page_size: usize,
    ) -> Result<Answer, Refusal> {
        let keyed = elements.iter().enumerate().map(|(index, element)| (place_key(index), element));
        let size = self.query.top.map_or(page_size, |top| top.min(page_size));
        let (page, next) = cut(keyed, &self.cursor()?, size);
        let shown = page
            .into_iter()
            .map(|element| match element {
                Value::Object(_) => self.described(without(element, hidden)),
                other => other.clone(),
            })
            .collect();
        Ok(Answer::json(200, self.page_body(context, shown, next)))
    }

    /// Returns an object's own properties as every answer shows them.
    fn shown(&self, object: &StoredObject) -> Map<String, Value> {
        let collection = self.address.collection;
        let mut shown = object.body.clone();
        // Minimal metadata: a type that the collection implies is not repeated.
        if shown.get("@odata.type").and_then(Value::as_str) == collection.odata_type {
            shown.remove("@odata.type");
        }
        mask_oma_values(&mut shown);
        shown.remove(ENROLLMENT_TARGET);
        shown
    }

    fn expand_into(
        &self,
        shown: &mut Map<String, Value>,
        object: &StoredObject,
        expand: impl Fn(&Part) -> Expand,
    ) {
        for expansion in &self.query.expand {
            let Some(part) = self.address.collection.part(&expansion.name) else {
                continue;
            };
            let elements = object.part(part.name);
            if part.count == Count::One {
                shown.insert(part.name.to_owned(), elements.first().cloned().unwrap_or(Value::Null));
                continue;
            }
            let count = match expand(part) {
                Expand::Whole => elements.len(),
                Expand::FirstPage => elements.len().min(part.page_size),
                Expand::Nothing | Expand::Refused => 0,
            };
            let hidden: Vec<&str> = self.hidden_in(part.inner, expansion);
            let inline = elements[..count]
                .iter()
                .map(|element| match element {
                    Value::Object(_) => self.described(without(element, &hidden)),
                    other => other.clone(),
                })
                .collect();
            shown.insert(part.name.to_owned(), Value::Array(inline));
            if expand(part) == Expand::FirstPage && count < elements.len() {
                let link = self.link_of_part(object, part, count);
                shown.insert(format!("{}@odata.nextLink", part.name), json!(link));
            }
        }
    }

    fn link_of_part(&self, object: &StoredObject, part: &Part, count: usize) -> String {
        let path = format!(
            "/{}{}/{}/{}",
            self.address.version.segment(),
            self.address.collection.path,
            object.id,
            part.name
        );
        let cursor = Cursor { page: 2, after: place_key(count - 1) };
        let token = cursor.token(&[&self.tenant.tenant_id.to_string(), &path], false);
        let origin = self.origin();
        format!("{origin}{path}?{}", Query::default().with_skip_token(Some(&token)))
    }

    /// Finishes an element of a part: definitions where asked for, and another secret at every read.
    fn described(&self, mut element: Map<String, Value>) -> Value {
        if self.query.expansion("settingDefinitions").is_some() {
            let definition = element
                .get("settingInstance")
                .and_then(|instance| instance.get("settingDefinitionId"))
                .and_then(Value::as_str)
                .map(|id| json!([{ "id": id, "name": id, "displayName": id.replace('_', " ") }]));
            element.insert("settingDefinitions".to_owned(), definition.unwrap_or_else(|| json!([])));
        }
        let mut element = Value::Object(element);
        // The service's quirk: whether a remediation is run reads back as no, whatever was written.
        if let Some(runs) = element.get_mut("runRemediationScript") {
            *runs = Value::Bool(false);
        }
        renew_secrets(&mut element);
        element
    }

    fn page_body(&self, context: &str, value: Vec<Value>, next: Option<Cursor>) -> Value {
        let mut page = Map::new();
        page.insert("@odata.context".to_owned(), json!(format!("{}/$metadata{context}", self.base)));
        if let Some(next) = next {
            let like_a_database = self.address.collection.page_count;
            let token = next.token(&self.words().each_ref().map(String::as_str), like_a_database);
            let query = self.query.with_skip_token(Some(&token));
            page.insert(
                "@odata.nextLink".to_owned(),
                json!(format!("{}{}?{query}", self.origin(), self.path)),
            );
        }
        page.insert("value".to_owned(), Value::Array(value));
        Value::Object(page)
    }

    fn with_context(&self, context: &str, object: Map<String, Value>) -> Value {
        let mut body = Map::new();
        body.insert("@odata.context".to_owned(), json!(format!("{}/$metadata{context}", self.base)));
        body.extend(object);
        Value::Object(body)
    }

    fn selected(&self, mut shown: Map<String, Value>) -> Map<String, Value> {
        if !self.query.select.is_empty() {
            shown.retain(|key, _| {
                let always = key == "id" || key.contains("@odata.");
                let expanded = self.query.expansion(key).is_some();
                always || expanded || self.query.select.iter().any(|name| name == key)
            });
        }
        shown
    }

    fn cursor(&self) -> Result<Cursor, Refusal> {
        let Some(token) = &self.query.skip_token else {
            return Ok(Cursor::first());
        };
        Cursor::from_token(token, &self.words().each_ref().map(String::as_str))
            .ok_or_else(|| Refusal::Bad("The skip token is invalid.".to_owned()))
    }

    fn words(&self) -> [String; 2] {
        [self.tenant.tenant_id.to_string(), self.path.to_owned()]
    }

    fn origin(&self) -> &str {
        self.base.rsplit_once('/').map_or(self.base, |(origin, _)| origin)
    }

    fn object(&self, id: &str) -> Result<&StoredObject, Refusal> {
        self.parent_exists()?;
        let object = self.tenant.object(self.address.collection.name, id);
        let parent = self.address.parent.as_deref();
        object
            .filter(|object| parent.is_none() || object.parent.as_deref() == parent)
            .ok_or_else(|| Refusal::NoSuchObject(id.to_owned()))
    }

    fn parent_exists(&self) -> Result<(), Refusal> {
        match (self.address.collection.shape, &self.address.parent) {
            (Shape::Below(above), Some(parent)) if self.tenant.object(above, parent).is_none() => {
                Err(Refusal::NoSuchObject(parent.clone()))
            }
            _ => Ok(()),
        }
    }

    fn known_part(&self, name: &str) -> Result<&'static Part, Refusal> {
        let part = self.address.collection.part(name);
        part.ok_or_else(|| Refusal::NoSuchPath(name.to_owned()))
    }

    fn hidden(&self, inner: &'static [&'static str], expand: &[Expansion]) -> Vec<&'static str> {
        let named = |name: &str| expand.iter().any(|expansion| expansion.name.eq_ignore_ascii_case(name));
        inner.iter().copied().filter(|name| !named(name)).collect()
    }

    fn hidden_in(&self, inner: &'static [&'static str], expansion: &Expansion) -> Vec<&'static str> {
        let named = |name: &str| expansion.inner.iter().any(|inner| inner.eq_ignore_ascii_case(name));
        inner.iter().copied().filter(|name| !named(name)).collect()
    }
}

fn find_element<'a>(elements: &'a [Value], id: &str) -> Result<&'a Value, Refusal> {
    elements
        .iter()
        .find(|element| element.get("id").and_then(Value::as_str) == Some(id))
        .ok_or_else(|| Refusal::NoSuchObject(id.to_owned()))
}

fn without(element: &Value, hidden: &[&str]) -> Map<String, Value> {
    let mut shown = element.as_object().cloned().unwrap_or_default();
    shown.retain(|key, _| !hidden.contains(&key.as_str()));
    shown
}

fn is_built_in(object: &StoredObject) -> bool {
    let says = |key: &str| object.body.get(key).and_then(Value::as_bool) == Some(true);
    says("isBuiltIn") || says("isBuiltInRoleDefinition")
}

fn cannot_expand(name: &str) -> Refusal {
    Refusal::Bad(format!("Could not find a property named '{name}' that $expand can take here."))
}
