//! What a run counted: the numbers, and their shares as one bar.

use ledger::summary::{CountKey, SummaryCounts};
use maud::{Markup, html};

use super::icon::{Icon, icon};
use super::number::{grouped, percent};

/// Draws the counts that a run reports, in the order of their keys; a sentence where there are none.
#[must_use]
pub fn counts(of: &SummaryCounts) -> Markup {
    if of.is_empty() {
        return html! { p .pb .mut { "This operation reports no counts." } };
    }
    html! {
        dl .counts {
            @for (key, count) in of.iter() {
                div class=[class(key, count)] {
                    dt { @if let Some(glyph) = glyph(key) { (icon(glyph)) } (label(key)) }
                    dd { (grouped(count)) }
                }
            }
        }
        (shares(of))
    }
}

fn shares(of: &SummaryCounts) -> Markup {
    let parts = [
        (CountKey::Succeeded, "fill-done"),
        (CountKey::Skipped, "fill-quiet"),
        (CountKey::Failed, "fill-fail"),
    ];
    let parts: Vec<(CountKey, u64, &str)> = parts
        .into_iter()
        .filter_map(|(key, fill)| Some((key, of.get(key).filter(|count| *count > 0)?, fill)))
        .collect();
    let sum = parts.iter().fold(0_u64, |sum, (_, count, _)| sum.saturating_add(*count));
    let whole = of.get(CountKey::Total).unwrap_or(sum).max(sum);
    if sum == 0 {
        return html! {};
    }
    let words: Vec<String> = parts
        .iter()
        .map(|(key, count, _)| format!("{} {}", grouped(*count), label(*key).to_lowercase()))
        .collect();
    let mut start = 0.0;
    let mut drawn = Vec::new();
    for (_, count, fill) in &parts {
        let width = percent(*count, whole);
        drawn.push((start, (width - 0.2).max(0.4), *fill));
        start += width;
    }
    html! {
        svg .share viewBox="0 0 100 8" preserveAspectRatio="none" role="img" aria-label=(words.join(", ")) {
            @for (x, width, fill) in drawn {
                rect class=(fill) x=(format!("{x:.2}")) width=(format!("{width:.2}")) height="8" {}
            }
        }
    }
}

fn class(key: CountKey, count: u64) -> Option<&'static str> {
    match (key, count) {
        (_, 0) => Some("z"),
        (CountKey::Failed, _) => Some("f"),
        _ => None,
    }
}

const fn label(key: CountKey) -> &'static str {
    match key {
        CountKey::Total => "Total",
        CountKey::Processed => "Processed",
        CountKey::Succeeded => "Succeeded",
        CountKey::Failed => "Failed",
        CountKey::Skipped => "Skipped",
        CountKey::Created => "Created",
        CountKey::Updated => "Updated",
        CountKey::Deleted => "Deleted",
        CountKey::Unchanged => "Unchanged",
        CountKey::Items => "Items",
    }
}

const fn glyph(key: CountKey) -> Option<Icon> {
    match key {
        CountKey::Succeeded => Some(Icon::Succeeded),
        CountKey::Failed => Some(Icon::Failed),
        CountKey::Skipped => Some(Icon::Skipped),
        CountKey::Total
        | CountKey::Processed
        | CountKey::Created
        | CountKey::Updated
        | CountKey::Deleted
        | CountKey::Unchanged
        | CountKey::Items => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::components::testing::check;

    #[test]
    fn counts_keep_their_order_and_dim_their_zeros() {
        let of = SummaryCounts::default()
            .with(CountKey::Failed, 4)
            .with(CountKey::Skipped, 0)
            .with(CountKey::Succeeded, 37)
            .with(CountKey::Total, 41);
        check("counts", &counts(&of).into_string());
    }

    #[test]
    fn a_run_without_counts_says_so() {
        assert!(counts(&SummaryCounts::default()).into_string().contains("reports no counts"));
    }
}
