//! The further calls that make a listed object whole.

use std::fmt;

use serde::Deserialize;

/// One call for one part of an object.
///
/// Placeholders in [`Self::path`]: `{id}` is the object's id, `{parentId}` the id of the object
/// that a nested collection hangs on, the placeholder of [`Self::for_each`] the id of an element,
/// and any other `{name}` the object's own property of that name.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DetailCall {
    /// What the call gives.
    pub part: Part,
    /// Path below the version segment, with placeholders.
    pub path: String,
    /// Query text without its question mark, not percent-encoded, such as `$expand=definition`.
    pub query: Option<String>,
    /// Whether the answer is a collection that must be followed to its last page.
    #[serde(default)]
    pub paged: bool,
    /// Page size that Graph was seen to use.
    pub page_size: Option<u32>,
    /// Makes this one call for each element of an earlier part.
    pub for_each: Option<ForEach>,
    /// Whether an object is whole without this part.
    #[serde(default)]
    pub need: Need,
    /// How the answer meets the listed object.
    #[serde(default)]
    pub merge: Merge,
}

/// Repeats a call over the elements of an earlier part.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ForEach {
    /// The part whose elements are walked.
    pub part: Part,
    /// The placeholder that takes the element's `id`.
    pub placeholder: String,
}

/// Whether an object is whole without a part.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Need {
    /// Without it the object was not read.
    #[default]
    Required,
    /// An answer of "not there" is fine: the part is only sometimes present, or only for labels.
    Optional,
}

/// How the answer of an object call meets the listed object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Merge {
    /// It takes the place of the listed object.
    #[default]
    Replace,
    /// It selects properties: each overwrites that of the listed object, the others stay.
    OverListed,
}

/// Names a part of a stored document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// The object itself.
    Object,
    /// Its settings.
    Settings,
    /// Whom it is assigned to.
    Assignments,
    /// What happens on noncompliance, and when.
    ScheduledActions,
    /// Values of an administrative template, each with its definition.
    DefinitionValues,
    /// What was entered for one definition value, each with its presentation.
    PresentationValues,
    /// Restrictions on the combinations of an authentication strength.
    CombinationConfigurations,
    /// Dependencies and supersedence of an app.
    Relationships,
    /// Image of a branding profile.
    ThemeColorLogo,
    /// Image of a branding profile.
    LightBackgroundLogo,
    /// Image of a branding profile.
    LandingPageCustomizedImage,
    /// The device group that an enrolment policy fills.
    EnrollmentTarget,
    /// The template an object was made from; for labels, never compared.
    Template,
}

impl Part {
    /// Every part, in the order they are read.
    pub const ALL: [Self; 13] = [
        Self::Object,
        Self::Settings,
        Self::Assignments,
        Self::ScheduledActions,
        Self::DefinitionValues,
        Self::PresentationValues,
        Self::CombinationConfigurations,
        Self::Relationships,
        Self::ThemeColorLogo,
        Self::LightBackgroundLogo,
        Self::LandingPageCustomizedImage,
        Self::EnrollmentTarget,
        Self::Template,
    ];

    /// Returns the stored name; it never changes.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Object => "object",
            Self::Settings => "settings",
            Self::Assignments => "assignments",
            Self::ScheduledActions => "scheduled_actions",
            Self::DefinitionValues => "definition_values",
            Self::PresentationValues => "presentation_values",
            Self::CombinationConfigurations => "combination_configurations",
            Self::Relationships => "relationships",
            Self::ThemeColorLogo => "theme_color_logo",
            Self::LightBackgroundLogo => "light_background_logo",
            Self::LandingPageCustomizedImage => "landing_page_customized_image",
            Self::EnrollmentTarget => "enrollment_target",
            Self::Template => "template",
        }
    }

    /// Returns the part of that stored name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|part| part.as_str() == name)
    }

    /// Returns the property under which the part stands when the object is looked at as a whole.
    ///
    /// `None` for the object itself, for assignments (compared apart) and for the template.
    /// [`Part::PresentationValues`] stand inside the definition value they belong to.
    pub fn property(self) -> Option<&'static str> {
        match self {
            Self::Object | Self::Assignments | Self::Template => None,
            Self::Settings => Some("settings"),
            Self::ScheduledActions => Some("scheduledActionsForRule"),
            Self::DefinitionValues => Some("definitionValues"),
            Self::PresentationValues => Some("presentationValues"),
            Self::CombinationConfigurations => Some("combinationConfigurations"),
            Self::Relationships => Some("relationships"),
            Self::ThemeColorLogo => Some("themeColorLogo"),
            Self::LightBackgroundLogo => Some("lightBackgroundLogo"),
            Self::LandingPageCustomizedImage => Some("landingPageCustomizedImage"),
            Self::EnrollmentTarget => Some("enrollmentTimeDeviceMembershipTarget"),
        }
    }

    /// Says whether the part is a list of elements, rather than one value.
    pub fn is_list(self) -> bool {
        match self {
            Self::Settings
            | Self::Assignments
            | Self::ScheduledActions
            | Self::DefinitionValues
            | Self::PresentationValues
            | Self::CombinationConfigurations
            | Self::Relationships => true,
            Self::Object
            | Self::ThemeColorLogo
            | Self::LightBackgroundLogo
            | Self::LandingPageCustomizedImage
            | Self::EnrollmentTarget
            | Self::Template => false,
        }
    }
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl DetailCall {
    /// Returns the query as names and plain values, not yet percent-encoded.
    pub fn query_pairs(&self) -> Vec<(&str, &str)> {
        let parameters = self.query.iter().flat_map(|query| query.split('&'));
        parameters.map(|pair| pair.split_once('=').unwrap_or((pair, ""))).collect()
    }

    /// Returns the names of the placeholders in the path, in order.
    pub fn placeholders(&self) -> Vec<&str> {
        let pieces = self.path.split('{').skip(1);
        pieces.filter_map(|piece| piece.split_once('}')).map(|(name, _)| name).collect()
    }
}
