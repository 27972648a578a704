//! Ids that sort by the time they were made.

use std::sync::{LazyLock, Mutex, PoisonError};

use uuid::{ContextV7, Timestamp, Uuid};

use crate::Ts;

/// Keeps ids of the same millisecond in the order in which this process made them.
static CONTEXT: LazyLock<Mutex<ContextV7>> = LazyLock::new(|| Mutex::new(ContextV7::new()));

/// Makes a UUIDv7 for `now`; ids of one process sort in the order in which they were made.
///
/// The bytes sort alike in both databases (RFC 9562, section 5.7).
#[must_use]
pub fn new_id(now: Ts) -> Uuid {
    let micros = u64::try_from(now.as_micros()).unwrap_or(0);
    let nanos = u32::try_from(micros % 1_000_000 * 1_000).expect("less than a second of nanoseconds fits");
    let context = CONTEXT.lock().unwrap_or_else(PoisonError::into_inner);
    Uuid::new_v7(Timestamp::from_unix(&*context, micros / 1_000_000, nanos))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_of_one_instant_sort_in_the_order_they_were_made() {
        let now = Ts::from_micros(1_800_000_000_000_000);
        let made: Vec<Uuid> = (0..1000).map(|_| new_id(now)).collect();
        let mut sorted = made.clone();
        sorted.sort();
        assert_eq!(made, sorted);
    }
}
