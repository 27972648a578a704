//! Which objects of a tenant a list shows, as its address says it; policies and the inventory share it.

use governance::{ObjectKey, Presence};
use tenancy::Scope;
use url::form_urlencoded;

use crate::components::{Choice, Filters, Link, Picker, Search, Selected, Take};
use crate::cursor::Cursors;
use crate::fields::Fields;
use crate::problem::Problem;
use crate::run_query::address;

/// How many objects a page has.
pub const SIZE: usize = 100;

/// Which objects a list shows.
#[derive(Clone, Debug, Default)]
pub struct ObjectQuery {
    /// Keys of types; none means all.
    pub types: Vec<String>,
    /// Part of the name.
    pub q: Option<String>,
    /// Whether they are still there.
    pub presence: Presence,
    /// Where the page begins.
    pub after: Option<ObjectKey>,
}

/// The values of the filter by presence: value, words.
const PRESENCES: [(&str, &str, Presence); 3] = [
    ("", "All", Presence::Any),
    ("present", "Still there", Presence::Present),
    ("missing", "Not seen any more", Presence::Missing),
];

impl ObjectQuery {
    /// Reads a query; what makes no sense is left out.
    ///
    /// # Errors
    /// If it holds more than any address of ours.
    pub fn read(query: &str, list: &str, scope: &Scope, cursors: &Cursors) -> Result<Self, Problem> {
        let mut fields = Fields::parse(query.as_bytes())?;
        let mut types = fields.all("type");
        types.retain(|ty| !ty.is_empty());
        types.sort();
        types.dedup();
        types.truncate(100);
        let seen = fields.one("seen").ok().flatten().unwrap_or_default();
        let presence =
            PRESENCES.iter().find(|(value, _, _)| *value == seen).map_or(Presence::Any, |known| known.2);
        let mut read = Self { types, q: fields.one("q").ok().flatten(), presence, after: None };
        if let Some(cursor) = fields.one("after").ok().flatten() {
            let place = cursors.open(&read.list(list, scope), &cursor).ok();
            read.after = place.and_then(|bytes| key_of(&bytes));
        }
        Ok(read)
    }

    /// Says whether it narrows the list.
    #[must_use]
    pub fn is_narrowed(&self) -> bool {
        !self.written().is_empty()
    }

    /// Writes it without the place of the page, the usual left out.
    #[must_use]
    pub fn written(&self) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        for ty in &self.types {
            query.append_pair("type", ty);
        }
        if let Some((value, _, _)) =
            PRESENCES.iter().find(|known| known.2 == self.presence && !known.0.is_empty())
        {
            query.append_pair("seen", value);
        }
        if let Some(q) = &self.q {
            query.append_pair("q", q);
        }
        query.finish()
    }

    /// Writes the signed place of the page that begins after an object.
    #[must_use]
    pub fn cursor(&self, list: &str, after: &ObjectKey, scope: &Scope, cursors: &Cursors) -> String {
        let place = [&after.tenant.to_string(), &after.ty, &after.graph_id].map(String::as_str).join("\n");
        cursors.seal(&self.list(list, scope), place.as_bytes())
    }

    /// Writes the address of the page that begins after an object.
    #[must_use]
    pub fn page(
        &self,
        base: &str,
        list: &str,
        after: &ObjectKey,
        scope: &Scope,
        cursors: &Cursors,
    ) -> String {
        let mut query = form_urlencoded::Serializer::new(self.written());
        query.append_pair("after", &self.cursor(list, after, scope, cursors));
        address(base, &query.finish())
    }

    /// Makes the filter form; `types` are keys and titles.
    #[must_use]
    pub fn form(&self, base: &str, region: &str, types: &[(String, String)]) -> Filters {
        let title = |key: &String| {
            types.iter().find(|(known, _)| known == key).map_or(key.clone(), |(_, title)| title.clone())
        };
        let kinds = Picker {
            name: "type".to_owned(),
            label: "Kind".to_owned(),
            value: match self.types.as_slice() {
                [] => "Any".to_owned(),
                [one] => title(one),
                many => format!("{} kinds", many.len()),
            },
            marked: Selected::when(!self.types.is_empty()),
            take: Take::Any,
            choices: types
                .iter()
                .map(|(key, title)| Choice {
                    value: key.clone(),
                    label: title.clone(),
                    selected: Selected::when(self.types.contains(key)),
                })
                .collect(),
            days: None,
        };
        let known = PRESENCES.iter().find(|known| known.2 == self.presence);
        let seen = Picker {
            name: "seen".to_owned(),
            label: "Seen".to_owned(),
            value: known.map_or("All", |known| known.1).to_owned(),
            marked: Selected::when(self.presence != Presence::Any),
            take: Take::One,
            choices: PRESENCES
                .iter()
                .map(|(value, label, presence)| Choice {
                    value: (*value).to_owned(),
                    label: (*label).to_owned(),
                    selected: Selected::when(*presence == self.presence),
                })
                .collect(),
            days: None,
        };
        Filters {
            action: base.to_owned(),
            region: region.to_owned(),
            kept: Vec::new(),
            search: Some(Search {
                placeholder: "Part of the name".to_owned(),
                label: "Search by name".to_owned(),
                value: self.q.clone().unwrap_or_default(),
            }),
            pickers: vec![kinds, seen],
            columns: None,
            clear: self.is_narrowed().then(|| Link::new("Clear", base)),
        }
    }

    fn list(&self, list: &str, scope: &Scope) -> String {
        let tenant = scope.tenant().map(|tenant| tenant.to_string()).unwrap_or_default();
        format!("{list}/{}/{tenant}/{}", scope.workspace(), self.written())
    }
}

fn key_of(bytes: &[u8]) -> Option<ObjectKey> {
    let text = std::str::from_utf8(bytes).ok()?;
    let mut parts = text.splitn(3, '\n');
    Some(ObjectKey {
        tenant: parts.next()?.parse().ok()?,
        ty: parts.next()?.to_owned(),
        graph_id: parts.next()?.to_owned(),
    })
}
