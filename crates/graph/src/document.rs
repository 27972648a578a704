//! Reading one object whole: itself and the parts that only further calls give.

use std::fmt;

use contract::{DetailCall, ListGives, Merge, Need, Part, PolicyType};
use serde::de::{Deserializer as _, MapAccess, Visitor};
use serde_json::Value;
use serde_json::value::RawValue;
use url::Url;

use crate::address::address;
use crate::cancel::Cancel;
use crate::error::{ErrorKind, GraphError};
use crate::page::{Item, id_of, object};
use crate::paging::Paging;
use crate::session::Session;

/// An object with all its parts; everything in it is what Graph sent, byte for byte.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Document {
    /// Graph's id; for a singleton without one, the key of its type.
    pub id: String,
    /// The object. Where the contract reads only selected properties again, it is the listed
    /// object with these properties put in.
    pub object: Box<RawValue>,
    /// The parts that further calls gave, in the order of the contract. A part that Graph does not
    /// have for this object is not among them; one that is there and empty is.
    pub parts: Vec<DocumentPart>,
}

/// One part of a document.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct DocumentPart {
    /// Which part it is.
    pub part: Part,
    /// The id of the element that this belongs to, where the part hangs on elements of another
    /// part (presentation values on a definition value).
    pub of: Option<String>,
    /// Its elements in Graph's order; exactly one where the part is no collection.
    pub elements: Vec<Box<RawValue>>,
}

impl Document {
    /// Returns the elements of a part; none if Graph does not have the part for this object.
    ///
    /// For a part that hangs on elements of another part this is the first of several.
    pub fn part(&self, part: Part) -> Option<&[Box<RawValue>]> {
        let found = self.parts.iter().find(|found| found.part == part)?;
        Some(&found.elements)
    }
}

/// One object being read.
pub(crate) struct Reading<'a> {
    pub(crate) session: &'a Session,
    pub(crate) ty: &'a PolicyType,
    pub(crate) listed: &'a Item,
    pub(crate) cancel: &'a Cancel,
}

impl Reading<'_> {
    /// Makes all calls of the contract for this object, in order.
    ///
    /// # Errors
    /// `graph.not_found` if the object was deleted since it was listed, and whatever else a call
    /// can end with. A part that is required and cannot be read fails the whole object.
    pub(crate) async fn whole(&self) -> Result<Document, GraphError> {
        let raw = self.object().await?;
        // Only names and ids are looked up in the parsed copy; what it cannot hold stays in `raw`.
        let parsed = serde_json::from_str::<Value>(raw.get()).unwrap_or_default();
        let mut parts = Vec::new();
        for call in self.ty.detail_of(&parsed).filter(|call| call.part != Part::Object) {
            let read = match &call.for_each {
                None => self.part(call, None, &parsed).await?.into_iter().collect(),
                Some(each) => {
                    let mut read = Vec::new();
                    for id in element_ids(&parts, each.part)? {
                        let element = Some((each.placeholder.as_str(), id.as_str()));
                        read.extend(self.part(call, element, &parsed).await?);
                    }
                    read
                }
            };
            parts.extend(read);
        }
        if let Some(rest) = self.cut_short(&raw).await? {
            parts.push(rest);
        }
        Ok(Document { id: self.listed.id.clone(), object: raw, parts })
    }

    /// Reads one part and nothing else; none where the type or the object has no such part.
    ///
    /// # Errors
    /// Those of [`whole`](Self::whole).
    pub(crate) async fn only(&self, part: Part) -> Result<Option<DocumentPart>, GraphError> {
        if let (Part::Assignments, Some(path)) = (part, self.ty.assignments.path()) {
            return self.assignments(path).await.map(Some);
        }
        let parsed = serde_json::from_str::<Value>(self.listed.raw.get()).unwrap_or_default();
        let called = self.ty.detail_of(&parsed).find(|call| call.part == part && call.for_each.is_none());
        match called {
            Some(call) => self.part(call, None, &parsed).await,
            None => Ok(None),
        }
    }

    /// Returns the object: as listed where the list gives all of it, else as its own call gives it.
    async fn object(&self) -> Result<Box<RawValue>, GraphError> {
        let call = self.ty.detail.iter().find(|call| call.part == Part::Object);
        let Some(call) = call.filter(|_| self.ty.list.gives == ListGives::Summary) else {
            return Ok(self.listed.raw.clone());
        };
        let url = self.url(call, None, &Value::Null)?;
        let answer = self.session.get(&url, self.session.lane(self.ty.family), self.cancel).await?;
        let read = object(&answer)?;
        match call.merge {
            Merge::Replace => Ok(read),
            Merge::OverListed => over(&self.listed.raw, &read),
        }
    }

    /// Reads one part; none if it is optional and not there.
    async fn part(
        &self,
        call: &DetailCall,
        element: Option<(&str, &str)>,
        object: &Value,
    ) -> Result<Option<DocumentPart>, GraphError> {
        let url = match self.url(call, element, object) {
            Ok(url) => url,
            // An object that names no template, for example, has none.
            Err(_) if call.need == Need::Optional => return Ok(None),
            Err(error) => return Err(error),
        };
        match self.elements(call, url).await {
            Ok(elements) => {
                let of = element.map(|(_, id)| id.to_owned());
                Ok(Some(DocumentPart { part: call.part, of, elements }))
            }
            Err(error) if call.need == Need::Optional && is_absence(&error) => Ok(None),
            Err(error) => Err(error),
        }
    }

    async fn elements(&self, call: &DetailCall, url: Url) -> Result<Vec<Box<RawValue>>, GraphError> {
        let lane = self.session.lane(self.ty.family);
        if call.paged {
            return Paging::new(url, lane).rest(self.session, self.cancel).await;
        }
        let answer = self.session.get(&url, lane, self.cancel).await?;
        Ok(vec![object(&answer)?])
    }

    /// Reads assignments by their own path if the object brought only the first of them along.
    ///
    /// Graph marks an expanded list that goes on by a link beside it. For a list other than the
    /// assignments there is no part to keep the rest in, and the object counts as not read.
    async fn cut_short(&self, raw: &RawValue) -> Result<Option<DocumentPart>, GraphError> {
        /// How the link beside an expanded list is called, after the list's own name.
        const LINK: &str = "@odata.nextLink";
        let mut found = None;
        for (key, _) in entries(raw)? {
            let Some(list) = key.strip_suffix(LINK) else {
                continue;
            };
            let path =
                self.ty.assignments.path().filter(|_| list == "assignments").ok_or_else(|| {
                    GraphError::unexpected("Microsoft Graph cut a list inside an object short")
                })?;
            found = Some(self.assignments(path).await?);
        }
        Ok(found)
    }

    async fn assignments(&self, path: &str) -> Result<DocumentPart, GraphError> {
        let url = address(&self.base()?, path, |name| self.known(name), &[])?;
        let lane = self.session.lane(self.ty.family);
        let elements = Paging::new(url, lane).rest(self.session, self.cancel).await?;
        Ok(DocumentPart { part: Part::Assignments, of: None, elements })
    }

    fn url(
        &self,
        call: &DetailCall,
        element: Option<(&str, &str)>,
        object: &Value,
    ) -> Result<Url, GraphError> {
        let fill = |name: &str| match element {
            Some((placeholder, id)) if placeholder == name => Some(id),
            _ => self.known(name).or_else(|| object.get(name)?.as_str()),
        };
        address(&self.base()?, &call.path, fill, &call.query_pairs())
    }

    fn known(&self, name: &str) -> Option<&str> {
        match name {
            "id" => Some(&self.listed.id),
            "parentId" => self.listed.parent_id.as_deref(),
            _ => None,
        }
    }

    fn base(&self) -> Result<Url, GraphError> {
        address(self.session.graph(), &format!("/{}", self.ty.version.segment()), |_| None, &[])
    }
}

/// Tells whether an error only says that an optional part is not there: not found, or an empty
/// answer, which is how Graph gives a property without a value.
fn is_absence(error: &GraphError) -> bool {
    /// The status of an answer that has no body.
    const NO_CONTENT: u16 = 204;
    error.kind() == ErrorKind::NotFound || error.status() == Some(NO_CONTENT)
}

fn element_ids(parts: &[DocumentPart], part: Part) -> Result<Vec<String>, GraphError> {
    let elements = parts.iter().filter(|read| read.part == part).flat_map(|read| &read.elements);
    let ids = elements.map(|element| {
        id_of(element).ok_or_else(|| GraphError::unexpected("An element that others hang on has no id"))
    });
    ids.collect()
}

/// Puts the properties of `read` into `listed`: each takes the place of its namesake, new ones
/// follow at the end. Every value stays as Graph sent it.
fn over(listed: &RawValue, read: &RawValue) -> Result<Box<RawValue>, GraphError> {
    let mut merged = entries(listed)?;
    for (key, value) in entries(read)? {
        match merged.iter_mut().find(|(known, _)| *known == key) {
            Some(entry) => entry.1 = value,
            None => merged.push((key, value)),
        }
    }
    let mut text = String::from("{");
    for (place, (key, value)) in merged.into_iter().enumerate() {
        text.push_str(if place == 0 { "" } else { "," });
        text.push_str(&Value::String(key).to_string());
        text.push(':');
        text.push_str(value.get());
    }
    text.push('}');
    Ok(RawValue::from_string(text).expect("an object put together from JSON values is JSON"))
}

/// Takes an object apart into its properties, in order, without looking into the values.
fn entries(raw: &RawValue) -> Result<Vec<(String, &RawValue)>, GraphError> {
    struct Entries;
    impl<'de> Visitor<'de> for Entries {
        type Value = Vec<(String, &'de RawValue)>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an object")
        }

        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
            let mut entries = Vec::new();
            while let Some(entry) = map.next_entry()? {
                entries.push(entry);
            }
            Ok(entries)
        }
    }
    serde_json::Deserializer::from_str(raw.get())
        .deserialize_map(Entries)
        .map_err(|_| GraphError::unexpected("Microsoft Graph listed something that is not an object"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn raw(text: &str) -> Box<RawValue> {
        RawValue::from_string(text.to_owned()).unwrap()
    }

    #[test]
    fn read_properties_take_the_place_of_listed_ones_and_values_stay_as_they_are() {
        let listed = raw("{\"id\":\"1\", \"kept\": 1.50, \"changed\": null, \"q\\\"uote\": true}");
        let read = raw("{\"changed\": { \"n\" : 9007199254740993 },\"new\":[ 1 ]}");
        let merged = over(&listed, &read).unwrap();
        assert_eq!(
            merged.get(),
            "{\"id\":\"1\",\"kept\":1.50,\"changed\":{ \"n\" : 9007199254740993 },\"q\\\"uote\":true,\"new\":[ 1 ]}"
        );
    }

    #[test]
    fn what_is_not_an_object_has_no_properties_to_merge() {
        assert!(over(&raw("[1]"), &raw("{}")).is_err());
        assert_eq!(over(&raw("{}"), &raw("{}")).unwrap().get(), "{}");
    }
}
