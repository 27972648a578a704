//! Layers of escaping, taken off one at a time.

use super::shadow::Cell;

/// Layers that are taken off; a text nested deeper than this is not met outside attacks.
const LAYERS_MAX: usize = 6;

/// Named entities that can stand for a delimiter.
const ENTITIES: [(&str, char); 7] = [
    ("&quot;", '"'),
    ("&apos;", '\''),
    ("&lt;", '<'),
    ("&gt;", '>'),
    ("&amp;", '&'),
    ("&nbsp;", ' '),
    ("&equals;", '='),
];

/// Most digits of a numeric entity that are read, leading zeros included.
const ENTITY_DIGITS_MAX: usize = 8;

/// Takes off string escapes, percent-encoding and entities until none is left.
pub(super) fn layers(mut cells: Vec<Cell>) -> Vec<Cell> {
    for _ in 0..LAYERS_MAX {
        if !cells.iter().any(|cell| matches!(cell.ch, '\\' | '%' | '&')) {
            break;
        }
        let next = layer(&cells);
        // Every escape is longer than what it stands for.
        if next.len() == cells.len() {
            break;
        }
        cells = next;
    }
    cells
}

fn layer(cells: &[Cell]) -> Vec<Cell> {
    let mut next = Vec::with_capacity(cells.len());
    let mut at = 0;
    while let Some(cell) = cells.get(at) {
        let rest = &cells[at..];
        let found = match cell.ch {
            '\\' => escape(rest),
            '%' => percent(rest),
            '&' => entity(rest),
            _ => None,
        };
        let (cell, width) = found.unwrap_or((*cell, 1));
        next.push(cell);
        at += width;
    }
    next
}

/// `\"`, `\'`, `\\`, `\/`, `\u0022`, `\x22`. Spelled-out blanks stay: `\token` is a path, too.
fn escape(rest: &[Cell]) -> Option<(Cell, usize)> {
    let backslash = rest[0];
    let escaped = *rest.get(1)?;
    let (ch, width) = match escaped.ch {
        // A quote that was escaped less often than its backslash ends the outer string.
        '"' | '\'' | '\\' | '`' if escaped.quote_depth >= backslash.quote_depth => (escaped.ch, 2),
        '/' => ('/', 2),
        'u' => (code_point(rest, 2, 4, 16)?, 6),
        'x' => (code_point(rest, 2, 2, 16)?, 4),
        _ => return None,
    };
    Some((joined(&rest[..width], ch, 1, 0), width))
}

fn percent(rest: &[Cell]) -> Option<(Cell, usize)> {
    let ch = code_point(rest, 1, 2, 16)?;
    ch.is_ascii().then(|| (joined(&rest[..3], ch, 0, 1), 3))
}

fn entity(rest: &[Cell]) -> Option<(Cell, usize)> {
    let named = ENTITIES.iter().find(|(name, _)| {
        rest.len() >= name.len() && name.chars().zip(rest).all(|(c, cell)| cell.ch.eq_ignore_ascii_case(&c))
    });
    let (ch, width) = named.map(|(name, ch)| (*ch, name.len())).or_else(|| numeric_entity(rest))?;
    Some((joined(&rest[..width], ch, 1, 0), width))
}

/// `&#112;`, `&#x70;`; readers take them without the semicolon, too.
fn numeric_entity(rest: &[Cell]) -> Option<(char, usize)> {
    let at = |at: usize| rest.get(at).map(|cell| cell.ch);
    if at(1)? != '#' {
        return None;
    }
    let (radix, from) = if matches!(at(2)?, 'x' | 'X') { (16, 3) } else { (10, 2) };
    let is_digit = |n: &usize| at(*n).is_some_and(|c| c.is_digit(radix));
    let digits = (from..from + ENTITY_DIGITS_MAX).take_while(is_digit).count();
    let ch = code_point(rest, from, digits, radix).filter(|_| digits > 0)?;
    let end = from + digits;
    Some((ch, end + usize::from(at(end) == Some(';'))))
}

/// The visible character that `digits` digits name.
fn code_point(rest: &[Cell], from: usize, digits: usize, radix: u32) -> Option<char> {
    let mut value = 0_u32;
    for cell in rest.get(from..from + digits)? {
        value = value.saturating_mul(radix).saturating_add(cell.ch.to_digit(radix)?);
    }
    let ch = char::from_u32(value)?;
    match ch {
        '\t' | '\n' | '\r' => Some(' '),
        _ if ch.is_control() => None,
        _ => Some(ch),
    }
}

fn joined(cells: &[Cell], ch: char, quotes: u8, percents: u8) -> Cell {
    let depth = |of: fn(&Cell) -> u8| cells.iter().map(of).max().unwrap_or(0);
    Cell {
        ch,
        from: cells[0].from,
        to: cells[cells.len() - 1].to,
        quote_depth: depth(|cell| cell.quote_depth) + quotes,
        percent_depth: depth(|cell| cell.percent_depth) + percents,
    }
}
