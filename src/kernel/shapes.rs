//! The shapes of what kernels work on, and the numbers that all of them share.

/// Outputs of a [`product`](super::product) are computed in blocks of this many; a matrix is padded to whole blocks.
pub const BLOCK: usize = 16;

/// Products are shifted up by this before their bias, so that large weights need no left shift.
pub const HEADROOM: u32 = 4;

/// Nodes of half a byte's binary tree: node 1, then `2 node + bit`. 0 is none.
pub const NODES: usize = 16;

/// A number for each node of half a byte.
pub type Row = [i16; NODES];

/// A hashed context slot: what a context has seen at each node.
#[repr(C, align(64))]
#[derive(Clone, Copy)]
pub struct Slot {
    /// The logits of `probabilities`, Q4.
    pub logits: [i8; NODES],
    /// How many bits were seen, at most [`MAX_SEEN`].
    pub counts: [u8; NODES],
    /// The probabilities of a one, in 1/65536. That of node 0 is the slot's check.
    pub probabilities: [u16; NODES],
}

/// The weights of one input at each node: 32 bits, Q28, in two halves.
#[repr(C, align(64))]
#[derive(Clone, Copy)]
pub struct NodeWeights {
    pub(super) high: [i16; NODES],
    pub(super) low: [u16; NODES],
}

impl NodeWeights {
    /// The same weight at each node.
    pub const fn all(weight: i32) -> Self {
        NodeWeights {
            high: [(weight >> 16) as i16; NODES],
            low: [weight as u16; NODES],
        }
    }

    /// A node's weight.
    pub fn at(&self, node: usize) -> i32 {
        i32::from(self.high[node]) << 16 | i32::from(self.low[node])
    }
}

/// The most weight sets that [`blend`](super::blend) and [`descend`](super::descend) take.
pub const MAX_WEIGHT_SETS: usize = 4;

/// Bits after which a counter's rate stays.
pub const MAX_SEEN: u8 = 60;

/// Of a counter that has seen n bits, in 1/65536: how much of what is missing it takes. `2 floor(65536 / (2n + 3))`, close to `1 / (n + 3/2)`.
pub(super) const RATES: [u16; 64] = {
    let mut rates = [0; 64];
    let mut n = 0;
    while n < rates.len() {
        rates[n] = 2 * (65536 / (2 * n + 3)) as u16;
        n += 1;
    }
    rates
};
