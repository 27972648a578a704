//! Addresses: what a request's path means.

use crate::collections::{self, Collection, Shape, TABLE, Versions};

/// The version segment of a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Version {
    V1,
    Beta,
}

impl Version {
    pub(crate) fn segment(self) -> &'static str {
        match self {
            Self::V1 => "v1.0",
            Self::Beta => "beta",
        }
    }
}

/// Where below a collection a path ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// The collection, or the singleton itself.
    Whole,
    /// One object.
    Item(String),
    /// A part of an object.
    Part(String, &'static str),
    /// One element of a part.
    Element(String, &'static str, String),
    /// An array within an element: the presentation values of a definition value.
    Inner(String, &'static str, String, String),
    /// What changed in the collection.
    Delta,
    /// The root that a singleton is a property of.
    Root,
    /// Anything else below an object: an action or a function, with its arguments.
    Deed(String, String),
}

impl Place {
    /// Returns the id of the object that the path leads to, or into.
    pub(crate) fn object_id(&self) -> Option<&str> {
        match self {
            Self::Whole | Self::Delta | Self::Root => None,
            Self::Item(id)
            | Self::Part(id, _)
            | Self::Element(id, _, _)
            | Self::Inner(id, _, _, _)
            | Self::Deed(id, _) => Some(id),
        }
    }
}

/// A path that leads somewhere.
#[derive(Clone, Debug)]
pub(crate) struct Address {
    pub(crate) version: Version,
    pub(crate) collection: &'static Collection,
    /// The object above, for collections below another one.
    pub(crate) parent: Option<String>,
    pub(crate) place: Place,
}

/// Why a path leads nowhere; holds the segment to blame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Astray {
    NoSuchPath(String),
    NotInVersion(String),
}

/// Reads the path of a request, its version first.
///
/// Segments are compared without case, `policies('id')` is `policies/id`, and casts such as
/// `microsoft.graph.iosManagedAppProtection` are passed over, all as the service does.
pub(crate) fn read(path: &str) -> Result<Address, Astray> {
    let segments = segments(path);
    let mut rest = segments.iter().map(String::as_str);
    let first = rest.next().unwrap_or_default();
    let version = match first {
        "v1.0" => Version::V1,
        _ if first.eq_ignore_ascii_case("beta") => Version::Beta,
        _ => return Err(Astray::NoSuchPath(first.to_owned())),
    };
    let rest: Vec<&str> = rest.collect();
    if let ([root], Some(collection)) = (rest.as_slice(), collections::find("deviceManagementSettings"))
        && root.eq_ignore_ascii_case("deviceManagement")
    {
        return Ok(Address { version, collection, parent: None, place: Place::Root });
    }
    let lost = || Astray::NoSuchPath(rest.last().copied().unwrap_or_default().to_owned());
    let (collection, parent, used) = find(&rest).ok_or_else(lost)?;
    if version == Version::V1 && collection.versions == Versions::Beta {
        return Err(Astray::NotInVersion(rest[used - 1].to_owned()));
    }
    let place = place(collection, &rest[used..]).ok_or_else(lost)?;
    Ok(Address { version, collection, parent, place })
}

/// Finds the collection whose path is the longest beginning of the segments.
fn find(segments: &[&str]) -> Option<(&'static Collection, Option<String>, usize)> {
    let spellings = TABLE.iter().flat_map(|collection| {
        let paths = collection.aliases.iter().copied().chain([collection.path]);
        paths.map(move |path| (collection, path))
    });
    spellings
        .filter_map(|(collection, path)| {
            let (parent, used) = begins(segments, path)?;
            Some((collection, parent, used))
        })
        .max_by_key(|(_, _, used)| *used)
}

fn begins(segments: &[&str], path: &str) -> Option<(Option<String>, usize)> {
    let mut parent = None;
    let mut used = 0;
    for wanted in path.split('/').skip(1) {
        let found = segments.get(used)?;
        used += 1;
        if wanted == "{parent}" {
            parent = Some((*found).to_owned());
        } else if !wanted.eq_ignore_ascii_case(found) {
            return None;
        }
    }
    Some((parent, used))
}

fn place(collection: &'static Collection, rest: &[&str]) -> Option<Place> {
    if collection.shape == Shape::Single {
        return rest.is_empty().then_some(Place::Whole);
    }
    let owned = |text: &str| text.to_owned();
    match rest {
        [] => Some(Place::Whole),
        ["delta"] if collection.name == "groups" => Some(Place::Delta),
        [id] => Some(Place::Item(owned(id))),
        [id, name] => Some(match collection.part(name) {
            Some(part) => Place::Part(owned(id), part.name),
            None => Place::Deed(owned(id), owned(name)),
        }),
        [id, name, element] => {
            let part = collection.part(name)?;
            Some(Place::Element(owned(id), part.name, owned(element)))
        }
        [id, name, element, inner] => {
            let part = collection.part(name)?;
            let inner = part.inner.iter().find(|known| known.eq_ignore_ascii_case(inner))?;
            Some(Place::Inner(owned(id), part.name, owned(element), owned(inner)))
        }
        _ => None,
    }
}

fn segments(path: &str) -> Vec<String> {
    let mut segments = Vec::new();
    for raw in path.split('/').filter(|raw| !raw.is_empty()) {
        let segment = decode(raw);
        let key = segment
            .split_once("('")
            .and_then(|(name, rest)| Some((name.to_owned(), rest.strip_suffix("')")?.to_owned())));
        match key {
            Some((name, id)) => segments.extend([name, id]),
            None if segment.starts_with("microsoft.graph.") => {
                let name = segment.trim_start_matches("microsoft.graph.");
                // A cast is a type's name, a bound action is an action's: `assign` is not passed over.
                if matches!(name, "assign" | "targetApps") {
                    segments.push(name.to_owned());
                }
            }
            None => segments.push(segment),
        }
    }
    segments
}

/// Decodes percent signs; what does not decode stays as it is.
pub(crate) fn decode(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        let escaped =
            (first == b'%').then(|| after.get(..2)).flatten().and_then(|digits| hex::decode(digits).ok());
        match escaped {
            Some(byte) => {
                bytes.extend(byte);
                rest = &after[2..];
            }
            None => {
                bytes.push(first);
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::{Astray, Place, read};

    fn place(path: &str) -> (&'static str, Place) {
        let address = read(path).unwrap();
        (address.collection.name, address.place)
    }

    #[test]
    fn paths_lead_to_their_places() {
        let text = str::to_owned;
        let cases = [
            ("/beta/deviceManagement/configurationPolicies", "configurationPolicies", Place::Whole),
            (
                "/beta/devicemanagement/ConfigurationPolicies('a')",
                "configurationPolicies",
                Place::Item(text("a")),
            ),
            (
                "/beta/deviceManagement/configurationPolicies/a/settings",
                "configurationPolicies",
                Place::Part(text("a"), "settings"),
            ),
            (
                "/v1.0/identity/conditionalAccess/policies/x%20y",
                "conditionalAccessPolicies",
                Place::Item(text("x y")),
            ),
            ("/v1.0/policies/authenticationStrengthPolicies", "authenticationStrengthPolicies", Place::Whole),
            (
                "/beta/deviceAppManagement/mobileAppConfigurations/a/microsoft.graph.managedDeviceMobileAppConfiguration/assign",
                "mobileAppConfigurations",
                Place::Deed(text("a"), text("assign")),
            ),
            (
                "/beta/deviceManagement/groupPolicyConfigurations/a/definitionValues/b/presentationValues",
                "groupPolicyConfigurations",
                Place::Inner(text("a"), "definitionValues", text("b"), text("presentationValues")),
            ),
            (
                "/beta/deviceManagement/deviceConfigurations/a/getOmaSettingPlainTextValue(secretReferenceValueId='s')",
                "deviceConfigurations",
                Place::Deed(text("a"), text("getOmaSettingPlainTextValue(secretReferenceValueId='s')")),
            ),
            ("/beta/deviceManagement/settings", "deviceManagementSettings", Place::Whole),
        ];
        for (path, collection, wanted) in cases {
            assert_eq!(place(path), (collection, wanted), "{path}");
        }
    }

    #[test]
    fn a_collection_below_another_knows_its_parent() {
        let address = read("/beta/deviceManagement/depOnboardingSettings/t1/enrollmentProfiles/p1").unwrap();
        assert_eq!(address.collection.name, "enrollmentProfiles");
        assert_eq!(address.parent.as_deref(), Some("t1"));
        assert_eq!(address.place, Place::Item("p1".to_owned()));
    }

    #[test]
    fn beta_collections_are_not_in_v1() {
        let astray = read("/v1.0/deviceManagement/configurationPolicies/1").unwrap_err();
        assert_eq!(astray, Astray::NotInVersion("configurationPolicies".to_owned()));
        let astray = read("/v1.0/deviceManagement/nonsense").unwrap_err();
        assert_eq!(astray, Astray::NoSuchPath("nonsense".to_owned()));
    }
}
