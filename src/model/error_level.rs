//! The error level of a lane: how wrong its last bytes were predicted. What is compressed or random already is to be
//! left alone, and what comes after it is not.

/// Error levels.
pub const ERROR_LEVELS: u32 = 4;

/// The mean error of a lane's last bits, in 1/65536: a coin flip's is a half.
#[derive(Clone, Copy, Default)]
pub struct ErrorLevel(i32);

impl ErrorLevel {
    /// From 0, predicted well, to 3, as good as noise.
    #[inline]
    pub fn level(self) -> u32 {
        match self.0 {
            ..12_000 => 0,
            12_000..24_000 => 1,
            24_000..31_000 => 2,
            _ => 3,
        }
    }

    /// Takes the errors of the next byte's bits, all together.
    #[inline]
    pub fn learn(&mut self, wrong: i32) {
        self.0 += ((wrong >> 3) - self.0) >> 4;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn noise_is_recognised_within_a_few_dozen_bytes() {
        let mut error_level = ErrorLevel::default();
        assert_eq!(error_level.level(), 0);
        for _ in 0..64 {
            error_level.learn(8 * 32_768);
        }
        assert_eq!(error_level.level(), 3);
        for _ in 0..64 {
            error_level.learn(8);
        }
        assert_eq!(error_level.level(), 0);
        // Neither end can be left.
        for wrong in [8 * 65_535, 8] {
            (0..10_000).for_each(|_| error_level.learn(wrong));
            assert!((0..65_536).contains(&error_level.0), "{}", error_level.0);
        }
    }
}
