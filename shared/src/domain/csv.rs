//! Tables as CSV for people who open them in a spreadsheet program.

/// Appends one row. A cell that a spreadsheet program would run as a formula gets a `'` before it,
/// which such programs show as plain text.
pub fn push_row<'a>(out: &mut String, cells: impl IntoIterator<Item = &'a str>) {
    for (column, cell) in cells.into_iter().enumerate() {
        if column > 0 {
            out.push(',');
        }
        push_cell(out, cell);
    }
    out.push_str("\r\n");
}

fn push_cell(out: &mut String, cell: &str) {
    let formula = cell
        .trim_start()
        .starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '\u{ff1d}', '\u{ff0b}', '\u{ff0d}', '\u{ff20}'])
        || cell.starts_with(['\t', '\r', '\n']);
    let quoted = formula || cell.contains(['"', ',', ';', '\t', '\r', '\n', '\'']) || cell.trim() != cell;
    if !quoted {
        out.push_str(cell);
        return;
    }
    out.push('"');
    if formula {
        out.push('\'');
    }
    for c in cell.chars() {
        if c == '"' {
            out.push('"');
        }
        out.push(c);
    }
    out.push('"');
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn row(cells: &[&str]) -> String {
        let mut out = String::new();
        push_row(&mut out, cells.iter().copied());
        out
    }

    #[test]
    fn cells_are_quoted_where_they_must_be() {
        assert_eq!(row(&["a", "b c", "", "1,5", "say \"hi\""]), "a,b c,,\"1,5\",\"say \"\"hi\"\"\"\r\n");
    }

    #[test]
    fn nothing_runs_as_a_formula() {
        for evil in ["=1+1", "+91", "-2", "@SUM(A1)", "\t=1", " =1", "\r=1", "\u{ff1d}1"] {
            assert!(row(&[evil]).starts_with("\"'"), "{evil:?}");
        }
        assert_eq!(row(&["a=b"]), "a=b\r\n");
    }

    proptest! {
        #[test]
        fn a_row_never_becomes_two(cells in prop::collection::vec(any::<String>(), 1..5)) {
            let cells: Vec<&str> = cells.iter().map(String::as_str).collect();
            let text = row(&cells);
            // Quotes come in pairs, so no comma and no line end inside a cell counts.
            prop_assert_eq!(text.matches('"').count() % 2, 0);
            let bare: String = text.split('"').step_by(2).collect();
            prop_assert_eq!(bare.matches(',').count(), cells.len() - 1);
            prop_assert_eq!(bare.matches("\r\n").count(), 1);
        }
    }
}
