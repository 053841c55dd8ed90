//! Work done by several threads and handed over in the order it was given.

use crate::error::{Error, Result};
use rayon::{ThreadPool, ThreadPoolBuilder};
use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};

/// A queue of jobs: few wait, so that memory is bounded, and as many again may be done while the oldest is still at work.
pub(super) struct Ordered<T> {
    pool: Arc<ThreadPool>,
    /// What became of the jobs that have not been handed over, the oldest first; `None` while a job is not done.
    jobs: VecDeque<Option<Result<T>>>,
    /// The number of the oldest, counted from the first job ever.
    oldest: usize,
    unfinished: usize,
    most: usize,
    sender: Sender<(usize, Result<T>)>,
    receiver: Receiver<(usize, Result<T>)>,
    abandoned: Arc<AtomicBool>,
}

/// What comes next.
pub(super) enum Next<T> {
    /// The oldest job's result.
    Done(T),
    /// Nothing yet, but there is room for another job.
    Room,
    /// Nothing: there are no jobs.
    Nothing,
}

/// Sends the result of a job, even if it panics.
struct JobGuard<T> {
    number: usize,
    result: Option<Result<T>>,
    sender: Sender<(usize, Result<T>)>,
}

impl<T> JobGuard<T> {
    fn fill(&mut self, result: Result<T>) {
        self.result = Some(result);
    }
}

impl<T> Drop for JobGuard<T> {
    fn drop(&mut self) {
        let result = self.result.take().unwrap_or(Err(Error::Worker));
        // Nobody waits any more after an error in an earlier job.
        let _ = self.sender.send((self.number, result));
    }
}

impl<T: Send + 'static> Ordered<T> {
    /// A queue for the threads of a pool, or else for `threads` workers of its own, 0 for one a core; with room for `waiting` jobs besides
    /// those at work.
    ///
    /// # Errors
    /// `Io` if threads cannot be started.
    pub(super) fn new(
        pool: &Option<Arc<ThreadPool>>,
        threads: usize,
        waiting: usize,
    ) -> Result<Self> {
        let pool = match pool {
            Some(pool) => Arc::clone(pool),
            None => Arc::new(
                ThreadPoolBuilder::new()
                    .num_threads(threads)
                    .thread_name(|n| format!("boa-{n}"))
                    .build()
                    .map_err(std::io::Error::other)?,
            ),
        };
        let most = pool.current_num_threads() + waiting;
        let (sender, receiver) = channel();
        Ok(Ordered {
            pool,
            jobs: VecDeque::new(),
            oldest: 0,
            unfinished: 0,
            most,
            sender,
            receiver,
            abandoned: Arc::default(),
        })
    }

    /// How many threads work.
    pub(super) fn threads(&self) -> usize {
        self.pool.current_num_threads()
    }

    /// Whether another job may be pushed now.
    pub(super) fn has_room(&mut self) -> bool {
        while let Ok((number, result)) = self.receiver.try_recv() {
            self.note(number, result);
        }
        self.unfinished < self.most && self.jobs.len() < 2 * self.most
    }

    /// Gives a job to the next free thread.
    pub(super) fn push(&mut self, job: impl FnOnce() -> Result<T> + Send + 'static) {
        let mut report = JobGuard {
            number: self.oldest + self.jobs.len(),
            result: None,
            sender: self.sender.clone(),
        };
        self.jobs.push_back(None);
        self.unfinished += 1;
        let abandoned = Arc::clone(&self.abandoned);
        self.pool.spawn(move || {
            if !abandoned.load(Ordering::Relaxed) {
                // A panic must not leave the job: in a pool without a handler it would abort the process. The result
                // shows it.
                let _ = catch_unwind(AssertUnwindSafe(|| report.fill(job())));
            }
        });
    }

    /// Waits for the oldest job, or, if `more` are to come, for room.
    ///
    /// # Errors
    /// The job's own; `Worker` if it panicked.
    pub(super) fn next(&mut self, more: bool) -> Result<Next<T>> {
        loop {
            match self.jobs.front_mut().map(Option::take) {
                None => return Ok(Next::Nothing),
                Some(Some(result)) => {
                    self.jobs.pop_front();
                    self.oldest += 1;
                    return result.map(Next::Done);
                }
                Some(None) if more && self.has_room() => return Ok(Next::Room),
                Some(None) => {}
            }
            // `has_room` may just have noted the oldest.
            if !matches!(self.jobs.front(), Some(Some(_))) {
                let (number, result) = self.receiver.recv().map_err(|_| Error::Worker)?;
                self.note(number, result);
            }
        }
    }

    fn note(&mut self, number: usize, result: Result<T>) {
        self.unfinished -= 1;
        self.jobs[number - self.oldest] = Some(result);
    }
}

impl<T> Drop for Ordered<T> {
    /// After an error the jobs not yet begun are left undone.
    fn drop(&mut self) {
        self.abandoned.store(true, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn results_come_in_the_order_of_the_jobs() {
        let mut jobs = Ordered::new(&None, 3, 0).unwrap();
        let (mut handed_out, mut done) = (0..20u64, Vec::new());
        loop {
            while jobs.has_room()
                && let Some(n) = handed_out.next()
            {
                jobs.push(move || {
                    std::thread::sleep(Duration::from_millis((n * 7) % 5));
                    Ok(n)
                });
            }
            match jobs.next(!handed_out.is_empty()).unwrap() {
                Next::Done(n) => done.push(n),
                Next::Room => {}
                Next::Nothing => break,
            }
        }
        assert_eq!(done, (0..20).collect::<Vec<_>>());
    }

    #[test]
    fn a_slow_job_keeps_no_thread_waiting() {
        let mut jobs = Ordered::new(&None, 2, 1).unwrap();
        let (release, held) = channel();
        jobs.push(move || Ok(held.recv().unwrap_or(0)));
        let mut pushed = 1u64;
        // The oldest is at work until six are in the queue: the limit for two threads.
        while pushed < 6 {
            assert!(matches!(jobs.next(true), Ok(Next::Room)));
            while jobs.has_room() {
                jobs.push(move || Ok(pushed));
                pushed += 1;
            }
        }
        assert!(!jobs.has_room());
        release.send(0).unwrap();
        for n in 0..6 {
            assert!(matches!(jobs.next(false), Ok(Next::Done(done)) if done == n));
        }
        assert!(matches!(jobs.next(false), Ok(Next::Nothing)));
    }

    #[test]
    fn a_job_that_panics_is_an_error() {
        let mut jobs = Ordered::<u8>::new(&None, 1, 1).unwrap();
        jobs.push(|| panic!("on purpose"));
        jobs.push(|| Ok(5));
        assert!(matches!(jobs.next(false), Err(Error::Worker)));
        assert!(matches!(jobs.next(false), Ok(Next::Done(5))));
    }
}
