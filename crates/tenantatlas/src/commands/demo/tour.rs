//! The steps of the demo.

use std::collections::BTreeMap;

use governance::{inventory, policies};
use ledger::failure::FailureCode;
use ledger::summary::CountKey;
use ledger::{Outcome, PAGE_MAX, RunDetail, RunFilter, Started};
use serde_json::{Value, json};
use simulator::{Change, Fault, Rule};
use tenancy::{Scope, TenantId};

use super::story::Story;
use super::world::{Member, World};
use super::{corpus, policy};
use crate::commands::runs::{ledger_table, tell_failures};
use crate::config::Settings;
use crate::follow::follow;
use crate::present::{Board, RunDetailJson};
use crate::problem::Problem;
use crate::wiring::Installation;

/// How much of a changed value is shown, in characters.
const VALUE_MAX: usize = 240;

/// Which runs the ledger at the end shows.
const LEDGER_MAX: usize = 30;

/// What the step about an incomplete collection reads: the one whose second page fails, and one that is whole.
const INCOMPLETE: &str = "configurationPolicy";
const WHOLE: &str = "deviceCompliancePolicy";

/// The tour under way.
pub(super) struct Tour<'t> {
    installation: &'t Installation,
    world: &'t World,
    story: &'t mut Story,
    scopes: Vec<Scope>,
    whole: Scope,
    tenants: BTreeMap<TenantId, String>,
}

impl<'t> Tour<'t> {
    /// Gets ready to go.
    pub(super) async fn new(
        installation: &'t Installation,
        settings: &Settings,
        world: &'t World,
        story: &'t mut Story,
    ) -> Result<Self, Problem> {
        let whole = installation.scope(settings, None).await?;
        let mut scopes = Vec::new();
        for member in world.members() {
            scopes.push(installation.scope(settings, Some(member.sample.slug)).await?);
        }
        let tenants = installation.tenant_slugs(&whole).await?;
        Ok(Self { installation, world, story, scopes, whole, tenants })
    }

    /// Says who takes part, and what was loaded.
    pub(super) fn introduce(&mut self) -> Result<(), Problem> {
        self.story.line(format!("Simulated Microsoft Graph: {}", self.world.graph_url()))?;
        for member in self.world.members() {
            let since = match member.starts {
                1 => "new".to_owned(),
                n => format!("found again, start {n}"),
            };
            self.story.line(format!("Simulated tenant {}: {since}", member.sample.slug))?;
        }
        match self.world.loaded() {
            None => Ok(()),
            Some(loaded) => {
                self.story.step(&format!("Loaded from {}", loaded.folder.display()))?;
                corpus::tell_loaded(loaded, self.story)
            }
        }
    }

    /// Lists everything, then reads every policy.
    pub(super) async fn first_reading(&mut self) -> Result<(), Problem> {
        self.story.step("Inventory sync: what is there")?;
        self.on_both("inventory.sync").await?;
        self.story.step("Policy sync: every policy whole, with its settings and assignments")?;
        let runs = self.on_both("policy.sync").await?;
        if self.world.members().iter().all(|member| member.starts > 1) {
            let unchanged = runs.iter().all(nothing_changed);
            let words = if unchanged {
                "everything is as the last start left it"
            } else {
                "something changed since the last start"
            };
            self.story.line(format!("  {words}"))?;
        }
        Ok(())
    }

    /// Reads every policy again.
    pub(super) async fn nothing_new(&mut self) -> Result<(), Problem> {
        self.story.step("Policy sync again: nothing has changed")?;
        let runs = self.on_both("policy.sync").await?;
        for (run, member) in runs.iter().zip(self.world.members()) {
            let unchanged = count(run, CountKey::Unchanged);
            self.story.expect(
                nothing_changed(run),
                format!("{}: all {unchanged} policies are unchanged", member.sample.slug),
            )?;
        }
        Ok(())
    }

    /// Changes one policy of the first tenant, and reads it again.
    pub(super) async fn one_change(&mut self) -> Result<(), Problem> {
        self.story.step("One policy is changed in the tenant, then policy sync")?;
        let member = self.world.first();
        let Some(change) = member.handle.change_one(member.starts) else {
            return self
                .story
                .expect(false, format!("{} holds a policy that can be changed", member.sample.slug));
        };
        self.tell_change(&change)?;
        self.world.keep()?;
        let ty = policy::type_of(&change.collection).map_or(change.collection.as_str(), |ty| ty.key.as_str());
        let (database, scope) = (&self.installation.database, self.scopes[0].clone());
        let before =
            policy::find(database, &scope, ty, &change.id).await?.map_or(0, |policy| policy.version_count);
        let versions_before = self.versions(&scope).await?;
        let run = self.sync(0, "policy.sync", Value::Null, Outcome::Succeeded).await?;
        let made = self.versions(&scope).await?.saturating_sub(versions_before);
        let after =
            policy::find(database, &scope, ty, &change.id).await?.map_or(0, |policy| policy.version_count);
        self.story.found(json!({
            "change": change, "type": ty, "versions_made": made, "version_before": before, "version": after,
        }));
        let one = made == 1
            && after == before + 1
            && count(&run, CountKey::Updated) == 1
            && count(&run, CountKey::Created) == 0;
        self.story
            .expect(one, format!("exactly one version was made: {} has version {after} now", change.name))
    }

    /// Compares what was loaded with what is kept.
    pub(super) async fn stored_is_loaded(&mut self) -> Result<(), Problem> {
        let Some(loaded) = self.world.loaded() else { return Ok(()) };
        self.story.step("What is kept is what was loaded")?;
        corpus::tell_stored(loaded, self.installation, &self.scopes[0], self.story).await
    }

    /// Lets the second page of a collection fail, then lets it heal.
    pub(super) async fn second_page_fails(&mut self) -> Result<(), Problem> {
        self.story.step(
            "The second page of a collection fails: it is incomplete, and nothing is concluded from it",
        )?;
        let Member { handle, .. } = self.world.first();
        let before = self.known(INCOMPLETE).await?;
        let page = Rule::new(Fault::Html)
            .tenant(handle.tenant_id())
            .path("/deviceManagement/configurationPolicies?")
            .page(2);
        let rule = self.world.simulator().faults().add(page);
        let inputs = json!({"policy_types": [INCOMPLETE, WHOLE]});
        let run = self.sync(0, "policy.sync", inputs.clone(), Outcome::PartiallySucceeded).await;
        let fired = self.world.simulator().faults().remove(rule);
        let run = run?;
        tell_failures(&run, self.story.output())?;
        self.story.expect(fired > 0, "the page was asked for and could not be read")?;
        let code = run.row.reason_code.as_deref();
        self.story.expect(
            code == Some(FailureCode::SYNC_INCOMPLETE.as_str()),
            "the run succeeded in part, with sync.incomplete",
        )?;
        let (status, _) = self.status(INCOMPLETE).await?;
        self.story.expect(status == "partial", format!("{INCOMPLETE} is {status}"))?;
        let (whole, _) = self.status(WHOLE).await?;
        self.story.expect(whole == "complete", format!("{WHOLE} is {whole}"))?;
        let after = self.known(INCOMPLETE).await?;
        self.story.expect(
            before == after,
            format!("still {} objects are known, and {} are missing", after.0, after.1),
        )?;

        self.story.step("The page can be read again")?;
        self.sync(0, "policy.sync", inputs, Outcome::Succeeded).await?;
        let (status, age) = self.status(INCOMPLETE).await?;
        self.story.expect(status == "complete", format!("{INCOMPLETE} is {status}{age}"))?;
        let healed = self.known(INCOMPLETE).await?;
        self.story
            .expect(before == healed, format!("{} objects are known, and {} are missing", healed.0, healed.1))
    }

    /// Prints the ledger.
    pub(super) async fn ledger(&mut self) -> Result<(), Problem> {
        self.story.step("The ledger, newest first")?;
        let ledger = &self.installation.ledger;
        let page =
            ledger.list_ended(&self.whole, &RunFilter::default(), None, LEDGER_MAX.min(PAGE_MAX)).await?;
        let now = self.installation.clock.now();
        let table = ledger_table(&page.runs, ledger.catalog(), &self.tenants, now, self.story.output());
        self.story.line(table)
    }

    async fn on_both(&mut self, kind: &str) -> Result<Vec<RunDetail>, Problem> {
        let board = Board::new(self.story.output());
        let ledger = &self.installation.ledger;
        let label = ledger.catalog().label_of(kind);
        let mut following = Vec::new();
        for (scope, member) in self.scopes.iter().zip(self.world.members()) {
            let started = ledger.start(scope, kind, Value::Null).await?;
            following.push((
                scope,
                run_of(&started)?,
                board.add(format!("{label} of {}", member.sample.slug)),
            ));
        }
        // Both run at once; each bar moves while the other is waited for.
        let mut ended = Vec::new();
        let (mut first, mut second) = (following.remove(0), following.remove(0));
        let (one, other) = tokio::try_join!(
            follow(ledger, first.0, first.1, &mut first.2, None),
            follow(ledger, second.0, second.1, &mut second.2, None),
        )?;
        for run in [one, other] {
            self.check(&run, Outcome::Succeeded)?;
            ended.push(run);
        }
        self.remember(&ended);
        Ok(ended)
    }

    async fn sync(
        &mut self,
        member: usize,
        kind: &str,
        inputs: Value,
        wanted: Outcome,
    ) -> Result<RunDetail, Problem> {
        let ledger = &self.installation.ledger;
        let scope = &self.scopes[member];
        let started = ledger.start(scope, kind, inputs).await?;
        let what =
            format!("{} of {}", ledger.catalog().label_of(kind), self.world.members()[member].sample.slug);
        let mut progress = Board::new(self.story.output()).add(what);
        let run = follow(ledger, scope, run_of(&started)?, &mut progress, None).await?;
        self.check(&run, wanted)?;
        self.remember(std::slice::from_ref(&run));
        Ok(run)
    }

    /// Stops the demo at a run that did not end as it should.
    fn check(&self, run: &RunDetail, wanted: Outcome) -> Result<(), Problem> {
        if run.row.outcome == wanted {
            return Ok(());
        }
        tell_failures(run, self.story.output())?;
        let reason = run.row.reason_code.as_deref().unwrap_or("no code");
        Err(Problem::failed(
            "demo.step_failed",
            format!(
                "the run {} ended as {} ({reason}), and {wanted} was expected",
                run.row.id, run.row.outcome
            ),
        )
        .advice("the failures above say what to do"))
    }

    fn remember(&mut self, runs: &[RunDetail]) {
        let catalog = self.installation.catalog();
        self.story.runs(runs.iter().map(|run| RunDetailJson::of(run, catalog, &self.tenants)));
    }

    fn tell_change(&self, change: &Change) -> Result<(), Problem> {
        let shown = |value: &Value| -> String {
            let text = value.to_string();
            if text.chars().count() <= VALUE_MAX {
                text
            } else {
                text.chars().take(VALUE_MAX).chain(['…']).collect()
            }
        };
        self.story.line(format!("  {}: {}", change.collection, change.name))?;
        self.story.line(format!(
            "  {}: {} → {}",
            change.property,
            shown(&change.before),
            shown(&change.after)
        ))
    }

    async fn versions(&self, scope: &Scope) -> Result<u64, Problem> {
        let totals = policies::totals(&self.installation.database, scope).await?;
        Ok(totals.iter().map(|total| total.versions).sum())
    }

    /// Gives how many objects of a type are known to be there, and how many are missing.
    async fn known(&self, ty: &str) -> Result<(u64, u64), Problem> {
        let counts = inventory::counts(&self.installation.database, &self.scopes[0]).await?;
        Ok(counts.iter().find(|count| count.ty == ty).map_or((0, 0), |count| (count.present, count.missing)))
    }

    /// Gives how the last reading of a type's objects ended, and in how many pages.
    async fn status(&self, ty: &str) -> Result<(&'static str, String), Problem> {
        let coverage = inventory::coverage(&self.installation.database, &self.scopes[0]).await?;
        let row = coverage.iter().find(|row| row.ty == ty && row.depth == inventory::Depth::Detailed);
        Ok(row.map_or(("unread", String::new()), |row| {
            (row.reading.status.as_str(), format!(", {} pages", row.reading.pages))
        }))
    }
}

fn run_of(started: &Started) -> Result<ledger::RunId, Problem> {
    match started {
        Started::NotDispatched { failure, .. } => Err(Problem::failed(
            "demo.step_failed",
            format!("the run could not be handed to the worker: {}", failure.message),
        )),
        other => Ok(other.run().id),
    }
}

fn count(run: &RunDetail, key: CountKey) -> u64 {
    run.row.counts.get(key).unwrap_or(0)
}

fn nothing_changed(run: &RunDetail) -> bool {
    let changed = [CountKey::Created, CountKey::Updated, CountKey::Deleted, CountKey::Failed];
    changed.into_iter().all(|key| count(run, key) == 0) && count(run, CountKey::Unchanged) > 0
}
