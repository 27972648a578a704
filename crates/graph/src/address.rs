//! Addresses of calls: paths and queries of the contract, with values put in, below a base address.

use url::Url;

use crate::error::GraphError;

/// Longest value that is put into a path, in bytes; Graph's ids are far shorter.
const SEGMENT_BYTES_MAX: usize = 1024;

/// Puts values into the placeholders of a path and makes the address of a call out of it.
///
/// `fill` gives the value of a placeholder. The query is a list of names and plain values.
///
/// # Errors
/// `graph.unexpected_answer` if a placeholder has no value that fits into a path: the values come
/// from answers of Graph.
pub(crate) fn address<'v>(
    base: &Url,
    path: &str,
    fill: impl Fn(&str) -> Option<&'v str>,
    query: &[(&str, &str)],
) -> Result<Url, GraphError> {
    let mut text = base.as_str().trim_end_matches('/').to_owned();
    let mut rest = path;
    while let Some((before, after)) = rest.split_once('{') {
        let (name, after) = after.split_once('}').unwrap_or((after, ""));
        let value = fill(name).and_then(segment).ok_or_else(|| {
            GraphError::unexpected("An object has no usable value for the address of a further call")
        })?;
        text.push_str(before);
        text.push_str(&value);
        rest = after;
    }
    text.push_str(rest);
    for (place, (name, value)) in query.iter().enumerate() {
        text.push(if place == 0 { '?' } else { '&' });
        text.push_str(name);
        text.push('=');
        encode(value, b"-_.~$(),='/:;@*", &mut text);
    }
    Ok(Url::parse(&text).expect("a base address with encoded values stays an address"))
}

/// Encodes a value as one segment of a path, so that it cannot change the path around it.
///
/// Returns nothing for what cannot be a segment: the empty text, the dots that mean "here" and
/// "above", and what is too long.
pub(crate) fn segment(value: &str) -> Option<String> {
    if matches!(value, "" | "." | "..") || value.len() > SEGMENT_BYTES_MAX {
        return None;
    }
    let mut encoded = String::with_capacity(value.len());
    encode(value, b"-_.~", &mut encoded);
    Some(encoded)
}

/// Appends a value in percent encoding; letters, digits and the bytes of `plain` stay as they are.
fn encode(value: &str, plain: &[u8], into: &mut String) {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    for byte in value.bytes() {
        if byte.is_ascii_alphanumeric() || plain.contains(&byte) {
            into.push(char::from(byte));
        } else {
            into.push('%');
            into.push(char::from(DIGITS[usize::from(byte >> 4)]));
            into.push(char::from(DIGITS[usize::from(byte & 15)]));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made(path: &str, id: &str, query: &[(&str, &str)]) -> Result<String, GraphError> {
        let base = Url::parse("http://127.0.0.1:9/base/v1.0").expect("a literal address parses");
        address(&base, path, |name| (name == "id").then_some(id), query).map(String::from)
    }

    #[test]
    fn values_fill_placeholders_below_the_base() {
        let expected = "http://127.0.0.1:9/base/v1.0/things/a-1_B.2/parts";
        assert_eq!(made("/things/{id}/parts", "a-1_B.2", &[]).as_deref(), Ok(expected));
    }

    #[test]
    fn a_value_cannot_leave_its_segment() {
        let expected = "http://127.0.0.1:9/base/v1.0/things/..%2F..%2Fusers%3F%23%20%C3%BC%25/parts";
        assert_eq!(made("/things/{id}/parts", "../../users?# ü%", &[]).as_deref(), Ok(expected));
        for value in ["", ".", "..", &"x".repeat(1025)] {
            assert!(made("/things/{id}", value, &[]).is_err(), "{value:?}");
        }
        assert!(made("/things/{other}", "x", &[]).is_err());
    }

    #[test]
    fn a_query_keeps_the_signs_that_odata_uses() {
        let query = [("$expand", "a($expand=b),c"), ("$filter", "x eq true & y+1")];
        let expected =
            "http://127.0.0.1:9/base/v1.0/x?$expand=a($expand=b),c&$filter=x%20eq%20true%20%26%20y%2B1";
        assert_eq!(made("/x", "", &query).as_deref(), Ok(expected));
    }
}
