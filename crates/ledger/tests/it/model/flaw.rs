//! Wrong designs that look right, each one that somebody built; the checker must catch them all.

use super::scene::Scene;

/// One thing done wrong, everything else as it should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Flaw {
    /// A worker's write asks only whether the run is running, not whose it is.
    StateOnlyGuard,
    /// A takeover writes by id what its snapshot decided, without looking again.
    BlindRescue,
    /// Only active runs are unique, the cooldown is a NOT EXISTS, and a conflict does nothing.
    NotExistsEnsure,
    /// The same with a lock that is taken inside the statement, after its snapshot.
    InStatementLock,
    /// A second unique index covers the same rows, which ON CONFLICT does not name.
    SecondArbiter,
    /// The limit of a scope counts running rows in the claim's snapshot.
    LiveCountGate,
    /// The proof is the fence alone, and a failover issues a fence again.
    FenceAlone,
    /// No index at all behind the check.
    NoIndex,
    /// A heartbeat does not ask whether its session has expired.
    RevivingBeat,
    /// A delivery starts the handler without a claim.
    UnclaimedDelivery,
    /// A claim does not move the fence.
    FenceStandsStill,
    /// A takeover gives attempts without end.
    EndlessAttempts,
    /// The pruner looks at the status alone.
    HastyPruner,
    /// A takeover ends a run without telling its initiator.
    SilentEnd,
    /// A takeover leaves the run pointing at the lost session.
    HalfTakeover,
}

impl Flaw {
    pub(super) const ALL: [Self; 15] = [
        Self::StateOnlyGuard,
        Self::BlindRescue,
        Self::NotExistsEnsure,
        Self::InStatementLock,
        Self::SecondArbiter,
        Self::LiveCountGate,
        Self::FenceAlone,
        Self::NoIndex,
        Self::RevivingBeat,
        Self::UnclaimedDelivery,
        Self::FenceStandsStill,
        Self::EndlessAttempts,
        Self::HastyPruner,
        Self::SilentEnd,
        Self::HalfTakeover,
    ];

    /// The properties that must notice it.
    pub(super) fn breaks(self) -> &'static [&'static str] {
        match self {
            Self::StateOnlyGuard => &["P5", "P6"],
            Self::BlindRescue => &["P5", "P7"],
            Self::NotExistsEnsure | Self::InStatementLock => &["P2", "P3"],
            Self::SecondArbiter => &["P3"],
            Self::LiveCountGate => &["P11"],
            Self::FenceAlone => &["P5", "P6"],
            Self::NoIndex => &["P1", "P2"],
            Self::RevivingBeat => &["P10"],
            Self::UnclaimedDelivery => &["P9"],
            Self::FenceStandsStill => &["P4"],
            Self::EndlessAttempts => &["P12"],
            Self::HastyPruner => &["P14"],
            Self::SilentEnd => &["P7"],
            Self::HalfTakeover => &["P8"],
        }
    }

    /// The scene in which it shows.
    pub(super) fn scene(self) -> Scene {
        match self {
            Self::StateOnlyGuard | Self::BlindRescue | Self::UnclaimedDelivery => Scene::work(),
            Self::NotExistsEnsure | Self::InStatementLock | Self::SecondArbiter | Self::NoIndex => {
                Scene::starts()
            }
            Self::LiveCountGate => Scene::gates(),
            Self::FenceAlone => Scene::failover(),
            Self::HastyPruner => Scene::starts(),
            Self::RevivingBeat => Scene::beats(),
            Self::FenceStandsStill | Self::EndlessAttempts | Self::SilentEnd | Self::HalfTakeover => {
                Scene { workers: 1, reconcilers: 1, ..Scene::beats() }
            }
        }
    }
}
