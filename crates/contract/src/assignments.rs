//! How assignments are read and written.

use serde::Deserialize;

/// How the assignments of a type are read, and how they would be written.
#[derive(Debug, Clone, Deserialize)]
#[serde(tag = "read", rename_all = "snake_case", deny_unknown_fields)]
pub enum Assignments {
    /// The type has none.
    None,
    /// They are ordinary properties of the object and compared with it.
    InObject,
    /// They come with the object as its property `assignments`, which the query of the list or of
    /// the detail call asks for.
    Expand {
        /// Where they could also be listed, with `{id}`.
        path: String,
        /// How they are written.
        write: Option<AssignmentWrite>,
    },
    /// A paged call of its own lists them; it is one of the type's detail calls.
    List {
        /// Where they are listed, with `{id}`.
        path: String,
        /// How they are written.
        write: Option<AssignmentWrite>,
    },
}

/// How assignments would be written.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AssignmentWrite {
    /// The manner of the write.
    pub style: AssignmentStyle,
    /// The action that takes them, with `{id}`.
    pub action: Option<String>,
    /// The property of the action's body that holds them: not always `assignments`.
    pub body_property: Option<String>,
}

/// The manner in which assignments are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AssignmentStyle {
    /// One action replaces the whole set.
    ReplaceAll,
    /// Each is posted and deleted by itself.
    OneByOne,
    /// They are part of the action that updates the object.
    UpdateAction,
}

impl Assignments {
    /// Says whether assignments are a part of their own, apart from the object.
    pub fn are_apart(&self) -> bool {
        matches!(self, Self::Expand { .. } | Self::List { .. })
    }

    /// Returns where they can be listed, with `{id}`.
    pub fn path(&self) -> Option<&str> {
        match self {
            Self::Expand { path, .. } | Self::List { path, .. } => Some(path),
            Self::None | Self::InObject => None,
        }
    }

    /// Returns how they are written.
    pub fn write(&self) -> Option<&AssignmentWrite> {
        match self {
            Self::Expand { write, .. } | Self::List { write, .. } => write.as_ref(),
            Self::None | Self::InObject => None,
        }
    }
}
