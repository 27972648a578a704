//! Queries of the API: each parameter is known, there once unless it is a list, and of its form.
//!
//! A person's link must not break, so pages leave out what makes no sense. A program is told.

use std::ops::RangeInclusive;

use jiff::civil::Date;
use url::form_urlencoded;
use uuid::Uuid;

use super::address;
use crate::problem::{Code, Problem};
use crate::run_query::identity_of;

/// The longest value, in characters.
pub const VALUE_MAX: usize = 500;

/// How many values a parameter may have that takes several.
pub const VALUES_MAX: usize = 50;

/// How many rows a page may have.
pub const ROWS: RangeInclusive<u32> = 1..=100;

/// What a parameter takes.
#[derive(Clone, Copy, Debug)]
pub enum Form {
    /// Any text.
    Text,
    /// Texts; the one parameter that may be there several times.
    Texts,
    /// One of these words.
    Word(&'static [&'static str]),
    /// A number of rows in [`ROWS`].
    Rows,
    /// How an identity begins: 8 to 64 hexadecimal digits.
    Digits,
    /// A day, such as 2026-11-01.
    Day,
    /// `me`, `schedule`, `system`, or the id of a user.
    Who,
    /// A place in a list that an earlier answer gave.
    Cursor,
}

/// The parameters that an address takes, by name.
pub type Spec = &'static [(&'static str, Form)];

/// The parameters of one request, each of its form.
#[derive(Clone, Debug, Default)]
pub struct Parameters(Vec<(String, String)>);

impl Parameters {
    /// Reads a query.
    ///
    /// # Errors
    /// [`Code::Query`] with the name of the first parameter that is unknown, there twice, empty, or not of its form;
    /// [`Code::Cursor`] for a cursor that cannot be one.
    pub fn read(query: Option<&str>, spec: Spec) -> Result<Self, Problem> {
        let query = query.unwrap_or_default();
        if !is_text(query.as_bytes()) {
            return Err(Problem::query("", "the query is not UTF-8"));
        }
        let mut read: Vec<(String, String)> = Vec::new();
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            let Some((name, form)) = spec.iter().find(|(known, _)| *known == name) else {
                return Err(unknown(&name, spec));
            };
            let times = read.iter().filter(|(known, _)| known == name).count();
            match form {
                Form::Texts if times < VALUES_MAX => {}
                Form::Texts => {
                    return Err(Problem::query(*name, format!("is there more than {VALUES_MAX} times")));
                }
                _ if times > 0 => return Err(Problem::query(*name, "is there more than once")),
                _ => {}
            }
            form.check(name, &value)?;
            read.push(((*name).to_owned(), value.into_owned()));
        }
        Ok(Self(read))
    }

    /// Gives the value of a parameter.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// Refuses parameters that say the same thing in two ways.
    ///
    /// # Errors
    /// [`Code::Query`] that names both.
    pub fn exclude(&self, one: &str, others: &[&str]) -> Result<(), Problem> {
        match others.iter().find(|other| self.get(one).is_some() && self.get(other).is_some()) {
            Some(other) => Err(Problem::query(one, format!("cannot be there together with {other}"))),
            None => Ok(()),
        }
    }

    /// Gives how many rows a page is to have.
    #[must_use]
    pub fn rows(&self, name: &str, usual: usize) -> usize {
        self.get(name).and_then(|rows| rows.parse().ok()).unwrap_or(usual)
    }
}

impl Form {
    fn check(self, name: &str, value: &str) -> Result<(), Problem> {
        let wrong = |what: String| Err(Problem::query(name, what));
        if matches!(self, Self::Cursor) {
            let good = !value.is_empty()
                && value.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
            return if good { Ok(()) } else { Err(bad_cursor(name)) };
        }
        if value.is_empty() {
            return wrong("is empty; leave it out instead".to_owned());
        }
        if value.chars().count() > VALUE_MAX {
            return wrong(format!("must have at most {VALUE_MAX} characters"));
        }
        if value.contains('\0') {
            return wrong("holds a NUL character".to_owned());
        }
        match self {
            Self::Word(words) if !words.contains(&value) => {
                wrong(format!("must be one of {}", words.join(", ")))
            }
            Self::Rows if !is_rows(value) => {
                wrong(format!("must be a whole number from {} to {}", ROWS.start(), ROWS.end()))
            }
            Self::Digits if identity_of(value).is_none() => {
                wrong("must be 8 to 64 hexadecimal digits".to_owned())
            }
            Self::Day if !is_day(value) => wrong("must be a day, such as 2026-11-01".to_owned()),
            Self::Who
                if !matches!(value, "me" | "schedule" | "system") && address::id::<Uuid>(value).is_err() =>
            {
                wrong("must be me, schedule, system, or the id of a user".to_owned())
            }
            _ => Ok(()),
        }
    }
}

/// Makes the answer to a cursor that was not given for this list.
#[must_use]
pub fn bad_cursor(name: &str) -> Problem {
    Problem::new(
        Code::Cursor,
        format!(
            "The value of {name} was not given for this list with these filters; begin with its first page."
        ),
    )
}

fn unknown(name: &str, spec: Spec) -> Problem {
    let name: String = name.chars().take(60).collect();
    let known: Vec<&str> = spec.iter().map(|(name, _)| *name).collect();
    let allowed = if known.is_empty() {
        "none is taken here".to_owned()
    } else {
        format!("there are {}", known.join(", "))
    };
    Problem::query(name, format!("there is no such parameter; {allowed}"))
}

fn is_rows(value: &str) -> bool {
    let plain = value.bytes().all(|b| b.is_ascii_digit()) && !value.starts_with('0');
    plain && value.parse().is_ok_and(|rows| ROWS.contains(&rows))
}

/// Libraries take more forms of a date than one; a parameter has one.
fn is_day(value: &str) -> bool {
    let shaped = value.len() == 10
        && value
            .bytes()
            .enumerate()
            .all(|(at, b)| if at == 4 || at == 7 { b == b'-' } else { b.is_ascii_digit() });
    shaped && value.parse::<Date>().is_ok()
}

/// Says whether the bytes that a query stands for are UTF-8; a lenient reader would put signs of its own in their place.
fn is_text(query: &[u8]) -> bool {
    let digit = |at: usize| query.get(at).and_then(|b| char::from(*b).to_digit(16));
    let (mut bytes, mut at) = (Vec::with_capacity(query.len()), 0);
    while at < query.len() {
        match (query[at], digit(at + 1), digit(at + 2)) {
            (b'%', Some(high), Some(low)) => {
                bytes.push(u8::try_from(high * 16 + low).unwrap_or_default());
                at += 3;
            }
            (byte, _, _) => {
                bytes.push(byte);
                at += 1;
            }
        }
    }
    std::str::from_utf8(&bytes).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SPEC: Spec = &[
        ("size", Form::Rows),
        ("type", Form::Texts),
        ("on", Form::Day),
        ("by", Form::Who),
        ("q", Form::Text),
        ("state", Form::Word(&["active", "failed"])),
        ("older", Form::Cursor),
    ];

    #[test]
    fn b22_to_b24_a_parameter_that_makes_no_sense_is_named() {
        for (query, name) in [
            ("size=0", "size"),
            ("size=-1", "size"),
            ("size=1000000000", "size"),
            ("size=1;2", "size"),
            ("size=%D9%A1%D9%A0", "size"),
            ("size=010", "size"),
            ("size=%2B5", "size"),
            ("size=10&size=20", "size"),
            ("size=", "size"),
            ("size", "size"),
            ("on=2026-11-1", "on"),
            ("on=2026-02-30", "on"),
            ("on=infinity", "on"),
            ("on=300000-01-01", "on"),
            ("on=2026-11-01T00:00", "on"),
            ("by=ana", "by"),
            ("by=%7B0193471c-4b7e-7d1a-8c11-0a1b2c3d4e5f%7D", "by"),
            ("q=a%00b", "q"),
            ("q=", "q"),
            ("q=%FF", ""),
            ("state=Active", "state"),
            ("state=active%20", "state"),
            ("sort=name;--", "sort"),
            ("=x", ""),
            ("state=failed&state=failed", "state"),
        ] {
            let problem = Parameters::read(Some(query), SPEC).expect_err(query);
            assert_eq!((problem.code(), problem.fields()[0].field.as_str()), (Code::Query, name), "{query}");
        }
        let long = format!("q={}", "x".repeat(VALUE_MAX + 1));
        assert_eq!(Parameters::read(Some(&long), SPEC).expect_err("too long").code(), Code::Query);
        let many = vec!["type=a"; VALUES_MAX + 1].join("&");
        assert_eq!(Parameters::read(Some(&many), SPEC).expect_err("too many").code(), Code::Query);
        for cursor in ["older=", "older=%00", "older=a%20b", "older=-1%2F"] {
            assert_eq!(Parameters::read(Some(cursor), SPEC).expect_err(cursor).code(), Code::Cursor);
        }
    }

    #[test]
    fn what_is_of_its_form_is_read() {
        let query = "size=100&type=a&type=b&on=9999-12-31&by=0193471C-4B7E-7D1A-8C11-0A1B2C3D4E5F&q=%C3%A4+b&older=-1";
        let read = Parameters::read(Some(query), SPEC).expect("it is fine");
        assert_eq!((read.rows("size", 50), read.get("q")), (100, Some("ä b")));
        assert!(read.exclude("size", &["on"]).is_err() && read.exclude("state", &["on"]).is_ok());
        assert_eq!(Parameters::read(None, SPEC).expect("it is fine").rows("size", 50), 50);
    }
}
