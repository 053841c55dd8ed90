//! Work done by several threads and handed over in the order it was given.

use crate::error::{Error, Result};
use rayon::{ThreadPool, ThreadPoolBuilder};
use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};

/// A queue of jobs: few wait, so that memory is bounded, and as many again may be done while the oldest is still at work. Beside
/// them one other piece of work may be done at a time, which has no place in the order.
pub(super) struct Ordered<T, S> {
    pool: Arc<ThreadPool>,
    /// What became of the jobs that have not been handed over, the oldest first; `None` while a job is not done.
    jobs: VecDeque<Option<Result<T>>>,
    /// The number of the oldest, counted from the first job ever.
    oldest: usize,
    unfinished: usize,
    most: usize,
    aside: Aside<S>,
    sender: Sender<Message<T, S>>,
    receiver: Receiver<Message<T, S>>,
    abandoned: Arc<AtomicBool>,
}

/// What a thread has done.
enum Message<T, S> {
    Job(usize, Result<T>),
    Aside(Result<S>),
}

/// The work beside the jobs.
enum Aside<S> {
    None,
    Running,
    Done(Result<S>),
}

/// What comes next.
pub(super) enum Next<T, S> {
    /// The oldest job's result.
    Done(T),
    /// The work beside the jobs is done.
    Aside(S),
    /// Nothing yet, but there is room for another job.
    Room,
    /// Nothing: there are no jobs, and no work beside them.
    Nothing,
}

impl<T: Send + 'static, S: Send + 'static> Ordered<T, S> {
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
            aside: Aside::None,
            sender,
            receiver,
            abandoned: Arc::default(),
        })
    }

    /// Whether another job may be pushed now.
    pub(super) fn has_room(&mut self) -> bool {
        while let Ok(message) = self.receiver.try_recv() {
            self.note(message);
        }
        self.unfinished < self.most && self.jobs.len() < 2 * self.most
    }

    /// Gives a job to the next free thread.
    pub(super) fn push(&mut self, job: impl FnOnce() -> Result<T> + Send + 'static) {
        let number = self.oldest + self.jobs.len();
        self.jobs.push_back(None);
        self.unfinished += 1;
        self.spawn(job, move |result| Message::Job(number, result));
    }

    /// Gives other work to the next free thread: after what was done before has been handed over.
    pub(super) fn push_aside(&mut self, work: impl FnOnce() -> S + Send + 'static) {
        self.aside = Aside::Running;
        self.spawn(move || Ok(work()), Message::Aside);
    }

    fn spawn<R: 'static>(
        &self,
        work: impl FnOnce() -> Result<R> + Send + 'static,
        message: impl FnOnce(Result<R>) -> Message<T, S> + Send + 'static,
    ) {
        let (sender, abandoned) = (self.sender.clone(), Arc::clone(&self.abandoned));
        self.pool.spawn(move || {
            // A panic must not leave the job: in a pool without a handler it would abort the process. The result shows it.
            let result = match abandoned.load(Ordering::Relaxed) {
                true => Err(Error::Worker),
                false => catch_unwind(AssertUnwindSafe(work)).unwrap_or(Err(Error::Worker)),
            };
            // Nobody waits any more after an error in an earlier job.
            let _ = sender.send(message(result));
        });
    }

    /// Waits for the oldest job or the work beside the jobs, or, if `more` are to come, for room.
    ///
    /// # Errors
    /// The job's own; `Worker` if it panicked.
    pub(super) fn next(&mut self, more: bool) -> Result<Next<T, S>> {
        loop {
            if let Aside::Done(_) = self.aside
                && let Aside::Done(result) = std::mem::replace(&mut self.aside, Aside::None)
            {
                return result.map(Next::Aside);
            }
            match self.jobs.front_mut().map(Option::take) {
                None if !matches!(self.aside, Aside::Running) => return Ok(Next::Nothing),
                Some(Some(result)) => {
                    self.jobs.pop_front();
                    self.oldest += 1;
                    return result.map(Next::Done);
                }
                _ if more && self.has_room() => return Ok(Next::Room),
                _ => {}
            }
            // `has_room` may just have noted what is waited for.
            let oldest_is_done = matches!(self.jobs.front(), Some(Some(_)));
            if !oldest_is_done && !matches!(self.aside, Aside::Done(_)) {
                let message = self.receiver.recv().map_err(|_| Error::Worker)?;
                self.note(message);
            }
        }
    }

    fn note(&mut self, message: Message<T, S>) {
        match message {
            Message::Job(number, result) => {
                self.unfinished -= 1;
                self.jobs[number - self.oldest] = Some(result);
            }
            Message::Aside(result) => self.aside = Aside::Done(result),
        }
    }
}

impl<T, S> Drop for Ordered<T, S> {
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
        let mut jobs = Ordered::<_, ()>::new(&None, 3, 0).unwrap();
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
                Next::Room | Next::Aside(()) => {}
                Next::Nothing => break,
            }
        }
        assert_eq!(done, (0..20).collect::<Vec<_>>());
    }

    #[test]
    fn a_slow_job_keeps_no_thread_waiting() {
        let mut jobs = Ordered::<_, ()>::new(&None, 2, 1).unwrap();
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
        let mut jobs = Ordered::<u8, ()>::new(&None, 1, 1).unwrap();
        jobs.push(|| panic!("on purpose"));
        jobs.push(|| Ok(5));
        assert!(matches!(jobs.next(false), Err(Error::Worker)));
        assert!(matches!(jobs.next(false), Ok(Next::Done(5))));
    }
    #[test]
    fn work_beside_the_jobs_comes_when_it_is_done() {
        let mut jobs = Ordered::<u8, u8>::new(&None, 1, 1).unwrap();
        assert!(matches!(jobs.next(false), Ok(Next::Nothing)));
        jobs.push_aside(|| 7);
        // Without jobs it is waited for; room for jobs is no reason not to.
        assert!(matches!(jobs.next(false), Ok(Next::Aside(7))));
        assert!(matches!(jobs.next(false), Ok(Next::Nothing)));
        jobs.push(|| Ok(1));
        jobs.push_aside(|| 8);
        let mut seen = [0, 0];
        for _ in 0..2 {
            match jobs.next(false).unwrap() {
                Next::Done(job) => seen[0] = job,
                Next::Aside(aside) => seen[1] = aside,
                Next::Room | Next::Nothing => panic!("neither"),
            }
        }
        assert_eq!(seen, [1, 8]);
        jobs.push_aside(|| panic!("on purpose"));
        assert!(matches!(jobs.next(false), Err(Error::Worker)));
    }
}
