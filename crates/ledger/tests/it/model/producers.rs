//! Starts: snapshot, close an expired slot, insert or meet the winner, commit or roll back.

use ledger::RunStatus;
use ledger::transition::{Closing, Deed, RunState, Standing};

use super::flaw::Flaw;
use super::world::{Act, Asking, Broken, Row, World, ts};
use super::{Ledgers, Rare};

impl Ledgers {
    pub(super) fn producers_may(&self, world: &World, acts: &mut Vec<Act>) {
        for (who, producer) in world.producers.iter().enumerate() {
            let Ok(who) = u8::try_from(who) else { continue };
            match producer.at {
                Asking::Idle if producer.starts > 0 => acts.push(Act::Start(who)),
                Asking::Idle => {}
                Asking::Looked { expired, .. } if expired.is_some_and(|row| world.locked(row)) => {}
                Asking::Looked { .. } if self.has(Flaw::InStatementLock) && lock_taken(world, who) => {}
                Asking::Looked { .. } => acts.push(Act::Close(who)),
                Asking::Closed { .. } if self.has(Flaw::SecondArbiter) => acts.push(Act::Precheck(who)),
                Asking::Closed { .. } | Asking::Prechecked { .. } => {
                    if !self.insert_waits(world, who) {
                        acts.push(Act::Insert(who));
                    }
                }
                Asking::Holding { .. } => {
                    acts.push(Act::Commit(who));
                    if world.left.rollbacks > 0 {
                        acts.push(Act::Rollback(who));
                    }
                }
            }
        }
    }

    pub(super) fn produce(&self, world: &mut World, act: Act) {
        match act {
            Act::Start(who) => self.start(world, who),
            Act::Close(who) => self.close(world, who),
            Act::Precheck(who) => self.precheck(world, who),
            Act::Insert(who) => self.insert(world, who),
            Act::Commit(who) => self.commit(world, who),
            Act::Rollback(who) => {
                world.left.rollbacks -= 1;
                answered(world, who);
            }
            _ => {}
        }
    }

    /// The snapshot: a run to reuse is the answer; else what is there to close is remembered.
    fn start(&self, world: &mut World, who: u8) {
        let (producer, at) = (&world.producers[usize::from(who)], world.now);
        let forces = producer.forces;
        let open = world.rows().find(|(_, row)| row.identity == producer.identity && row.run.dedupe_open);
        let standing = open.map(|(row, found)| (row, found.run.standing(ts(at))));
        match standing {
            Some((_, Standing::Active)) => {
                self.happened(Rare::ReusedActive);
                answered(world, who);
            }
            Some((_, Standing::Cooling(_))) if !forces => {
                self.happened(Rare::ReusedCooling);
                answered(world, who);
            }
            other => {
                let expired = other.map(|(row, _)| row);
                world.producers[usize::from(who)].at = Asking::Looked { at, expired };
            }
        }
    }

    /// Waits for the row's lock, looks again, and closes the slot if it still is to be closed.
    fn close(&self, world: &mut World, who: u8) {
        let producer = &world.producers[usize::from(who)];
        let Asking::Looked { at, expired } = producer.at else { return };
        let closing = if producer.forces { Closing::Forced } else { Closing::Expired };
        let closes = |row: u8| {
            world.row(row).is_some_and(|row| row.run.step(Deed::Close { closing, at: ts(at) }).is_ok())
        };
        let closed = expired.filter(|row| closes(*row));
        world.producers[usize::from(who)].at = Asking::Closed { at, closed };
    }

    /// Finds the index free, and does not hold on to that.
    fn precheck(&self, world: &mut World, who: u8) {
        let Asking::Closed { at, closed } = world.producers[usize::from(who)].at else { return };
        world.producers[usize::from(who)].at = match self.in_the_way(world, who) {
            Some(row) => Asking::Holding { found: Some(row), closed },
            None => Asking::Prechecked { at },
        };
    }

    /// Whether the insert has to wait for an open transaction that holds the same key of the index.
    fn insert_waits(&self, world: &World, who: u8) -> bool {
        let identity = world.producers[usize::from(who)].identity;
        let others = world.producers.iter().enumerate().filter(|(other, _)| *other != usize::from(who));
        let inserted = |at: Asking| matches!(at, Asking::Holding { found: None, .. });
        let mine = self.in_the_way(world, who);
        !self.has(Flaw::NoIndex)
            && others.clone().any(|(_, other)| {
                other.identity == identity
                    && (inserted(other.at) || mine.is_some_and(|row| holds(other.at, row)))
            })
    }

    /// The committed row that the unique index finds, whatever the snapshot showed.
    fn in_the_way(&self, world: &World, who: u8) -> Option<u8> {
        let producer = &world.producers[usize::from(who)];
        let closed = match producer.at {
            Asking::Closed { closed, .. } => closed,
            _ => None,
        };
        let active_only = self.has(Flaw::NotExistsEnsure) || self.has(Flaw::InStatementLock);
        let indexed = |run: &RunState| match () {
            () if self.has(Flaw::NoIndex) => false,
            () if active_only => run.status != RunStatus::Completed,
            () => run.dedupe_open,
        };
        world
            .rows()
            .find(|(at, row)| row.identity == producer.identity && indexed(&row.run) && closed != Some(*at))
            .map(|(at, _)| at)
    }

    fn insert(&self, world: &mut World, who: u8) {
        let asking = world.producers[usize::from(who)].at;
        let closed = match asking {
            Asking::Closed { closed, .. } => closed,
            _ => None,
        };
        let gives_no_row = self.has(Flaw::NotExistsEnsure)
            || self.has(Flaw::InStatementLock)
            || matches!(asking, Asking::Prechecked { .. });
        match self.in_the_way(world, who) {
            Some(_) if gives_no_row => {
                world.breaks(Broken::StartWithoutARun);
                answered(world, who);
            }
            Some(row) => {
                self.happened(Rare::MetTheWinnerAtTheIndex);
                world.producers[usize::from(who)].at = Asking::Holding { found: Some(row), closed };
            }
            None => {
                self.judge_new(world, who, closed);
                world.producers[usize::from(who)].at = Asking::Holding { found: None, closed };
            }
        }
    }

    /// A new run comes to be: not within the cooldown of another, and not beside an active one.
    fn judge_new(&self, world: &mut World, who: u8, closed: Option<u8>) {
        let producer = &world.producers[usize::from(who)];
        let same = |row: &Row| row.identity == producer.identity;
        let now = ts(world.now);
        let beside = world.rows().any(|(_, row)| {
            same(row)
                && matches!(row.run.standing(now), Standing::Active | Standing::Cooling(_))
                && !(producer.forces && row.run.status == RunStatus::Completed)
        });
        if producer.forces
            && closed.is_some_and(|row| {
                world.row(row).is_some_and(|row| matches!(row.run.standing(now), Standing::Cooling(_)))
            })
        {
            self.happened(Rare::ForcedPastACooldown);
        }
        if closed.is_some() && !producer.forces {
            self.happened(Rare::NewRunAfterTheCooldown);
        }
        if world.left.rollbacks < self.scene.left.rollbacks {
            self.happened(Rare::InsertedAfterARollback);
        }
        if beside {
            world.breaks(Broken::CooldownOrOverlap);
        }
    }

    fn commit(&self, world: &mut World, who: u8) {
        let producer = world.producers[usize::from(who)].clone();
        let Asking::Holding { found, closed } = producer.at else { return };
        if let Some((at, row)) = closed.and_then(|at| Some((at, world.row(at)?.clone()))) {
            world.write(at, RunState { dedupe_open: false, ..row.run });
            if let Some(row) = world.rows[usize::from(at)].as_mut() {
                row.waived = producer.forces;
            }
        }
        if found.is_none() {
            world.rows.push(Some(Row {
                identity: producer.identity,
                run: RunState::queued(self.scene.max_attempts, ts(world.now)),
                waived: false,
                permit: false,
                queued_notes: 1,
                terminal_notes: 0,
                summary: None,
                handed: 0,
            }));
        } else if found.is_some_and(|row| world.row(row).is_none()) {
            world.breaks(Broken::StartWithoutARun);
        }
        answered(world, who);
    }
}

fn answered(world: &mut World, who: u8) {
    let producer = &mut world.producers[usize::from(who)];
    producer.starts -= 1;
    producer.at = Asking::Idle;
}

fn holds(at: Asking, row: u8) -> bool {
    match at {
        Asking::Closed { closed, .. } => closed == Some(row),
        Asking::Holding { found, closed } => found == Some(row) || closed == Some(row),
        _ => false,
    }
}

/// Whether another start of the identity holds the lock that a wrong design takes after its snapshot.
fn lock_taken(world: &World, who: u8) -> bool {
    let identity = world.producers[usize::from(who)].identity;
    let mut others = world.producers.iter().filter(|other| other.identity == identity);
    others.any(|other| matches!(other.at, Asking::Closed { .. } | Asking::Holding { .. }))
}
