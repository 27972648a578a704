//! A model of the ledger in which every interleaving is explored, wrong designs included.
//!
//! A statement is not one step. Under READ COMMITTED it takes a *snapshot*, may *wait* for a lock, then looks
//! again at the newest version of the row and *writes*; what a sub-select saw stays as old as the snapshot. The
//! model has a step for each, and any other actor may act between two of them. SQLite has one writer, so its
//! behaviours are the few of these in which a statement's steps follow each other at once.
//!
//! What a run may become is [`ledger::transition`], the same function that the walks hold against the databases.

mod flaw;
mod look;
mod producers;
mod properties;
mod scene;
mod workers;
mod world;

use std::sync::atomic::{AtomicU32, Ordering};

use stateright::{Checker, HasDiscoveries, Model, Property};

use crate::dice::long;
use flaw::Flaw;
use scene::Scene;
use world::{Act, World};

/// Rare events; an exploration in which they do not happen proves nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
enum Rare {
    ReusedActive,
    ReusedCooling,
    MetTheWinnerAtTheIndex,
    InsertedAfterARollback,
    NewRunAfterTheCooldown,
    ForcedPastACooldown,
    StaleFinishRefused,
    StaleGiveBackRefused,
    LostAnswerResolved,
    TakenOverAndFinished,
    AttemptsSpent,
    CancelledWhileQueued,
    CancelledWhileRunning,
    ClaimLostTheRace,
    TakeoverLostTheRace,
    LiveClaimTakenOverByAnOldSnapshot,
    GateWasFull,
    Pruned,
    SessionExpired,
    FenceIssuedTwiceAfterAFailover,
}

/// One scene under one design.
struct Ledgers {
    scene: Scene,
    flaw: Option<Flaw>,
    rare: AtomicU32,
}

impl Ledgers {
    fn happened(&self, rare: Rare) {
        self.rare.fetch_or(1 << rare as u32, Ordering::Relaxed);
    }

    fn has(&self, flaw: Flaw) -> bool {
        self.flaw == Some(flaw)
    }
}

impl Model for Ledgers {
    type State = World;
    type Action = Act;

    fn init_states(&self) -> Vec<World> {
        vec![World::new(&self.scene)]
    }

    fn actions(&self, world: &World, acts: &mut Vec<Act>) {
        self.producers_may(world, acts);
        self.workers_may(world, acts);
        self.others_may(world, acts);
    }

    fn next_state(&self, world: &World, act: Act) -> Option<World> {
        let mut next = world.clone();
        match act {
            Act::Start(_)
            | Act::Close(_)
            | Act::Precheck(_)
            | Act::Insert(_)
            | Act::Commit(_)
            | Act::Rollback(_) => {
                self.produce(&mut next, act);
            }
            Act::Tick
            | Act::See(..)
            | Act::Take(_)
            | Act::Spot(_)
            | Act::Prune
            | Act::Cancel(_)
            | Act::Replicate
            | Act::Failover => {
                self.look_after(&mut next, act);
            }
            _ => self.work(&mut next, act),
        }
        next.settle();
        Some(next)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        properties::all()
    }
}

/// What an exploration found.
struct Explored {
    broken: Vec<&'static str>,
    rare: u32,
    states: usize,
    depth: usize,
    trace: String,
}

fn explore(scene: Scene, flaw: Option<Flaw>, until: HasDiscoveries) -> Explored {
    let model = Ledgers { scene, flaw, rare: AtomicU32::new(0) };
    let checker = model.checker().threads(2).finish_when(until).spawn_bfs().join();
    let discoveries = checker.discoveries();
    let mut broken: Vec<_> = discoveries.keys().copied().collect();
    broken.sort_unstable();
    let trace = discoveries.values().next().map(|path| format!("{:?}", path.clone().into_actions()));
    Explored {
        broken,
        rare: checker.model().rare.load(Ordering::Relaxed),
        states: checker.unique_state_count(),
        depth: checker.max_depth(),
        trace: trace.unwrap_or_default(),
    }
}

/// Explores whole scenes, demands that nothing breaks, and prints the bounds.
fn holds(scenes: &[(&str, Scene)]) -> u32 {
    let mut rare = 0;
    for (name, scene) in scenes {
        let from = std::time::Instant::now();
        let found = explore(scene.clone(), None, HasDiscoveries::AnyFailures);
        println!(
            "{name}: {} states, depth {}, {:?}, bounds {scene:?}",
            found.states,
            found.depth,
            from.elapsed()
        );
        assert!(found.broken.is_empty(), "{name} breaks {:?}:\n{}", found.broken, found.trace);
        rare |= found.rare;
    }
    rare
}

#[test]
fn no_interleaving_of_starts_workers_takeovers_and_pruning_breaks_a_promise() {
    let rare = holds(&scene::short());
    let missing: Vec<_> = Rare::ALL.into_iter().filter(|event| rare & (1 << *event as u32) == 0).collect();
    assert!(missing.is_empty(), "these never happened, so nothing was proven about them: {missing:?}");
}

/// Minutes instead of seconds: run with `LEDGER_PROOF=long`.
#[test]
fn nor_does_one_at_the_wider_bounds_when_they_are_asked_for() {
    let scenes = if long() { scene::long() } else { vec![("smallest", Scene::smallest())] };
    holds(&scenes);
}

#[test]
fn every_wrong_design_is_caught_by_the_same_checker() {
    for flaw in Flaw::ALL {
        let expected = flaw.breaks();
        let found =
            explore(flaw.scene(), Some(flaw), HasDiscoveries::AllOf(expected.iter().copied().collect()));
        println!("{flaw:?}: breaks {:?} after {} states", found.broken, found.states);
        for property in expected {
            assert!(found.broken.contains(property), "{flaw:?} went unnoticed by {property}");
        }
    }
}

#[test]
fn every_property_is_broken_by_some_wrong_design() {
    for property in properties::NAMES {
        assert!(
            Flaw::ALL.iter().any(|flaw| flaw.breaks().contains(property)),
            "nothing shows that {property} can fail"
        );
    }
}

impl Rare {
    const ALL: [Self; 20] = [
        Self::ReusedActive,
        Self::ReusedCooling,
        Self::MetTheWinnerAtTheIndex,
        Self::InsertedAfterARollback,
        Self::NewRunAfterTheCooldown,
        Self::ForcedPastACooldown,
        Self::StaleFinishRefused,
        Self::StaleGiveBackRefused,
        Self::LostAnswerResolved,
        Self::TakenOverAndFinished,
        Self::AttemptsSpent,
        Self::CancelledWhileQueued,
        Self::CancelledWhileRunning,
        Self::ClaimLostTheRace,
        Self::TakeoverLostTheRace,
        Self::LiveClaimTakenOverByAnOldSnapshot,
        Self::GateWasFull,
        Self::Pruned,
        Self::SessionExpired,
        Self::FenceIssuedTwiceAfterAFailover,
    ];
}
