//! Names and values, as forms and queries send them.

use std::collections::BTreeMap;

use url::form_urlencoded;

use crate::problem::Problem;

/// How many fields one form or query may have.
const FIELDS_MAX: usize = 1000;

/// The longest value that a field may have, in characters, unless it says otherwise.
pub const VALUE_MAX: usize = 500;

/// The fields of a form or a query; each is taken once, and what nobody took is refused.
#[derive(Clone, Debug, Default)]
pub struct Fields(BTreeMap<String, Vec<String>>);

impl Fields {
    /// Reads fields from their encoded form.
    ///
    /// # Errors
    /// If there are too many, or one holds a NUL character, which no database keeps.
    pub fn parse(encoded: &[u8]) -> Result<Self, Problem> {
        let mut fields: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for (at, (name, value)) in form_urlencoded::parse(encoded).enumerate() {
            if at >= FIELDS_MAX {
                return Err(Problem::invalid("", "there are more than 1,000 fields"));
            }
            if name.contains('\0') || value.contains('\0') {
                return Err(Problem::invalid("", "a field holds a NUL character"));
            }
            fields.entry(name.into_owned()).or_default().push(value.into_owned());
        }
        Ok(Self(fields))
    }

    /// Takes every value of a field, in their order.
    pub fn all(&mut self, name: &str) -> Vec<String> {
        self.0.remove(name).unwrap_or_default()
    }

    /// Takes the value of a field; none if it is absent or empty.
    ///
    /// # Errors
    /// If it is there twice, or longer than [`VALUE_MAX`].
    pub fn one(&mut self, name: &str) -> Result<Option<String>, Problem> {
        self.one_up_to(name, VALUE_MAX)
    }

    /// Takes the value of a field that may have this many characters.
    ///
    /// # Errors
    /// If it is there twice, or longer.
    pub fn one_up_to(&mut self, name: &str, length_max: usize) -> Result<Option<String>, Problem> {
        let mut values = self.all(name);
        let value = values.pop();
        if !values.is_empty() {
            return Err(Problem::invalid(name, "is there more than once"));
        }
        match value {
            Some(value) if value.chars().count() > length_max => {
                Err(Problem::invalid(name, format!("must have at most {length_max} characters")))
            }
            Some(value) if value.is_empty() => Ok(None),
            other => Ok(other),
        }
    }

    /// Takes the value of a field that must be there.
    ///
    /// # Errors
    /// If it is absent, empty, there twice, or too long.
    pub fn required(&mut self, name: &str) -> Result<String, Problem> {
        self.one(name)?.ok_or_else(|| Problem::invalid(name, "must be filled in"))
    }

    /// Takes a field that is there with the value `yes`, or not at all.
    ///
    /// # Errors
    /// If it is there with another value, or twice.
    pub fn flag(&mut self, name: &str) -> Result<bool, Problem> {
        match self.one(name)?.as_deref() {
            None => Ok(false),
            Some("yes") => Ok(true),
            Some(_) => Err(Problem::invalid(name, "must be yes, or left out")),
        }
    }

    /// Ends the taking.
    ///
    /// # Errors
    /// If a field is left that nobody asked for.
    pub fn end(self) -> Result<(), Problem> {
        match self.0.keys().next() {
            None => Ok(()),
            Some(name) => {
                let name: String = name.chars().take(60).collect();
                Err(Problem::invalid(name, "there is no such field"))
            }
        }
    }

    /// Gives the names that are left.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_taken_once_and_strangers_are_refused() {
        let mut fields = Fields::parse(b"type=a&type=b&name=Contoso+Ltd&empty=").expect("they parse");
        assert_eq!(fields.all("type"), ["a", "b"]);
        assert_eq!(fields.required("name").expect("it is there"), "Contoso Ltd");
        assert_eq!(fields.one("empty").expect("it is fine"), None);
        fields.end().expect("nothing is left");
        assert!(Fields::parse(b"role=owner").expect("it parses").end().is_err());
        assert!(Fields::parse(b"a=1&a=2").expect("it parses").one("a").is_err());
        assert!(Fields::parse(b"a=%00").is_err());
        let flag = |encoded: &[u8]| Fields::parse(encoded).expect("it parses").flag("force");
        assert!(!flag(b"").expect("it is absent") && flag(b"force=yes").expect("it is there"));
        assert!(flag(b"force=maybe").is_err() && flag(b"force=yes&force=yes").is_err());
        let long = format!("a={}", "x".repeat(VALUE_MAX + 1));
        assert!(Fields::parse(long.as_bytes()).expect("it parses").one("a").is_err());
    }
}
