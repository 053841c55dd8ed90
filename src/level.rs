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
            ..=2 => Effort::Quick,
            3 => Effort::Fast,
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
    /// Level 3.
    Fast,
    /// Levels 4 to 6.
    Default,
    /// Levels 7 to 9.
    Best,
    /// Levels 1 and 2: no mixing.
    Quick,
}

impl Effort {
    /// Those that mix, in the order of the format.
    pub const ALL: [Effort; 3] = [Effort::Fast, Effort::Default, Effort::Best];

    /// What the effort consists of: a row of the table below.
    pub const fn settings(self) -> &'static Settings {
        match self {
            Effort::Fast => &FAST,
            Effort::Default => &DEFAULT,
            Effort::Best => &BEST,
            Effort::Quick => &QUICK,
        }
    }
}

/// What an effort consists of. Contexts, weight sets and refinement are part of the format; the rest is the encoder's choice, which a
/// frame's header records.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// Hashed contexts of a byte.
    pub contexts: ByKind<usize>,
    /// How many ways select the weights of a mixer.
    pub mixers: usize,
    /// Whether the column selects weights instead of node and phase, in tables and text.
    pub column_first: bool,
    /// Whether APM stages refine the mix.
    pub refined: bool,
    /// Lanes of a segment of 8 KiB or more.
    pub lanes: ByKind<usize>,
    /// Lanes of a segment of 64 KiB or more, but in text.
    pub long_lanes: usize,
    /// The most bytes of a frame. From frames twice as long, long tables come out up to 2 % smaller, but fewer threads share the work,
    /// and each holds more.
    pub longest_frame: usize,
    /// Whether the only frame of an input is divided into segments, for several threads.
    pub segments: bool,
    /// When the built-in network takes part, and which it is.
    pub network: BuiltIn,
    /// What finding structure may look at.
    pub search: SearchBudget,
}

/// A setting for text, and one for everything else.
#[derive(Clone, Copy, Debug)]
pub struct ByKind<T> {
    /// Of plain bytes: words and lines.
    pub text: T,
    /// Of tables, arrays and residuals.
    pub numbers: T,
}

/// When a built-in network takes part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BuiltIn {
    /// Never.
    Never,
    /// In tables of few rows, the network of this number. It takes a third of the default's time, and what it predicts the counters
    /// know: all but 0.15 % of any file. Only where the rows are so few that each column is hardly seen, it brings 2 %.
    FewRows(u16),
    /// Always, the network of this number.
    Always(u16),
}

/// What finding the structure of a frame may look at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SearchBudget {
    /// Bytes from the front of what is not framed yet.
    pub bytes: usize,
    /// Rows of a column that are coded to compare transforms: the least and the most.
    pub rows: [usize; 2],
    /// By how much the samples are smaller that layouts and an array's transforms are compared with.
    pub thinned: usize,
    /// Whether formulas between columns and weights of neighbours are fitted. Either may take as long as coding the frame does
    /// without mixing, and the weights as long again in a decoder.
    pub fitted: bool,
    /// What is examined for the references between a table's columns.
    pub references: ReferenceBudget,
}

/// What finding the references between a table's columns may examine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReferenceBudget {
    /// Rows.
    pub rows: usize,
    /// How many columns before a column are tried.
    pub distance: usize,
    /// How many of them are coded.
    pub candidates: usize,
}

/// Bytes of a full frame.
pub const FRAME_TARGET: usize = 4 << 20;

const SEARCH: SearchBudget = SearchBudget {
    bytes: FRAME_TARGET + FRAME_TARGET / 8,
    rows: [512, 768],
    thinned: 1,
    fitted: true,
    references: ReferenceBudget {
        rows: 8192,
        distance: 64,
        candidates: 12,
    },
};

/// A search that takes less time than coding without mixing.
pub(crate) const QUICK_SEARCH: SearchBudget = SearchBudget {
    bytes: FRAME_TARGET + FRAME_TARGET / 8,
    rows: [192, 256],
    thinned: 4,
    fitted: false,
    references: ReferenceBudget {
        rows: 1024,
        distance: 24,
        candidates: 4,
    },
};

const FAST: Settings = Settings {
    contexts: ByKind {
        text: 4,
        numbers: 5,
    },
    mixers: 2,
    column_first: true,
    refined: false,
    lanes: ByKind {
        text: 2,
        numbers: 4,
    },
    long_lanes: 8,
    longest_frame: FRAME_TARGET,
    segments: true,
    network: BuiltIn::Never,
    search: SEARCH,
};

/// Nothing is mixed: contexts, mixers and lanes are those of frames within lossy ones.
const QUICK: Settings = Settings {
    longest_frame: FRAME_TARGET,
    segments: false,
    search: QUICK_SEARCH,
    ..FAST
};

const DEFAULT: Settings = Settings {
    contexts: ByKind {
        text: 8,
        numbers: 10,
    },
    mixers: 3,
    column_first: false,
    refined: true,
    lanes: ByKind {
        text: 1,
        numbers: 4,
    },
    long_lanes: 4,
    longest_frame: FRAME_TARGET,
    segments: true,
    network: BuiltIn::FewRows(2),
    search: SEARCH,
};

const BEST: Settings = Settings {
    contexts: ByKind {
        text: 20,
        numbers: 20,
    },
    mixers: 4,
    column_first: false,
    refined: true,
    lanes: ByKind {
        text: 1,
        numbers: 1,
    },
    long_lanes: 1,
    longest_frame: 2 * FRAME_TARGET,
    segments: false,
    network: BuiltIn::Always(1),
    search: SEARCH,
};
