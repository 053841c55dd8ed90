//! The pictures of a region: what each place costs, and who foretells it.

use super::chart::{Bar, bars};
use super::heat::{self, heat};
use super::page::{Figure, Table, grouped};
use super::statistics::{CLASSES, Cell, Column, Region, Voice};
use crate::layout::Contexts;
use crate::model::{NAMED, ORDERS, names};

/// Of columns so many are drawn.
const MOST_COLUMNS: usize = 40;

/// What a region is, under a picture of it.
fn about(region: &Region) -> String {
    let total = &region.total;
    format!(
        "{}: {} bytes at {:.3} bits per byte.",
        region.layout,
        grouped(total.bytes),
        total.mean()
    )
}

/// Cost by byte of the record, of the element, or by kind of byte; nothing for records too long.
pub fn by_place(region: &Region) -> Vec<Figure> {
    match (region.contexts, region.columns.as_slice()) {
        (Contexts::Text, _) => vec![by_class(region)],
        (_, []) => Vec::new(),
        (_, [column]) => vec![by_byte(region, column)],
        _ => by_column(region),
    }
}

fn by_class(region: &Region) -> Figure {
    let all = region.total.bits.max(1e-9);
    let classes: Vec<(&str, &Cell)> = { CLASSES.into_iter().zip(&region.cells) }
        .filter(|(_, cell)| cell.bytes > 0)
        .collect();
    let bar = |(name, cell): &(&str, &Cell)| Bar {
        label: (*name).into(),
        value: cell.mean(),
        text: format!("{:.2}", cell.mean()),
        marked: false,
    };
    let row = |(name, cell): &(&str, &Cell)| {
        vec![
            (*name).into(),
            grouped(cell.bytes),
            format!("{:.4}", cell.mean()),
            format!("{:.2} %", 100.0 * cell.bits / all),
        ]
    };
    Figure {
        title: "Cost by kind of byte".into(),
        picture: bars(
            "Cost by kind of byte",
            "bits per byte of the kind",
            &classes.iter().map(bar).collect::<Vec<_>>(),
        ),
        caption: about(region),
        table: Table {
            head: vec!["", "bytes", "bits/byte", "of the cost"],
            rows: classes.iter().map(row).collect(),
        },
    }
}

fn by_byte(region: &Region, column: &Column) -> Figure {
    let cells = region.of_column(column);
    let bar = |(k, cell): (usize, &Cell)| Bar {
        label: format!("byte {}", k + 1),
        value: cell.mean(),
        text: format!("{:.2}", cell.mean()),
        marked: false,
    };
    let row = |(k, cell): (usize, &Cell)| {
        vec![
            format!("byte {}", k + 1),
            grouped(cell.bytes),
            format!("{:.4}", cell.mean()),
        ]
    };
    let rule = match column.rule.as_str() {
        "" => String::new(),
        rule => format!(" Transformed: {rule}."),
    };
    Figure {
        title: format!("Cost by byte of the element ({})", column.name),
        picture: bars(
            "Cost by byte of the element",
            "bits per byte, as coded",
            &cells.iter().enumerate().map(bar).collect::<Vec<_>>(),
        ),
        caption: format!(
            "{}{rule} Bytes in the order of coding, the most significant first.",
            about(region)
        ),
        table: Table {
            head: vec!["", "bytes", "bits/byte"],
            rows: cells.iter().enumerate().map(row).collect(),
        },
    }
}

/// Bits that an element of a column costs.
fn element(region: &Region, column: &Column) -> f64 {
    region.of_column(column).iter().map(Cell::mean).sum()
}

fn by_column(region: &Region) -> Vec<Figure> {
    let mut dearest: Vec<&Column> = region.columns.iter().collect();
    dearest.sort_by(|a, b| element(region, b).total_cmp(&element(region, a)));
    dearest.truncate(MOST_COLUMNS);
    dearest.sort_by_key(|column| column.at);
    let label = |column: &Column| format!("{}: {}", column.at, column.name);
    let all: f64 = region.total.bits.max(1e-9);
    let line = |column: &&Column| heat::Line {
        label: label(column),
        cells: region.of_column(column).iter().map(Cell::mean).collect(),
        end: format!("{:.1}", element(region, column)),
    };
    let row = |column: &Column| {
        let cells = region.of_column(column);
        let bits: f64 = cells.iter().map(|cell| cell.bits).sum();
        let each: Vec<String> = { cells.iter() }
            .map(|cell| format!("{:.2}", cell.mean()))
            .collect();
        vec![
            column.at.to_string(),
            column.name.clone(),
            each.join("  "),
            format!("{:.2}", element(region, column)),
            format!("{:.2} %", 100.0 * bits / all),
            column.rule.clone(),
        ]
    };
    let shown = match region.columns.len() {
        all if all > MOST_COLUMNS => format!(" The {MOST_COLUMNS} dearest of {all} columns."),
        _ => String::new(),
    };
    vec![Figure {
        title: "Cost by column and byte".into(),
        picture: heat(
            "Cost by column and byte",
            "bits per byte, by byte as coded",
            "bits each",
            &dearest.iter().map(line).collect::<Vec<_>>(),
            8.0,
        ),
        caption: format!(
            "{}{shown} A line is a column: where it begins in the record, and its type. Bytes in the \
             order of coding, the most significant first; behind them, bits per element.",
            about(region)
        ),
        table: Table {
            head: vec![
                "at",
                "type",
                "bits by byte",
                "bits",
                "of the cost",
                "transformed",
            ],
            rows: dearest.into_iter().map(row).collect(),
        },
    }]
}

/// The network, the contexts and the matches: what each would spend alone, and how loud it has become.
pub fn voices(region: &Region) -> Vec<Figure> {
    let contexts = region.voices.len() - 1 - NAMED;
    let mut all: Vec<String> = vec!["network".into()];
    all.extend(
        names(region.contexts)
            .into_iter()
            .take(contexts)
            .map(String::from),
    );
    all.extend(ORDERS.map(|order| format!("match of {order} bytes")));
    all.push("slot".into());
    let bytes = region.total.bytes.max(1) as f64;
    let alone = |voice: &Voice| voice.alone / bytes;
    let loudness = |voice: &Voice| voice.loudness / bytes / 8.0;
    let figure = |title: &str, unit: &str, value: &dyn Fn(&Voice) -> f64, caption: &str| {
        let voices: Vec<(&String, f64)> = all.iter().zip(region.voices.iter().map(value)).collect();
        let bar = |(name, value): &(&String, f64)| Bar {
            label: (*name).clone(),
            value: *value,
            text: format!("{value:.3}"),
            marked: *name == "network",
        };
        let row = |(name, value): &(&String, f64)| vec![(*name).clone(), format!("{value:.4}")];
        Figure {
            title: title.into(),
            picture: bars(title, unit, &voices.iter().map(bar).collect::<Vec<_>>()),
            caption: format!("{} {caption}", about(region)),
            table: Table {
                head: vec!["", "value"],
                rows: voices.iter().map(row).collect(),
            },
        }
    };
    vec![
        figure(
            "What each would spend alone",
            "bits per byte",
            &alone,
            "Counters are named by what they look at; where one is fresh, or a match names nothing, a \
             bit costs a bit.",
        ),
        figure(
            "How loud each part speaks",
            "mean weight in the mix of logits",
            &loudness,
            "Weights are learned while coding, one set for each situation; a context's two are added.",
        ),
    ]
}
