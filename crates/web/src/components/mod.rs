//! The pieces that pages are made of: functions that return markup.
//!
//! Each takes plain data and gives markup that works without scripts: links, forms and disclosures. What data
//! decides about size or place is drawn in SVG, because the security policy forbids inline styles.

mod action;
mod badge;
mod breadcrumbs;
mod counts;
mod drop;
mod duration;
mod empty;
mod environment;
mod events;
mod facts;
mod failures;
mod filter;
mod form;
#[cfg(test)]
mod gallery;
mod gauge;
mod history;
mod icon;
mod link;
mod looks_switch;
mod meter;
mod notice;
mod number;
mod pager;
mod ruler;
mod several;
#[cfg(test)]
mod stylesheet;
mod table;
mod tabs;
mod tape;
#[cfg(test)]
pub(crate) mod testing;
mod toast;
mod wall;
mod who;

pub use action::{Answer, Permission, PostForm, Verb, action, hidden_fields};
pub use badge::{BadgeSize, Pace, State, badge, state_glyph};
pub use breadcrumbs::breadcrumbs;
pub use counts::counts;
pub use drop::{Hang, MenuItem, menu};
pub use duration::{between, counting, duration, duration_words};
pub use empty::{Empty, empty};
pub use environment::{TenantEnvironment, environment};
pub use events::{Event, events};
pub use facts::{Fact, Related, Value, copy_button, facts, kv, related, shortened};
pub use failures::{FailedItem, FailureGroup, ITEMS_SHOWN, failures};
pub use filter::{Choice, DayRange, Filters, Narrowed, Picker, Search, Take, filters};
pub use form::{Field, FieldOption, Input, Need, checkbox, error_summary, field};
pub use gauge::{GaugeOf, gauge, is_long};
pub use history::{PastRun, history};
pub use icon::{Icon, icon, sprite};
pub use link::{Link, Weight, link, link_button, named};
pub use looks_switch::looks_switch;
pub use meter::{MeterOf, Tally, meter};
pub use notice::{NoticeTone, notice, worker_notice};
pub use number::{Count, counted, grouped};
pub use pager::{Pager, pager};
pub use ruler::{Attempt, Ruler, ruler};
pub use several::{Several, several};
pub use table::{Align, Band, Column, From, Narrow, Presence, Row, data_table, row_link};
pub use tabs::{Selected, Tab, tabs};
pub use tape::{TapeDay, tape};
pub use toast::{Toast, ToastTone, toast, toast_region};
pub use wall::{Wall, clock_time, day_time, rel_time};
pub use who::{Initiator, avatar, who};
