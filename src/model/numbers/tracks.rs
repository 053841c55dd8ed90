//! How far off predictions are: running means of errors, for all rows and by classes of rows, and running means of numbers in contexts.

use super::counters::fold;
use super::logistic_distribution::Logistic;

/// Classes of predictions that differ in how far off they are.
pub const CLASSES: usize = 64;
/// Errors are taken up to this.
const LARGEST: i64 = 1 << 40;
/// Contexts of conditional means, as a power of 2.
const CONDITIONAL_BITS: u32 = 13;
/// Numbers after which a running mean forgets: errors of predictions, means in contexts, the mean of all rows.
const ERRORS: i64 = 64;
const MEANS: i64 = 60;
const LONG: i64 = 1 << 12;

/// A running mean error, Q8.
#[derive(Clone, Copy, Default)]
pub struct Track {
    error: i64,
    seen: i64,
}

impl Track {
    /// Takes the error of a prediction.
    pub fn miss(&mut self, came: i64, predicted: i64) {
        let error = came.saturating_sub(predicted).saturating_abs().min(LARGEST);
        if self.seen == 0 {
            self.error = error;
        }
        self.seen += 1;
        self.error += (error - self.error) / self.seen.min(ERRORS);
    }

    /// The distribution around a prediction.
    pub fn around(&self, predicted: i64) -> Logistic {
        Logistic::new(predicted, self.error)
    }
}

/// Errors of predictions by class.
#[derive(Clone)]
pub struct Graded {
    all: Track,
    classes: [Track; CLASSES],
}

impl Default for Graded {
    fn default() -> Self {
        Graded {
            all: Track::default(),
            classes: [Track::default(); CLASSES],
        }
    }
}

impl Graded {
    /// Takes the error of a prediction of a class; an unknown one starts at the error of all.
    pub fn miss(&mut self, class: u8, came: i64, predicted: i64) {
        self.all.miss(came, predicted);
        let own = &mut self.classes[usize::from(class) % CLASSES];
        if own.seen == 0 {
            *own = Track {
                error: self.all.error,
                seen: 1,
            };
        }
        own.miss(came, predicted);
    }

    fn track(&self, class: u8) -> &Track {
        let own = &self.classes[usize::from(class) % CLASSES];
        if own.seen == 0 { &self.all } else { own }
    }

    /// The distribution around a prediction of a class.
    pub fn around(&self, class: u8, predicted: i64) -> Logistic {
        self.track(class).around(predicted)
    }

    /// A number of a prediction that those alike share: the octave of its mean error, and itself to half of that.
    pub fn alike(&self, class: u8, predicted: i64) -> u64 {
        let octave = (self.track(class).error >> 8).max(1).ilog2();
        u64::from(octave) << 48 ^ (predicted >> 8 >> octave.saturating_sub(1)) as u64
    }
}

/// A running mean and its mean error, Q8.
#[derive(Clone, Copy, Default)]
pub struct Mean {
    mean: i64,
    error: i64,
    seen: i64,
}

impl Mean {
    /// Before any number: around where it starts.
    pub fn new(mean: i64) -> Mean {
        Mean {
            mean,
            ..Mean::default()
        }
    }

    /// Takes a number.
    pub fn add(&mut self, came: i64) {
        let error = (came - self.mean).abs();
        if self.seen == 0 {
            self.error = error;
        }
        self.seen += 1;
        self.error += (error - self.error) / self.seen.min(ERRORS);
        self.mean += (came - self.mean) / (self.seen + 1).min(LONG);
    }

    /// The distribution around it.
    pub fn distribution(&self) -> Logistic {
        Logistic::new(self.mean, self.error)
    }
}

/// The means of a column's symbols in contexts, found by hash.
pub struct Conditional {
    means: Vec<(u32, Mean)>,
}

impl Default for Conditional {
    fn default() -> Self {
        Conditional {
            means: vec![(0, Mean::default()); 1 << CONDITIONAL_BITS],
        }
    }
}

impl Conditional {
    /// Forgets everything.
    pub fn clear(&mut self) {
        self.means.fill((0, Mean::default()));
    }

    fn at(&mut self, hash: u64) -> &mut Mean {
        let index = (hash >> (64 - CONDITIONAL_BITS)) as usize;
        let check = hash as u32 | 1;
        let (own, mean) = &mut self.means[index];
        if *own != check {
            (*own, *mean) = (check, Mean::default());
        }
        mean
    }

    /// The distribution in a context that was seen.
    pub fn distribution(&mut self, hash: u64) -> Option<Logistic> {
        let mean = self.at(hash);
        (mean.seen > 0).then(|| mean.distribution())
    }

    /// Takes a number; a new context starts with the mean error of `all`.
    pub fn add(&mut self, hash: u64, came: i64, all: &Mean) {
        let own = self.at(hash);
        if own.seen == 0 {
            (own.mean, own.error) = (came, all.error);
        }
        own.seen += 1;
        own.error += ((came - own.mean).abs() - own.error) / (own.seen + 1).min(MEANS);
        own.mean += (came - own.mean) / own.seen.min(MEANS);
    }
}

/// The hash of a condition: the bucket of the first reference, or coarser ones of both.
pub fn condition(buckets: [u32; 2], k: usize) -> u64 {
    let [first, second] = buckets.map(u64::from);
    match k {
        0 => fold(1, first),
        _ => fold(2, ((first / 2) << 16) | (second / 2)),
    }
}
