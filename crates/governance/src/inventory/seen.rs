//! One object as a reading saw it.

use contract::PolicyType;
use database::Ts;
use serde_json::Value;

use crate::kept_text::kept;
use crate::{GraphId, GraphIdError};

/// The properties that tell when an object was last changed; which of them depends on the type.
const MODIFIED_AT: [&str; 2] = ["lastModifiedDateTime", "modifiedDateTime"];

/// What the inventory keeps of an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeenItem {
    pub(crate) graph_id: GraphId,
    pub(crate) name: String,
    pub(crate) platform: Option<String>,
    pub(crate) view: Option<String>,
    pub(crate) graph_modified_at: Option<Ts>,
}

impl SeenItem {
    /// Takes from an object what the inventory keeps, by the rules of its type.
    ///
    /// An object of a type without names is called by the type's title. Texts are cut and freed of NUL.
    ///
    /// # Errors
    /// [`GraphIdError`] if the id cannot be kept; the rest of the page can.
    pub fn of(ty: &PolicyType, graph_id: &str, object: &Value) -> Result<Self, GraphIdError> {
        let name = match &ty.name_property {
            Some(_) => ty.name_of(object).unwrap_or_default(),
            None => &ty.title,
        };
        Ok(Self {
            graph_id: GraphId::new(graph_id)?,
            name: kept(name),
            platform: ty.platform_of(object).as_deref().map(kept),
            view: ty.view_of(object).map(|view| view.key.clone()),
            graph_modified_at: MODIFIED_AT.iter().find_map(|property| instant(object.get(property)?)),
        })
    }

    /// Returns Graph's id.
    #[must_use]
    pub fn graph_id(&self) -> &GraphId {
        &self.graph_id
    }

    /// Returns the name as it is kept.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the view of its type that the object belongs to.
    #[must_use]
    pub fn view(&self) -> Option<&str> {
        self.view.as_deref()
    }
}

/// Reads an instant; Graph's `0001-01-01T00:00:00Z` says "never", as would anything before 1970.
fn instant(value: &Value) -> Option<Ts> {
    let at: jiff::Timestamp = value.as_str()?.parse().ok()?;
    Some(Ts::from(at)).filter(|at| at.as_micros() > 0)
}

#[cfg(test)]
mod tests {
    use contract::Registry;
    use serde_json::json;

    use super::*;

    fn seen(key: &str, object: &Value) -> SeenItem {
        let ty = Registry::builtin().get(key).unwrap();
        SeenItem::of(ty, "an-id", object).unwrap()
    }

    #[test]
    fn name_platform_view_and_time_come_from_where_the_type_has_them() {
        let ring = json!({
            "@odata.type": "#microsoft.graph.windowsUpdateForBusinessConfiguration",
            "displayName": "Ring 1", "lastModifiedDateTime": "2026-01-02T03:04:05.1234567Z",
        });
        let item = seen("deviceConfiguration", &ring);
        assert_eq!(item.name, "Ring 1");
        assert!(item.platform.is_some() && item.view.is_some(), "{item:?}");
        assert_eq!(item.graph_modified_at.unwrap().to_string(), "2026-01-02T03:04:05.123456Z");
    }

    #[test]
    fn a_time_that_means_never_is_none() {
        for never in [json!("0001-01-01T00:00:00Z"), json!(null), json!("soon"), json!(7)] {
            let object = json!({"displayName": "n", "lastModifiedDateTime": never});
            assert_eq!(seen("deviceConfiguration", &object).graph_modified_at, None);
        }
    }

    #[test]
    fn an_object_of_a_type_without_names_is_called_by_its_type() {
        let ty = Registry::builtin().types().iter().find(|ty| ty.name_property.is_none()).unwrap();
        assert_eq!(SeenItem::of(ty, ty.key.as_str(), &json!({})).unwrap().name, ty.title);
    }
}
