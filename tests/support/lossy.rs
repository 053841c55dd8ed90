//! Lossy coding with fewer words.

use boa_constrictor::lossy::plan::Plan;
use boa_constrictor::lossy::source::{RegionContent, Source};
use boa_constrictor::lossy::{Bound, LossyRequest, number};
use boa_constrictor::{EncodeOptions, compress_lossy, stream};
use std::io::Cursor;

/// What every column of an input is allowed.
pub fn plan(bytes: &[u8], source: &Source, request: &LossyRequest) -> Plan {
    let bounds = source.bounds(request).unwrap();
    let summaries = stream::measure(Cursor::new(bytes), source, &request.fill).unwrap();
    Plan::new(&bounds, &summaries)
}

/// A request of one bound for everything.
pub fn request(bound: &str) -> LossyRequest {
    LossyRequest {
        default: Some(bound.parse::<Bound>().unwrap()),
        ..LossyRequest::default()
    }
}

/// The file that the input becomes.
pub fn encode(bytes: &[u8], source: &Source, plan: &Plan) -> Vec<u8> {
    let options = EncodeOptions {
        threads: 1,
        ..EncodeOptions::default()
    };
    encode_with(bytes, source, plan, &options)
}

/// The same with these options.
pub fn encode_with(bytes: &[u8], source: &Source, plan: &Plan, options: &EncodeOptions) -> Vec<u8> {
    let mut file = Vec::new();
    let input = Cursor::new(bytes);
    let summary = compress_lossy(
        input,
        source,
        plan,
        &mut file,
        options,
        &(),
        &mut |_, _, _| {},
    )
    .unwrap();
    assert_eq!(summary.compressed, file.len() as u64);
    file
}

/// The first number that is not within its bound, or the first other byte that differs.
pub fn violation(before: &[u8], after: &[u8], source: &Source, plan: &Plan) -> Option<String> {
    if before.len() != after.len() {
        return Some(format!("{} bytes became {}", before.len(), after.len()));
    }
    let mut covered = vec![false; before.len()];
    let mut next = 0;
    for region in &source.regions {
        let mut numbers: Vec<(usize, boa_constrictor::layout::Column, Vec<u64>)> = Vec::new();
        match &region.content {
            RegionContent::Exact => continue,
            RegionContent::Table(table) => {
                for column in &table.columns {
                    let positions = (0..table.rows).map(|row| table.position(column, row));
                    numbers.push((next, column.column, positions.collect()));
                    next += 1;
                }
            }
            RegionContent::Array(array) => {
                let width = u64::from(array.column.width);
                let positions = (0..region.len / width).map(|k| k * width);
                numbers.push((next, array.column, positions.collect()));
                next += 1;
            }
        }
        for (number_of_column, column, positions) in numbers {
            let task = &plan.tasks[number_of_column];
            for position in positions {
                let at = (region.start + position) as usize;
                let range = at..at + usize::from(column.width);
                covered[range.clone()].fill(true);
                let [x, y] =
                    [before, after].map(|bytes| number::read(column, &bytes[range.clone()]));
                let kept = match task.tolerance {
                    _ if task.fill.contains(&x) => x == y,
                    Some(tolerance) => tolerance.holds_bits(column, x, y),
                    None => x == y,
                };
                if !kept {
                    let [x, y] = [x, y].map(|bits| number::to_f64(column, bits));
                    return Some(format!("column {number_of_column}: {x} became {y}"));
                }
            }
        }
    }
    let differs = (0..before.len()).find(|&k| !covered[k] && before[k] != after[k]);
    differs.map(|k| format!("byte {k} differs"))
}
