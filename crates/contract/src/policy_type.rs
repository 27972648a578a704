//! One Graph collection or singleton.

use std::sync::Arc;

use serde::Deserialize;
use serde_json::Value;

use crate::assignments::Assignments;
use crate::capability::Capability;
use crate::detail_call::DetailCall;
use crate::field_path::FieldPath;
use crate::list_call::{DeltaCall, ListCall};
use crate::platform::{OdataPlatform, PlatformSource};
use crate::predicate::Condition;
use crate::rules::{AbsentLike, SecretRule, SetRule};
use crate::throttle::ThrottleFamily;
use crate::view::View;

/// What is known of one Graph collection or singleton.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PolicyType {
    /// Stable name: `configurationPolicy`.
    pub key: String,
    /// What a person calls it.
    pub title: String,
    /// What sort of thing it is.
    pub kind: Kind,
    /// The Graph version that is called.
    pub version: GraphVersion,
    /// Where it is listed, below the version segment.
    pub collection_path: String,
    /// How the collection hangs together.
    pub shape: CollectionShape,
    /// Where one object is; that of a singleton is its collection path.
    pub item_path: String,
    /// The property that holds the display name; two singletons have none.
    pub name_property: Option<String>,
    /// Where the platform is found; empty where there is none.
    pub platform: Vec<PlatformSource>,
    /// Name of its schema in the official description, where there is one.
    pub schema: Option<String>,
    /// The type names that its objects may carry, where known.
    #[serde(default)]
    pub odata_types: Vec<String>,
    /// How far the product goes with it.
    pub capability: Capability,
    /// Why that is not all the way.
    pub capability_reason: Option<String>,
    /// Which limits its calls count against.
    pub family: ThrottleFamily,
    /// How it is listed.
    pub list: ListCall,
    /// How Graph tells only what changed, where it does.
    pub delta: Option<DeltaCall>,
    /// The further calls that give one whole object, in order.
    #[serde(default)]
    pub detail: Vec<DetailCall>,
    /// How its assignments are read and written.
    pub assignments: Assignments,
    /// Fields that are no part of a compare.
    #[serde(default)]
    pub ignore_in_diff: Vec<FieldPath>,
    /// Fields of each assignment that are no part of a compare, beside those common to all types.
    #[serde(default)]
    pub ignore_in_assignments: Vec<FieldPath>,
    /// Fields that a create does not send.
    #[serde(default)]
    pub strip_on_create: Vec<FieldPath>,
    /// Fields that an update does not send.
    #[serde(default)]
    pub strip_on_update: Vec<FieldPath>,
    /// Content that an update must not carry: compared, not ignored.
    #[serde(default)]
    pub immutable_after_create: Vec<FieldPath>,
    /// Arrays whose order means nothing; every other array keeps its order.
    #[serde(default)]
    pub sets: Vec<SetRule>,
    /// Values that are secret, come masked, or belong to one tenant.
    #[serde(default)]
    pub secrets: Vec<SecretRule>,
    /// Base64 contents, compared by the bytes they decode to.
    #[serde(default)]
    pub contents: Vec<FieldPath>,
    /// Values that mean the same as an absent property.
    #[serde(default)]
    pub absent_like: Vec<AbsentLike>,
    /// Objects that Microsoft owns: read and versioned, never written. Any one condition is enough.
    #[serde(default)]
    pub protected_when: Vec<Condition>,
    /// How an object is updated, where it can be.
    pub update: Option<Update>,
    /// What a person should know before a write.
    #[serde(default)]
    pub write_notes: Vec<String>,
    /// The rights that reading and writing need.
    pub permissions: Permissions,
    /// The property that holds its scope tags.
    pub scope_tag_property: Option<String>,
    /// Place in a restore, lowest first, where references do not decide; none if never written.
    pub restore_order: Option<u32>,
    /// Name of its collection in exported material.
    pub corpus_type: Option<String>,
    /// Its labelled parts, in the order in which they are tried.
    #[serde(default)]
    pub views: Vec<View>,
    /// The registry's table of type name beginnings, filled in when the registry is read.
    #[serde(skip)]
    pub(crate) odata_platforms: Arc<[OdataPlatform]>,
}

/// What sort of thing a type is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Configuration.
    Policy,
    /// Part of the directory.
    Directory,
    /// Something to watch, such as a token that expires.
    Inventory,
}

/// A version of Microsoft Graph.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GraphVersion {
    /// `beta`
    Beta,
    /// `v1.0`
    V1,
}

/// How a collection hangs together.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum CollectionShape {
    /// A list of objects.
    Collection,
    /// One object; its path answers with the object itself.
    Singleton,
    /// A list of objects below each object of another collection.
    #[serde(rename = "nested")]
    NestedCollection {
        /// The collection whose ids fill `{parentId}`.
        parent_path: String,
    },
}

/// How an object is updated.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Update {
    /// The manner of the write.
    pub method: UpdateMethod,
    /// What else belongs to it.
    pub note: Option<String>,
}

/// The manner in which an object is updated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UpdateMethod {
    /// Changed properties only.
    Patch,
    /// The whole body.
    Put,
    /// Neither: the note says how.
    Special,
}

/// The application rights that a type needs.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Permissions {
    /// For reading: all of them.
    pub read: Vec<String>,
    /// For writing: all of them; empty where nothing is ever written.
    #[serde(default)]
    pub write: Vec<String>,
    /// How sure this is.
    #[serde(default)]
    pub confidence: Confidence,
}

/// How sure a fact is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Confidence {
    /// Microsoft documents it.
    #[default]
    Documented,
    /// Concluded from similar types.
    Assumed,
}

impl GraphVersion {
    /// Returns the first segment of the path.
    pub fn segment(self) -> &'static str {
        match self {
            Self::Beta => "beta",
            Self::V1 => "v1.0",
        }
    }
}

impl PolicyType {
    /// Returns the first view that the object belongs to.
    pub fn view_of<'a>(&'a self, object: &Value) -> Option<&'a View> {
        self.views.iter().find(|view| view.when.matches(object))
    }

    /// Returns the view of that key.
    pub fn view(&self, key: &str) -> Option<&View> {
        self.views.iter().find(|view| view.key == key)
    }

    /// Returns what a person calls things like this object: the label of its view, else the type's title.
    pub fn label_of(&self, object: &Value) -> &str {
        self.view_of(object).map_or(&self.title, |view| &view.label)
    }

    /// Returns the object's platform in Graph's own words, several of them divided by commas.
    pub fn platform_of(&self, object: &Value) -> Option<String> {
        self.platform.iter().find_map(|source| source.platform_of(object, &self.odata_platforms))
    }

    /// Returns the object's display name.
    pub fn name_of<'v>(&self, object: &'v Value) -> Option<&'v str> {
        object.get(self.name_property.as_deref()?)?.as_str()
    }

    /// Returns the detail calls for this object: those of the type, then those of its view.
    pub fn detail_of<'a>(&'a self, object: &Value) -> impl Iterator<Item = &'a DetailCall> {
        let of_view = self.view_of(object).map_or(&[][..], |view| &view.detail);
        self.detail.iter().chain(of_view)
    }

    /// Says whether Microsoft owns the object, so that it is never written.
    pub fn is_protected(&self, object: &Value) -> bool {
        self.protected_when.iter().any(|condition| condition.holds(object))
    }
}
