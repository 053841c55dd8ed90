//! The half bytes of one column in their tables.

use super::LANES;
use super::context::{Context, folded};
use crate::coder::{Interval, SymbolDecoder};
use crate::kernel::{Frequencies, FrequencyKernel, Rates};

/// Tables of a context: one of the upper half byte, one of the lower for each upper.
const TABLES: usize = 17;

/// The limits of the rates that a column can have.
pub(super) static RATES: [Rates; 4] = [
    Rates::new(20),
    Rates::new(60),
    Rates::new(120),
    Rates::new(250),
];

/// The tables of a column.
#[derive(Default)]
pub(super) struct Tables {
    tables: Vec<Frequencies>,
}

impl Tables {
    pub fn clear(&mut self, context: &Context) {
        self.tables.clear();
        let count = context.count() * TABLES;
        self.tables.resize(count, Frequencies::UNIFORM);
    }
}

/// Where the lanes of a column lie: each has `steps` rows, and the last up to three more.
#[derive(Clone, Copy)]
pub(super) struct Lanes {
    pub rows: usize,
    pub steps: usize,
}

impl Lanes {
    pub fn of(rows: usize) -> Lanes {
        Lanes {
            rows,
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
    other: u16,
    lags: [usize; 2],
    column: &[u8],
    start: usize,
    row: usize,
) -> usize {
    let mut index = usize::from(other);
    let before = |lag: usize| match row >= start + lag {
        true => column[row - lag],
        false => 0,
    };
    if FIRST {
        index |= usize::from(before(lags[0]));
    }
    if SECOND {
        index |= usize::from(folded(before(lags[1]))) << 8;
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
    pub rates: &'a Rates,
}

/// The intervals of a row's half bytes; the tables then know them.
#[inline(always)]
fn met<K: FrequencyKernel>(
    tables: &mut [Frequencies],
    index: usize,
    byte: u8,
    rates: &Rates,
) -> [Interval; 2] {
    let (upper, lower) = (usize::from(byte >> 4), usize::from(byte & 15));
    let tables = &mut tables[index * TABLES..][..TABLES];
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
            let index = index::<FIRST, SECOND>(setup.others[row], setup.lags, column, start, row);
            noted.extend(met::<K>(
                &mut tables.tables,
                index,
                column[row],
                setup.rates,
            ));
        }
    }
}

/// Adds up the bits, in units of 2^-8, that rows of a sample take; of the first rows only the tables learn.
pub(super) fn cost<K: FrequencyKernel, const FIRST: bool, const SECOND: bool>(
    tables: &mut Tables,
    setup: Setup,
    rows: &[u8],
    learnt: usize,
) -> u64 {
    let mut cost = 0;
    for row in 0..rows.len() {
        let index = index::<FIRST, SECOND>(setup.others[row], setup.lags, rows, 0, row);
        let intervals = met::<K>(&mut tables.tables, index, rows[row], setup.rates);
        if row >= learnt {
            cost +=
                u64::from(bits(intervals[0].frequency)) + u64::from(bits(intervals[1].frequency));
        }
    }
    cost
}

/// `-log2` of a frequency over 2^15 in units of 2^-8, from its upper 7 bits.
#[inline(always)]
fn bits(frequency: u16) -> u16 {
    let zeros = frequency.leading_zeros();
    let mantissa = (u32::from(frequency) << zeros) as u16;
    (zeros as u16) * 256 - LOGARITHMS[usize::from(mantissa >> 9 & 63)]
}

/// log2 of 1 + (n + 1/2) / 64, in units of 2^-8.
const LOGARITHMS: [u16; 64] = logarithms();

const fn logarithms() -> [u16; 64] {
    let (mut all, mut n) = ([0u16; 64], 0);
    while n < 64 {
        // Bit by bit by squaring, in Q30.
        let mut x: u64 = (1 << 30) + ((2 * n as u64 + 1) << 23);
        let (mut log, mut bit) = (0u16, 256);
        while bit > 1 {
            bit /= 2;
            x = (x * x) >> 30;
            if x >= 1 << 31 {
                x >>= 1;
                log += bit;
            }
        }
        all[n] = log;
        n += 1;
    }
    all
}

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
            let index = index::<FIRST, SECOND>(setup.others[row], setup.lags, column, start, row);
            let tables = &mut tables.tables[index * TABLES..][..TABLES];
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
