//! Tables as CSV files (RFC 4180), safe to open in a spreadsheet.

/// Characters that make a spreadsheet take a cell for a formula, their full-width twins among them (OWASP,
/// "CSV Injection"; ASVS 5.0, 1.2.10).
const FORMULA: [char; 10] = ['=', '+', '-', '@', '\t', '\r', '＝', '＋', '－', '＠'];

/// Writes one line of cells, ended by CR LF.
///
/// A cell that would be a formula gets a leading `'`, which spreadsheets show as text.
pub fn write_line<'a>(out: &mut String, cells: impl IntoIterator<Item = &'a str>) {
    for (at, cell) in cells.into_iter().enumerate() {
        if at > 0 {
            out.push(',');
        }
        write_cell(out, cell);
    }
    out.push_str("\r\n");
}

fn write_cell(out: &mut String, cell: &str) {
    let formula = cell.starts_with(FORMULA);
    let quoted = formula || cell.contains([',', '"', '\r', '\n']) || cell.trim() != cell;
    if !quoted {
        out.push_str(cell);
        return;
    }
    out.push('"');
    if formula {
        out.push('\'');
    }
    out.push_str(&cell.replace('"', "\"\""));
    out.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(cells: &[&str]) -> String {
        let mut out = String::new();
        write_line(&mut out, cells.iter().copied());
        out
    }

    #[test]
    fn plain_cells_stay_and_others_are_quoted() {
        assert_eq!(line(&["a", "", "1.5"]), "a,,1.5\r\n");
        assert_eq!(
            line(&["a,b", "say \"x\"", "two\r\nlines", " x"]),
            "\"a,b\",\"say \"\"x\"\"\",\"two\r\nlines\",\" x\"\r\n"
        );
    }

    #[test]
    fn b29_no_cell_is_a_formula() {
        for first in FORMULA {
            let cell = format!("{first}cmd|' /C calc'!A0");
            assert_eq!(line(&[&cell]), format!("\"'{cell}\"\r\n"), "{first:?}");
        }
    }
}
