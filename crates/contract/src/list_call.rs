//! How a collection is listed.

use serde::Deserialize;

use crate::predicate::Condition;

/// The call that lists a collection (or reads a singleton), always to its last page.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ListCall {
    /// What the listed objects hold.
    pub gives: ListGives,
    /// Page size to ask for.
    pub top: Option<u32>,
    /// Page size that Graph was seen to use unasked.
    pub default_page_size: Option<u32>,
    /// Navigation properties to bring along.
    pub expand: Option<String>,
    /// What Graph shall leave out, as an OData expression.
    pub filter: Option<String>,
    /// Objects to leave out after reading, because Graph's own filter does not work there.
    #[serde(default)]
    pub drop: Vec<Condition>,
}

/// The call that tells what changed in a collection since it was made the last time.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DeltaCall {
    /// Where the first round starts, below the version segment.
    pub path: String,
    /// The properties to ask for, divided by commas; with `members` the members come along.
    pub select: String,
}

/// What the listed objects hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ListGives {
    /// Everything but what further parts give: the detail call for the object itself may be saved.
    Whole,
    /// Enough for an inventory; the object's own detail call is needed for a version.
    Summary,
}

impl ListCall {
    /// Returns the query as names and plain values, in a fixed order, not yet percent-encoded.
    pub fn query_pairs(&self) -> Vec<(&'static str, String)> {
        let mut pairs = Vec::new();
        if let Some(top) = self.top {
            pairs.push(("$top", top.to_string()));
        }
        if let Some(expand) = &self.expand {
            pairs.push(("$expand", expand.clone()));
        }
        if let Some(filter) = &self.filter {
            pairs.push(("$filter", filter.clone()));
        }
        pairs
    }

    /// Says whether a listed object is to be left out.
    pub fn drops(&self, object: &serde_json::Value) -> bool {
        self.drop.iter().any(|condition| condition.holds(object))
    }
}
