//! Long words that nobody wrote: keys and tokens of makers that no rule knows.

use std::ops::Range;

use super::{shadow::Shadow, spans::Spans};

/// Shortest piece without `-` or `_` that is judged; GUIDs and most names are shorter.
const PIECE_LENGTH_MIN: usize = 24;

/// How many letters of each case and how many digits a random piece has at least.
const CASE_COUNT_MIN: usize = 4;
const DIGIT_COUNT_MIN: usize = 2;

/// Percent of neighbours of different class (lower, upper, digit). Random base64 has about 65,
/// joined words about 25; hashes in hexadecimal lack one case and are never judged random.
const TURNS_PERCENT_MIN: usize = 40;

/// Marks runs that hold a random piece.
pub(super) fn mark(shadow: &Shadow, spans: &mut Spans) {
    let mut at = 0;
    while at < shadow.len() {
        if !is_run(shadow.ch(at)) {
            at += 1;
            continue;
        }
        let end = shadow.skip_while(at, is_run);
        if pieces(shadow, at..end).any(|piece| is_random(shadow, piece)) {
            spans.add(at..end);
        }
        at = end;
    }
}

fn is_run(c: char) -> bool {
    is_piece(c) || matches!(c, '-' | '_' | '=')
}

fn is_piece(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '+'
}

fn pieces(shadow: &Shadow, run: Range<usize>) -> impl Iterator<Item = Range<usize>> {
    let mut at = run.start;
    std::iter::from_fn(move || {
        let start = shadow.skip_while(at, |c| is_run(c) && !is_piece(c));
        at = shadow.skip_while(start, is_piece);
        (start < run.end).then_some(start..at)
    })
}

fn is_random(shadow: &Shadow, piece: Range<usize>) -> bool {
    let length = piece.len();
    if length < PIECE_LENGTH_MIN {
        return false;
    }
    let (mut upper, mut lower, mut digits, mut turns) = (0, 0, 0, 0);
    let mut previous = None;
    for at in piece {
        let class = match shadow.ch(at) {
            'A'..='Z' => {
                upper += 1;
                0
            }
            'a'..='z' => {
                lower += 1;
                1
            }
            '0'..='9' => {
                digits += 1;
                2
            }
            _ => 3,
        };
        turns += usize::from(previous.is_some_and(|previous| previous != class));
        previous = Some(class);
    }
    upper >= CASE_COUNT_MIN
        && lower >= CASE_COUNT_MIN
        && digits >= DIGIT_COUNT_MIN
        && turns * 100 >= length * TURNS_PERCENT_MIN
}
