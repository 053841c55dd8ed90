//! Data as other people's might be: cut anywhere, in other units, in the other byte order, of no known layout.

use crate::layout::{Kind, Layout, SpecifiedLayout};
use crate::search::columns;
use crate::search::plan::{FramePlan, Planner};
use crate::structure::{Field, Structure};

/// One piece in this many stays as it is.
const UNCHANGED: u8 = 2;
/// The most that a cut takes from the front.
const LONGEST_CUT: usize = 4096;

/// Changes a file's bytes, or what is known of their layout.
pub fn vary(
    bytes: &mut Vec<u8>,
    specified: SpecifiedLayout,
    random: &mut fastrand::Rng,
) -> SpecifiedLayout {
    if random.u8(0..UNCHANGED) == 0 {
        return specified;
    }
    match random.u8(0..3) {
        0 => {
            // The record's phase is to be found: what was given no longer holds.
            bytes.drain(..random.usize(0..=LONGEST_CUT.min(bytes.len() / 2)));
            SpecifiedLayout::Nothing
        }
        1 => {
            let structure = structure(bytes, specified);
            let factor = (random.f64() * 6.0 - 3.0).exp2();
            each_number(bytes, &structure, |number, swap, kind| {
                if kind == Kind::Float {
                    scale(number, swap, factor);
                }
            });
            specified
        }
        _ => {
            if random.bool() {
                let structure = structure(bytes, specified);
                each_number(bytes, &structure, |number, _, _| number.reverse());
            }
            SpecifiedLayout::Layout(Layout::BYTES)
        }
    }
}

/// The structure of the first frame, which is taken to be that of all the bytes.
fn structure(bytes: &[u8], specified: SpecifiedLayout) -> Structure {
    let FramePlan {
        len,
        layout,
        transposed,
        ..
    } = Planner::new(specified, crate::level::Effort::Default.settings().search).next(bytes, true);
    Structure::choose(layout, transposed, bytes.get(..len).unwrap_or(bytes))
}

/// Calls `change` with every whole number, whether it is little-endian, and its kind.
fn each_number(
    bytes: &mut [u8],
    structure: &Structure,
    mut change: impl FnMut(&mut [u8], bool, Kind),
) {
    let layout = structure.layout;
    let field = |field: &Field| (field.width, field.swap, field.transform.kind);
    let fields: Vec<(u8, bool, Kind)> = match structure.fields.is_empty() {
        true => vec![(layout.width, layout.swap, columns::kind(bytes, &layout))],
        false => structure.fields.iter().map(field).collect(),
    };
    // Columns stored one after the other are all of the layout's width, if of several kinds.
    if structure.transposed && fields.len() > 1 || layout.width == 1 && fields.len() == 1 {
        return;
    }
    let record: usize = fields.iter().map(|(width, ..)| usize::from(*width)).sum();
    let phase = layout.phase as usize % record.max(1);
    let mut at = (record - phase) % record.max(1);
    while at < bytes.len() {
        for &(width, swap, kind) in &fields {
            let Some(number) = bytes.get_mut(at..at + usize::from(width)) else {
                return;
            };
            change(number, swap, kind);
            at += usize::from(width);
        }
    }
}

/// Multiplies a float by a factor; what is not finite stays.
fn scale(number: &mut [u8], swap: bool, factor: f64) {
    if swap {
        number.reverse();
    }
    if let Ok(bytes) = <[u8; 4]>::try_from(&*number) {
        let value = f32::from_be_bytes(bytes);
        if value.is_finite() {
            number.copy_from_slice(&((f64::from(value) * factor) as f32).to_be_bytes());
        }
    } else if let Ok(bytes) = <[u8; 8]>::try_from(&*number) {
        let value = f64::from_be_bytes(bytes);
        if value.is_finite() {
            number.copy_from_slice(&(value * factor).to_be_bytes());
        }
    }
    if swap {
        number.reverse();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn floats_are_scaled_where_they_are() {
        let layout = Layout {
            width: 4,
            swap: true,
            record: 0,
            plane: 0,
            phase: 3,
        };
        let mut bytes = vec![9];
        let values: Vec<f32> = (1..600).map(|i| i as f32 * 0.37).collect();
        bytes.extend(values.iter().flat_map(|v| v.to_le_bytes()));
        let structure = Structure::plain(layout);
        each_number(&mut bytes, &structure, |number, swap, kind| {
            assert_eq!(kind, Kind::Float);
            scale(number, swap, 4.0);
        });
        let wanted = values.iter().flat_map(|v| (4.0 * v).to_le_bytes());
        assert_eq!(bytes[0], 9);
        assert!(bytes[1..].iter().copied().eq(wanted));
    }

    #[test]
    fn every_variation_comes_up() {
        let mut random = fastrand::Rng::with_seed(1);
        let values = (1..900).map(|i| (i as f32 * 0.1).sqrt());
        let bytes: Vec<u8> = values.flat_map(f32::to_le_bytes).collect();
        let mut seen = [0; 4];
        for _ in 0..60 {
            let mut varied = bytes.clone();
            let specified = vary(&mut varied, SpecifiedLayout::Nothing, &mut random);
            let kind = match specified {
                SpecifiedLayout::Nothing if varied == bytes => 0,
                SpecifiedLayout::Nothing if varied.len() < bytes.len() => 1,
                SpecifiedLayout::Nothing => 2,
                _ => 3,
            };
            seen[kind] += 1;
        }
        assert!(seen.iter().all(|&times| times > 3), "{seen:?}");
    }
}
