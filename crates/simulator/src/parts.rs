//! Parts: the sub-resources of an object, and what the service shows of them where.

/// What `$expand` of a part gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Expand {
    /// The whole part.
    Whole,
    /// The first page of the part, with a page link when there is more.
    FirstPage,
    /// An empty array, whatever the part holds: the service's trap for settings-catalog assignments.
    Nothing,
    /// The request is refused.
    Refused,
}

/// Whether a part is an array or one value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Count {
    /// An array, served in pages.
    Many,
    /// One value, or nothing.
    One,
}

/// One sub-resource of the objects of a collection.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Part {
    /// The property and the path segment.
    pub(crate) name: &'static str,
    pub(crate) count: Count,
    pub(crate) page_size: usize,
    pub(crate) on_item: Expand,
    pub(crate) on_list: Expand,
    /// Properties of an element that are served only when the element's `$expand` names them.
    pub(crate) inner: &'static [&'static str],
}

impl Part {
    const fn many(name: &'static str, page_size: usize) -> Self {
        Self {
            name,
            count: Count::Many,
            page_size,
            on_item: Expand::Whole,
            on_list: Expand::Whole,
            inner: &[],
        }
    }

    const fn one(name: &'static str) -> Self {
        let mut part = Self::many(name, 1);
        part.count = Count::One;
        part
    }

    const fn expanded(mut self, on_item: Expand, on_list: Expand) -> Self {
        self.on_item = on_item;
        self.on_list = on_list;
        self
    }

    const fn inner(mut self, inner: &'static [&'static str]) -> Self {
        self.inner = inner;
        self
    }
}

/// Settings come 25 to a page (reported for configurationPolicies, which the newer kinds follow).
pub(crate) const SETTINGS_PAGE: usize = 25;

/// Assignments come 25 to a page.
pub(crate) const ASSIGNMENTS_PAGE: usize = 25;

/// Parts without a reported size come 100 to a page.
const PART_PAGE: usize = 100;

/// Assignments that `$expand` gives.
pub(crate) const ASSIGNMENTS: Part = Part::many("assignments", ASSIGNMENTS_PAGE);

/// Assignments that `$expand` pretends are empty.
pub(crate) const ASSIGNMENTS_NOT_EXPANDED: Part = ASSIGNMENTS.expanded(Expand::Nothing, Expand::Nothing);

/// Assignments that an item expands and a list refuses to.
pub(crate) const ASSIGNMENTS_ON_ITEM: Part = ASSIGNMENTS.expanded(Expand::Whole, Expand::Refused);

/// Settings-catalog instances.
pub(crate) const SETTINGS: Part = Part::many("settings", SETTINGS_PAGE)
    .expanded(Expand::FirstPage, Expand::Refused)
    .inner(&["settingDefinitions"]);

/// Settings of older kinds, without definitions.
pub(crate) const PLAIN_SETTINGS: Part = Part::many("settings", SETTINGS_PAGE);

/// Actions for noncompliance.
pub(crate) const SCHEDULED_ACTIONS: Part =
    Part::many("scheduledActionsForRule", PART_PAGE).inner(&["scheduledActionConfigurations"]);

/// Values of administrative templates.
pub(crate) const DEFINITION_VALUES: Part =
    Part::many("definitionValues", PART_PAGE).inner(&["definition", "presentationValues"]);

/// What is hidden in an element of an inner array until `$expand` names it: a presentation value's presentation.
pub(crate) const INNER_HIDDEN: &[&str] = &["presentation"];

/// Targeted apps of app protection and configuration.
pub(crate) const APPS: Part = Part::many("apps", PART_PAGE);

/// Categories of an app.
pub(crate) const CATEGORIES: Part = Part::many("categories", PART_PAGE);

/// Relationships of an app.
pub(crate) const RELATIONSHIPS: Part = Part::many("relationships", PART_PAGE);

/// Texts of a notification template.
pub(crate) const MESSAGES: Part = Part::many("localizedNotificationMessages", PART_PAGE);

/// Items of a policy set.
pub(crate) const POLICY_SET_ITEMS: Part =
    Part::many("items", PART_PAGE).expanded(Expand::Whole, Expand::Refused);

/// Files that Windows information protection protects.
pub(crate) const PROTECTED_FILES: Part = Part::many("protectedAppLockerFiles", PART_PAGE);

/// Files that Windows information protection exempts.
pub(crate) const EXEMPT_FILES: Part = Part::many("exemptAppLockerFiles", PART_PAGE);

/// Combinations of an authentication strength.
pub(crate) const COMBINATIONS: Part = Part::many("combinationConfigurations", PART_PAGE);

/// Files of terms of use.
pub(crate) const FILES: Part = Part::many("files", PART_PAGE);

/// Members of a group.
pub(crate) const MEMBERS: Part = Part::many("members", PART_PAGE);

/// Scope tags of a role assignment.
pub(crate) const ROLE_SCOPE_TAGS: Part = Part::many("roleScopeTags", PART_PAGE);

/// The role of a role assignment.
pub(crate) const ROLE_DEFINITION: Part = Part::one("roleDefinition");

/// The logo on the theme's colour.
pub(crate) const THEME_LOGO: Part = Part::one("themeColorLogo");

/// The logo on a light background.
pub(crate) const LIGHT_LOGO: Part = Part::one("lightBackgroundLogo");

/// The image of the landing page.
pub(crate) const LANDING_IMAGE: Part = Part::one("landingPageCustomizedImage");
