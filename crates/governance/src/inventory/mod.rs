//! The inventory: every object of a tenant as it was last observed, and how well each type was read.
//!
//! A *reading* goes through one type's collection and ends complete, partial, denied or unlicensed.
//! Its *depth* tells whether the list alone was read or every object with its parts.

mod close_collection;
mod counts;
mod coverage;
mod list;
mod record_page;
mod seen;

pub use close_collection::{Closed, close_collection};
pub use counts::{TypeCount, counts};
pub use coverage::{Coverage, Depth, Reading, ReadingStatus, coverage};
pub use list::{Filter, Item, ItemPage, list};
pub use record_page::record_page;
pub use seen::SeenItem;
