//! The promises, as conditions of every state.

use ledger::RunStatus;
use stateright::Property;

use super::Ledgers;
use super::world::{Broken, Held, Working, World};

/// The promises that the model judges, by the names that the documents give them.
pub(super) const NAMES: &[&str] =
    &["P1", "P2", "P3", "P4", "P5", "P6", "P7", "P8", "P9", "P10", "P11", "P12", "P14"];

pub(super) fn all() -> Vec<Property<Ledgers>> {
    vec![
        Property::always("P1", |_, world: &World| one_open_row_each(world)),
        Property::always("P2", |_, world: &World| kept(world, Broken::CooldownOrOverlap)),
        Property::always("P3", |_, world: &World| kept(world, Broken::StartWithoutARun)),
        Property::always("P4", |_, world: &World| kept(world, Broken::FenceTwice)),
        Property::always("P5", |_, world: &World| kept(world, Broken::EndedTwiceOrStale)),
        Property::always("P6", |_, world: &World| {
            world.rows().all(|(_, row)| row.summary.is_none_or(|token| row.run.token == Some(token)))
        }),
        Property::always("P7", |_, world: &World| {
            world.rows().all(|(_, row)| {
                row.queued_notes == 1
                    && row.terminal_notes == u8::from(row.run.status == RunStatus::Completed)
            })
        }),
        Property::always("P8", |_, world: &World| {
            world.rows().all(|(_, row)| row.run.attempt > row.run.max_attempts || row.run.sound().is_ok())
        }),
        Property::always("P9", |_, world: &World| handlers_have_claims_of_their_own(world)),
        Property::always("P10", |_, world: &World| {
            world.sessions.iter().all(|session| !session.gone || session.expires <= world.now)
        }),
        Property::always("P11", |model: &Ledgers, world: &World| {
            let Some(limit) = model.scene.gate else { return true };
            world.running() <= limit && world.gate == world.running()
        }),
        Property::always("P12", |_, world: &World| {
            world.rows().all(|(_, row)| row.run.attempt <= row.run.max_attempts)
        }),
        Property::always("P14", |_, world: &World| kept(world, Broken::PrunedTooSoon)),
    ]
}

fn kept(world: &World, promise: Broken) -> bool {
    world.broken & promise as u16 == 0
}

fn one_open_row_each(world: &World) -> bool {
    let mut open: Vec<_> =
        world.rows().filter(|(_, row)| row.run.dedupe_open).map(|(_, row)| row.identity).collect();
    let all = open.len();
    open.sort_unstable();
    open.dedup();
    open.len() == all
}

fn handlers_have_claims_of_their_own(world: &World) -> bool {
    let held = |working: &Working| -> Option<Held> {
        match working {
            Working::Busy { held, .. } | Working::Sent { held, .. } | Working::Unsure { held, .. } => {
                Some(*held)
            }
            _ => None,
        }
    };
    let mut tokens: Vec<_> =
        world.workers.iter().filter_map(|worker| held(&worker.at)).map(|h| h.token).collect();
    let all = tokens.len();
    tokens.sort_unstable();
    tokens.dedup();
    tokens.len() == all
}
