//! The pictures of a region: what each position costs, and which input predicts it.

use super::chart::{Bar, bars};
use super::heat::{self, heat};
use super::page::{Figure, Table, grouped};
use super::statistics::{CLASSES, Cell, ColumnStatistics, InputStatistics, RegionStatistics};
use crate::layout::Contexts;
use crate::model::{ORDERS, PREDICTED_BYTES, names};

/// Of columns so many are drawn.
const MAX_DRAWN_COLUMNS: usize = 40;

/// What a region is, under a picture of it.
fn about(region: &RegionStatistics) -> String {
    let total = &region.total;
    format!(
        "{}: {} bytes at {:.3} bits per byte.",
        region.layout,
        grouped(total.bytes),
        total.mean()
    )
}

/// Cost by byte of the record, of the element, or by kind of byte; nothing for records too long.
pub fn by_position(region: &RegionStatistics) -> Vec<Figure> {
    match (region.contexts, region.columns.as_slice()) {
        (Contexts::Text, _) => vec![by_class(region)],
        (_, []) => Vec::new(),
        (_, [column]) => vec![by_byte(region, column)],
        _ => by_column(region),
    }
}

fn by_class(region: &RegionStatistics) -> Figure {
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

fn by_byte(region: &RegionStatistics, column: &ColumnStatistics) -> Figure {
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
fn element(region: &RegionStatistics, column: &ColumnStatistics) -> f64 {
    region.of_column(column).iter().map(Cell::mean).sum()
}

fn by_column(region: &RegionStatistics) -> Vec<Figure> {
    let mut dearest: Vec<&ColumnStatistics> = region.columns.iter().collect();
    dearest.sort_by(|a, b| element(region, b).total_cmp(&element(region, a)));
    dearest.truncate(MAX_DRAWN_COLUMNS);
    dearest.sort_by_key(|column| column.at);
    let label = |column: &ColumnStatistics| format!("{}: {}", column.at, column.name);
    let all: f64 = region.total.bits.max(1e-9);
    let heat_row = |column: &&ColumnStatistics| heat::HeatRow {
        label: label(column),
        cells: region.of_column(column).iter().map(Cell::mean).collect(),
        end: format!("{:.1}", element(region, column)),
    };
    let row = |column: &ColumnStatistics| {
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
        all if all > MAX_DRAWN_COLUMNS => {
            format!(" The {MAX_DRAWN_COLUMNS} dearest of {all} columns.")
        }
        _ => String::new(),
    };
    vec![Figure {
        title: "Cost by column and byte".into(),
        picture: heat(
            "Cost by column and byte",
            "bits per byte, by byte as coded",
            "bits each",
            &dearest.iter().map(heat_row).collect::<Vec<_>>(),
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

/// The network, the contexts and the matches: what each would spend alone, and the weight it has got.
pub fn inputs(region: &RegionStatistics) -> Vec<Figure> {
    let contexts = region.inputs.len() - 1 - PREDICTED_BYTES;
    let mut all: Vec<String> = vec!["network".into()];
    all.extend(
        names(region.contexts)
            .into_iter()
            .take(contexts)
            .map(String::from),
    );
    all.extend(ORDERS.map(|order| format!("match of {order} bytes")));
    all.push("indirect".into());
    let bytes = region.total.bytes.max(1) as f64;
    let alone = |input: &InputStatistics| input.alone / bytes;
    let gradient_scale = |input: &InputStatistics| input.gradient_scale / bytes / 8.0;
    let figure =
        |title: &str, unit: &str, value: &dyn Fn(&InputStatistics) -> f64, caption: &str| {
            let inputs: Vec<(&String, f64)> =
                all.iter().zip(region.inputs.iter().map(value)).collect();
            let bar = |(name, value): &(&String, f64)| Bar {
                label: (*name).clone(),
                value: *value,
                text: format!("{value:.3}"),
                marked: *name == "network",
            };
            let row = |(name, value): &(&String, f64)| vec![(*name).clone(), format!("{value:.4}")];
            Figure {
                title: title.into(),
                picture: bars(title, unit, &inputs.iter().map(bar).collect::<Vec<_>>()),
                caption: format!("{} {caption}", about(region)),
                table: Table {
                    head: vec!["", "value"],
                    rows: inputs.iter().map(row).collect(),
                },
            }
        };
    vec![
        figure(
            "What each would spend alone",
            "bits per byte",
            &alone,
            "Counters are named after their contexts; where one is fresh, or a match predicts nothing, a \
             bit costs a bit.",
        ),
        figure(
            "Weight of each input",
            "mean weight in the mix of logits",
            &gradient_scale,
            "Weights are learned while coding, one set for each byte context; a context's two are added.",
        ),
    ]
}
