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

/// For sixteen probabilities each the logit of the middle one, Q8.
static STRETCH: [i16; 4096] = {
    let mut table = [0; 4096];
    let mut i = 0;
    while i < 4096 {
        table[i] = inverse(i as u32 * 16 + 8);
        i += 1;
    }
    table
};

/// The same in Q4, rounded, within 127.
pub static STRETCH_TO_BYTE: [i8; 4096] = {
    let mut table = [0; 4096];
    let mut i = 0;
    while i < 4096 {
        let logit = (STRETCH[i] + 8) >> 4;
        table[i] = if logit > 127 {
            127
        } else if logit < -127 {
            -127
        } else {
            logit as i8
        };
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
    squash_at(x)
}

/// [`squash`], for tables that are made of it.
pub const fn squash_at(x: i32) -> u16 {
    let x = if x > LIMIT {
        LIMIT
    } else if x < -LIMIT {
        -LIMIT
    } else {
        x
    };
    SQUASH[(x + LIMIT) as usize]
}

/// The logit of a probability, within [`LIMIT`].
#[inline]
pub fn stretch(p: u16) -> i16 {
    STRETCH[usize::from(p >> 4)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn they_invert_each_other() {
        for x in -LIMIT..=LIMIT {
            let p = squash(x);
            // Sixteen probabilities share a logit in the middle, several logits a probability at the ends.
            let back = squash(stretch(p).into());
            assert!(
                p.abs_diff(back) <= 8 + p.min(p.wrapping_neg()) / 128,
                "{x}: {p}, {back}"
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
