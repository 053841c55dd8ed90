//! What coding a byte after the other shows: where the bits go, and whether the probabilities hold.

use crate::layout::{Contexts, Position, Positions};
use crate::model::{BitTrace, Decision, PREDICTED_BYTES};
use crate::structure::{Structure, description};
use std::f64::consts::LN_2;

/// Records longer than this are not distinguished by position.
const LONGEST_RECORD: u32 = 1 << 16;
/// Bins of probability: two to an octave, from 2^-16 to 1.
const BINS: usize = 32;

/// Bytes and what they cost in bits.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Cell {
    /// How many bytes.
    pub bytes: u64,
    /// What they cost together.
    pub bits: f64,
}

impl Cell {
    /// One more byte.
    pub fn add(&mut self, bits: f64) {
        self.bytes += 1;
        self.bits += bits;
    }

    /// Those of another cell too.
    pub fn join(&mut self, other: &Cell) {
        self.bytes += other.bytes;
        self.bits += other.bits;
    }

    /// Bits a byte; 0 for no bytes.
    pub fn mean(&self) -> f64 {
        self.bits / (self.bytes.max(1)) as f64
    }
}

/// What the same bytes would cost, in bits, with a part of the predictor alone.
#[derive(Clone, Copy, Debug, Default)]
pub struct Costs {
    /// The network, as it was trained.
    pub network: f64,
    /// Counters and matches, had they learned without a network.
    pub adaptive: f64,
    /// Everything mixed, before the mix is refined.
    pub mixed: f64,
    /// Everything, as coded.
    pub all: f64,
}

impl Costs {
    fn join(&mut self, other: &Costs) {
        self.network += other.network;
        self.adaptive += other.adaptive;
        self.mixed += other.mixed;
        self.all += other.all;
    }
}

/// What one of the mixed spends and weighs: the network, a context, or a match.
#[derive(Clone, Copy, Debug, Default)]
pub struct InputStatistics {
    /// Bits that the bytes would cost if it spoke alone; a bit where it is silent costs a bit.
    pub alone: f64,
    /// Sum over the bits of its weights in the mix.
    pub gradient_scale: f64,
}

/// What a bit costs whose probability of a one is so many 1/65536.
pub(super) fn cost(one: u16, bit: bool) -> f64 {
    16.0 - f64::from(of_bit(one, bit)).log2()
}

/// The probability that a bit has, in 1/65536.
fn of_bit(one: u16, bit: bool) -> u32 {
    match bit {
        true => one.into(),
        false => (1 << 16) - u32::from(one),
    }
}

/// What a bit costs under a logit in Q8 of nats.
fn logistic(logit: i16, bit: bool) -> f64 {
    let toward = f64::from(logit) / if bit { 256.0 } else { -256.0 };
    (-toward).exp().ln_1p() / LN_2
}

/// Predicted probabilities of a size, and how often their bits came.
#[derive(Clone, Copy, Debug, Default)]
pub struct Bin {
    /// Probabilities.
    pub count: u64,
    /// Their sum, in 1/65536.
    pub sum: u64,
    /// Those whose bit came.
    pub hits: u64,
}

impl Bin {
    /// The mean of the probabilities.
    pub fn predicted(&self) -> f64 {
        self.sum as f64 / 65536.0 / self.count.max(1) as f64
    }

    /// The share of them whose bit came.
    pub fn observed(&self) -> f64 {
        self.hits as f64 / self.count.max(1) as f64
    }

    /// How many bits should have come.
    pub fn expected(&self) -> f64 {
        self.sum as f64 / 65536.0
    }
}

/// Predicted probabilities against what came.
#[derive(Clone, Debug, Default)]
pub struct Reliability {
    /// The least probabilities first.
    pub bins: Vec<Bin>,
}

impl Reliability {
    fn new() -> Reliability {
        let bins = vec![Bin::default(); BINS];
        Reliability { bins }
    }

    /// Both values of a bit.
    fn add(&mut self, one: u16, came: bool) {
        for value in [false, true] {
            let p = of_bit(one, value).clamp(1, 65535);
            let octave = p.ilog2();
            let upper = p.pow(2) >> (2 * octave + 1);
            let bin = &mut self.bins[(2 * octave + upper) as usize % BINS];
            bin.count += 1;
            bin.sum += u64::from(p);
            bin.hits += u64::from(value == came);
        }
    }

    fn join(&mut self, other: &Reliability) {
        for (own, other) in self.bins.iter_mut().zip(&other.bins) {
            own.count += other.count;
            own.sum += other.sum;
            own.hits += other.hits;
        }
    }
}

/// A column of a region's records, or its only kind of element.
#[derive(Clone, Debug, PartialEq)]
pub struct ColumnStatistics {
    /// Bytes from the beginning of the record.
    pub at: usize,
    /// As NumPy writes it, where it is known; else how many bytes.
    pub name: String,
    /// Bytes of an element.
    pub width: usize,
    /// What is done to the elements before they are coded.
    pub rule: String,
}

/// Kinds of bytes in a text.
pub const CLASSES: [&str; 8] = [
    "letters",
    "digits",
    "spaces, tabs",
    "line ends",
    "punctuation",
    "zero bytes",
    "other control",
    "128 to 255",
];

fn class(byte: u8) -> usize {
    match byte {
        b'a'..=b'z' | b'A'..=b'Z' => 0,
        b'0'..=b'9' => 1,
        b' ' | b'\t' => 2,
        b'\n' | b'\r' => 3,
        0x21..=0x7e => 4,
        0 => 5,
        1..=0x1f | 0x7f => 6,
        0x80.. => 7,
    }
}

/// Frames of one structure.
#[derive(Clone, Debug)]
pub struct RegionStatistics {
    /// Their layout in words.
    pub layout: String,
    /// What their bytes are predicted from.
    pub contexts: Contexts,
    /// Columns of the records; one for elements that are all alike; none for text and records too long.
    pub columns: Vec<ColumnStatistics>,
    /// By byte of the record, or of the element; by [`CLASSES`] of text.
    pub cells: Vec<Cell>,
    /// All together.
    pub total: Cell,
    /// What each part of the predictor would spend.
    pub costs: Costs,
    /// The network, the contexts, the matches.
    pub inputs: Vec<InputStatistics>,
}

impl RegionStatistics {
    /// One without bytes.
    pub fn new(structure: &Structure) -> RegionStatistics {
        let contexts = structure.positions().contexts();
        let columns = columns(structure, contexts);
        let cells = match contexts {
            Contexts::Text => CLASSES.len(),
            _ => columns.iter().map(|column| column.width).sum(),
        };
        RegionStatistics {
            layout: description::structure(structure),
            contexts,
            columns,
            cells: vec![Cell::default(); cells],
            total: Cell::default(),
            costs: Costs::default(),
            inputs: Vec::new(),
        }
    }

    /// Takes how a bit was predicted, and the bit.
    fn add(&mut self, trace: &BitTrace, one: u16, bit: bool) {
        let contexts = (trace.inputs.len() - 1 - PREDICTED_BYTES) / 2;
        self.inputs
            .resize(1 + contexts + PREDICTED_BYTES, InputStatistics::default());
        for (number, of_input) in self.inputs.iter_mut().enumerate() {
            let inputs = match number {
                0 => 0..1,
                // Of a context's two the first is the counter's own logit.
                _ if number <= contexts => 2 * number - 1..2 * number + 1,
                _ => number + contexts..number + contexts + 1,
            };
            let logit = trace.inputs[inputs.start];
            of_input.alone += logistic(logit, bit);
            let gradient_scale = inputs.map(|input| f64::from(trace.gradients[input]));
            of_input.gradient_scale += gradient_scale.sum::<f64>() / 8192.0;
        }
        self.costs.network += logistic(trace.inputs[0], bit);
        self.costs.mixed += cost(trace.mixed, bit);
        self.costs.all += cost(one, bit);
    }

    /// Takes what was spent on a decision that was not mixed: no part of the predictor would spend less.
    fn add_apart(&mut self, bits: f64) {
        self.costs.network += bits;
        self.costs.mixed += bits;
        self.costs.all += bits;
    }

    /// The cells of a column: one for each byte of its elements.
    pub fn of_column(&self, column: &ColumnStatistics) -> &[Cell] {
        let bytes = column.at..column.at + column.width;
        self.cells.get(bytes).unwrap_or_default()
    }

    fn cell(&self, at_scale: Position, byte: u8) -> usize {
        match self.contexts {
            Contexts::Text => class(byte),
            Contexts::Table => at_scale.column as usize,
            _ => usize::from(at_scale.phase + 1 - at_scale.width),
        }
    }

    fn alike(&self, other: &RegionStatistics) -> bool {
        let key = |region: &RegionStatistics| (region.layout.clone(), region.contexts);
        let widths = |region: &RegionStatistics| -> Vec<usize> {
            region.columns.iter().map(|column| column.width).collect()
        };
        key(self) == key(other) && widths(self) == widths(other)
    }

    fn join(&mut self, other: &RegionStatistics) {
        for (own, other) in self.cells.iter_mut().zip(&other.cells) {
            own.join(other);
        }
        self.total.join(&other.total);
        self.costs.join(&other.costs);
        for (own, other) in self.inputs.iter_mut().zip(&other.inputs) {
            own.alone += other.alone;
            own.gradient_scale += other.gradient_scale;
        }
    }
}

fn columns(structure: &Structure, contexts: Contexts) -> Vec<ColumnStatistics> {
    let layout = &structure.layout;
    let plain = |at: usize, width: u8| ColumnStatistics {
        at,
        name: match width {
            1 => "byte".into(),
            _ => format!("{width} bytes"),
        },
        width: width.into(),
        rule: String::new(),
    };
    let in_table = contexts == Contexts::Table;
    if contexts == Contexts::Text || in_table && layout.record > LONGEST_RECORD {
        return Vec::new();
    }
    let mut at = 0;
    let mut columns: Vec<ColumnStatistics> = Vec::new();
    for field in &structure.fields {
        let transform = &field.transform;
        columns.push(ColumnStatistics {
            at,
            name: description::type_name(field.width, field.swap, transform.kind),
            width: field.width.into(),
            rule: description::transform(transform, &structure.fields).unwrap_or_default(),
        });
        at += usize::from(field.width);
    }
    if !columns.is_empty() {
        return columns;
    }
    let width = usize::from(layout.width);
    let count = match contexts {
        Contexts::Table => layout.record as usize / width,
        _ => 1,
    };
    (0..count).map(|k| plain(k * width, layout.width)).collect()
}

/// What a lane's byte took.
#[derive(Default)]
pub(super) struct CodedByte {
    /// The decisions, the probability of a one in 1/65536, and how each fell.
    pub decisions: Vec<(Decision, u16, bool)>,
    /// How its eight bits were predicted, if they were mixed.
    pub bits: Vec<BitTrace>,
}

/// What a frame shows while it is coded.
pub(super) struct FrameStatistics {
    pub region: RegionStatistics,
    pub reliability: Reliability,
    /// Stretches of the frame, all of the same length but the last.
    pub course: Vec<Cell>,
    positions: Positions,
    stretch: usize,
}

impl FrameStatistics {
    /// Of a frame of `len` bytes in stretches of `stretch`.
    pub fn new(structure: &Structure, len: usize, stretch: usize) -> FrameStatistics {
        FrameStatistics {
            region: RegionStatistics::new(structure),
            reliability: Reliability::new(),
            course: vec![Cell::default(); len.div_ceil(stretch.max(1))],
            positions: structure.positions(),
            stretch: stretch.max(1),
        }
    }

    /// Takes a byte as it was coded.
    pub(super) fn add(&mut self, position: usize, byte: u8, coded: &CodedByte) {
        let mut bits = 0.0;
        for &(decision, one, yes) in &coded.decisions {
            bits += cost(one, yes);
            self.reliability.add(one, yes);
            let trace = match decision {
                Decision::Bit(k) => coded.bits.get(usize::from(k)),
                Decision::Same(_) => None,
            };
            match trace {
                Some(trace) => self.region.add(trace, one, yes),
                None => self.region.add_apart(cost(one, yes)),
            }
        }
        let region = &mut self.region;
        let cell = region.cell(self.positions.at(position), byte);
        if let Some(cell) = region.cells.get_mut(cell) {
            cell.add(bits);
        }
        region.total.add(bits);
        if let Some(cell) = self.course.get_mut(position / self.stretch) {
            cell.add(bits);
        }
    }
}

/// What coding some frames of an input showed.
#[derive(Clone, Debug, Default)]
pub struct Survey {
    /// Bytes of a stretch of the course.
    pub stretch: u64,
    /// Stretches where the input was examined: where one begins, and what it cost.
    pub course: Vec<(u64, Cell)>,
    /// Over all that was examined.
    pub reliability: Reliability,
    /// Frames by their structure, the most expensive first.
    pub regions: Vec<RegionStatistics>,
    /// Frames that the network coded, and how many of them were examined.
    pub frames: (usize, usize),
    /// Bytes of the file that the range coder wrote for the frames examined.
    pub coded: u64,
    /// All other bytes of the file: range coder words of other frames, frames stored, headers, hashes, index, model.
    pub other_coded: u64,
    /// Bytes stored as they are.
    pub stored: u64,
    /// Payloads of frames of columns, which nothing examines.
    pub columns: u64,
    /// Headers, hashes, index, model.
    pub around: u64,
}

impl Survey {
    pub(super) fn new(stretch: u64) -> Survey {
        Survey {
            stretch,
            reliability: Reliability::new(),
            ..Survey::default()
        }
    }

    pub(super) fn add(&mut self, offset: u64, frame: FrameStatistics) {
        let starts = (0..).map(|k| offset + k * frame.stretch as u64);
        self.course.extend(starts.zip(frame.course.iter().copied()));
        self.reliability.join(&frame.reliability);
        let same = self.regions.iter_mut().find(|r| r.alike(&frame.region));
        match same {
            Some(region) => region.join(&frame.region),
            None => self.regions.push(frame.region),
        }
    }

    /// All bytes that were examined, and what they cost.
    pub fn total(&self) -> Cell {
        let mut total = Cell::default();
        self.regions.iter().for_each(|r| total.join(&r.total));
        total
    }

    /// What each part of the predictor would spend on them.
    pub fn costs(&self) -> Costs {
        let mut costs = Costs::default();
        self.regions.iter().for_each(|r| costs.join(&r.costs));
        costs
    }
}
