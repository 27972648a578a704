//! What can be started: every kind with its label, scope, right, cooldown, and how its inputs are read.
//!
//! The catalogue is filled by the crates that know the operations; this one knows none by name. A kind that
//! it does not hold, in a row that a newer version wrote, is still shown.

mod inputs;

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use tenancy::Capability;

use crate::failure::{FailureCode, sanitize};
use crate::identity::{Identity, IdentityError, canonical_inputs};
use crate::run::Outcome;
use crate::summary::CountKey;

/// How often a run is claimed before it ends as failed, unless its kind says otherwise.
pub const ATTEMPTS_MAX: i16 = 3;

/// The fields of an error about inputs that is quoted at most, in characters.
const DETAIL_MAX: usize = 300;

/// What a run is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RunScope {
    /// One tenant.
    Tenant,
    /// The whole workspace.
    Workspace,
}

/// Where a run's result can be seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Related {
    /// The tenant's policies.
    Policies,
    /// The tenant's inventory.
    Inventory,
    /// The tenant itself.
    Tenant,
    /// The list of runs.
    Operations,
}

/// Which ended runs stand for the same work a while longer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cooldown {
    /// None: a start after the end makes a new run.
    None,
    /// Those that did their work, well or badly, for this long.
    AfterWork(Duration),
}

/// Inputs that were read and brought into their effective form.
#[derive(Clone, Debug, PartialEq)]
pub struct Parsed {
    /// What the worker gets, and what the identity hashes.
    pub inputs: Value,
    /// The identity.
    pub identity: Identity,
    /// What a person needs to understand the run.
    pub context: Value,
}

/// Inputs that make no sense.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum InputError {
    /// They are not of the operation's form.
    #[error("the inputs of `{kind}` are not understood: {detail}")]
    Form {
        /// The operation.
        kind: &'static str,
        /// Which field, what was found, and what is allowed.
        detail: String,
    },
    /// They ask for no work at all.
    #[error("{0}")]
    NothingToDo(&'static str),
    /// They cannot be hashed.
    #[error("the inputs of `{kind}` cannot be told apart from others")]
    Identity {
        /// The operation.
        kind: &'static str,
        /// Why.
        #[source]
        source: IdentityError,
    },
}

/// An operation's start half: the struct of its inputs is the operation.
pub trait Operation: Serialize + DeserializeOwned {
    /// The stored word, for example `policy.sync`.
    const KIND: &'static str;
    /// What people call it.
    const LABEL: &'static str;
    /// What it does, in one sentence.
    const SUMMARY: &'static str;
    /// What it is about.
    const SCOPE: RunScope = RunScope::Tenant;
    /// The right it takes to start it.
    const NEEDS: Capability;
    /// How long it usually takes.
    const EXPECTED: Duration;
    /// How long an attempt may take at most.
    const MAX_RUNTIME: Duration = Duration::from_secs(3600);
    /// How often it is tried.
    const MAX_ATTEMPTS: i16 = ATTEMPTS_MAX;
    /// Whether an ended run is reused for a while.
    const COOLDOWN: Cooldown = Cooldown::None;
    /// The counts that its runs may hold.
    const COUNTS: &'static [CountKey];
    /// Where its result can be seen.
    const RELATED: Related;

    /// Checks what the type alone cannot, and brings the inputs into the one form that is hashed.
    ///
    /// # Errors
    /// A sentence that names the field, what was found and what is allowed.
    fn effective(self) -> Result<Self, String> {
        Ok(self)
    }

    /// Says that these inputs ask for nothing, in a fragment for a person: "no policies selected".
    fn nothing_to_do(&self) -> Option<&'static str> {
        None
    }

    /// Gives what a person needs to understand the run; never a secret.
    fn context(&self) -> Value {
        Value::Object(serde_json::Map::new())
    }

    /// Gives the catalogue's entry.
    #[must_use]
    fn kind() -> Kind {
        Kind {
            token: Self::KIND,
            label: Self::LABEL,
            summary: Self::SUMMARY,
            scope: Self::SCOPE,
            needs: Self::NEEDS,
            expected: Self::EXPECTED,
            max_runtime: Self::MAX_RUNTIME,
            max_attempts: Self::MAX_ATTEMPTS,
            cooldown: Self::COOLDOWN,
            counts: Self::COUNTS,
            related: Self::RELATED,
            parse: parse::<Self>,
        }
    }
}

/// What the catalogue knows of a kind.
#[derive(Clone, Debug)]
pub struct Kind {
    /// The stored word.
    pub token: &'static str,
    /// What people call it.
    pub label: &'static str,
    /// What it does, in one sentence.
    pub summary: &'static str,
    /// What it is about.
    pub scope: RunScope,
    /// The right it takes to start it.
    pub needs: Capability,
    /// How long it usually takes.
    pub expected: Duration,
    /// How long an attempt may take at most.
    pub max_runtime: Duration,
    /// How often it is tried.
    pub max_attempts: i16,
    /// Whether an ended run is reused for a while.
    pub cooldown: Cooldown,
    /// The counts that its runs may hold.
    pub counts: &'static [CountKey],
    /// Where its result can be seen.
    pub related: Related,
    /// Reads inputs; null stands for none.
    pub parse: fn(Value) -> Result<Parsed, InputError>,
}

fn parse<O: Operation>(inputs: Value) -> Result<Parsed, InputError> {
    let inputs = if inputs.is_null() { Value::Object(serde_json::Map::new()) } else { inputs };
    let form = |detail: String| InputError::Form { kind: O::KIND, detail };
    let operation: O = inputs::read(&inputs).map_err(|why| form(quotable(&why)))?;
    let operation = operation.effective().map_err(|why| form(quotable(&why)))?;
    if let Some(nothing) = operation.nothing_to_do() {
        return Err(InputError::NothingToDo(nothing));
    }
    let identity = |source| InputError::Identity { kind: O::KIND, source };
    Ok(Parsed {
        identity: Identity::of(O::KIND, &operation).map_err(identity)?,
        context: operation.context(),
        inputs: canonical_inputs(&operation).map_err(identity)?,
    })
}

fn quotable(text: &str) -> String {
    sanitize(text).as_str().chars().take(DETAIL_MAX).collect()
}

/// Two operations claim the same kind.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the kind `{0}` is in the catalogue twice")]
pub struct DuplicateKind(pub &'static str);

/// Everything that can be started.
#[derive(Clone, Debug, Default)]
pub struct Catalog(BTreeMap<&'static str, Kind>);

impl Catalog {
    /// Makes the catalogue.
    ///
    /// # Errors
    /// [`DuplicateKind`] if two entries have the same kind.
    pub fn new(kinds: impl IntoIterator<Item = Kind>) -> Result<Self, DuplicateKind> {
        let mut known = BTreeMap::new();
        for kind in kinds {
            let token = kind.token;
            if known.insert(token, kind).is_some() {
                return Err(DuplicateKind(token));
            }
        }
        Ok(Self(known))
    }

    /// Gives a kind.
    #[must_use]
    pub fn get(&self, token: &str) -> Option<&Kind> {
        self.0.get(token)
    }

    /// Gives every kind, by its word.
    pub fn kinds(&self) -> impl Iterator<Item = &Kind> {
        self.0.values()
    }

    /// Gives what people call a kind; one that is not known gets a readable name made from its word.
    #[must_use]
    pub fn label_of(&self, token: &str) -> String {
        match self.get(token) {
            Some(kind) => kind.label.to_owned(),
            None => token.replace(['.', '_'], " "),
        }
    }

    /// Gives how long an ended run still stands for the same work; zero where a new start makes a new run.
    ///
    /// Nothing cools that was cancelled or blocked, or that failed before its work began.
    #[must_use]
    pub fn cooldown(&self, token: &str, outcome: Outcome, reason: Option<&FailureCode>) -> Duration {
        let Some(Cooldown::AfterWork(cooldown)) = self.get(token).map(|kind| kind.cooldown) else {
            return Duration::ZERO;
        };
        let before_work =
            [FailureCode::DISPATCH_FAILED, FailureCode::PAYLOAD_INVALID, FailureCode::WORKER_LOST];
        match outcome {
            Outcome::Succeeded | Outcome::PartiallySucceeded => cooldown,
            Outcome::Failed if !reason.is_some_and(|code| before_work.contains(code)) => cooldown,
            Outcome::Failed | Outcome::Blocked | Outcome::Cancelled | Outcome::Pending => Duration::ZERO,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde::Deserialize;
    use serde_json::json;

    use super::*;

    #[derive(Debug, Serialize, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Water {
        #[serde(default)]
        plants: BTreeSet<String>,
    }

    impl Operation for Water {
        const KIND: &'static str = "garden.water";
        const LABEL: &'static str = "Water the garden";
        const SUMMARY: &'static str = "Waters plants.";
        const NEEDS: Capability = Capability::StartReads;
        const EXPECTED: Duration = Duration::from_secs(60);
        const COOLDOWN: Cooldown = Cooldown::AfterWork(Duration::from_secs(900));
        const COUNTS: &'static [CountKey] = &[CountKey::Total];
        const RELATED: Related = Related::Operations;

        fn effective(self) -> Result<Self, String> {
            match self.plants.iter().find(|plant| *plant == "cactus") {
                Some(plant) => Err(format!("plants: `{plant}` must not be watered; allowed is any other")),
                None => Ok(self),
            }
        }
    }

    fn catalog() -> Catalog {
        Catalog::new([Water::kind()]).expect("one kind is no duplicate")
    }

    #[test]
    fn a_kind_may_be_there_once() {
        assert_eq!(
            Catalog::new([Water::kind(), Water::kind()]).expect_err("twice"),
            DuplicateKind("garden.water")
        );
    }

    #[test]
    fn no_inputs_are_the_same_as_empty_ones_and_order_does_not_matter() {
        let parse =
            |inputs| (catalog().get("garden.water").expect("it is there").parse)(inputs).expect("they parse");
        assert_eq!(parse(Value::Null), parse(json!({})));
        assert_eq!(parse(json!({})), parse(json!({"plants": []})));
        assert_eq!(
            parse(json!({"plants": ["fern", "rose"]})),
            parse(json!({"plants": ["rose", "fern", "fern"]}))
        );
        assert_ne!(parse(json!({"plants": ["fern"]})).identity, parse(json!({})).identity);
    }

    #[test]
    fn inputs_that_make_no_sense_are_refused_by_field() {
        let refused = |inputs| {
            (catalog().get("garden.water").expect("it is there").parse)(inputs)
                .expect_err("refused")
                .to_string()
        };
        assert!(refused(json!({"plant": []})).contains("there is no field `plant`; allowed: `plants`"));
        assert!(refused(json!({"plants": "fern"})).contains(r#"`plants` is "fern"; allowed: a list"#));
        assert!(refused(json!({"plants": ["cactus"]})).contains("plants: `cactus` must not be watered"));
    }

    #[test]
    fn only_work_that_was_done_cools() {
        let quarter = Duration::from_secs(900);
        let cooldown =
            |outcome, code: Option<FailureCode>| catalog().cooldown("garden.water", outcome, code.as_ref());
        assert_eq!(cooldown(Outcome::Succeeded, None), quarter);
        assert_eq!(cooldown(Outcome::PartiallySucceeded, Some(FailureCode::SYNC_INCOMPLETE)), quarter);
        assert_eq!(cooldown(Outcome::Failed, Some(FailureCode::GRAPH_THROTTLED)), quarter);
        for code in [FailureCode::DISPATCH_FAILED, FailureCode::PAYLOAD_INVALID, FailureCode::WORKER_LOST] {
            assert_eq!(cooldown(Outcome::Failed, Some(code)), Duration::ZERO);
        }
        assert_eq!(cooldown(Outcome::Blocked, None), Duration::ZERO);
        assert_eq!(cooldown(Outcome::Cancelled, None), Duration::ZERO);
        assert_eq!(catalog().cooldown("unheard.of", Outcome::Succeeded, None), Duration::ZERO);
    }

    #[test]
    fn an_unknown_kind_still_has_a_name() {
        assert_eq!(catalog().label_of("garden.water"), "Water the garden");
        assert_eq!(catalog().label_of("moon.base_build"), "moon base build");
    }
}
