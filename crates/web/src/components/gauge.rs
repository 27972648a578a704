//! How long a run took beside how long it usually takes.

use std::time::Duration;

use maud::{Markup, html};

/// Width of the drawing; the tick of the usual time stands in its middle.
const WIDTH: f64 = 64.0;

/// Whether the run goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GaugeOf {
    /// It does.
    Active,
    /// It has ended.
    Ended,
}

/// Says whether something takes longer than twice its usual time.
#[must_use]
pub fn is_long(ran: Duration, usual: Option<Duration>) -> bool {
    usual.is_some_and(|usual| !usual.is_zero() && ran > usual.saturating_mul(2))
}

/// Draws the gauge; nothing where the usual time is not known.
#[must_use]
pub fn gauge(ran: Duration, usual: Option<Duration>, of: GaugeOf) -> Markup {
    let Some(usual) = usual.filter(|usual| !usual.is_zero()) else { return html! {} };
    let ratio = ran.as_secs_f64() / usual.as_secs_f64();
    let width = ((ratio.min(2.0) / 2.0 * WIDTH) * 10.0).round() / 10.0;
    let fill = match of {
        _ if is_long(ran, Some(usual)) => "fill-part",
        GaugeOf::Active => "fill-run",
        GaugeOf::Ended => "fill-done",
    };
    let label = if ratio > 10.0 {
        "more than ten times the usual duration".to_owned()
    } else {
        format!("{:.0} percent of the usual duration", ratio * 100.0)
    };
    html! {
        svg .gauge viewBox="0 0 64 7" role="img" aria-label=(label) {
            rect .ground y="2" width="64" height="3" {}
            rect class=(fill) y="2" width=(width) height="3" {}
            rect .tick x="31.5" width="1" height="7" {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::components::testing::check;

    const USUAL: Option<Duration> = Some(Duration::from_secs(100));

    #[test]
    fn gauges_mark_the_usual_time_and_turn_amber_past_twice_of_it() {
        let of = |seconds, of| gauge(Duration::from_secs(seconds), USUAL, of).into_string();
        let all = [of(50, GaugeOf::Active), of(100, GaugeOf::Ended), of(201, GaugeOf::Active)];
        check("gauges", &all.concat());
        assert!(is_long(Duration::from_secs(201), USUAL) && !is_long(Duration::from_secs(200), USUAL));
    }

    #[test]
    fn without_a_usual_time_there_is_no_gauge() {
        assert_eq!(gauge(Duration::from_secs(5), None, GaugeOf::Ended).into_string(), "");
        assert_eq!(gauge(Duration::from_secs(5), Some(Duration::ZERO), GaugeOf::Ended).into_string(), "");
    }
}
