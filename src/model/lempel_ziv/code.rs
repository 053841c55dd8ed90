//! Symbols to and from the rANS coders: one model for both directions.

use crate::coder::{BadWords, Interval, SymbolDecoder, SymbolEncoder};
use crate::kernel::{Frequencies, FrequencyKernel, Mixed};

/// The rANS coders of a block.
#[derive(Clone, Copy)]
pub enum Lane {
    Upper,
    Lower,
    Matches,
}

pub const LANES: usize = 3;

/// The most bits of a number that are one symbol, all alike.
const RAW: u32 = 15;

/// Codes symbols: an encoder is told them and gives them back, a decoder gives those that were encoded.
pub trait Code {
    /// A symbol of a table.
    fn symbol<K: FrequencyKernel>(&mut self, table: &Frequencies, symbol: usize) -> usize;

    /// A symbol of a mixed table.
    fn mixed<K: FrequencyKernel>(&mut self, lane: Lane, table: &Mixed, symbol: usize) -> usize;

    /// So many bits as they are, at most 15, in the lane of the matches.
    fn few_bits(&mut self, count: u32, bits: u32) -> u32;

    /// So many bits as they are, at most 30.
    fn bits(&mut self, count: u32, bits: u32) -> u32 {
        let low = count.min(RAW);
        let upper = match count - low {
            0 => 0,
            high => self.few_bits(high, bits >> low),
        };
        match low {
            0 => 0,
            low => upper << low | self.few_bits(low, bits & ((1 << low) - 1)),
        }
    }
}

/// Intervals that are noted in the order of decoding, to be encoded backwards.
#[derive(Default)]
pub struct Noted {
    pub lanes: [Vec<Interval>; LANES],
}

impl Code for Noted {
    #[inline(always)]
    fn symbol<K: FrequencyKernel>(&mut self, table: &Frequencies, symbol: usize) -> usize {
        let (start, frequency) = table.interval(symbol);
        self.lanes[Lane::Matches as usize].push(Interval { start, frequency });
        symbol
    }

    #[inline(always)]
    fn mixed<K: FrequencyKernel>(&mut self, lane: Lane, table: &Mixed, symbol: usize) -> usize {
        let (start, frequency) = table.interval(symbol);
        self.lanes[lane as usize].push(Interval { start, frequency });
        symbol
    }

    #[inline(always)]
    fn few_bits(&mut self, count: u32, bits: u32) -> u32 {
        let frequency = 1 << (RAW - count);
        let start = bits as u16 * frequency;
        self.lanes[Lane::Matches as usize].push(Interval { start, frequency });
        bits
    }
}

impl Noted {
    /// The lanes' words; nothing is noted any more.
    pub fn encode(&mut self) -> [Vec<u32>; LANES] {
        let mut coders: [SymbolEncoder; LANES] = Default::default();
        let [upper, lower, matches] = &self.lanes;
        let [of_upper, of_lower, of_matches] = &mut coders;
        for (&upper, &lower) in upper.iter().zip(lower).rev() {
            of_upper.encode(upper);
            of_lower.encode(lower);
        }
        for &interval in matches.iter().rev() {
            of_matches.encode(interval);
        }
        self.lanes.iter_mut().for_each(Vec::clear);
        coders.map(SymbolEncoder::finish)
    }
}

/// The decoders of a block's lanes.
pub struct Coded {
    lanes: [SymbolDecoder; LANES],
}

impl Coded {
    pub fn new([upper, lower, matches]: [Vec<u32>; LANES]) -> Result<Coded, BadWords> {
        let lanes = [
            SymbolDecoder::new(upper)?,
            SymbolDecoder::new(lower)?,
            SymbolDecoder::new(matches)?,
        ];
        Ok(Coded { lanes })
    }

    /// After the last symbol: were all words used?
    pub fn finish(self) -> Result<(), BadWords> {
        self.lanes.into_iter().try_for_each(SymbolDecoder::finish)
    }
}

impl Code for Coded {
    #[inline(always)]
    fn symbol<K: FrequencyKernel>(&mut self, table: &Frequencies, _: usize) -> usize {
        self.lanes[Lane::Matches as usize].decode(|quantile| {
            let symbol = K::find(table, quantile);
            let (start, frequency) = table.interval(symbol);
            (symbol, Interval { start, frequency })
        })
    }

    #[inline(always)]
    fn mixed<K: FrequencyKernel>(&mut self, lane: Lane, table: &Mixed, _: usize) -> usize {
        self.lanes[lane as usize].decode(|quantile| {
            let symbol = K::find(table.table(), quantile);
            let (start, frequency) = table.interval(symbol);
            (symbol, Interval { start, frequency })
        })
    }

    #[inline(always)]
    fn few_bits(&mut self, count: u32, _: u32) -> u32 {
        self.lanes[Lane::Matches as usize].decode(|quantile| {
            let frequency = 1 << (RAW - count);
            let bits = quantile / frequency;
            let start = bits * frequency;
            (bits.into(), Interval { start, frequency })
        })
    }
}
