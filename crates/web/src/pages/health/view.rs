//! What the health of queue and server looks like.

use jiff::Timestamp;
use maud::{Markup, html};

use crate::components::{Fact, NoticeTone, Value, Wall, counted, facts, notice};

/// From here on, in seconds, a run that is due has waited too long.
const WAIT_MAX: i64 = 60;

/// The page.
#[derive(Clone, Debug)]
pub struct HealthPage {
    /// Now, for the reader.
    pub wall: Wall,
    /// The ways to the other settings.
    pub tabs: Markup,
    /// Workers whose lease holds.
    pub workers: u64,
    /// When the last lease of any worker runs out, or ran out.
    pub lease_until: Option<Timestamp>,
    /// Runs under way.
    pub running: u64,
    /// Runs that are due and wait for a worker.
    pub waiting: u64,
    /// Since when the oldest of them is due.
    pub oldest: Option<Timestamp>,
    /// Runs that wait for a later time, or for somebody's word.
    pub later: u64,
    /// What keeps the data.
    pub database: &'static str,
    /// The version of the server.
    pub version: &'static str,
}

/// Draws the page, without the shell around it.
#[must_use]
pub fn page(page: &HealthPage) -> Markup {
    let (tone, sentence) = verdict(page);
    html! {
        div .head { div { h1 { "Health" } p .sub { "The queue of this workspace, and the server behind it, as of now." } } }
        section .panel aria-label="Health" {
            (page.tabs)
            div .pb { (notice(tone, &sentence, None)) }
            (facts(&lines(page), &page.wall))
        }
    }
}

fn verdict(page: &HealthPage) -> (NoticeTone, String) {
    let waited = page.oldest.map_or(0, |at| page.wall.now.as_second() - at.as_second());
    match (page.workers, waited) {
        (0, _) => (NoticeTone::Warning, "No worker is running. Start one, or the queue waits.".to_owned()),
        (_, WAIT_MAX..) => {
            let minutes = (waited / 60).max(1);
            let words = counted(minutes.unsigned_abs(), "minute", "minutes");
            (NoticeTone::Warning, format!("The oldest run has waited {words}. More workers would help."))
        }
        _ => (NoticeTone::Done, "Runs are picked up as they come.".to_owned()),
    }
}

fn lines(page: &HealthPage) -> Vec<Fact> {
    let workers = Fact::new("Workers alive", Value::Text(page.workers.to_string()));
    let workers = match page.lease_until {
        Some(at) if page.workers == 0 => {
            workers.noting(format!("the last one was heard of before {}", page.wall.day_and_minute(at)))
        }
        _ => workers,
    };
    let mut all = vec![
        workers,
        Fact::new("Running", Value::Text(page.running.to_string())),
        Fact::new("Waiting", Value::Text(page.waiting.to_string())).noting("due, and not yet picked up"),
    ];
    if let Some(oldest) = page.oldest {
        all.push(Fact::new("Oldest waiting", Value::Ago(oldest)));
    }
    all.extend([
        Fact::new("Later", Value::Text(page.later.to_string()))
            .noting("for a later time, or for somebody's word"),
        Fact::new("Database", Value::Text(page.database.to_owned())),
        Fact::new("Version", Value::Code(page.version.to_owned())),
    ]);
    all
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;

    use super::*;
    use crate::components::testing::{check, show, wall};
    use crate::pages::settings::{Section, section_tabs};

    fn well() -> HealthPage {
        HealthPage {
            wall: wall(),
            tabs: section_tabs("n", Section::Health),
            workers: 2,
            lease_until: Some(wall().now + SignedDuration::from_secs(20)),
            running: 3,
            waiting: 1,
            oldest: Some(wall().now - SignedDuration::from_secs(2)),
            later: 4,
            database: "PostgreSQL",
            version: "0.1.0",
        }
    }

    #[test]
    fn health_is_said_in_one_sentence_and_shown_in_numbers() {
        let markup = page(&well());
        show("health", "shell", &markup);
        check("health", &markup.into_string());
        let late = HealthPage { oldest: Some(wall().now - SignedDuration::from_secs(200)), ..well() };
        assert!(page(&late).into_string().contains("has waited 3 minutes"));
        let nobody = HealthPage { workers: 0, ..well() };
        assert!(page(&nobody).into_string().contains("No worker is running."));
    }
}
