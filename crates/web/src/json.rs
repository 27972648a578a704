//! JSON bodies of the API.

use std::fmt;

use axum::extract::{FromRequest, Request};
use axum::http::HeaderMap;
use axum::http::header::{CONTENT_ENCODING, CONTENT_TYPE};
use serde::de::{DeserializeOwned, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use serde_path_to_error::{Path, Segment};

use crate::headers::single;
use crate::limits;
use crate::problem::{Code, Problem};

/// Integers beyond this are not kept exactly by every program that reads JSON (RFC 8259, section 6).
const EXACT_MAX: f64 = 9_007_199_254_740_992.0;

/// A JSON body within the limits; its type refuses fields that it does not know.
#[derive(Debug)]
pub struct JsonBody<T>(pub T);

impl<T: DeserializeOwned, S: Sync> FromRequest<S> for JsonBody<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Self, Problem> {
        if !is_json(request.headers()) {
            return Err(Problem::new(Code::MediaType, "The body must be application/json in UTF-8."));
        }
        let bytes = limits::read(request.into_body()).await?;
        limits::check_json(&bytes).map_err(|why| Problem::new(Code::Malformed, why))?;
        parse(&bytes).map(Self)
    }
}

fn is_json(headers: &HeaderMap) -> bool {
    let mut parts = single(headers, &CONTENT_TYPE).unwrap_or_default().split(';').map(str::trim);
    let kind = parts.next().unwrap_or_default();
    let known = |part: &str| match part.split_once('=') {
        Some((name, value)) if name.eq_ignore_ascii_case("charset") => {
            value.trim_matches('"').eq_ignore_ascii_case("utf-8")
        }
        _ => true,
    };
    // A body that somebody packed is bytes to us, and reading them as text would blame the wrong thing.
    let plain = headers.get_all(CONTENT_ENCODING).iter().all(|one| one == "identity");
    kind.eq_ignore_ascii_case("application/json") && parts.all(known) && plain
}

fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    if bytes.trim_ascii().is_empty() {
        return Err(Problem::new(Code::Malformed, "The body is empty; it must be a JSON object."));
    }
    let mut text = serde_json::Deserializer::from_slice(bytes);
    let strict: Strict = serde_path_to_error::deserialize(&mut text).map_err(|error| refused(&error))?;
    text.end().map_err(|_| not_json())?;
    serde_path_to_error::deserialize(strict.0).map_err(|error| refused(&error))
}

fn refused(error: &serde_path_to_error::Error<serde_json::Error>) -> Problem {
    match error.inner().classify() {
        serde_json::error::Category::Data => Problem::body_at(pointer(error.path()), words(error.inner())),
        _ => not_json(),
    }
}

fn not_json() -> Problem {
    Problem::new(Code::Malformed, "The body is not valid JSON in UTF-8.")
}

/// Writes a place as a JSON pointer (RFC 6901).
fn pointer(path: &Path) -> String {
    let mut text = String::new();
    for segment in path {
        let name = match segment {
            Segment::Seq { index } => index.to_string(),
            Segment::Map { key } => key.replace('~', "~0").replace('/', "~1"),
            Segment::Enum { variant } => variant.clone(),
            Segment::Unknown => continue,
        };
        text.push('/');
        text.extend(name.chars().take(100));
    }
    text
}

/// Drops line and column, which mean nothing to whoever sent a value made by a program, and cuts what is repeated.
fn words(error: &serde_json::Error) -> String {
    let text = error.to_string();
    text.rsplit_once(" at line ").map_or(text.as_str(), |(words, _)| words).chars().take(300).collect()
}

/// A JSON value of which every reader sees the same: no name twice, no NUL, no number that would be rounded.
#[derive(Debug, Serialize)]
struct Strict(Value);

impl<'de> Deserialize<'de> for Strict {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(StrictVisitor).map(Self)
    }
}

struct StrictVisitor;

impl<'de> Visitor<'de> for StrictVisitor {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E: Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Value, E> {
        let rounded = value.abs() >= EXACT_MAX || (value == 0.0 && value.is_sign_negative());
        if rounded { Err(E::custom("the number cannot be kept exactly")) } else { Ok(value.into()) }
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Value, E> {
        without_nul(value).map(Value::from)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Value, A::Error> {
        let mut items = Vec::new();
        while let Some(Strict(item)) = list.next_element()? {
            items.push(item);
        }
        Ok(Value::Array(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Value, A::Error> {
        let mut fields = Map::new();
        while let Some(name) = object.next_key::<String>()? {
            without_nul::<A::Error>(&name)?;
            let Strict(value) = object.next_value()?;
            if fields.contains_key(&name) {
                let name: String = name.chars().take(60).collect();
                return Err(A::Error::custom(format!("the name `{name}` is there twice")));
            }
            fields.insert(name, value);
        }
        Ok(Value::Object(fields))
    }
}

fn without_nul<E: Error>(text: &str) -> Result<&str, E> {
    if text.contains('\0') { Err(E::custom("a text holds a NUL character")) } else { Ok(text) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Sample {
        #[serde(default)]
        name: Value,
        #[serde(default)]
        list: Vec<String>,
    }

    fn problem(text: &[u8]) -> Problem {
        parse::<Sample>(text).expect_err("it must be refused")
    }

    #[test]
    fn b11_to_b19_what_is_no_json_is_refused_as_such() {
        let bad: [&[u8]; 17] = [
            b"",
            b"  ",
            b"{\"name\":1,}",
            b"{}{}",
            b"{} // a",
            b"{\"name\":NaN}",
            b"{\"name\":Infinity}",
            b"{\"name\":1e400}",
            b"{\"name\":\"\\ud800\"}",
            b"{\"name\":\"\xff\"}",
            b"\xef\xbb\xbf{}",
            b"\xff\xfe{\0}\0",
            b"{'name':1}",
            b"{\"name\":01}",
            b"{\"name\":\"\x01\"}",
            b"{",
            b"\x1f\x8b\x08\x00",
        ];
        for text in bad {
            let problem = problem(text);
            assert_eq!(problem.code(), Code::Malformed, "{}: {problem:?}", String::from_utf8_lossy(text));
        }
    }

    #[test]
    fn b11_to_b17_what_is_json_and_makes_no_sense_is_refused_with_its_place() {
        for (text, place) in [
            ("null", ""),
            ("3", ""),
            ("{\"role\": 1}", "/role"),
            ("{\"list\": 1}", "/list"),
            ("{\"list\": [\"a\", 1]}", "/list/1"),
            ("{\"list\": [], \"list\": []}", ""),
            ("{\"name\": {\"a/b\": {\"x\": 1, \"x\": 2}}}", "/name/a~1b"),
            ("{\"name\": \"\\u0000\"}", "/name"),
            ("{\"name\": 18446744073709551616}", "/name"),
            ("{\"name\": -0}", "/name"),
            ("{\"name\": [1, 1e16]}", "/name/1"),
        ] {
            let problem = problem(text.as_bytes());
            assert_eq!((problem.code(), problem.fields()[0].field.as_str()), (Code::Body, place), "{text}");
        }
        let read: Sample =
            parse(b"{\"name\": [9007199254740993, 18446744073709551615, 1.5]}").expect("it is fine");
        assert!(read.list.is_empty());
        assert_eq!(read.name.to_string(), "[9007199254740993,18446744073709551615,1.5]");
    }
}
