//! The part of a form that says which tenants a role counts for.

use tenancy::access::Reach;

use super::view::ReachField;
use crate::components::{FieldOption, Several};
use crate::fields::Fields;
use crate::here::Here;

/// Every tenant, those of tomorrow among them.
const WHOLE: &str = "workspace";

/// Only those that are checked.
const SOME: &str = "tenants";

/// What was chosen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ReachTyped {
    of: String,
    tenants: Vec<String>,
}

impl Default for ReachTyped {
    fn default() -> Self {
        Self { of: WHOLE.to_owned(), tenants: Vec::new() }
    }
}

impl ReachTyped {
    /// Makes it from how things are.
    pub(super) fn of(here: &Here, reach: &Reach) -> Self {
        let Some(tenants) = reach.tenants() else { return Self::default() };
        let slugs = tenants.iter().filter_map(|id| here.tenant_of(*id)).map(|tenant| tenant.slug.clone());
        Self { of: SOME.to_owned(), tenants: slugs.collect() }
    }

    /// Takes it from a form or an address; none where that says nothing of it.
    pub(super) fn given(fields: &mut Fields) -> Option<Self> {
        let (of, tenants) = (fields.all("reach").pop()?, fields.all("tenant"));
        Some(Self { of, tenants })
    }

    /// Reads the reach, or says what is wrong.
    pub(super) fn read(&self, here: &Here) -> Result<Reach, String> {
        match self.of.as_str() {
            WHOLE => Ok(Reach::Workspace),
            SOME if self.tenants.is_empty() => Err("Choose one tenant at least.".to_owned()),
            SOME => {
                let find = |slug: &String| {
                    let tenant = here.tenants.iter().find(|tenant| tenant.slug == *slug);
                    tenant.map(|tenant| tenant.id).ok_or("Choose tenants of this workspace.".to_owned())
                };
                self.tenants.iter().map(find).collect::<Result<Vec<_>, _>>().map(Reach::only)
            }
            _ => Err("Choose the whole workspace, or tenants of it.".to_owned()),
        }
    }

    /// Gives the pairs that an address repeats it with.
    pub(super) fn pairs(&self) -> Vec<(&'static str, &str)> {
        let tenants = self.tenants.iter().map(|tenant| ("tenant", tenant.as_str()));
        [("reach", self.of.as_str())].into_iter().chain(tenants).collect()
    }

    /// Gives the fields to draw.
    pub(super) fn field(&self, here: &Here, error: Option<String>) -> ReachField {
        let option = |value: &str, label: &str, hint: &str| FieldOption {
            value: value.to_owned(),
            label: label.to_owned(),
            hint: Some(hint.to_owned()),
        };
        let tenant = |tenant: &tenancy::tenant::Tenant| FieldOption {
            value: tenant.slug.clone(),
            label: tenant.name.clone(),
            hint: None,
        };
        ReachField {
            whole: vec![
                option(WHOLE, "The whole workspace", "Every tenant, and those that are added later."),
                option(SOME, "Only these tenants", "Nothing else of the workspace is shown to them."),
            ],
            chosen: self.of.clone(),
            tenants: Several {
                name: "tenant".to_owned(),
                label: "Tenants".to_owned(),
                options: here.tenants.iter().map(tenant).collect(),
                chosen: self.tenants.clone(),
                error,
            },
        }
    }
}
