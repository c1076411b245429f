//! Threads that start together, to provoke races.
//!
//! **Invariant:** no thread does its work before all of them are ready. Every test of a rule such as "exactly one
//! claim succeeds" calls it.

use std::sync::Barrier;
use std::thread;

/// Runs `work(0)` to `work(count - 1)` on `count` threads released at the same moment; the results come in that order.
///
/// # Panics
///
/// With the panic of the first thread that panicked, after all have ended.
pub fn parallel<T: Send>(count: usize, work: impl Fn(usize) -> T + Sync) -> Vec<T> {
    let barrier = Barrier::new(count);
    let (work, barrier) = (&work, &barrier);
    let run = move |index| {
        barrier.wait();
        work(index)
    };
    thread::scope(|scope| {
        let threads: Vec<_> = (0..count)
            .map(|index| scope.spawn(move || run(index)))
            .collect();
        let outcomes: Vec<_> = threads.into_iter().map(|thread| thread.join()).collect();
        outcomes
            .into_iter()
            .map(|outcome| outcome.unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
            .collect()
    })
}

#[cfg(test)]
mod tests {
    use super::parallel;
    use std::sync::atomic::{AtomicUsize, Ordering};

    #[test]
    fn results_keep_their_order() {
        assert_eq!(parallel(8, |i| i * i), [0, 1, 4, 9, 16, 25, 36, 49]);
    }

    #[test]
    fn all_threads_are_there_before_any_works() {
        let inside = Barrier4::default();
        let seen = parallel(4, |_| inside.meet());
        assert_eq!(seen, [4; 4]);
    }

    /// Returns only once four threads are inside at the same time.
    #[derive(Default)]
    struct Barrier4(AtomicUsize);

    impl Barrier4 {
        fn meet(&self) -> usize {
            self.0.fetch_add(1, Ordering::SeqCst);
            while self.0.load(Ordering::SeqCst) < 4 {
                std::thread::yield_now();
            }
            self.0.load(Ordering::SeqCst)
        }
    }

    #[test]
    #[should_panic(expected = "third")]
    fn a_panic_is_passed_on() {
        parallel(4, |i| assert_ne!(i, 2, "third"));
    }
}
