//! The ruler: one run to scale, from the moment it was queued to its end.

use std::time::Duration;

use jiff::Timestamp;
use maud::{Markup, html};

use super::badge::State;
use super::duration::{between, duration, duration_words};
use super::wall::Wall;

/// What one tick may stand for, in seconds.
const TICKS: &[u64] = &[1, 5, 10, 30, 60, 300, 600, 1800, 3600, 10_800, 21_600, 86_400, 604_800];

/// Most ticks that fit.
const TICKS_MAX: u64 = 20;

/// The narrowest segment, in percent: shorter ones are drawn this wide, so that they can be seen.
const NARROWEST: f64 = 0.6;

/// The narrowest segment that holds its name, in percent.
const NAMED: f64 = 9.0;

/// How far apart marks have to be so that their words do not meet, in percent.
const APART: f64 = 26.0;

/// An attempt of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// Its number, from 1.
    pub number: u16,
    /// When it began.
    pub from: Timestamp,
    /// When it stopped; none while it goes on.
    pub to: Option<Timestamp>,
    /// Why it stopped, where it did not end the run: "throttled".
    pub note: Option<String>,
}

/// A run in time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ruler {
    /// When it was queued.
    pub queued_at: Timestamp,
    /// Its attempts, oldest first.
    pub attempts: Vec<Attempt>,
    /// When it ended; none while it goes on.
    pub ended_at: Option<Timestamp>,
    /// How long it usually takes.
    pub usual: Option<Duration>,
    /// Its state now.
    pub state: State,
}

impl Ruler {
    /// Says how long it took, or has taken, beside how long it usually takes.
    #[must_use]
    pub fn headline(&self, wall: &Wall) -> String {
        let all = duration(between(self.queued_at, self.end(wall)));
        let so_far = if self.ended_at.is_some() { "in total" } else { "so far" };
        match self.usual {
            Some(usual) => format!("{all} {so_far}, usually {}", duration(usual)),
            None => format!("{all} {so_far}"),
        }
    }

    /// Gives what one tick stands for.
    #[must_use]
    pub fn tick(&self, wall: &Wall) -> Duration {
        let seconds = between(self.queued_at, self.end_of_scale(wall)).as_secs();
        let fits = |tick: &&u64| seconds / **tick <= TICKS_MAX;
        Duration::from_secs(TICKS.iter().find(fits).copied().unwrap_or(seconds.max(1)))
    }

    fn end(&self, wall: &Wall) -> Timestamp {
        self.ended_at.unwrap_or(wall.now).max(self.queued_at)
    }

    /// While a run goes on, the scale reaches to its usual end, so that one sees how far it is from there.
    fn end_of_scale(&self, wall: &Wall) -> Timestamp {
        let usual_end = self.usual_end().filter(|_| self.ended_at.is_none());
        usual_end.map_or(self.end(wall), |usual_end| usual_end.max(self.end(wall)))
    }

    /// The usual time counts from the first attempt: waiting says nothing about the work.
    fn usual_end(&self) -> Option<Timestamp> {
        let from = self.attempts.first().map_or(self.queued_at, |first| first.from);
        from.checked_add(self.usual?).ok()
    }

    /// Tells the drawing in one sentence.
    fn in_words(&self, wall: &Wall) -> String {
        let mut parts = Vec::new();
        let mut at = self.queued_at;
        for attempt in &self.attempts {
            let waited = between(at, attempt.from);
            if !waited.is_zero() {
                parts.push(format!("waited {}", duration_words(waited)));
            }
            let to = attempt.to.unwrap_or_else(|| self.end(wall));
            let mut part =
                format!("attempt {} ran {}", attempt.number, duration_words(between(attempt.from, to)));
            if let Some(note) = &attempt.note {
                part.push_str(", ");
                part.push_str(note);
            }
            parts.push(part);
            at = to;
        }
        if self.attempts.is_empty() {
            parts.push(format!("waited {}", duration_words(between(at, self.end(wall)))));
        }
        let end = if self.ended_at.is_some() { "ended" } else { "now" };
        parts.push(format!("{end} {}", self.state.label()));
        parts.join(", ")
    }
}

/// A piece of the track.
struct Segment<'a> {
    x: f64,
    width: f64,
    attempt: Option<(&'a Attempt, Duration, Last)>,
}

/// Whether an attempt is the one that decided the run.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Last {
    Yes,
    No,
}

/// Draws the ruler.
#[must_use]
pub fn ruler(of: &Ruler, wall: &Wall) -> Markup {
    let scale = Scale::new(of, wall);
    let tick = of.tick(wall);
    html! {
        div .ruler {
            svg role="img" aria-label=(of.in_words(wall)) {
                pattern #hatch .wait patternUnits="userSpaceOnUse" width="5" height="5" patternTransform="rotate(45)" {
                    line y2="5" stroke="currentColor" stroke-width="2.5" {}
                }
                @for segment in segments(of, &scale, wall) { (drawn(&segment, of.state)) }
                (usual_mark(of, &scale))
                g .ticks {
                    @for x in scale.ticks(tick) { line x1=(pc(x)) x2=(pc(x)) y1="47" y2="52" {} }
                }
                (marks(of, &scale, wall))
            }
        }
    }
}

fn segments<'a>(of: &'a Ruler, scale: &Scale, wall: &Wall) -> Vec<Segment<'a>> {
    let mut all = Vec::new();
    let mut at = of.queued_at;
    for (index, attempt) in of.attempts.iter().enumerate() {
        if attempt.from > at {
            all.push(scale.segment(at, attempt.from, None));
        }
        let to = attempt.to.unwrap_or_else(|| of.end(wall));
        let last = if index + 1 == of.attempts.len() { Last::Yes } else { Last::No };
        all.push(scale.segment(attempt.from, to, Some((attempt, between(attempt.from, to), last))));
        at = to.max(at);
    }
    if of.end(wall) > at {
        all.push(scale.segment(at, of.end(wall), None));
    }
    all
}

fn drawn(segment: &Segment<'_>, state: State) -> Markup {
    let (x, width) = (pc(segment.x), pc(segment.width));
    let Some((attempt, ran, last)) = segment.attempt else {
        return html! { rect x=(x) y="12" width=(width) height="30" fill="url(#hatch)" {} };
    };
    let (ground, edge, text) = match (last, state) {
        (Last::No, _) | (Last::Yes, State::Queued) => ("try", "edge-ink", None),
        (Last::Yes, State::Running) => ("tint-run", "fill-run", Some("on-run")),
        (Last::Yes, State::Succeeded) => ("tint-ok", "fill-ok", Some("on-ok")),
        (Last::Yes, State::Partial | State::Blocked) => ("tint-part", "fill-part", Some("on-part")),
        (Last::Yes, State::Failed) => ("tint-fail", "fill-fail", Some("on-fail")),
        (Last::Yes, State::Cancelled | State::Unknown) => ("try", "edge-ink", None),
    };
    html! {
        rect class=(ground) x=(x) y="12" width=(width) height="30" {}
        rect class=(edge) x=(x) y="39" width=(width) height="3" {}
        @if segment.width >= NAMED {
            svg x=(x) y="12" width=(width) height="30" {
                text class=[text] x="8" y="18" {
                    "Attempt " (attempt.number)
                    tspan .lb { ", " (duration(ran)) @if let Some(note) = &attempt.note { ", " (note) } }
                }
            }
        }
    }
}

fn usual_mark(of: &Ruler, scale: &Scale) -> Markup {
    let Some(x) = of.usual_end().map(|end| scale.at(end)).filter(|x| *x <= 100.0) else { return html! {} };
    let (anchor, dx) = if x > 85.0 { ("end", "-5") } else { ("start", "5") };
    html! {
        line .usual x1=(pc(x)) x2=(pc(x)) y1="2" y2="46" {}
        text .small x=(pc(x)) dx=(dx) y="7" text-anchor=(anchor) { "usual" }
    }
}

fn marks(of: &Ruler, scale: &Scale, wall: &Wall) -> Markup {
    let first = of.attempts.first();
    let waited = match first {
        Some(first) => format!("queued, waited {}", duration(between(of.queued_at, first.from))),
        None => "queued".to_owned(),
    };
    let end = scale.at(of.end(wall));
    let mut retries = Vec::new();
    let mut latest = 0.0;
    for pair in of.attempts.windows(2) {
        let x = scale.at(pair[1].from);
        if x - latest >= APART && end - x >= APART {
            let after = pair[0].to.map(|to| between(to, pair[1].from)).unwrap_or_default();
            retries.push((x, pair[1].from, format!("attempt {}, after {}", pair[1].number, duration(after))));
            latest = x;
        }
    }
    html! {
        (mark(0.0, Side::After, None, &wall.clock(of.queued_at), &waited))
        @for (x, at, words) in &retries { (mark(*x, Side::After, Some("lb"), &wall.clock(*at), words)) }
        @if end - latest >= APART || retries.is_empty() && end >= APART {
            @match of.ended_at {
                Some(at) => (mark(end, Side::Before, None, &wall.clock(at), "ended")),
                None => (mark(end, Side::Before, None, &wall.clock(wall.now), "now")),
            }
        }
    }
}

/// On which side of its line a mark's words stand.
#[derive(Clone, Copy)]
enum Side {
    Before,
    After,
}

fn mark(x: f64, side: Side, class: Option<&str>, time: &str, words: &str) -> Markup {
    let (anchor, dx) = match side {
        Side::Before => ("end", "-6"),
        Side::After => ("start", "6"),
    };
    html! {
        g class=[class] {
            line .drop-line x1=(pc(x)) x2=(pc(x)) y1="58" y2="86" {}
            text .at x=(pc(x)) dx=(dx) y="69" text-anchor=(anchor) { (time) }
            text .cap x=(pc(x)) dx=(dx) y="84" text-anchor=(anchor) { (words) }
        }
    }
}

/// Where instants lie on the drawing.
struct Scale {
    from: Timestamp,
    seconds: f64,
}

impl Scale {
    fn new(of: &Ruler, wall: &Wall) -> Self {
        // A run of no length at all still has a beginning and an end.
        let seconds = between(of.queued_at, of.end_of_scale(wall)).as_secs_f64().max(0.1);
        Self { from: of.queued_at, seconds }
    }

    /// Gives the place of an instant in percent; beyond 100 where it lies beyond the scale.
    fn at(&self, at: Timestamp) -> f64 {
        between(self.from, at).as_secs_f64() / self.seconds * 100.0
    }

    fn segment<'a>(
        &self,
        from: Timestamp,
        to: Timestamp,
        attempt: Option<(&'a Attempt, Duration, Last)>,
    ) -> Segment<'a> {
        // A hair's breadth parts neighbours.
        let width = (self.at(to) - self.at(from) - 0.2).max(NARROWEST);
        Segment { x: self.at(from).min(100.0 - width), width, attempt }
    }

    fn ticks(&self, tick: Duration) -> impl Iterator<Item = f64> {
        let step = tick.as_secs_f64() / self.seconds * 100.0;
        (0..=TICKS_MAX + 1)
            .map(move |index| f64::from(u32::try_from(index).unwrap_or(0)) * step)
            .filter(|x| *x <= 100.0)
    }
}

fn pc(x: f64) -> String {
    format!("{x:.2}%")
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;
    use proptest::prelude::*;

    use super::*;
    use crate::components::testing::{assert_sound, check, wall};

    /// A run that was queued 405 seconds before now.
    fn at(second: i64) -> Timestamp {
        wall().now - SignedDuration::from_secs(405 - second)
    }

    fn two_attempts() -> Ruler {
        Ruler {
            queued_at: at(0),
            attempts: vec![
                Attempt { number: 1, from: at(2), to: Some(at(196)), note: Some("throttled".into()) },
                Attempt { number: 2, from: at(216), to: Some(at(405)), note: None },
            ],
            ended_at: Some(at(405)),
            usual: Some(Duration::from_secs(280)),
            state: State::Partial,
        }
    }

    #[test]
    fn a_ruler_shows_waiting_attempts_and_the_usual_time() {
        let of = two_attempts();
        assert_eq!(of.headline(&wall()), "6m 45s in total, usually 4m 40s");
        assert_eq!(of.tick(&wall()), Duration::from_secs(30));
        check("ruler", &ruler(&of, &wall()).into_string());
    }

    #[test]
    fn a_run_that_waits_has_no_attempt() {
        let of =
            Ruler { attempts: vec![], ended_at: None, usual: None, state: State::Queued, ..two_attempts() };
        let markup = ruler(&of, &wall()).into_string();
        assert_sound(&markup);
        assert!(markup.contains("waited 6 minutes 45 seconds, now Queued"), "{markup}");
    }

    proptest! {
        #[test]
        fn any_run_fits_its_ruler(
            waits in prop::collection::vec((0i64..4000, 0i64..400_000), 0..5),
            usual in prop::option::of(0u64..100_000),
            tail in 0i64..1000,
        ) {
            let mut second = 0;
            let mut attempts = Vec::new();
            for (number, (wait, ran)) in (1..).zip(&waits) {
                attempts.push(Attempt { number, from: at(second + wait), to: Some(at(second + wait + ran)), note: None });
                second += wait + ran;
            }
            let of = Ruler {
                queued_at: at(0), attempts, ended_at: Some(at(second + tail)),
                usual: usual.map(Duration::from_secs), state: State::Failed,
            };
            let markup = ruler(&of, &wall()).into_string();
            assert_sound(&markup);
            prop_assert!(!markup.contains("NaN") && !markup.contains("inf"), "{}", markup);
            for x in markup.split(" x=\"").skip(1) {
                let x: f64 = x.split(['%', '"']).next().expect("it ends").parse().expect("it is a number");
                prop_assert!((0.0..=100.0).contains(&x), "{}", markup);
            }
        }
    }
}
