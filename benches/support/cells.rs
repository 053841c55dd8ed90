//! Cells in rows, as plain text or as Markdown, and means.

/// Of numbers above 0.
pub fn geometric_mean(values: &[f64]) -> f64 {
    let mean = values.iter().map(|v| v.ln()).sum::<f64>() / values.len() as f64;
    mean.exp()
}

/// Lines of cells, the first line a heading, the first column to the left.
pub fn layout(lines: &[Vec<String>], markdown: bool) -> String {
    let mut text = String::new();
    if markdown {
        for (number, line) in lines.iter().enumerate() {
            text += &format!("| {} |\n", line.join(" | "));
            if number == 0 {
                text += &format!("|---|{}\n", "---:|".repeat(line.len() - 1));
            }
        }
        return text;
    }
    let width = |k: usize| lines.iter().map(|line| line[k].chars().count()).max();
    let widths: Vec<usize> = (0..lines[0].len()).map(|k| width(k).unwrap_or(0)).collect();
    for line in lines {
        text += &format!("{:1$}", line[0], widths[0]);
        for (cell, width) in line.iter().zip(&widths).skip(1) {
            text += &format!("  {cell:>width$}");
        }
        text += "\n";
    }
    text
}
