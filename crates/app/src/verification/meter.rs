//! The meter of one check: how many steps it may take and how deep it may go.
//!
//! A schema can be small and its evaluation endless, and no evaluator can be
//! stopped from outside. So everything that evaluates pays here before each
//! piece of work, and where nothing is left, unwinds to where the meter was
//! set. Steps are counted, not timed: the same check takes the same number of
//! them everywhere, so that its outcome can be repeated.
//!
//! **Invariant:** nothing but [`Spent`] is caught here; a panic goes on.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

/// Everything was spent: the check would take too long or went too deep.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Spent;

/// Bytes of stack that a check may use. Threads have 2 MiB.
const STACK_BYTES: usize = 512 << 10;

#[derive(Clone, Copy)]
struct Meter {
    left: u64,
    /// Where the stack was when the meter was set.
    base: usize,
}

thread_local! {
    static METER: Cell<Meter> = const { Cell::new(Meter { left: 0, base: 0 }) };
}

/// Runs a check that may take this many steps.
///
/// # Errors
/// [`Spent`] where they were not enough.
pub(super) fn metered<T>(steps: u64, check: impl FnOnce() -> T) -> Result<T, Spent> {
    METER.set(Meter {
        left: steps,
        base: stack_pointer(),
    });
    // What the check was working on is thrown away with it.
    catch_unwind(AssertUnwindSafe(check)).map_err(|cause| match cause.downcast::<Spent>() {
        Ok(spent) => *spent,
        Err(cause) => resume_unwind(cause),
    })
}

/// Pays for work that follows; does not return where too little is left.
pub(super) fn charge(steps: u64) {
    let mut meter = METER.get();
    let deep = meter.base.abs_diff(stack_pointer()) > STACK_BYTES;
    let Some(left) = meter.left.checked_sub(steps).filter(|_| !deep) else {
        // Unlike a panic this is expected, and told to nobody.
        resume_unwind(Box::new(Spent));
    };
    meter.left = left;
    METER.set(meter);
}

/// About where the stack is: the address of something on it.
fn stack_pointer() -> usize {
    let here = 0_u8;
    std::ptr::from_ref(std::hint::black_box(&here)).addr()
}

#[cfg(test)]
mod tests {
    use super::{Spent, charge, metered};

    #[test]
    fn what_costs_too_much_is_stopped() {
        assert_eq!(
            metered(10, || {
                charge(10);
                7
            }),
            Ok(7)
        );
        assert_eq!(metered(10, || charge(11)), Err(Spent));
        assert_eq!(
            metered(10, || loop {
                charge(1)
            }),
            Err::<(), _>(Spent)
        );
    }

    #[test]
    fn what_goes_too_deep_is_stopped() {
        fn deep(level: u64) -> u64 {
            charge(1);
            match level {
                u64::MAX => 0,
                level => std::hint::black_box(deep(level + 1)) + 1,
            }
        }
        assert_eq!(metered(u64::MAX, || deep(0)), Err(Spent));
    }
}
