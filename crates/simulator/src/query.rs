//! Query options of a request.

use url::form_urlencoded;

/// One name in `$expand`, with what is expanded within it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Expansion {
    pub(crate) name: String,
    pub(crate) inner: Vec<String>,
}

/// The options that the simulator reads; the others are ignored.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Query {
    pub(crate) select: Vec<String>,
    pub(crate) expand: Vec<Expansion>,
    pub(crate) top: Option<usize>,
    pub(crate) skip_token: Option<String>,
    /// The value that `isBuiltIn` must have.
    pub(crate) built_in: Option<bool>,
    /// Everything but the skip token, as it came, for page links.
    pub(crate) kept: Vec<(String, String)>,
}

impl Query {
    /// Reads a query string; an option that the service would refuse is an error that says why.
    pub(crate) fn read(query: &str) -> Result<Self, String> {
        let mut read = Self::default();
        for (key, value) in form_urlencoded::parse(query.as_bytes()) {
            match key.as_ref() {
                "$skiptoken" => {
                    read.skip_token = Some(value.into_owned());
                    continue;
                }
                "$select" => read.select = list(&value),
                "$expand" => read.expand = expansions(&value),
                "$top" => {
                    let top: usize =
                        value.parse().map_err(|_| format!("Invalid value '{value}' for $top."))?;
                    if top == 0 {
                        return Err("The value of $top must be above 0.".to_owned());
                    }
                    read.top = Some(top);
                }
                "$filter" => read.built_in = built_in(&value),
                _ => {}
            }
            read.kept.push((key.into_owned(), value.into_owned()));
        }
        Ok(read)
    }

    /// Returns what is to be expanded within `name`, or none if `name` is not expanded.
    pub(crate) fn expansion(&self, name: &str) -> Option<&Expansion> {
        self.expand.iter().find(|expansion| expansion.name.eq_ignore_ascii_case(name))
    }

    /// Writes the options again, with another skip token or none.
    pub(crate) fn with_skip_token(&self, token: Option<&str>) -> String {
        let pairs = self.kept.iter().map(|(key, value)| (key.as_str(), value.as_str()));
        let token = token.map(|token| ("$skiptoken", token));
        let written: Vec<String> =
            pairs.chain(token).map(|(key, value)| format!("{}={}", encode(key), encode(value))).collect();
        written.join("&")
    }
}

fn list(value: &str) -> Vec<String> {
    value.split(',').map(|name| name.trim().to_owned()).filter(|name| !name.is_empty()).collect()
}

/// Reads `a,b($expand=c,d),cast/e`; of a cast only the property counts.
fn expansions(value: &str) -> Vec<Expansion> {
    split_outside_brackets(value, ',')
        .into_iter()
        .map(|term| {
            let (name, options) = term.split_once('(').unwrap_or((term, ""));
            let options = options.strip_suffix(')').unwrap_or(options);
            let inner = split_outside_brackets(options, ';')
                .into_iter()
                .filter_map(|option| option.trim().strip_prefix("$expand="))
                .flat_map(list)
                .collect();
            let name = name.trim().rsplit('/').next().unwrap_or_default().to_owned();
            Expansion { name, inner }
        })
        .filter(|expansion| !expansion.name.is_empty())
        .collect()
}

fn split_outside_brackets(text: &str, at: char) -> Vec<&str> {
    let (mut depth, mut start, mut parts) = (0_usize, 0, Vec::new());
    for (index, character) in text.char_indices() {
        match character {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            _ if character == at && depth == 0 => {
                parts.push(&text[start..index]);
                start = index + character.len_utf8();
            }
            _ => {}
        }
    }
    parts.push(&text[start..]);
    parts
}

fn built_in(filter: &str) -> Option<bool> {
    let words: Vec<&str> = filter.split_whitespace().collect();
    match words.as_slice() {
        ["isBuiltIn", "eq", "true"] => Some(true),
        ["isBuiltIn", "eq", "false"] => Some(false),
        _ => None,
    }
}

/// Encodes for a query; `$` stays, as in the service's own links.
fn encode(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'$' => {
                encoded.push(char::from(byte));
            }
            _ => encoded.push_str(&format!("%{byte:02X}")),
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::Query;

    #[test]
    fn nested_expansions_are_read() {
        let query = Query::read(
            "$expand=scheduledActionsForRule($expand=scheduledActionConfigurations),microsoft.graph.x/roleScopeTags&$top=5",
        )
        .unwrap();
        assert_eq!(
            query.expansion("scheduledActionsForRule").unwrap().inner,
            ["scheduledActionConfigurations"]
        );
        assert!(query.expansion("rolescopetags").unwrap().inner.is_empty());
        assert_eq!(query.top, Some(5));
    }

    #[test]
    fn a_link_keeps_the_options_and_replaces_the_token() {
        let query = Query::read("%24top=2&$skiptoken=old&$filter=isBuiltIn%20eq%20false").unwrap();
        assert_eq!(query.built_in, Some(false));
        let again = query.with_skip_token(Some("{\"a\":1}"));
        assert_eq!(again, "$top=2&$filter=isBuiltIn%20eq%20false&$skiptoken=%7B%22a%22%3A1%7D");
        assert!(Query::read("$top=0").is_err());
    }
}
