//! A believable tenant from a number: names, settings, assignments, and ids that never change.

mod access;
mod apps;
mod catalog;
mod compliance;
mod configuration;
mod directory;
mod numbers;
mod scripts;
mod windows;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

pub(crate) use self::numbers::Numbers;
use crate::clock::graph_time;
use crate::collections::find;
use crate::ids::derived_id;
use crate::tenant::TenantState;

/// Policies of a generated tenant unless told otherwise; with groups, filters and tags some 110 objects.
const POLICIES: usize = 80;

/// 2024-01-08: the first objects of every generated tenant are from that week.
const FIRST_DAY_SECONDS: i64 = 1_704_700_800;

/// Names for tenants that are given none.
const TENANT_NAMES: &[&str] = &[
    "Fjordline Logistics",
    "Halden Schools",
    "Marrow & Pike Law",
    "Ostwind Energy",
    "Brightwater Clinics",
    "Tessel Manufacturing",
    "Corvid Media",
    "Lindgrove Council",
];

/// Words that tell policies of the same purpose apart.
const VARIANTS: &[&str] = &[
    "Pilot",
    "Kiosk",
    "Frontline",
    "Executives",
    "Shared devices",
    "Warehouse",
    "Contractors",
    "Training rooms",
    "Developers",
    "Finance",
];

/// What a generated tenant is to be like.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct GenerateOptions {
    /// How many policies it holds, beside some 30 groups, filters, tags and other things that policies need.
    pub policies: usize,
    /// The name of the tenant; one that follows from the number if none is given.
    pub display_name: Option<String>,
}

impl Default for GenerateOptions {
    fn default() -> Self {
        Self { policies: POLICIES, display_name: None }
    }
}

impl GenerateOptions {
    /// Sets the number of policies.
    #[must_use]
    pub fn policies(mut self, policies: usize) -> Self {
        self.policies = policies;
        self
    }

    /// Sets the name of the tenant.
    #[must_use]
    pub fn display_name(mut self, display_name: &str) -> Self {
        self.display_name = Some(display_name.to_owned());
        self
    }
}

impl TenantState {
    /// Makes a believable tenant; the same number and options give the same tenant, ids and secret included.
    ///
    /// Policies of every kind come first once, then again as variants for other groups of people and devices.
    pub fn generated(number: u64, options: GenerateOptions) -> Self {
        let mut numbers = Numbers::new(number);
        let name = options.display_name.unwrap_or_else(|| (*numbers.pick(TENANT_NAMES)).to_owned());
        let mut world = World {
            state: Self::empty(number, &name),
            numbers,
            number,
            made: 0,
            groups: Vec::new(),
            filters: Vec::new(),
        };
        directory::furnish(&mut world);
        let recipes = recipes();
        for index in 0..options.policies {
            let variant = index / recipes.len();
            recipes[index % recipes.len()].make(&mut world, variant);
        }
        world.state
    }
}

/// A way to make one policy; `variant` 0 is the plain one.
trait Recipe {
    fn make(&self, world: &mut World, variant: usize);
}

impl<F: Fn(&mut World, usize)> Recipe for F {
    fn make(&self, world: &mut World, variant: usize) {
        self(world, variant);
    }
}

/// Returns all recipes; the areas take turns, so that a small tenant has something of everything.
fn recipes() -> Vec<Box<dyn Recipe>> {
    let mut areas = [
        catalog::recipes().into_iter(),
        compliance::recipes().into_iter(),
        configuration::recipes().into_iter(),
        access::recipes().into_iter(),
        scripts::recipes().into_iter(),
        windows::recipes().into_iter(),
        apps::recipes().into_iter(),
    ];
    let mut all = Vec::new();
    loop {
        let before = all.len();
        all.extend(areas.iter_mut().filter_map(Iterator::next));
        if all.len() == before {
            return all;
        }
    }
}

/// The tenant in the making.
struct World {
    state: TenantState,
    numbers: Numbers,
    number: u64,
    made: u64,
    groups: Vec<String>,
    filters: Vec<String>,
}

impl World {
    /// Puts an object with an id and times that follow from the tenant's number, and returns the id.
    fn put(&mut self, collection: &str, mut object: Value) -> String {
        self.made += 1;
        let words = ["generated", &self.number.to_string(), collection, &self.made.to_string()];
        let id = derived_id(&words).to_string();
        if let Some(object) = object.as_object_mut() {
            object.entry("id").or_insert_with(|| json!(id));
            let created = self.moment();
            let changed = self.moment().max(created);
            let table = find(collection);
            for (property, at) in [
                (table.and_then(|table| table.created), created),
                (table.and_then(|table| table.changed), changed),
            ] {
                if let Some(property) = property {
                    object.insert(property.to_owned(), json!(graph_time(at)));
                }
            }
        }
        self.state
            .put(collection, object)
            .expect("generated objects are JSON objects of collections in the table")
    }

    /// Names a policy, so that no two of a purpose share a name.
    fn name(&self, base: &str, variant: usize) -> String {
        match variant.checked_sub(1) {
            None => base.to_owned(),
            Some(index) => {
                let word = VARIANTS[index % VARIANTS.len()];
                match index / VARIANTS.len() {
                    0 => format!("{base} - {word}"),
                    round => format!("{base} - {word} {}", round + 1),
                }
            }
        }
    }

    /// Makes up assignments: none, everyone, or groups with an exclusion or a filter.
    fn assignments(&mut self) -> Value {
        let target =
            |kind: &str| json!({ "@odata.type": format!("#microsoft.graph.{kind}AssignmentTarget") });
        match self.numbers.below(10) {
            0 | 1 => json!([]),
            2 | 3 => json!([{ "target": self.filtered(target("allDevices")) }]),
            4 => json!([{ "target": target("allLicensedUsers") }]),
            _ => {
                let first = self.numbers.below(self.groups.len());
                let mut assignments = vec![];
                let mut included = target("group");
                included["groupId"] = json!(self.groups[first]);
                assignments.push(json!({ "target": self.filtered(included) }));
                if self.numbers.chance(40) {
                    let mut excluded = target("exclusionGroup");
                    excluded["groupId"] = json!(self.groups[(first + 1) % self.groups.len()]);
                    assignments.push(json!({ "target": excluded }));
                }
                Value::Array(assignments)
            }
        }
    }

    /// Makes up assignments to groups alone, which app protection is limited to.
    fn group_assignments(&mut self) -> Value {
        let group = self.numbers.pick(&self.groups);
        json!([{ "target": {
            "@odata.type": "#microsoft.graph.groupAssignmentTarget",
            "groupId": group,
        } }])
    }

    fn filtered(&mut self, mut target: Value) -> Value {
        let (id, kind) = if self.numbers.chance(30) {
            (json!(self.numbers.pick(&self.filters)), "include")
        } else {
            (Value::Null, "none")
        };
        target["deviceAndAppManagementAssignmentFilterId"] = id;
        target["deviceAndAppManagementAssignmentFilterType"] = json!(kind);
        target
    }

    /// Returns a moment of the tenant's first year and a half.
    fn moment(&mut self) -> Timestamp {
        let seconds = i64::try_from(self.numbers.below(540 * 86_400)).unwrap_or(0);
        let first = Timestamp::from_second(FIRST_DAY_SECONDS).unwrap_or(Timestamp::UNIX_EPOCH);
        first.checked_add(SignedDuration::from_secs(seconds)).unwrap_or(first)
    }
}

#[cfg(test)]
mod tests {
    use super::GenerateOptions;
    use crate::tenant::TenantState;

    #[test]
    fn the_same_number_is_the_same_tenant() {
        let one = TenantState::generated(7, GenerateOptions::default());
        let other = TenantState::generated(7, GenerateOptions::default());
        assert_eq!(one.to_snapshot(), other.to_snapshot());
        let third = TenantState::generated(8, GenerateOptions::default());
        assert_ne!(one.tenant_id(), third.tenant_id());
    }

    #[test]
    fn a_default_tenant_is_varied() {
        let counts = TenantState::generated(1, GenerateOptions::default()).counts();
        let filled = counts.values().filter(|count| **count > 0).count();
        let objects: usize = counts.values().sum();
        assert!(filled >= 20, "{counts:?}");
        assert!((90..=140).contains(&objects), "{objects}");
    }

    #[test]
    fn a_tenant_scales_to_thousands_of_policies_with_names_of_their_own() {
        let tenant = TenantState::generated(3, GenerateOptions::default().policies(3000));
        let objects: usize = tenant.counts().values().sum();
        assert!(objects >= 3000, "{objects}");
        let mut names: Vec<_> =
            tenant.objects("configurationPolicies").map(|object| object.body["name"].to_string()).collect();
        let before = names.len();
        names.sort();
        names.dedup();
        assert_eq!(names.len(), before);
    }
}
