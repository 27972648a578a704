//! Numbers as people read them.

/// Groups the digits of a number by thousands: `1,241`.
#[must_use]
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A count, exact up to a bound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Count {
    /// This many.
    Exactly(u64),
    /// This many or more; nobody counted further.
    AtLeast(u64),
}

impl Count {
    /// Gives the number that was counted.
    #[must_use]
    pub const fn number(self) -> u64 {
        match self {
            Self::Exactly(number) | Self::AtLeast(number) => number,
        }
    }

    /// Writes it: `1,241` or `10,000+`.
    #[must_use]
    pub fn text(self) -> String {
        match self {
            Self::Exactly(number) => grouped(number),
            Self::AtLeast(number) => format!("{}+", grouped(number)),
        }
    }
}

/// Writes a count with its noun in the right number: `1 run`, `3 runs`.
#[must_use]
pub fn counted(number: u64, one: &str, many: &str) -> String {
    format!("{} {}", grouped(number), if number == 1 { one } else { many })
}

/// Gives a part of a whole in percent, rounded to two digits and never above 100.
pub(super) fn percent(part: u64, whole: u64) -> f64 {
    if whole == 0 {
        return 0.0;
    }
    #[expect(clippy::cast_precision_loss, reason = "a drawing does not need all 64 bits")]
    let share = part.min(whole) as f64 / whole as f64;
    (share * 10_000.0).round() / 100.0
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn counts_are_grouped_bounded_and_agree_with_their_noun() {
        assert_eq!(grouped(0), "0");
        assert_eq!(grouped(999), "999");
        assert_eq!(grouped(1_241_000), "1,241,000");
        assert_eq!(Count::AtLeast(10_000).text(), "10,000+");
        assert_eq!(counted(1, "run", "runs"), "1 run");
        assert_eq!(counted(1_200, "run", "runs"), "1,200 runs");
    }

    proptest! {
        #[test]
        fn grouping_loses_no_digit(number: u64) {
            prop_assert_eq!(grouped(number).replace(',', ""), number.to_string());
        }

        #[test]
        fn no_part_is_more_than_the_whole(part: u64, whole: u64) {
            prop_assert!((0.0..=100.0).contains(&percent(part, whole)));
        }
    }
}
