//! What comes of a long run, thinned so that a picture can hold it.

/// Items that are kept at most.
const MAX_KEPT: usize = 400;

/// Every so many of the items added, evenly over all of them.
#[derive(Clone, Debug)]
pub struct Thinned<T> {
    kept: Vec<T>,
    every: usize,
    seen: usize,
}

impl<T> Default for Thinned<T> {
    fn default() -> Self {
        Thinned {
            kept: Vec::new(),
            every: 1,
            seen: 0,
        }
    }
}

impl<T> Thinned<T> {
    /// Adds an item; of too many, every second is left out.
    pub fn add(&mut self, item: T) {
        if self.seen.is_multiple_of(self.every) {
            self.kept.push(item);
        }
        self.seen += 1;
        if self.kept.len() > MAX_KEPT {
            let mut keep = false;
            self.kept.retain(|_| {
                keep = !keep;
                keep
            });
            self.every *= 2;
        }
    }

    /// Those that are kept.
    pub fn kept(&self) -> &[T] {
        &self.kept
    }
}
