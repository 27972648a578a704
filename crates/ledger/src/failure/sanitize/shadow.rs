//! The text as it is understood: the copy on which rules match.

use std::ops::Range;

use unicode_normalization::UnicodeNormalization;

use super::{homoglyph, invisible, unescape};

/// One understood character and the bytes of the original that it stands for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cell {
    /// The character after folding and unescaping.
    pub(super) ch: char,
    /// First byte in the original.
    pub(super) from: usize,
    /// One past the last byte in the original.
    pub(super) to: usize,
    /// How many string or markup escapes it was wrapped in: `"` 0, `\"` 1, `\\\"` 2.
    pub(super) quote_depth: u8,
    /// How many times it was percent-encoded: `=` 0, `%3D` 1, `%253D` 2.
    pub(super) percent_depth: u8,
}

/// The understood text. Positions are cell indices; reading past the end gives NUL, which a
/// stripped text cannot hold.
#[derive(Debug)]
pub(super) struct Shadow {
    cells: Vec<Cell>,
    /// How many cells rules have looked at; tests hold it against the length.
    #[cfg(test)]
    pub(super) reads: std::cell::Cell<usize>,
}

impl Shadow {
    /// Folds and unescapes the text.
    pub(super) fn of(text: &str) -> Self {
        let mut cells = Vec::with_capacity(text.len());
        for (from, c) in text.char_indices() {
            let to = from + c.len_utf8();
            let mut push = |ch| {
                cells.push(Cell { ch: homoglyph::folded(ch), from, to, quote_depth: 0, percent_depth: 0 });
            };
            if c.is_ascii() {
                push(c);
            } else if !invisible::is_ignorable(c) {
                let known = homoglyph::folded(c);
                if known == c {
                    std::iter::once(c).nfkc().for_each(push);
                } else {
                    push(known);
                }
            }
        }
        Self {
            cells: unescape::layers(cells),
            #[cfg(test)]
            reads: std::cell::Cell::default(),
        }
    }

    /// Number of cells.
    pub(super) fn len(&self) -> usize {
        self.cells.len()
    }

    /// The cell at a position, if there is one.
    pub(super) fn cell(&self, at: usize) -> Option<&Cell> {
        #[cfg(test)]
        self.reads.set(self.reads.get() + 1);
        self.cells.get(at)
    }

    /// The character at a position, NUL outside.
    pub(super) fn ch(&self, at: usize) -> char {
        self.cell(at).map_or('\0', |cell| cell.ch)
    }

    /// The character before a position, NUL at the start.
    pub(super) fn before(&self, at: usize) -> char {
        at.checked_sub(1).map_or('\0', |at| self.ch(at))
    }

    /// How often the cell at a position was percent-encoded, 0 outside.
    pub(super) fn percent_depth(&self, at: usize) -> u8 {
        self.cell(at).map_or(0, |cell| cell.percent_depth)
    }

    /// The understood characters of a range.
    pub(super) fn text(&self, range: Range<usize>) -> String {
        range.map(|at| self.ch(at)).collect()
    }

    /// The bytes of the original that a non-empty range of cells stands for.
    pub(super) fn bytes(&self, range: &Range<usize>) -> Range<usize> {
        self.cells[range.start].from..self.cells[range.end - 1].to
    }

    /// Says whether a word may begin here; the letter of `\n`, `\r` or `\t` does not join it.
    pub(super) fn starts_word(&self, at: usize) -> bool {
        !self.before(at).is_alphanumeric() || self.follows_escaped_blank(at)
    }

    /// Says whether the two characters before spell `\n`, `\r` or `\t`.
    pub(super) fn follows_escaped_blank(&self, at: usize) -> bool {
        at >= 2 && self.ch(at - 2) == '\\' && matches!(self.ch(at - 1), 'n' | 'r' | 't')
    }

    /// The first position from here on that is no blank; spelled-out `\t`, `\r`, `\n` are blanks.
    pub(super) fn skip_blanks(&self, mut at: usize) -> usize {
        loop {
            let c = self.ch(at);
            if c == '\\' && matches!(self.ch(at + 1), 'n' | 'r' | 't') {
                at += 2;
            } else if c.is_whitespace() && c != '\n' {
                at += 1;
            } else {
                return at;
            }
        }
    }

    /// The first position from here on where the test fails.
    pub(super) fn skip_while(&self, mut at: usize, test: impl Fn(char) -> bool) -> usize {
        while at < self.len() && test(self.ch(at)) {
            at += 1;
        }
        at
    }

    /// The start of the run before `at` for which the test holds, at most `limit` long.
    pub(super) fn run_before(&self, at: usize, limit: usize, test: impl Fn(char) -> bool) -> usize {
        let mut start = at;
        while start > 0 && at - start < limit && test(self.ch(start - 1)) {
            start -= 1;
        }
        start
    }

    /// Says whether the ASCII text stands here, whatever the case.
    pub(super) fn reads(&self, at: usize, expected: &str) -> bool {
        expected.chars().enumerate().all(|(offset, c)| self.ch(at + offset).eq_ignore_ascii_case(&c))
    }

    /// Says whether the ASCII text stands here, in this case.
    pub(super) fn spells(&self, at: usize, expected: &str) -> bool {
        expected.chars().enumerate().all(|(offset, c)| self.ch(at + offset) == c)
    }
}
