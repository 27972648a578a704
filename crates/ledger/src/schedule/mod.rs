//! Schedules: what is started by the clock.
//!
//! A *schedule* is a kind, its inputs and a [`Cadence`]. A *fire* is one of its times at which it started
//! something: a row whose key is the schedule and that time, written in the transaction of the start, so that
//! however many schedulers there are a time is fired once. Times that passed while there was none are made up
//! for by one fire, of the latest of them, which says how many it stands for.
//!
//! Times are judged by the application's clock. One that was set back makes a schedule look for its next time
//! anew, and what was fired already stays fired.

mod add;
mod cadence;
mod fire;
mod list;
mod system;

pub use add::{NewSchedule, ScheduleError};
pub use cadence::{Cadence, CadenceError, SPAN_MINUTES_MAX, SPAN_MINUTES_MIN};
pub use fire::{FireResult, Fired};
pub use list::{LastFire, Origin, Schedule};
pub use system::SystemSchedule;

database::ids! {
    /// Names a schedule within a workspace.
    ScheduleId,
}
