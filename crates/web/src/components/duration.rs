//! How long something took, or has taken so far.

use std::time::Duration;

use jiff::Timestamp;
use maud::{Markup, html};

use super::wall::Wall;

/// Writes a duration in its two largest units: `0.4s`, `22s`, `4m 41s`, `2h 03m`, `3d 04h`.
#[must_use]
pub fn duration(of: Duration) -> String {
    let seconds = of.as_secs();
    match seconds {
        0 if of.is_zero() => "0s".to_owned(),
        0 => format!("0.{}s", (of.subsec_millis() / 100).max(1)),
        1..60 => format!("{seconds}s"),
        60..3600 => format!("{}m {:02}s", seconds / 60, seconds % 60),
        3600..86_400 => format!("{}h {:02}m", seconds / 3600, seconds / 60 % 60),
        _ => format!("{}d {:02}h", seconds / 86_400, seconds / 3600 % 24),
    }
}

/// Writes a duration in words, for alternative texts: `4 minutes 41 seconds`.
#[must_use]
pub fn duration_words(of: Duration) -> String {
    let seconds = of.as_secs();
    let unit = |count: u64, one: &str| format!("{count} {one}{}", if count == 1 { "" } else { "s" });
    match seconds {
        0 => "less than a second".to_owned(),
        1..60 => unit(seconds, "second"),
        60..3600 => format!("{} {}", unit(seconds / 60, "minute"), unit(seconds % 60, "second")),
        _ => format!("{} {}", unit(seconds / 3600, "hour"), unit(seconds / 60 % 60, "minute")),
    }
}

/// Gives the time between two instants; zero where the second is earlier.
#[must_use]
pub fn between(from: Timestamp, to: Timestamp) -> Duration {
    Duration::try_from(to.duration_since(from)).unwrap_or_default()
}

/// Writes how long something has taken until now; a script lets it count on.
#[must_use]
pub fn counting(since: Timestamp, wall: &Wall) -> Markup {
    html! { span data-since=(since) { (duration(between(since, wall.now))) } }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_have_at_most_two_units() {
        let cases = [
            (0, "0s"),
            (1, "0.1s"),
            (430, "0.4s"),
            (999, "0.9s"),
            (1000, "1s"),
            (22_900, "22s"),
            (281_000, "4m 41s"),
            (7_380_000, "2h 03m"),
            (273_600_000, "3d 04h"),
        ];
        for (millis, words) in cases {
            assert_eq!(duration(Duration::from_millis(millis)), words);
        }
    }

    #[test]
    fn words_agree_in_number() {
        assert_eq!(duration_words(Duration::from_secs(61)), "1 minute 1 second");
        assert_eq!(duration_words(Duration::from_secs(7322)), "2 hours 2 minutes");
        assert_eq!(duration_words(Duration::ZERO), "less than a second");
    }

    #[test]
    fn time_never_runs_backwards() {
        let (earlier, later) = (Timestamp::UNIX_EPOCH, Timestamp::from_second(9).expect("it is in range"));
        assert_eq!(between(earlier, later), Duration::from_secs(9));
        assert_eq!(between(later, earlier), Duration::ZERO);
    }
}
