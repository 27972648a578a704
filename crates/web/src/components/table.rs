//! Data tables: fixed columns, bands of rows, and cards on narrow screens.

use maud::{Markup, html};

/// Where a cell goes when its row becomes a card.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Narrow {
    /// First line, left: what the row is.
    Title,
    /// First line, right: its state.
    State,
    /// Second line, left.
    Second,
    /// Second line, right.
    SecondEnd,
    /// Third line, left.
    Third,
    /// Third line, right.
    ThirdEnd,
    /// A line of its own below, with the column's name before it.
    Line,
    /// Nowhere.
    Hidden,
}

impl Narrow {
    const fn class(self) -> &'static str {
        match self {
            Self::Title => "n-a",
            Self::State => "n-b",
            Self::Second => "n-c",
            Self::SecondEnd => "n-d",
            Self::Third => "n-e",
            Self::ThirdEnd => "n-f",
            Self::Line => "n-line",
            Self::Hidden => "n-hide",
        }
    }
}

/// What a column's values are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Align {
    /// Words, from the left.
    #[default]
    Words,
    /// Numbers, to the right.
    Numbers,
}

/// From which width on a column is shown as a column.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum From {
    /// Always.
    #[default]
    Tablet,
    /// From 1,120 px on.
    Desktop,
}

/// A column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Column {
    /// Its name.
    pub label: &'static str,
    /// Its width in steps of 16 px, as the stylesheet has it; none takes what is left.
    pub width: Option<u8>,
    /// What its values are.
    pub align: Align,
    /// Where its cells go on a card.
    pub narrow: Narrow,
    /// From which width on it is shown.
    pub from: From,
}

impl Column {
    /// Makes a column of words that is always shown.
    #[must_use]
    pub const fn new(label: &'static str, width: Option<u8>, narrow: Narrow) -> Self {
        Self { label, width, align: Align::Words, narrow, from: From::Tablet }
    }

    /// Makes its values numbers.
    #[must_use]
    pub const fn numbers(self) -> Self {
        Self { align: Align::Numbers, ..self }
    }

    /// Shows it on wide screens only.
    #[must_use]
    pub const fn desktop(self) -> Self {
        Self { from: From::Desktop, ..self }
    }

    fn class(&self, narrow: Option<&'static str>) -> Option<String> {
        let parts = [
            narrow,
            (self.align == Align::Numbers).then_some("num"),
            (self.from == From::Desktop).then_some("wide"),
        ];
        let class = parts.into_iter().flatten().collect::<Vec<_>>().join(" ");
        (!class.is_empty()).then_some(class)
    }

    fn col_class(&self) -> Option<String> {
        let width = self.width.map(|steps| format!("w{steps}"));
        let wide = (self.from == From::Desktop).then(|| "wide".to_owned());
        let class = [width, wide].into_iter().flatten().collect::<Vec<_>>().join(" ");
        (!class.is_empty()).then_some(class)
    }
}

/// A row; its first link with the class `go` makes the whole of it lead there.
#[derive(Clone, Debug)]
pub struct Row {
    /// Its id in the page, so that updates find it.
    pub id: String,
    /// Its cells, one for each column.
    pub cells: Vec<Markup>,
    /// Whether it still belongs here.
    pub presence: Presence,
}

/// Whether what a row shows is still there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Presence {
    /// It is.
    #[default]
    Here,
    /// It is not, and the row is dimmed.
    Gone,
}

/// Rows that belong together.
#[derive(Clone, Debug)]
pub struct Band {
    /// What they have in common; none for a table of one band.
    pub heading: Option<String>,
    /// The rows.
    pub rows: Vec<Row>,
}

/// Draws a table.
#[must_use]
pub fn data_table(caption: &str, columns: &[Column], bands: &[Band]) -> Markup {
    html! {
        table .data role="table" data-rows {
            caption .sr { (caption) }
            colgroup { @for column in columns { col class=[column.col_class()]; } }
            thead role="rowgroup" {
                tr role="row" {
                    @for column in columns {
                        th role="columnheader" scope="col" class=[column.class(None)] {
                            @if column.label.is_empty() { span .sr { "Actions" } } @else { (column.label) }
                        }
                    }
                }
            }
            @for one in bands {
                tbody role="rowgroup" {
                    @if let Some(heading) = &one.heading {
                        tr .band role="row" { th role="rowheader" scope="rowgroup" colspan=(columns.len()) { (heading) } }
                    }
                    @for row in &one.rows { (drawn(columns, row)) }
                }
            }
        }
    }
}

fn drawn(columns: &[Column], row: &Row) -> Markup {
    let class = match row.presence {
        Presence::Here => "row",
        Presence::Gone => "row gone",
    };
    html! {
        tr id=(row.id) class=(class) role="row" {
            @for (column, cell) in columns.iter().zip(&row.cells) {
                td role="cell" class=[column.class(Some(column.narrow.class()))]
                    data-label=[(column.narrow == Narrow::Line).then_some(column.label)] { (cell) }
            }
        }
    }
}

/// Draws the link that a row leads to.
#[must_use]
pub fn row_link(href: &str, name: &str) -> Markup {
    html! { a .go href=(href) { bdi { (name) } } }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::components::testing::check;

    #[test]
    fn rows_stand_in_bands_and_keep_their_roles_as_cards() {
        let columns = [
            Column::new("Name", None, Narrow::Title),
            Column::new("Platform", Some(8), Narrow::Line).desktop(),
            Column::new("Versions", Some(6), Narrow::Hidden).numbers(),
        ];
        let row = |id: &str, presence| Row {
            id: id.into(),
            cells: vec![row_link("/p/1", "WIN Baseline"), html! { "Windows" }, html! { "3" }],
            presence,
        };
        let bands = [
            Band {
                heading: Some("Today".into()),
                rows: vec![row("a", Presence::Here), row("b", Presence::Gone)],
            },
            Band { heading: None, rows: vec![] },
        ];
        check("data_table", &data_table("Policies", &columns, &bands).into_string());
    }
}
