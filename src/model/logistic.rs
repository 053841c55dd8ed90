//! The logistic function and its inverse as tables: probabilities in 1/65536, logits in Q8 of nats.

/// The largest magnitude of a logit: 11 nats, where a probability has one unit left.
pub const LIMIT: i32 = 2815;

/// `e^(-1/256)` in Q60.
const STEP: u128 = 1_148_426_689_630_428_643;
const ONE: u128 = 1 << 60;

/// `65536 / (1 + e^(-x/256))`, rounded, for `x` from 0 to `LIMIT`, and the rest to 65536 below 0.
static SQUASH: [u16; 2 * LIMIT as usize + 1] = {
    let mut table = [0; 2 * LIMIT as usize + 1];
    let mut power = ONE;
    let mut x = 0;
    while x <= LIMIT as usize {
        let p = ((ONE << 16) + (ONE + power) / 2) / (ONE + power);
        let p = if p > 65535 { 65535 } else { p };
        table[LIMIT as usize + x] = p as u16;
        table[LIMIT as usize - x] = (65536 - p) as u16;
        power = (power * STEP) >> 60;
        x += 1;
    }
    table
};

/// Probabilities below this, and as close to the other end, have a logit each; of those between, sixteen share one.
const FINE: usize = 4096;
/// Where in [`STRETCH`] the shared ones begin, and the others after them.
const SHARED: usize = FINE;
const UPPER: usize = SHARED + (65536 - 2 * FINE) / 16 + 1;

/// The logits of the lowest probabilities, of each sixteen in the middle of them, and of the highest.
static STRETCH: [i16; UPPER + FINE - 1] = {
    let mut table = [0; UPPER + FINE - 1];
    let mut i = 0;
    while i < FINE {
        table[i] = inverse(i as u32);
        if i > 0 {
            table[UPPER + FINE - 1 - i] = -table[i];
        }
        i += 1;
    }
    let mut i = SHARED;
    while i < UPPER {
        table[i] = inverse((i - SHARED + FINE / 16) as u32 * 16 + 8);
        i += 1;
    }
    table
};

/// The least logit whose probability is at least `p`.
const fn inverse(p: u32) -> i16 {
    let (mut low, mut high) = (0, 2 * LIMIT as usize);
    while low < high {
        let middle = (low + high) / 2;
        if (SQUASH[middle] as u32) < p {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    (low as i32 - LIMIT) as i16
}

/// The probability of a logit, 1 to 65535; logits beyond [`LIMIT`] count as that.
#[inline]
pub fn squash(x: i32) -> u16 {
    SQUASH[(x.clamp(-LIMIT, LIMIT) + LIMIT) as usize]
}

/// The logit of a probability, within [`LIMIT`].
#[inline]
pub fn stretch(p: u16) -> i32 {
    let p = usize::from(p);
    let shared = (p >> 4) + (SHARED - FINE / 16);
    let place = if p < FINE { p } else { shared };
    let place = if p > 65536 - FINE {
        p - (65536 - FINE + 1) + UPPER
    } else {
        place
    };
    i32::from(STRETCH[place])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn they_invert_each_other() {
        for x in -LIMIT..=LIMIT {
            let p = squash(x);
            // Sixteen probabilities share a logit in the middle, several logits a probability at the ends.
            let near = squash(stretch(p));
            assert!(
                p.abs_diff(near) <= 8 + p.min(p.wrapping_neg()) / 128,
                "{x}: {p}, {near}"
            );
            assert_eq!(u32::from(p) + u32::from(squash(-x)), 65536);
        }
        assert_eq!(
            (squash(0), squash(i32::MAX), squash(i32::MIN)),
            (32768, 65535, 1)
        );
        assert!(stretch(32768).abs() <= 1);
    }
}
