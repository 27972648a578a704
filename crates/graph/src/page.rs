//! One page of a collection, as Graph sent it.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::error::GraphError;
use crate::transport::Answer;

/// A page of a listing: the items on it that were not seen on an earlier page.
#[derive(Debug)]
#[non_exhaustive]
pub struct Page {
    /// The items, in Graph's order.
    pub items: Vec<Item>,
    /// Items left out because their id was on this or an earlier page already.
    pub duplicates: usize,
    /// Items left out because the contract says that they are not to be listed.
    pub excluded: usize,
    /// Items left out because they have no id; the listing ends partial then.
    pub unreadable: usize,
}

/// An object of a collection, as the listing gave it.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Item {
    /// Graph's id; for a singleton without one, the key of its type.
    pub id: String,
    /// The id of the object that it hangs below, in a nested collection.
    pub parent_id: Option<String>,
    /// The object, byte for byte.
    pub raw: Box<RawValue>,
}

impl Item {
    /// Makes an item from a listed object kept from earlier, so that it can be read again.
    pub fn new(id: impl Into<String>, parent_id: Option<String>, raw: Box<RawValue>) -> Self {
        Self { id: id.into(), parent_id, raw }
    }
}

/// The elements of a page and the links that it ends with.
#[derive(Debug)]
pub(crate) struct Elements<'a> {
    pub(crate) value: Vec<&'a RawValue>,
    pub(crate) next_link: Option<String>,
    pub(crate) delta_link: Option<String>,
}

#[derive(Deserialize)]
struct Envelope<'a> {
    #[serde(borrow)]
    value: Option<Vec<&'a RawValue>>,
    #[serde(rename = "@odata.nextLink")]
    next_link: Option<String>,
    #[serde(rename = "@odata.deltaLink")]
    delta_link: Option<String>,
}

#[derive(Deserialize)]
struct Identity<'a> {
    #[serde(borrow)]
    id: Option<Cow<'a, str>>,
}

#[derive(Deserialize)]
struct MaybeError<'a> {
    #[serde(borrow)]
    error: Option<&'a RawValue>,
    #[serde(borrow)]
    id: Option<&'a RawValue>,
    #[serde(borrow)]
    value: Option<&'a RawValue>,
}

/// Reads an answer as a page.
///
/// # Errors
/// `graph.unexpected_answer` if it is a web page, not JSON, or has no list of values. It is never
/// an empty page then.
pub(crate) fn elements(answer: &Answer) -> Result<Elements<'_>, GraphError> {
    let envelope: Envelope<'_> = json(answer)?;
    let value = envelope
        .value
        .ok_or_else(|| odd(answer, "Microsoft Graph answered with a page that has no list of values"))?;
    Ok(Elements { value, next_link: envelope.next_link, delta_link: envelope.delta_link })
}

/// Reads an answer as one object.
///
/// # Errors
/// `graph.unexpected_answer` if it is a web page, not JSON, not an object, or an error in disguise.
pub(crate) fn object(answer: &Answer) -> Result<Box<RawValue>, GraphError> {
    let shape: MaybeError<'_> = json(answer)?;
    if shape.error.is_some() && shape.id.is_none() {
        return Err(odd(answer, "Microsoft Graph answered with an error under a good status"));
    }
    json::<&RawValue>(answer).map(ToOwned::to_owned)
}

/// Reads an answer as a singleton: one object, or a list that holds exactly that object, which is
/// how the beta version answers for some of them.
///
/// # Errors
/// Those of [`object`], and `graph.unexpected_answer` for a list of none or several.
pub(crate) fn single(answer: &Answer) -> Result<Box<RawValue>, GraphError> {
    let shape: MaybeError<'_> = json(answer)?;
    let listed = shape.value.is_some_and(|value| value.get().starts_with('['));
    if !listed || shape.id.is_some() {
        return object(answer);
    }
    match elements(answer)?.value[..] {
        [one] => Ok(one.to_owned()),
        _ => Err(odd(answer, "Microsoft Graph answered with a list where one object was expected")),
    }
}

/// Returns the id of an object; none if it has no id, an empty one, or one that is no text.
pub(crate) fn id_of(object: &RawValue) -> Option<String> {
    // An array would pass as a struct, field by field.
    let text = Some(object.get()).filter(|text| text.starts_with('{'))?;
    let identity: Identity<'_> = serde_json::from_str(text).ok()?;
    identity.id.filter(|id| !id.is_empty()).map(Cow::into_owned)
}

fn json<'a, T: Deserialize<'a>>(answer: &'a Answer) -> Result<T, GraphError> {
    if answer.is_html() {
        return Err(odd(answer, "A web page came instead of an answer of Microsoft Graph"));
    }
    let not_json = || odd(answer, "Microsoft Graph answered with something that is not the expected JSON");
    // An array would pass as a struct, field by field.
    if !answer.body.trim_ascii_start().starts_with(b"{") {
        return Err(not_json());
    }
    serde_json::from_slice(&answer.body).map_err(|_| not_json())
}

fn odd(answer: &Answer, message: &str) -> GraphError {
    GraphError::unexpected(message).with_status(answer.status, None).with_correlation(answer.correlation())
}

#[cfg(test)]
mod tests {
    use http::{HeaderMap, HeaderValue, header};
    use uuid::Uuid;

    use super::*;

    fn answer(body: &str) -> Answer {
        Answer {
            status: 200,
            headers: HeaderMap::new(),
            body: body.as_bytes().to_vec(),
            client_request_id: Uuid::nil(),
        }
    }

    #[test]
    fn elements_are_kept_byte_for_byte() {
        let first = "{ \"id\" : \"1\", \"n\": 9007199254740993, \"e\": 1e400, \"s\": \"\\ud800 \\u0041\" }";
        let body = format!("{{\"@odata.count\": 5, \"value\": [{first}, {{}}]}}");
        let answer = answer(&body);
        let page = elements(&answer).unwrap();
        assert_eq!(page.value[0].get(), first);
        assert_eq!(page.value.len(), 2);
        assert_eq!(page.next_link, None);
    }

    #[test]
    fn what_is_not_a_page_is_an_error_and_never_an_empty_page() {
        for body in [
            "",
            "null",
            "[]",
            "[[{\"id\":\"1\"}],null]",
            "{}",
            "{\"value\":null}",
            "{\"value\":{}}",
            "{\"value\":\"x\"}",
            "{\"value\":[],\"value\":[]}",
            "{\"value\":[],}",
            "{\"value\":[]}{}",
            "{\"value\":[{\"id\":\"1\"}",
            "{\"value\":[],\"@odata.nextLink\":7}",
            "{\"error\":{\"code\":\"x\"}}",
            "<html>",
        ] {
            let error = elements(&answer(body)).unwrap_err();
            assert_eq!(error.code(), "graph.unexpected_answer", "{body}");
        }
        let mut html = answer("{\"value\":[]}");
        html.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html"));
        assert!(elements(&html).is_err());
        let mut latin = answer("");
        latin.body = b"{\"value\":[\"\xff\"]}".to_vec();
        assert!(elements(&latin).is_err(), "text that is not UTF-8");
    }

    #[test]
    fn an_empty_page_with_a_link_is_a_page() {
        let answer = answer("{\"value\":[],\"@odata.nextLink\":\"https://x/y\"}");
        let page = elements(&answer).unwrap();
        assert!(page.value.is_empty());
        assert_eq!(page.next_link.as_deref(), Some("https://x/y"));
    }

    #[test]
    fn an_id_is_a_text_with_something_in_it() {
        let id = |text: &str| id_of(&RawValue::from_string(text.to_owned()).unwrap());
        assert_eq!(id("{\"id\":\"a\\u0062\"}").as_deref(), Some("ab"));
        for odd in
            ["{}", "{\"id\":7}", "{\"id\":null}", "{\"id\":\"\"}", "[\"a\"]", "3", "{\"id\":\"\\ud800\"}"]
        {
            assert_eq!(id(odd), None, "{odd}");
        }
    }

    #[test]
    fn one_object_is_told_from_an_error_and_from_a_list() {
        assert_eq!(object(&answer("{\"a\":1}")).unwrap().get(), "{\"a\":1}");
        assert!(object(&answer("{\"id\":\"1\",\"error\":null}")).is_ok());
        for body in ["{\"error\":{\"code\":\"x\"}}", "[]", "7", "null", ""] {
            assert!(object(&answer(body)).is_err(), "{body}");
        }
        assert_eq!(single(&answer("{\"value\":[{\"id\":\"1\"}]}")).unwrap().get(), "{\"id\":\"1\"}");
        assert_eq!(single(&answer("{\"id\":\"1\",\"value\":[2]}")).unwrap().get().len(), 22);
        assert_eq!(single(&answer("{\"value\":\"text\"}")).unwrap().get(), "{\"value\":\"text\"}");
        for body in ["{\"value\":[]}", "{\"value\":[{},{}]}"] {
            assert!(single(&answer(body)).is_err(), "{body}");
        }
    }
}
