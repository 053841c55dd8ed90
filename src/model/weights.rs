//! Quantised tensors: their order on disk, their limits, and the packed form that the kernels read.

use super::config::{CONV, Config};
use crate::error::{Error, Result};
use crate::kernel::BLOCK;

/// Tokens of a tap: 256 bytes and "no byte there".
pub const TOKENS: usize = 257;

/// `value[row][channel] = table * scale`, in units of the residual stream.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Embedding {
    /// `[rows][dim]`.
    pub table: Vec<i8>,
    /// `[dim]`, 0..=256.
    pub scale: Vec<i16>,
}

/// `out = (16 * sum_i weight[o][i] * x[i] + bias[o] + half) >> shift[o]`, saturated to 16 bits.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Linear {
    /// `[outs][ins]`.
    pub weights: Vec<i8>,
    /// `[outs]`, in accumulator units, within +-2^29.
    pub bias: Vec<i32>,
    /// `[outs]`, 1..=24.
    pub shift: Vec<u8>,
    /// The kernel's order, see [`crate::kernel::product`]; derived from `weights`.
    pub packed: Vec<i8>,
}

/// One Mamba block.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Block {
    /// `[dim]`: gain of the norm before the input projection.
    pub gain: Vec<i16>,
    /// To z, x, B, C, dt, all Q10.
    pub input: Linear,
    /// `[4][convolved]`, Q12, oldest step first.
    pub filter: Vec<i16>,
    /// `[convolved]`, Q22.
    pub filter_bias: Vec<i32>,
    /// `[heads]`: `A * log2(e)` in Q10.
    pub decay: Vec<u16>,
    /// `[heads]`: right shift of the step size (Q16) to 15 bits, 0..=8.
    pub step_shift: Vec<u8>,
    /// `[heads]`: right shift of step times input, 1..=24.
    pub input_shift: Vec<u8>,
    /// `[heads]`: right shift of the state's read-out, 1..=24.
    pub read_shift: Vec<u8>,
    /// `[heads]`: the skip connection D in Q12.
    pub skip: Vec<i16>,
    /// Right shift of the skip product, and of the gate's product, 1..=24.
    pub skip_gate_shift: Vec<u8>,
    /// `[inner]`: gain of the norm before the output projection.
    pub out_gain: Vec<i16>,
    /// To the residual stream.
    pub output: Linear,
}

/// Every tensor of a network.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Weights {
    /// One a tap, [`TOKENS`] rows.
    pub taps: Vec<Embedding>,
    /// One row a phase.
    pub phase: Embedding,
    /// The Mamba blocks.
    pub blocks: Vec<Block>,
    /// `[dim]`: gain of the last norm.
    pub gain: Vec<i16>,
    /// To 256 logits in Q11 of log2.
    pub head: Linear,
}

/// A quantised network.
#[derive(Clone, Debug)]
pub struct NetworkParameters {
    /// Its shape.
    pub config: Config,
    /// Its tensors, of that shape.
    pub weights: Weights,
}

/// Walks a network's tensors in the order of the format; reading and writing are two visitors of one walk.
pub trait TensorVisitor {
    /// A tensor of `rows` times `columns` values, each within `low..=high`.
    fn tensor<T: Value>(
        &mut self,
        name: &'static str,
        tensor: &mut Vec<T>,
        shape: [usize; 2],
        low: i64,
        high: i64,
    ) -> Result<()>;
}

/// A stored number, little-endian.
pub trait Value: Copy {
    /// Bytes on disk.
    const SIZE: usize;
    /// As a wide integer.
    fn wide(self) -> i64;
    /// From its bytes, `SIZE` of them.
    fn from_le(bytes: &[u8]) -> Self;
    /// From a wide integer that fits.
    fn narrow(wide: i64) -> Self {
        Self::from_le(&wide.to_le_bytes()[..Self::SIZE])
    }
}

macro_rules! value {
    ($($t:ty),*) => {$(impl Value for $t {
        const SIZE: usize = size_of::<$t>();
        fn wide(self) -> i64 {
            i64::from(self)
        }
        fn from_le(bytes: &[u8]) -> Self {
            let mut own = [0; size_of::<$t>()];
            own.copy_from_slice(bytes);
            <$t>::from_le_bytes(own)
        }
    })*};
}
value!(i8, u8, i16, u16, i32);

impl Weights {
    /// Visits every tensor with its shape and limits.
    pub fn visit(&mut self, config: &Config, v: &mut impl TensorVisitor) -> Result<()> {
        let dim = usize::from(config.dim);
        self.taps
            .resize_with(usize::from(config.taps), Embedding::default);
        self.blocks
            .resize_with(usize::from(config.layers), Block::default);
        for tap in &mut self.taps {
            tap.visit(TOKENS, dim, v)?;
        }
        self.phase.visit(config.phases(), dim, v)?;
        for block in &mut self.blocks {
            block.visit(config, v)?;
        }
        v.tensor("gain", &mut self.gain, [1, dim], 0, 32767)?;
        self.head.visit(256, dim, v)
    }

    /// Reads the tensors of a network from bytes that hold exactly them.
    pub fn read(config: &Config, bytes: &[u8]) -> Result<Weights> {
        let mut weights = Weights::default();
        let mut reader = Reader { bytes };
        weights.visit(config, &mut reader)?;
        if !reader.bytes.is_empty() {
            return Err(Error::InvalidModel {
                what: "bytes after the last tensor",
                found: reader.bytes.len() as u64,
                allowed: 0,
            });
        }
        weights.finish(config)
    }

    /// Checks what ranges alone do not say and derives what the kernels read, once every tensor is there.
    pub fn finish(mut self, config: &Config) -> Result<Weights> {
        self.blocks.iter().try_for_each(Block::check)?;
        self.pack(config);
        Ok(self)
    }

    /// The tensors' bytes.
    pub fn write(&self, config: &Config) -> Result<Vec<u8>> {
        let mut writer = TensorBytes::default();
        self.clone().visit(config, &mut writer)?;
        Ok(writer.bytes)
    }

    fn pack(&mut self, config: &Config) {
        let dim = usize::from(config.dim);
        for block in &mut self.blocks {
            block.input.pack(dim);
            block.output.pack(config.inner());
        }
        self.head.pack(dim);
    }
}

impl Embedding {
    fn visit(&mut self, rows: usize, dim: usize, v: &mut impl TensorVisitor) -> Result<()> {
        v.tensor("embedding scale", &mut self.scale, [1, dim], 0, 256)?;
        v.tensor("embedding", &mut self.table, [rows, dim], -127, 127)
    }
}

impl Linear {
    fn visit(&mut self, outs: usize, ins: usize, v: &mut impl TensorVisitor) -> Result<()> {
        v.tensor("shift", &mut self.shift, [1, outs], 1, 24)?;
        v.tensor("bias", &mut self.bias, [1, outs], -(1 << 29), 1 << 29)?;
        v.tensor("weights", &mut self.weights, [outs, ins], -127, 127)
    }

    fn pack(&mut self, ins: usize) {
        let outs = self.shift.len();
        let quads = ins.div_ceil(4);
        self.packed = vec![0; outs.next_multiple_of(BLOCK) * quads * 4];
        for (o, row) in self.weights.chunks_exact(ins).enumerate() {
            let block = o / BLOCK * quads;
            for (i, &w) in row.iter().enumerate() {
                self.packed[((block + i / 4) * BLOCK + o % BLOCK) * 4 + i % 4] = w;
            }
        }
    }
}

impl Block {
    fn visit(&mut self, config: &Config, v: &mut impl TensorVisitor) -> Result<()> {
        let (dim, inner, heads) = (
            usize::from(config.dim),
            config.inner(),
            usize::from(config.heads),
        );
        v.tensor("gain", &mut self.gain, [1, dim], 0, 32767)?;
        self.input.visit(config.projected(), dim, v)?;
        v.tensor(
            "filter",
            &mut self.filter,
            [CONV, config.convolved()],
            -32767,
            32767,
        )?;
        v.tensor(
            "filter bias",
            &mut self.filter_bias,
            [1, config.convolved()],
            -(1 << 29),
            1 << 29,
        )?;
        v.tensor("decay", &mut self.decay, [1, heads], 0, 65535)?;
        v.tensor("step shift", &mut self.step_shift, [1, heads], 0, 8)?;
        v.tensor("input shift", &mut self.input_shift, [1, heads], 1, 24)?;
        v.tensor("read shift", &mut self.read_shift, [1, heads], 1, 24)?;
        v.tensor("skip", &mut self.skip, [1, heads], -32767, 32767)?;
        v.tensor(
            "skip and gate shift",
            &mut self.skip_gate_shift,
            [1, 2],
            1,
            24,
        )?;
        v.tensor("out gain", &mut self.out_gain, [1, inner], 0, 32767)?;
        self.output.visit(dim, inner, v)
    }

    /// The convolution's sum must fit 32 bits whatever the data: the one bound that ranges do not give.
    fn check(&self) -> Result<()> {
        let channels = self.filter_bias.len();
        for (j, &bias) in self.filter_bias.iter().enumerate() {
            let total: i64 = self
                .filter
                .iter()
                .skip(j)
                .step_by(channels)
                .map(|w| i64::from(*w).abs())
                .sum();
            let peak = total * 32768 + i64::from(bias).abs() + (1 << 11);
            if peak > i64::from(i32::MAX) {
                return Err(Error::InvalidModel {
                    what: "filter sum",
                    found: peak as u64,
                    allowed: i32::MAX as u64,
                });
            }
        }
        Ok(())
    }
}

struct Reader<'a> {
    bytes: &'a [u8],
}

impl TensorVisitor for Reader<'_> {
    fn tensor<T: Value>(
        &mut self,
        name: &'static str,
        tensor: &mut Vec<T>,
        [rows, columns]: [usize; 2],
        low: i64,
        high: i64,
    ) -> Result<()> {
        let size = rows * columns * T::SIZE;
        let Some((head, rest)) = self.bytes.split_at_checked(size) else {
            return Err(Error::InvalidModel {
                what: "bytes left for a tensor",
                found: size as u64,
                allowed: self.bytes.len() as u64,
            });
        };
        self.bytes = rest;
        *tensor = head.chunks_exact(T::SIZE).map(T::from_le).collect();
        match tensor
            .iter()
            .map(|t| t.wide())
            .find(|t| !(low..=high).contains(t))
        {
            Some(found) => Err(Error::InvalidModel {
                what: name,
                found: found.unsigned_abs(),
                allowed: high as u64,
            }),
            None => Ok(()),
        }
    }
}

/// The plain form of tensors: their numbers one after the other.
#[derive(Default)]
pub struct TensorBytes {
    /// The bytes of those visited.
    pub bytes: Vec<u8>,
}

impl TensorVisitor for TensorBytes {
    fn tensor<T: Value>(
        &mut self,
        name: &'static str,
        tensor: &mut Vec<T>,
        [rows, columns]: [usize; 2],
        low: i64,
        high: i64,
    ) -> Result<()> {
        if tensor.len() != rows * columns {
            return Err(Error::InvalidModel {
                what: name,
                found: tensor.len() as u64,
                allowed: (rows * columns) as u64,
            });
        }
        for t in tensor {
            let wide = t.wide();
            if !(low..=high).contains(&wide) {
                return Err(Error::InvalidModel {
                    what: name,
                    found: wide.unsigned_abs(),
                    allowed: high as u64,
                });
            }
            self.bytes.extend_from_slice(&wide.to_le_bytes()[..T::SIZE]);
        }
        Ok(())
    }
}
