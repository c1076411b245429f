//! Tables that read well as plain text and are valid Markdown.

/// A table under construction. The first column is aligned left, all others right.
pub struct Table {
    rows: Vec<Vec<String>>,
}

impl Table {
    pub fn new(header: &[&str]) -> Self {
        Self {
            rows: vec![header.iter().map(ToString::to_string).collect()],
        }
    }

    pub fn row(&mut self, cells: impl IntoIterator<Item = String>) {
        self.rows.push(cells.into_iter().collect());
    }

    /// Prints it below a heading.
    pub fn print(&self, heading: &str) {
        println!("\n{heading}\n\n{}", self.render());
    }

    fn render(&self) -> String {
        let widths = self.widths();
        let mut lines: Vec<_> = self.rows.iter().map(|row| line(row, &widths)).collect();
        lines.insert(1, ruler(&widths));
        lines.join("\n")
    }

    fn widths(&self) -> Vec<usize> {
        let columns = self.rows.iter().map(Vec::len).max().unwrap_or(0);
        let width = |column: usize| {
            let cells = self.rows.iter().filter_map(|row| row.get(column));
            cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
        };
        (0..columns).map(|column| width(column).max(3)).collect()
    }
}

fn line(row: &[String], widths: &[usize]) -> String {
    let cells = row.iter().zip(widths).enumerate();
    let cells = cells.map(|(column, (cell, width))| match column {
        0 => format!("{cell:<width$}"),
        _ => format!("{cell:>width$}"),
    });
    format!("| {} |", cells.collect::<Vec<_>>().join(" | "))
}

fn ruler(widths: &[usize]) -> String {
    let cells = widths
        .iter()
        .enumerate()
        .map(|(column, width)| match column {
            0 => "-".repeat(width + 2),
            _ => format!("{}:", "-".repeat(width + 1)),
        });
    format!("|{}|", cells.collect::<Vec<_>>().join("|"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_aligned() {
        let mut table = Table::new(&["line", "req/s"]);
        table.row(["GET /healthz".into(), "1,000".into()]);
        let expected = "\
| line         | req/s |
|--------------|------:|
| GET /healthz | 1,000 |";
        assert_eq!(table.render(), expected);
    }
}
