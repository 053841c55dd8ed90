//! Work done by several threads and handed over in the order it was given.

use crate::error::{Error, Result};
use rayon::{ThreadPool, ThreadPoolBuilder};
use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, sync_channel};

/// A queue of jobs. It holds one job more than there are threads, so that memory is bounded and a thread that is done
/// finds the next job while the oldest is still at work.
pub(super) struct Ordered<T> {
    pool: ThreadPool,
    queue: VecDeque<Receiver<T>>,
    room: usize,
    given_up: Arc<AtomicBool>,
}

impl<T: Send + 'static> Ordered<T> {
    /// A queue with `threads` workers; 0 takes all cores.
    ///
    /// # Errors
    /// `Io` if threads cannot be started.
    pub(super) fn new(threads: usize) -> Result<Self> {
        let pool = ThreadPoolBuilder::new()
            .num_threads(threads)
            .thread_name(|n| format!("boa-{n}"))
            // A job that panics drops its sender, which `pop` reports; without this the process would be aborted.
            .panic_handler(|_| {})
            .build()
            .map_err(std::io::Error::other)?;
        let room = pool.current_num_threads() + 1;
        Ok(Ordered {
            pool,
            queue: VecDeque::new(),
            room,
            given_up: Arc::default(),
        })
    }

    /// Whether another job may be pushed before the oldest is popped.
    pub(super) fn has_room(&self) -> bool {
        self.queue.len() < self.room
    }

    /// Gives a job to the next free thread.
    pub(super) fn push(&mut self, job: impl FnOnce() -> T + Send + 'static) {
        let (sender, receiver) = sync_channel(1);
        self.queue.push_back(receiver);
        let given_up = Arc::clone(&self.given_up);
        self.pool.spawn(move || {
            if !given_up.load(Ordering::Relaxed) {
                // Nobody waits any more after an error in an earlier job: the result is then dropped.
                let _ = sender.send(job());
            }
        });
    }

    /// Waits for the oldest job; `None` if there is none.
    ///
    /// # Errors
    /// `Worker` if the job panicked.
    pub(super) fn pop(&mut self) -> Option<Result<T>> {
        let receiver = self.queue.pop_front()?;
        Some(receiver.recv().map_err(|_| Error::Worker))
    }
}

impl<T> Drop for Ordered<T> {
    /// After an error the jobs not yet begun are left undone.
    fn drop(&mut self) {
        self.given_up.store(true, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn results_come_in_the_order_of_the_jobs() {
        let mut jobs = Ordered::new(3).unwrap();
        let mut done = Vec::new();
        for n in 0..20u64 {
            while !jobs.has_room() {
                done.push(jobs.pop().unwrap().unwrap());
            }
            jobs.push(move || {
                std::thread::sleep(Duration::from_millis((n * 7) % 5));
                n
            });
        }
        while let Some(result) = jobs.pop() {
            done.push(result.unwrap());
        }
        assert_eq!(done, (0..20).collect::<Vec<_>>());
    }

    #[test]
    fn a_job_that_panics_is_an_error() {
        let mut jobs = Ordered::<u8>::new(1).unwrap();
        jobs.push(|| panic!("on purpose"));
        jobs.push(|| 5);
        assert!(matches!(jobs.pop(), Some(Err(Error::Worker))));
        assert!(matches!(jobs.pop(), Some(Ok(5))));
    }
}
