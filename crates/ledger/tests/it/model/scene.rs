//! The scenes: how many of whom, and how often rare things happen. Each is explored to its end.

use super::world::Left;

/// The bounds of one exploration.
#[derive(Clone, Debug)]
pub(super) struct Scene {
    /// Identity, number of starts, whether they force.
    pub(super) producers: Vec<(u8, u8, bool)>,
    pub(super) workers: u8,
    pub(super) reconcilers: u8,
    /// The last tick of the clock.
    pub(super) ticks: u8,
    pub(super) cooldown: u8,
    pub(super) lease: u8,
    pub(super) max_attempts: i16,
    /// How many runs may run at once in the one scope; none: no gate.
    pub(super) gate: Option<u8>,
    pub(super) prunes: bool,
    pub(super) left: Left,
}

const NEVER: Left =
    Left { rollbacks: 0, crashes: 0, lost_answers: 0, cancels: 0, beats: 0, sessions: 1, failovers: 0 };

impl Scene {
    pub(super) fn smallest() -> Self {
        Self {
            producers: vec![(0, 1, false)],
            workers: 1,
            reconcilers: 1,
            ticks: 2,
            cooldown: 1,
            lease: 1,
            max_attempts: 2,
            gate: None,
            prunes: false,
            left: Left { sessions: 2, ..NEVER },
        }
    }

    /// Starts race each other, a worker that ends runs, cooldowns, rollbacks and the pruner.
    pub(super) fn starts() -> Self {
        Self {
            producers: vec![(0, 1, false), (0, 1, false), (0, 1, false)],
            workers: 1,
            reconcilers: 0,
            ticks: 3,
            lease: 9,
            prunes: true,
            left: Left { rollbacks: 1, ..NEVER },
            ..Self::smallest()
        }
    }

    /// One start insists while another does not.
    pub(super) fn forced() -> Self {
        Self {
            producers: vec![(0, 2, false), (0, 1, true)],
            prunes: false,
            ticks: 2,
            left: NEVER,
            ..Self::starts()
        }
    }

    /// Workers lose leases, crash, and repeat themselves, while two reconcilers take over.
    pub(super) fn work() -> Self {
        Self {
            workers: 2,
            reconcilers: 2,
            left: Left { crashes: 1, lost_answers: 1, cancels: 1, sessions: 3, ..NEVER },
            ..Self::smallest()
        }
    }

    /// A worker that beats keeps its run, one that beats too late does not.
    pub(super) fn beats() -> Self {
        Self { workers: 2, ticks: 3, left: Left { beats: 2, sessions: 3, ..NEVER }, ..Self::smallest() }
    }

    /// Two identities in one scope that takes one run at a time.
    pub(super) fn gates() -> Self {
        Self {
            producers: vec![(0, 1, false), (1, 1, false)],
            workers: 2,
            ticks: 2,
            gate: Some(1),
            cooldown: 0,
            left: Left { sessions: 2, ..NEVER },
            ..Self::smallest()
        }
    }

    /// A standby that lags becomes the primary while workers go on.
    pub(super) fn failover() -> Self {
        Self {
            workers: 2,
            reconcilers: 0,
            ticks: 1,
            lease: 9,
            left: Left { failovers: 1, sessions: 2, lost_answers: 1, ..NEVER },
            ..Self::smallest()
        }
    }

    /// Two identities and three producers, one of whose starts is rolled back, with two workers.
    pub(super) fn together() -> Self {
        Self {
            producers: vec![(0, 1, false), (0, 1, false), (1, 1, false)],
            workers: 2,
            reconcilers: 0,
            ticks: 1,
            lease: 9,
            max_attempts: 1,
            left: Left { rollbacks: 1, sessions: 2, ..NEVER },
            ..Self::smallest()
        }
    }
}

/// What the test command explores, in seconds.
pub(super) fn short() -> Vec<(&'static str, Scene)> {
    vec![
        ("starts", Scene::starts()),
        ("forced", Scene::forced()),
        ("work", Scene::work()),
        ("beats", Scene::beats()),
        ("gates", Scene::gates()),
        ("failover", Scene::failover()),
    ]
}

/// The same with more of everything, in minutes.
pub(super) fn long() -> Vec<(&'static str, Scene)> {
    let starts = Scene {
        producers: vec![(0, 2, false), (0, 1, false), (0, 1, true)],
        ticks: 2,
        prunes: false,
        ..Scene::starts()
    };
    let work = Scene {
        ticks: 3,
        left: Left { crashes: 1, lost_answers: 1, cancels: 1, beats: 1, sessions: 3, ..NEVER },
        ..Scene::work()
    };
    let attempts = Scene { max_attempts: 3, ..Scene::work() };
    let gates = Scene { left: Left { lost_answers: 1, sessions: 3, ..NEVER }, ..Scene::gates() };
    vec![
        ("starts", starts),
        ("work", work),
        ("attempts", attempts),
        ("gates", gates),
        ("together", Scene::together()),
    ]
}
