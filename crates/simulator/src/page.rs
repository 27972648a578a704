//! Pages: which part of a list comes next, and the opaque token that says so.

use serde::{Deserialize, Serialize};

use crate::ids::derived_hex;

/// Where a page begins.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Cursor {
    /// The number of the page, from 1.
    pub(crate) page: usize,
    /// The key of the last element of the page before; empty on the first page.
    pub(crate) after: String,
}

impl Cursor {
    pub(crate) fn first() -> Self {
        Self { page: 1, after: String::new() }
    }

    /// Writes the cursor as a token that is good only for what `words` name: tenant and path.
    ///
    /// The settings catalog's tokens look like a database's continuation, quotes and brackets included.
    pub(crate) fn token(&self, words: &[&str], like_a_database: bool) -> String {
        let content = hex::encode(format!("{}:{}", self.page, self.after));
        let seal = self.seal(words);
        if like_a_database {
            format!(
                r##"[{{"token":"+RID:~{content}-{seal}==#RT:1#TRC:25","range":{{"min":"","max":"FF"}}}}]"##
            )
        } else {
            format!("{content}-{seal}")
        }
    }

    /// Reads a token again; none if it was made for something else, or changed.
    pub(crate) fn from_token(token: &str, words: &[&str]) -> Option<Self> {
        let (cursor, seal) = Self::unseal(token)?;
        (cursor.seal(words) == seal).then_some(cursor)
    }

    /// Returns the page that a token leads to, whatever it was made for.
    pub(crate) fn page_of(token: &str) -> Option<usize> {
        Some(Self::unseal(token)?.0.page)
    }

    fn unseal(token: &str) -> Option<(Self, &str)> {
        let inner = token
            .split_once("+RID:~")
            .and_then(|(_, rest)| rest.split_once("=="))
            .map_or(token, |(inner, _)| inner);
        let (content, seal) = inner.split_once('-')?;
        let content = String::from_utf8(hex::decode(content).ok()?).ok()?;
        let (page, after) = content.split_once(':')?;
        let cursor = Self { page: page.parse().ok()?, after: after.to_owned() };
        Some((cursor, seal))
    }

    fn seal(&self, words: &[&str]) -> String {
        let page = self.page.to_string();
        let mut all = vec!["page", &page, &self.after];
        all.extend_from_slice(words);
        derived_hex(&all)[..16].to_owned()
    }
}

/// Cuts the page that begins at `cursor` out of elements that come in the order of their keys.
///
/// Returns the page and the cursor of the next one, if there is one. Because a cursor holds a key and not
/// a number, objects that come or go between two pages shift nothing else.
pub(crate) fn cut<T>(
    elements: impl Iterator<Item = (String, T)>,
    cursor: &Cursor,
    size: usize,
) -> (Vec<T>, Option<Cursor>) {
    let mut rest = elements.skip_while(|(key, _)| !cursor.after.is_empty() && *key <= cursor.after);
    let mut page = Vec::new();
    let mut last = String::new();
    for (key, element) in rest.by_ref().take(size) {
        page.push(element);
        last = key;
    }
    let next = rest.next().map(|_| Cursor { page: cursor.page + 1, after: last });
    (page, next)
}

/// Returns a key for an element that has only a place; keys sort as the places do.
pub(crate) fn place_key(index: usize) -> String {
    format!("{index:010}")
}

#[cfg(test)]
mod tests {
    use super::{Cursor, cut, place_key};

    fn all_pages(count: usize, size: usize) -> Vec<Vec<usize>> {
        let mut cursor = Some(Cursor::first());
        let mut pages = Vec::new();
        while let Some(at) = cursor {
            let elements = (0..count).map(|index| (place_key(index), index));
            let (page, next) = cut(elements, &at, size);
            pages.push(page);
            cursor = next;
        }
        pages
    }

    #[test]
    fn pages_cover_everything_once() {
        assert_eq!(all_pages(5, 2), [vec![0, 1], vec![2, 3], vec![4]]);
        assert_eq!(all_pages(4, 2), [vec![0, 1], vec![2, 3]]);
        assert_eq!(all_pages(0, 2), [Vec::<usize>::new()]);
    }

    #[test]
    fn a_token_is_good_for_what_it_was_made_for_alone() {
        let cursor = Cursor { page: 3, after: "a:b".to_owned() };
        for like_a_database in [false, true] {
            let token = cursor.token(&["tenant", "/path"], like_a_database);
            assert_eq!(Cursor::from_token(&token, &["tenant", "/path"]), Some(cursor.clone()));
            assert_eq!(Cursor::from_token(&token, &["other", "/path"]), None);
            assert_eq!(Cursor::page_of(&token), Some(3));
        }
        assert_eq!(Cursor::from_token("nonsense", &[]), None);
    }
}
