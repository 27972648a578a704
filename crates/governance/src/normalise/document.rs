//! A policy as it was read.

use contract::{Assignments, Part, PolicyType};
use serde_json::{Map, Value};

use super::NormaliseError;

/// A policy as it was read: the object, and the parts that further calls gave, untouched.
#[derive(Debug, Clone)]
pub struct Document<'a> {
    object: &'a Value,
    parts: Vec<DocumentPart<'a>>,
}

/// One part of a policy as it was read.
#[derive(Debug, Clone)]
pub struct DocumentPart<'a> {
    /// Which part.
    pub part: Part,
    /// The id of the element that it belongs to, for parts that are read element by element.
    pub of: Option<&'a str>,
    /// Its elements; of a part that is no list, the first is the part.
    pub values: &'a [Value],
}

impl<'a> Document<'a> {
    /// Starts with the object itself.
    pub fn of(object: &'a Value) -> Self {
        Self { object, parts: Vec::new() }
    }

    /// Adds a part, read to its last page. A part that was not read is not added.
    #[must_use]
    pub fn with(mut self, part: Part, values: &'a [Value]) -> Self {
        self.parts.push(DocumentPart { part, of: None, values });
        self
    }

    /// Adds a part that belongs to the element with the id `of`.
    #[must_use]
    pub fn with_part_of(mut self, part: Part, of: &'a str, values: &'a [Value]) -> Self {
        self.parts.push(DocumentPart { part, of: Some(of), values });
        self
    }

    /// Returns the assignments, if they are a part apart and were read.
    pub(super) fn assignments(&self, ty: &PolicyType) -> Option<&'a [Value]> {
        if !ty.assignments.are_apart() {
            return None;
        }
        if let Some(part) = self.parts.iter().find(|part| part.part == Part::Assignments) {
            return Some(part.values);
        }
        // A listed object may carry an empty `assignments` that nobody asked for, so only a type
        // whose assignments are read that way is believed.
        match ty.assignments {
            Assignments::Expand { .. } => self.object.get("assignments")?.as_array().map(Vec::as_slice),
            _ => None,
        }
    }

    /// Puts every part in its place in a copy of the object.
    pub(super) fn assemble(&self, ty: &PolicyType) -> Result<Value, NormaliseError> {
        let Value::Object(object) = self.object else {
            return Err(NormaliseError::NotAnObject { type_key: ty.key.clone() });
        };
        let mut object = object.clone();
        if let ([only], false) = (ty.odata_types.as_slice(), object.contains_key("@odata.type")) {
            object.insert("@odata.type".to_owned(), Value::from(only.as_str()));
        }
        if ty.assignments.are_apart() {
            object.shift_remove("assignments");
        }
        for part in self.parts.iter().filter(|part| part.of.is_none()) {
            part.put(&mut object, ty)?;
        }
        for part in self.parts.iter().filter(|part| part.of.is_some()) {
            part.put_into_element(&mut object, ty)?;
        }
        Ok(Value::Object(object))
    }
}

impl DocumentPart<'_> {
    fn put(&self, holder: &mut Map<String, Value>, ty: &PolicyType) -> Result<(), NormaliseError> {
        if matches!(self.part, Part::Assignments | Part::Template) {
            return Ok(());
        }
        let property = self.part.property().ok_or_else(|| self.stray(ty))?;
        if self.part.is_list() {
            holder.insert(property.to_owned(), Value::Array(self.values.to_vec()));
        } else if let Some(value) = self.values.first() {
            holder.insert(property.to_owned(), value.clone());
        }
        Ok(())
    }

    fn put_into_element(
        &self,
        object: &mut Map<String, Value>,
        ty: &PolicyType,
    ) -> Result<(), NormaliseError> {
        let calls = ty.detail.iter().filter(|call| call.part == self.part);
        let walked = calls.filter_map(|call| call.for_each.as_ref()).map(|each| each.part).next();
        let element = walked
            .and_then(Part::property)
            .and_then(|property| object.get_mut(property)?.as_array_mut())
            .and_then(|elements| elements.iter_mut().find(|e| e.get("id").and_then(Value::as_str) == self.of))
            .and_then(Value::as_object_mut);
        match element {
            Some(element) => self.put(element, ty),
            None => Err(self.stray(ty)),
        }
    }

    fn stray(&self, ty: &PolicyType) -> NormaliseError {
        NormaliseError::StrayPart { type_key: ty.key.clone(), part: self.part }
    }
}
