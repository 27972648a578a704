//! The counts of a run: what its final attempt did.

use std::{
    fmt,
    ops::{Add, AddAssign},
    str::FromStr,
};

use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{Error as _, MapAccess, Visitor},
    ser::SerializeMap,
};

use crate::failure::{SafeText, sanitize};

/// Largest count: both databases hold signed 64-bit integers.
pub const COUNT_MAX: u64 = i64::MAX as u64;

/// What may be counted, in the order in which it is stored and shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum CountKey {
    /// Things there were to do, where that is known.
    Total,
    /// Things looked at, whatever came of it.
    Processed,
    /// Things that went well.
    Succeeded,
    /// Things that failed.
    Failed,
    /// Things left alone for a stated reason.
    Skipped,
    /// Objects made.
    Created,
    /// Objects changed.
    Updated,
    /// Objects removed.
    Deleted,
    /// Objects found as they were.
    Unchanged,
    /// Parts of what was processed, such as the items of a set.
    Items,
}

/// A key that may not be counted under.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "count under `{0}`: allowed are total, processed, succeeded, failed, skipped, created, updated, deleted, unchanged, items"
)]
pub struct UnknownCountKey(SafeText);

/// Non-negative numbers under allowed keys; a key that was never set is absent, not 0.
///
/// Stored as a flat JSON object in the order of [`CountKey::ALL`]. Reading refuses other keys,
/// negative numbers, fractions, and numbers above [`COUNT_MAX`].
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub struct SummaryCounts([Option<u64>; CountKey::ALL.len()]);

impl CountKey {
    /// Every key in order.
    pub const ALL: [Self; 10] = [
        Self::Total,
        Self::Processed,
        Self::Succeeded,
        Self::Failed,
        Self::Skipped,
        Self::Created,
        Self::Updated,
        Self::Deleted,
        Self::Unchanged,
        Self::Items,
    ];

    /// The stored token.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Total => "total",
            Self::Processed => "processed",
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
            Self::Skipped => "skipped",
            Self::Created => "created",
            Self::Updated => "updated",
            Self::Deleted => "deleted",
            Self::Unchanged => "unchanged",
            Self::Items => "items",
        }
    }
}

impl FromStr for CountKey {
    type Err = UnknownCountKey;

    fn from_str(token: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|key| key.as_str() == token)
            .ok_or_else(|| UnknownCountKey(sanitize(token)))
    }
}

impl fmt::Display for CountKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl SummaryCounts {
    /// Returns the number under a key, `None` if nothing was counted under it.
    pub fn get(&self, key: CountKey) -> Option<u64> {
        self.0[key as usize]
    }

    /// Sets the number under a key, at most [`COUNT_MAX`].
    pub fn set(&mut self, key: CountKey, count: u64) {
        self.0[key as usize] = Some(count.min(COUNT_MAX));
    }

    /// Adds to the number under a key and stops at [`COUNT_MAX`]; adding 0 sets an absent one to 0.
    pub fn count(&mut self, key: CountKey, count: u64) {
        self.set(key, self.get(key).unwrap_or(0).saturating_add(count));
    }

    /// Returns the counts with one more key set.
    #[must_use]
    pub fn with(mut self, key: CountKey, count: u64) -> Self {
        self.set(key, count);
        self
    }

    /// The keys that are set, with their numbers, in order.
    pub fn iter(&self) -> impl Iterator<Item = (CountKey, u64)> {
        CountKey::ALL.into_iter().filter_map(|key| Some((key, self.get(key)?)))
    }

    /// Says whether nothing was counted.
    pub fn is_empty(&self) -> bool {
        self.iter().next().is_none()
    }
}

impl AddAssign for SummaryCounts {
    fn add_assign(&mut self, other: Self) {
        for (key, count) in other.iter() {
            self.count(key, count);
        }
    }
}

impl Add for SummaryCounts {
    type Output = Self;

    fn add(mut self, other: Self) -> Self {
        self += other;
        self
    }
}

impl fmt::Debug for SummaryCounts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}

impl Serialize for SummaryCounts {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.iter().count()))?;
        for (key, count) in self.iter() {
            map.serialize_entry(key.as_str(), &count)?;
        }
        map.end()
    }
}

impl<'de> Deserialize<'de> for SummaryCounts {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(CountsVisitor)
    }
}

struct CountsVisitor;

impl<'de> Visitor<'de> for CountsVisitor {
    type Value = SummaryCounts;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object of counts")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut counts = SummaryCounts::default();
        while let Some(token) = map.next_key::<String>()? {
            let key: CountKey = token.parse().map_err(A::Error::custom)?;
            let count: u64 = map.next_value()?;
            if count > COUNT_MAX {
                return Err(A::Error::custom(format_args!("`{key}` is above {COUNT_MAX}")));
            }
            if counts.get(key).is_some() {
                return Err(A::Error::custom(format_args!("`{key}` is there twice")));
            }
            counts.set(key, count);
        }
        Ok(counts)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn counts_are_stored_in_a_fixed_order_and_only_where_set() {
        let counts = SummaryCounts::default().with(CountKey::Items, 3).with(CountKey::Total, 0);
        assert_eq!(serde_json::to_string(&counts).unwrap(), r#"{"total":0,"items":3}"#);
        assert_eq!(serde_json::to_string(&SummaryCounts::default()).unwrap(), "{}");
    }

    #[test]
    fn anything_but_allowed_keys_and_whole_numbers_is_refused() {
        let refused = [
            r#"{"totl":1}"#,
            r#"{"Total":1}"#,
            r#"{"total":-1}"#,
            r#"{"total":1.5}"#,
            r#"{"total":"1"}"#,
            r#"{"total":9223372036854775808}"#,
            r#"{"total":1,"total":1}"#,
            r#"{"total":null}"#,
            "[]",
            "null",
        ];
        for text in refused {
            assert!(serde_json::from_str::<SummaryCounts>(text).is_err(), "{text}");
        }
        let error = serde_json::from_str::<SummaryCounts>(r#"{"totl":1}"#).unwrap_err().to_string();
        assert!(error.starts_with("count under `totl`: allowed are total, processed"), "{error}");
    }

    #[test]
    fn the_message_about_an_unknown_key_names_every_allowed_one() {
        let message = "x".parse::<CountKey>().unwrap_err().to_string();
        let allowed = CountKey::ALL.map(CountKey::as_str).join(", ");
        assert!(message.ends_with(&allowed), "{message}");
    }

    #[test]
    fn adding_stops_at_what_the_database_can_hold() {
        let mut counts = SummaryCounts::default().with(CountKey::Failed, u64::MAX);
        assert_eq!(counts.get(CountKey::Failed), Some(COUNT_MAX));
        counts.count(CountKey::Failed, u64::MAX);
        assert_eq!(counts.get(CountKey::Failed), Some(COUNT_MAX));
    }

    fn counts() -> impl Strategy<Value = SummaryCounts> {
        prop::array::uniform10(prop::option::of(0..=COUNT_MAX)).prop_map(SummaryCounts)
    }

    proptest! {
        #[test]
        fn what_is_stored_is_what_is_read(counts in counts()) {
            let stored = serde_json::to_string(&counts).unwrap();
            prop_assert_eq!(serde_json::from_str::<SummaryCounts>(&stored).unwrap(), counts);
        }

        #[test]
        fn adding_is_the_same_either_way_round(a in counts(), b in counts()) {
            prop_assert_eq!(a + b, b + a);
            prop_assert_eq!(a + SummaryCounts::default(), a);
        }
    }
}
