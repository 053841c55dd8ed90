//! Mean and spread of values, while they are added.

/// Count, mean and squares of values, and the smallest that is not 0.
#[derive(Clone, Copy, Debug)]
pub(super) struct Moments {
    pub count: u64,
    pub mean: f64,
    /// The sum of the squares of what values differ from the mean by.
    squares: f64,
    /// The smallest magnitude that is not 0; infinite if there is none.
    pub smallest: f64,
}

impl Default for Moments {
    fn default() -> Moments {
        Moments {
            count: 0,
            mean: 0.0,
            squares: 0.0,
            smallest: f64::INFINITY,
        }
    }
}

impl Moments {
    /// Adds a value that came `count` times.
    pub fn add(&mut self, value: f64, count: u64) {
        let smallest = if value == 0.0 {
            f64::INFINITY
        } else {
            value.abs()
        };
        self.merge(&Moments {
            count,
            mean: value,
            squares: 0.0,
            smallest,
        });
    }

    /// Adds the values of others (Chan, Golub and LeVeque 1979).
    pub fn merge(&mut self, other: &Moments) {
        self.smallest = self.smallest.min(other.smallest);
        let count = self.count + other.count;
        if other.count == 0 {
            return;
        }
        let share = other.count as f64 / count as f64;
        let difference = other.mean - self.mean;
        self.squares += other.squares + difference * difference * share * self.count as f64;
        // Of two huge values the difference may be infinite, but the mean is not.
        self.mean = if difference.is_finite() {
            self.mean + difference * share
        } else {
            self.mean * (1.0 - share) + other.mean * share
        };
        self.count = count;
    }

    /// The standard deviation.
    pub fn spread(&self) -> f64 {
        (self.squares / self.count.max(1) as f64).sqrt()
    }
}
