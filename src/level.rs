//! Levels: how much work goes into a byte.

/// A compression level, 1 (fast) to 9 (best).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Level(u8);

impl Level {
    /// The level of this number, if it is one of 1 to 9.
    pub fn new(number: u8) -> Option<Level> {
        (1..=9).contains(&number).then_some(Level(number))
    }

    /// The work that the level stands for: levels in a group write the same bytes.
    pub fn effort(self) -> Effort {
        match self.0 {
            ..=3 => Effort::Fast,
            4..=6 => Effort::Default,
            _ => Effort::Best,
        }
    }
}

impl Default for Level {
    fn default() -> Self {
        Level(5)
    }
}

/// What a frame's bytes are predicted with; a decoder has to do the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effort {
    /// Levels 1 to 3.
    Fast,
    /// Levels 4 to 6.
    Default,
    /// Levels 7 to 9.
    Best,
}

impl Effort {
    /// All of them.
    pub const ALL: [Effort; 3] = [Effort::Fast, Effort::Default, Effort::Best];
}
