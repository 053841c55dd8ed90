//! What the predictor would spend on a frame, estimated from windows of its coded bytes.

use super::repeats::predicted;
use crate::layout::{Contexts, Layout};
use crate::search::cost::{Cost, Window};
use crate::structure::Structure;

/// Bytes of a frame that are coded: text has fewer contexts to learn than columns.
const TEXT: usize = 128 << 10;
const NUMBERS: usize = 512 << 10;
/// In at most so many windows, each of so many records.
const WINDOWS: usize = 12;
const ROWS: usize = 8;
/// Bits that a byte of a frame's coded bytes is estimated to cost.
pub(super) fn bits_per_byte(coded: &[u8], structure: &Structure) -> f64 {
    if coded.windows(2).all(|pair| pair[0] == pair[1]) {
        return 0.0;
    }
    let contexts = structure.positions().contexts();
    let layout = Layout {
        swap: false,
        ..structure.layout
    };
    let total = match contexts {
        Contexts::Text => TEXT,
        _ => NUMBERS,
    };
    let windows = windows(coded.len(), total, layout.record as usize);
    // The predictor knows elements, rows and planes at once; the estimator has contexts for one distance beside the element.
    let mut views = vec![layout];
    if layout.record > 0 {
        views.push(Layout {
            record: 0,
            plane: 0,
            phase: layout.phase % u32::from(layout.width),
            ..layout
        });
    }
    if layout.plane > 0 {
        // Where in its plane the frame begins makes no difference.
        views.push(Layout {
            record: layout.plane,
            plane: 0,
            ..layout
        });
    }
    let mut cost = Cost::new(false);
    let bits = views.iter().map(|view| cost.bits(coded, &windows, view));
    let bits = bits.fold(f64::INFINITY, f64::min);
    (bits * factor(contexts, bits, predicted(coded))).min(8.0)
}

/// What the predictor spends of what the estimator does, fitted to the 43 public files. `repeats` is the share of bytes that
/// repeat at length, which the predictor follows and a sample does not show.
fn factor(contexts: Contexts, bits: f64, repeats: f64) -> f64 {
    match contexts {
        // Words and lines take longer contexts than the estimator has. What looks random gains nothing from them.
        Contexts::Text => {
            let open = ((7.0 - bits) / 3.0).clamp(0.0, 1.0);
            1.0 - open * (0.34 + 0.36 * repeats)
        }
        Contexts::Table => 0.985 - 0.13 * repeats,
        Contexts::Residuals => 0.99 - 0.28 * repeats,
        // Rows and planes at once, and in column-major tables what the column is.
        Contexts::Array => 0.98 - 0.4 * repeats,
    }
}

/// Windows of `total` bytes together, spread evenly, every third first: those teach, and what they teach is to be like what is
/// counted. Each holds some records.
fn windows(len: usize, total: usize, record: usize) -> Vec<Window> {
    let total = len.min(total);
    let count = (total / (ROWS * record.max(1))).clamp(3, WINDOWS) / 3 * 3;
    let size = total / count;
    let window = |k: usize| Window {
        start: (len - size) * k / (count - 1),
        len: size,
    };
    let first = (0..count).step_by(3).map(window);
    let rest = (0..count).filter(|k| k % 3 > 0).map(window);
    first.chain(rest).collect()
}
