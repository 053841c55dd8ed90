//! The half bytes of one column in their tables.

use super::LANES;
use super::context::{Context, SIZE};
use crate::coder::{Interval, SymbolDecoder};
use crate::kernel::{Frequencies, FrequencyKernel, Rates, log2_of_mantissa};

/// Tables of a context: one of the upper half byte, one of the lower for each upper.
const TABLES: usize = 17;

/// The limits of the rates that a column can have.
pub(super) static RATES: [Rates; 4] = [
    Rates::new(20),
    Rates::new(60),
    Rates::new(120),
    Rates::new(250),
];

/// The tables of a column. Those of a context are made when it first comes.
#[derive(Default)]
pub(super) struct Tables {
    contexts: Vec<[Frequencies; TABLES]>,
    known: Vec<bool>,
}

impl Tables {
    /// Forgets everything, for a column in these contexts.
    pub fn clear(&mut self, context: &Context) {
        let count = context.count();
        if self.contexts.len() < count {
            let unused = [Frequencies::UNIFORM; TABLES];
            self.contexts.resize(count, unused);
        }
        self.known.clear();
        self.known.resize(count, false);
    }

    #[inline(always)]
    fn of(&mut self, index: usize) -> &mut [Frequencies; TABLES] {
        let tables = &mut self.contexts[index];
        if !std::mem::replace(&mut self.known[index], true) {
            tables.fill(Frequencies::UNIFORM);
        }
        tables
    }
}

/// Where the lanes of a column lie: each has `steps` rows, and the last up to three more.
#[derive(Clone, Copy)]
pub(super) struct Lanes {
    pub steps: usize,
}

impl Lanes {
    pub fn of(rows: usize) -> Lanes {
        Lanes {
            steps: rows / LANES,
        }
    }

    pub fn start(&self, lane: usize) -> usize {
        lane * self.steps
    }
}

/// The context of a row, from what other columns say and from the rows before in the same lane.
#[inline(always)]
fn index<const FIRST: bool, const SECOND: bool>(
    setup: &Setup,
    column: &[u8],
    start: usize,
    row: usize,
) -> usize {
    let mut index = usize::from(setup.others[row]);
    let before = |lag: usize| match row >= start + lag {
        true => column[row - lag],
        false => 0,
    };
    if FIRST {
        index |= usize::from(setup.map[usize::from(before(setup.lags[0]))]);
    }
    if SECOND {
        index |= usize::from(SIZE[usize::from(before(setup.lags[1]))]) << setup.shift;
    }
    index
}

/// Runs a function with what sources there are in the same column as constants.
macro_rules! with_own {
    ($lags:expr, $function:ident::<$kernel:ty>($($argument:expr),*)) => {
        match $lags.map(|lag| lag > 0) {
            [false, false] => $function::<$kernel, false, false>($($argument),*),
            [true, false] => $function::<$kernel, true, false>($($argument),*),
            [false, true] => $function::<$kernel, false, true>($($argument),*),
            [true, true] => $function::<$kernel, true, true>($($argument),*),
        }
    };
}
pub(super) use with_own;

/// What a column is coded by.
#[derive(Clone, Copy)]
pub(super) struct Setup<'a> {
    pub others: &'a [u16],
    pub lags: [usize; 2],
    map: &'static [u8; 256],
    shift: u32,
    rates: &'static Rates,
}

impl<'a> Setup<'a> {
    /// Of a column whose context has these numbers from other columns.
    pub fn new(context: &Context, rate: u8, others: &'a [u16]) -> Setup<'a> {
        Setup {
            others,
            lags: context.own_lags(),
            map: context.map(),
            shift: context.shift(),
            rates: &RATES[usize::from(rate & 3)],
        }
    }
}

/// The intervals of a row's half bytes; the tables then know them.
#[inline(always)]
fn met<K: FrequencyKernel>(
    tables: &mut Tables,
    index: usize,
    byte: u8,
    rates: &Rates,
) -> [Interval; 2] {
    let (upper, lower) = (usize::from(byte >> 4), usize::from(byte & 15));
    let tables = tables.of(index);
    [(0, upper), (1 + upper, lower)].map(|(table, symbol)| {
        let table = &mut tables[table];
        let (start, frequency) = table.interval(symbol);
        K::adapt(table, symbol, rates);
        Interval { start, frequency }
    })
}

/// Notes the intervals of some steps' rows: for every step those of each lane. `others` are of all rows.
pub(super) fn note<K: FrequencyKernel, const FIRST: bool, const SECOND: bool>(
    tables: &mut Tables,
    setup: Setup,
    column: &[u8],
    steps: std::ops::Range<usize>,
    noted: &mut Vec<Interval>,
) {
    let lanes = Lanes::of(column.len());
    for step in steps {
        for lane in 0..LANES {
            let start = lanes.start(lane);
            let row = start + step;
            let index = index::<FIRST, SECOND>(&setup, column, start, row);
            noted.extend(met::<K>(tables, index, column[row], setup.rates));
        }
    }
}

/// Rows after which it is seen whether a sample is worth going on with.
const CHECKED: usize = 256;

/// Adds up the bits, in units of 2^-8, that rows of a sample take, each in its context; of the first rows only the tables learn. `None` as
/// soon as they are clearly more than at the same row of `best`: the sums there, of which it leaves its own in `sums`.
pub(super) fn cost<K: FrequencyKernel>(
    tables: &mut Tables,
    (contexts, bytes): (&[u16], &[u8]),
    rates: &Rates,
    learnt: usize,
    best: &[u64],
    sums: &mut Vec<u64>,
) -> Option<u64> {
    let mut cost = 0;
    sums.clear();
    for (&context, &byte) in contexts.iter().zip(&bytes[..learnt]) {
        met::<K>(tables, context.into(), byte, rates);
    }
    let counted = contexts[learnt..].chunks(CHECKED);
    for (contexts, bytes) in counted.zip(bytes[learnt..].chunks(CHECKED)) {
        for (&context, &byte) in contexts.iter().zip(bytes) {
            let [upper, lower] = met::<K>(tables, context.into(), byte, rates);
            cost += u64::from(bits(upper.frequency)) + u64::from(bits(lower.frequency));
        }
        if { best.get(sums.len()) }.is_some_and(|&best| cost > best + best / 8 + CHECKED as u64) {
            return None;
        }
        sums.push(cost);
    }
    Some(cost)
}

/// `-log2` of a frequency over 2^15 in units of 2^-8, from its upper 7 bits.
#[inline(always)]
fn bits(frequency: u16) -> u16 {
    let zeros = frequency.leading_zeros();
    let mantissa = (u32::from(frequency) << zeros) as u16;
    (zeros as u16) * 256 - LOGARITHMS[usize::from(mantissa >> 9 & 63)]
}

/// log2 of 1 + (n + 1/2) / 64, in units of 2^-8.
static LOGARITHMS: [u16; 64] = {
    let (mut all, mut n) = ([0; 64], 0);
    while n < 64 {
        all[n] = log2_of_mantissa((1 << 30) + ((2 * n as u64 + 1) << 23)) as u16;
        n += 1;
    }
    all
};

/// Decodes some steps' rows of every lane.
pub(super) fn decode<K: FrequencyKernel, const FIRST: bool, const SECOND: bool>(
    tables: &mut Tables,
    setup: Setup,
    column: &mut [u8],
    steps: std::ops::Range<usize>,
    decoders: &mut [SymbolDecoder; LANES],
) {
    let lanes = Lanes::of(column.len());
    for step in steps {
        for (lane, decoder) in decoders.iter_mut().enumerate() {
            let start = lanes.start(lane);
            let row = start + step;
            let index = index::<FIRST, SECOND>(&setup, column, start, row);
            let tables = tables.of(index);
            let upper = decoded::<K>(&mut tables[0], setup.rates, decoder);
            let lower = decoded::<K>(&mut tables[1 + (upper & 15)], setup.rates, decoder);
            column[row] = (upper << 4 | lower) as u8;
        }
    }
}

#[inline(always)]
fn decoded<K: FrequencyKernel>(
    table: &mut Frequencies,
    rates: &Rates,
    decoder: &mut SymbolDecoder,
) -> usize {
    let symbol = decoder.decode(|quantile| {
        let symbol = K::find(table, quantile);
        let (start, frequency) = table.interval(symbol);
        (symbol, Interval { start, frequency })
    });
    K::adapt(table, symbol, rates);
    symbol
}
