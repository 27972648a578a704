//! The stretches that rules found, united and cut out.

use std::ops::Range;

use super::{MARKER, shadow::Shadow};

/// Cell ranges that hold something secret; they may overlap.
#[derive(Debug, Default)]
pub(super) struct Spans(Vec<Range<usize>>);

impl Spans {
    /// Adds a range; an empty one is nothing.
    pub(super) fn add(&mut self, range: Range<usize>) {
        if range.start < range.end {
            self.0.push(range);
        }
    }

    /// The original with one marker for each united range, or `None` if there is no range.
    pub(super) fn cut(mut self, text: &str, shadow: &Shadow) -> Option<String> {
        if self.0.is_empty() {
            return None;
        }
        self.0.sort_unstable_by_key(|range| range.start);
        let mut cut = String::with_capacity(text.len());
        let mut copied = 0;
        for range in united(self.0) {
            let bytes = shadow.bytes(&range);
            // Two cells may come from one character; what is cut stays cut.
            cut.push_str(text.get(copied..bytes.start).unwrap_or_default());
            cut.push_str(MARKER);
            copied = bytes.end.max(copied);
        }
        cut.push_str(&text[copied..]);
        Some(cut)
    }
}

fn united(sorted: Vec<Range<usize>>) -> Vec<Range<usize>> {
    let mut united: Vec<Range<usize>> = Vec::with_capacity(sorted.len());
    for range in sorted {
        match united.last_mut() {
            Some(last) if range.start <= last.end => last.end = last.end.max(range.end),
            _ => united.push(range),
        }
    }
    united
}
