//! Tables for people.

use std::fmt;

use comfy_table::presets::UTF8_FULL_CONDENSED;
use comfy_table::{CellAlignment, ContentArrangement};

use super::output::{Output, visible};

/// A table that is being filled.
#[derive(Debug)]
pub(crate) struct Table(comfy_table::Table);

impl Table {
    /// Makes a table with its headings; on a terminal it keeps to the width.
    pub(crate) fn new(output: &Output, headings: &[&str]) -> Self {
        let mut table = comfy_table::Table::new();
        table.load_style(UTF8_FULL_CONDENSED).set_header(headings.iter().copied());
        if output.is_terminal() {
            table.set_content_arrangement(ContentArrangement::Dynamic);
        } else {
            // What reads a pipe has no width, and wants a row on a line.
            table.force_no_tty().set_content_arrangement(ContentArrangement::Disabled);
        }
        Self(table)
    }

    /// Aligns a column of numbers to the right.
    #[must_use]
    pub(crate) fn right(mut self, column: usize) -> Self {
        if let Some(column) = self.0.column_mut(column) {
            column.set_cell_alignment(CellAlignment::Right);
        }
        self
    }

    /// Adds a row.
    pub(crate) fn row<const COLUMNS: usize>(&mut self, cells: [String; COLUMNS]) {
        self.0.add_row(cells.map(|cell| visible(&cell).replace(['\n', '\t'], " ")));
    }

    /// Says whether there are no rows.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.trim_fmt())
    }
}
