//! What a collection is: where it lies, what its objects are called, which parts they have.

use crate::parts::Part;
pub(crate) use crate::table::TABLE;

/// Objects on a page where no size is reported.
pub(crate) const DEFAULT_PAGE: usize = 100;

/// The most that `$top` gives where no limit is reported.
pub(crate) const DEFAULT_TOP_MAX: usize = 1000;

/// Which kind of resource a collection is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    /// Many objects, listed in pages.
    Many,
    /// One object at a fixed path.
    Single,
    /// Many objects below an object of another collection.
    Below(&'static str),
}

/// Which versions of the API know a collection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Versions {
    /// `/v1.0` and `/beta`.
    Both,
    /// `/beta` alone; `/v1.0` answers that there is no such segment.
    Beta,
}

/// How assignments are written, and what a write answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Assign {
    /// There is no way to write assignments.
    Never,
    /// `POST /assign` replaces the whole set; the answer lists it.
    Listing(&'static str),
    /// `POST /assign` replaces the whole set; the answer is empty.
    Silent(&'static str),
    /// `POST /assignments` and `DELETE /assignments/{id}`, one at a time.
    OneByOne,
}

/// One collection or singleton.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Collection {
    pub(crate) name: &'static str,
    pub(crate) path: &'static str,
    /// Other spellings of the path that the service takes.
    pub(crate) aliases: &'static [&'static str],
    /// The property that holds an object's name.
    pub(crate) name_property: &'static str,
    pub(crate) shape: Shape,
    pub(crate) versions: Versions,
    pub(crate) page_size: usize,
    pub(crate) top_max: usize,
    pub(crate) parts: &'static [Part],
    pub(crate) assign: Assign,
    /// The one type of the objects; `None` where a body must name its own.
    pub(crate) odata_type: Option<&'static str>,
    /// Properties that are null in a list and hold their content in a detail call.
    pub(crate) null_in_list: &'static [&'static str],
    /// Properties that a list leaves out.
    pub(crate) absent_in_list: &'static [&'static str],
    /// Whether objects are replaced by PUT; the others are changed by PATCH alone.
    pub(crate) put: bool,
    /// The property that holds the time of creation.
    pub(crate) created: Option<&'static str>,
    /// The property that holds the time of the last change.
    pub(crate) changed: Option<&'static str>,
    /// Whether assignments say where they are from (`source`, `sourceId`).
    pub(crate) sourced: bool,
    /// Whether a list carries `@odata.count`, which then is the size of the page and not the total.
    pub(crate) page_count: bool,
}

impl Collection {
    pub(crate) const fn many(name: &'static str, path: &'static str) -> Self {
        Self {
            name,
            path,
            aliases: &[],
            name_property: "displayName",
            shape: Shape::Many,
            versions: Versions::Both,
            page_size: DEFAULT_PAGE,
            top_max: DEFAULT_TOP_MAX,
            parts: &[],
            assign: Assign::Never,
            odata_type: None,
            null_in_list: &[],
            absent_in_list: &[],
            created: Some("createdDateTime"),
            changed: Some("lastModifiedDateTime"),
            sourced: false,
            put: false,
            page_count: false,
        }
    }

    pub(crate) const fn single(name: &'static str, path: &'static str) -> Self {
        let mut collection = Self::many(name, path);
        collection.shape = Shape::Single;
        collection.timeless()
    }

    pub(crate) const fn below(name: &'static str, path: &'static str, parent: &'static str) -> Self {
        let mut collection = Self::many(name, path);
        collection.shape = Shape::Below(parent);
        collection
    }

    pub(crate) const fn beta(mut self) -> Self {
        self.versions = Versions::Beta;
        self
    }

    pub(crate) const fn of(mut self, odata_type: &'static str) -> Self {
        self.odata_type = Some(odata_type);
        self
    }

    pub(crate) const fn named_by(mut self, property: &'static str) -> Self {
        self.name_property = property;
        self
    }

    pub(crate) const fn also_at(mut self, aliases: &'static [&'static str]) -> Self {
        self.aliases = aliases;
        self
    }

    pub(crate) const fn pages(mut self, page_size: usize, top_max: usize) -> Self {
        self.page_size = page_size;
        self.top_max = top_max;
        self
    }

    pub(crate) const fn parts(mut self, parts: &'static [Part]) -> Self {
        self.parts = parts;
        self
    }

    pub(crate) const fn assign(mut self, assign: Assign) -> Self {
        self.assign = assign;
        self
    }

    pub(crate) const fn null_in_list(mut self, properties: &'static [&'static str]) -> Self {
        self.null_in_list = properties;
        self
    }

    pub(crate) const fn absent_in_list(mut self, properties: &'static [&'static str]) -> Self {
        self.absent_in_list = properties;
        self
    }

    pub(crate) const fn times(
        mut self,
        created: Option<&'static str>,
        changed: Option<&'static str>,
    ) -> Self {
        self.created = created;
        self.changed = changed;
        self
    }

    pub(crate) const fn timeless(self) -> Self {
        self.times(None, None)
    }

    /// Objects whose creation is not kept.
    pub(crate) const fn uncreated(self) -> Self {
        self.times(None, Some("lastModifiedDateTime"))
    }

    /// Objects with the times of Conditional Access.
    pub(crate) const fn modified(self) -> Self {
        self.times(Some("createdDateTime"), Some("modifiedDateTime"))
    }

    pub(crate) const fn sourced(mut self) -> Self {
        self.sourced = true;
        self
    }

    pub(crate) const fn put(mut self) -> Self {
        self.put = true;
        self
    }

    pub(crate) const fn page_count(mut self) -> Self {
        self.page_count = true;
        self
    }

    /// Finds a part by the segment or property that names it.
    pub(crate) fn part(&self, name: &str) -> Option<&'static Part> {
        self.parts.iter().find(|part| part.name.eq_ignore_ascii_case(name))
    }
}

/// Finds a collection by its name.
pub(crate) fn find(name: &str) -> Option<&'static Collection> {
    TABLE.iter().find(|collection| collection.name == name)
}

/// What a caller may know of a collection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct CollectionInfo {
    /// The name under which folders of exports and [`TenantHandle`](crate::TenantHandle) know it.
    pub name: &'static str,
    /// The path without version, `{parent}` standing for an id.
    pub path: &'static str,
    /// The property that holds an object's name.
    pub name_property: &'static str,
    /// Whether it is one object at a fixed path.
    pub singleton: bool,
}

/// Lists every collection that the simulator knows, in the order of its table.
pub fn collections() -> impl Iterator<Item = CollectionInfo> {
    TABLE.iter().map(|collection| CollectionInfo {
        name: collection.name,
        path: collection.path,
        name_property: collection.name_property,
        singleton: collection.shape == Shape::Single,
    })
}

#[cfg(test)]
mod tests {
    use super::{Shape, TABLE, find};
    use std::collections::BTreeSet;

    #[test]
    fn names_and_paths_are_unique() {
        let names: BTreeSet<_> = TABLE.iter().map(|collection| collection.name).collect();
        let paths: BTreeSet<_> =
            TABLE.iter().flat_map(|collection| collection.aliases.iter().chain([&collection.path])).collect();
        let spellings: usize = TABLE.iter().map(|collection| 1 + collection.aliases.len()).sum();
        assert_eq!(names.len(), TABLE.len());
        assert_eq!(paths.len(), spellings);
    }

    #[test]
    fn every_parent_is_a_collection() {
        for collection in TABLE {
            if let Shape::Below(parent) = collection.shape {
                assert!(find(parent).is_some(), "{parent}");
            }
        }
    }
}
