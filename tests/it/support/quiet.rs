//! Who may run beside whom: tests that measure a pace run alone, since on a busy machine a call
//! that was sent in time arrives late.

use std::sync::{Condvar, Mutex, PoisonError};

/// Tests that run, and whether one wants to run alone.
#[derive(Debug)]
struct Tests {
    running: usize,
    alone: bool,
}

static TESTS: Mutex<Tests> = Mutex::new(Tests {
    running: 0,
    alone: false,
});

static CHANGED: Condvar = Condvar::new();

/// The right to run, given back when dropped.
#[derive(Debug)]
pub(super) struct Slot {
    alone: bool,
}

impl Slot {
    /// Beside others, unless one wants to be alone.
    pub(super) fn shared() -> Self {
        let tests = TESTS.lock().unwrap_or_else(PoisonError::into_inner);
        let mut tests = CHANGED
            .wait_while(tests, |tests| tests.alone)
            .unwrap_or_else(PoisonError::into_inner);
        tests.running += 1;
        Self { alone: false }
    }

    /// Alone.
    pub(super) fn alone() -> Self {
        let tests = TESTS.lock().unwrap_or_else(PoisonError::into_inner);
        let mut tests = CHANGED
            .wait_while(tests, |tests| tests.alone)
            .unwrap_or_else(PoisonError::into_inner);
        tests.alone = true;
        drop(
            CHANGED
                .wait_while(tests, |tests| tests.running > 0)
                .unwrap_or_else(PoisonError::into_inner),
        );
        Self { alone: true }
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        let mut tests = TESTS.lock().unwrap_or_else(PoisonError::into_inner);
        if self.alone {
            tests.alone = false;
        } else {
            tests.running -= 1;
        }
        CHANGED.notify_all();
    }
}
