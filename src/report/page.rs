//! The page: a heading, figures with the numbers under them, and how it was made. HTML that is also well-formed XML.

use super::svg::escape;

/// Numbers in rows.
#[derive(Default)]
pub struct Table {
    pub head: Vec<&'static str>,
    pub rows: Vec<Vec<String>>,
}

/// A picture, what it shows, and its numbers.
pub struct Figure {
    pub title: String,
    /// SVG; empty: only the numbers.
    pub picture: String,
    pub caption: String,
    pub table: Table,
}

/// Everything on a page.
pub struct Page {
    pub title: String,
    /// The few most important numbers, and what they are.
    pub headline: Vec<(String, &'static str)>,
    pub figures: Vec<Figure>,
    /// The command line.
    pub command: String,
}

const STYLE: &str = "
:root{color-scheme:light dark;--ink:#1b1d21;--soft:#5a606b;--line:#d6d9df;--paper:#fff;--card:#f6f7f9;--one:#2767b0;--two:#c2571a;--on:#fff}
@media(prefers-color-scheme:dark){:root{--ink:#e8eaee;--soft:#a3a9b4;--line:#3b3f47;--paper:#15171b;--card:#1d2025;--one:#6ea8ee;--two:#f0975a;--on:#10151c}}
*{box-sizing:border-box}
body{margin:0 auto;max-width:1120px;padding:24px 16px 48px;background:var(--paper);color:var(--ink);font:16px/1.5 system-ui,-apple-system,'Segoe UI',Roboto,'DejaVu Sans',sans-serif}
h1{font-size:1.5rem;line-height:1.25;margin:0 0 16px;overflow-wrap:anywhere}
h2{font-size:1.1rem;margin:0 0 8px}
dl{display:grid;grid-template-columns:repeat(auto-fit,minmax(150px,1fr));gap:12px;margin:0 0 24px}
dl div{background:var(--card);border-radius:8px;padding:10px 14px}
dt{font-size:.85rem;color:var(--soft)}
dd{margin:0;font-size:1.35rem;font-weight:600;font-variant-numeric:tabular-nums}
main{columns:2 440px;column-gap:20px}
figure{margin:0 0 20px;break-inside:avoid;background:var(--card);border-radius:8px;padding:16px}
figcaption{overflow-wrap:anywhere;font-size:.9rem;color:var(--soft);margin:8px 0}
svg{display:block;width:100%;height:auto;font-size:13px}
text{fill:var(--ink)} .soft{fill:var(--soft)} .on{fill:var(--on)}
.f1{fill:var(--one)} .f2{fill:var(--two)}
.l1,.l2{fill:none;stroke:var(--one);stroke-width:2;stroke-linejoin:round} .l2{stroke:var(--two)}
.axis{stroke:var(--soft);stroke-width:1} .grid{stroke:var(--line);stroke-width:1}
.dash{stroke:var(--soft);stroke-width:1.5;stroke-dasharray:5 4} .error{stroke:var(--one);stroke-width:1.5}
.numbers{max-height:15rem;overflow:auto}
table{border-collapse:collapse;width:100%;font-size:.85rem;font-variant-numeric:tabular-nums}
th,td{padding:3px 6px;text-align:right;white-space:nowrap;border-bottom:1px solid var(--line);vertical-align:top}
th{color:var(--soft);font-weight:600}
th:first-child,td:first-child,.words{text-align:left;white-space:normal} .words:not(:first-child){min-width:14rem}
footer{margin-top:28px;font-size:.85rem;color:var(--soft)}
pre{white-space:pre-wrap;overflow-wrap:anywhere;background:var(--card);border-radius:8px;padding:10px 14px;color:var(--ink);font:13px/1.45 ui-monospace,'DejaVu Sans Mono',monospace}
@media(max-width:520px){body{padding:16px 10px 32px} figure{padding:12px 10px} svg{font-size:14.5px}}
@media print{:root{--ink:#000;--soft:#444;--line:#bbb;--paper:#fff;--card:#fff;--one:#2767b0;--two:#c2571a;--on:#fff}
body{max-width:none;padding:0;font-size:11pt} figure{border:1px solid var(--line)}
svg{max-width:12cm} .numbers{max-height:none} *{print-color-adjust:exact;-webkit-print-color-adjust:exact}}
";

impl Page {
    /// The file's text.
    pub fn to_html(&self) -> String {
        let title = escape(&self.title);
        let version = env!("CARGO_PKG_VERSION");
        let mut html = format!(
            "<!DOCTYPE html>\n<html lang=\"en\" xmlns=\"http://www.w3.org/1999/xhtml\">\n<head>\n<meta charset=\"utf-8\"/>\n\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n\
             <title>{title}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<h1>{title}</h1>\n<dl>\n"
        );
        for (number, what) in &self.headline {
            html += &format!(
                "<div><dt>{}</dt><dd>{}</dd></div>\n",
                escape(what),
                escape(number)
            );
        }
        html += "</dl>\n<main>\n";
        for figure in &self.figures {
            html += &figure.to_html();
        }
        html += &format!(
            "</main>\n<footer>\nMade by boa {version} with\n<pre>{}</pre>\n</footer>\n</body>\n</html>\n",
            escape(&self.command)
        );
        html
    }
}

impl Figure {
    fn to_html(&self) -> String {
        format!(
            "<figure>\n<h2>{}</h2>\n{}<figcaption>{}</figcaption>\n{}</figure>\n",
            escape(&self.title),
            self.picture,
            escape(&self.caption),
            self.table.to_html()
        )
    }
}

impl Table {
    fn to_html(&self) -> String {
        if self.rows.is_empty() {
            return String::new();
        }
        // Words stand to the left, numbers to the right.
        let word = |row: &Vec<String>, k: usize| {
            let cell = row.get(k).map_or("", String::as_str);
            cell.contains(' ') && cell.contains(char::is_alphabetic)
        };
        let description = |k: usize| self.rows.iter().any(|row| word(row, k));
        let classes: Vec<&str> = (0..self.head.len())
            .map(|k| {
                if description(k) {
                    " class=\"words\""
                } else {
                    ""
                }
            })
            .collect();
        let mut html = String::from("<div class=\"numbers\"><table>\n<tr>");
        for (head, class) in self.head.iter().zip(&classes) {
            html += &format!("<th{class}>{}</th>", escape(head));
        }
        html += "</tr>\n";
        for row in &self.rows {
            html += "<tr>";
            for (cell, class) in row.iter().zip(&classes) {
                html += &format!("<td{class}>{}</td>", escape(cell));
            }
            html += "</tr>\n";
        }
        html + "</table></div>\n"
    }
}

/// A number of bytes with its thousands apart.
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (k, digit) in digits.chars().enumerate() {
        if k > 0 && (digits.len() - k).is_multiple_of(3) {
            out.push('\u{202f}');
        }
        out.push(digit);
    }
    out
}
