//! What the timer thread sleeps on.

use crate::clock::{MonotonicClock, Nanos};
use crate::sync::{Condvar, Mutex, lock};

/// An alarm that is set to an instant and can be rung before it. A ring that comes before the wait
/// is not lost.
#[derive(Debug)]
pub(crate) struct Alarm {
    is_rung: Mutex<bool>,
    rung: Condvar,
}

impl Alarm {
    pub(crate) fn new() -> Self {
        Self {
            is_rung: Mutex::new(false),
            rung: Condvar::new(),
        }
    }

    /// Ends the current wait, or the next one. Cheap when it is ringing already.
    pub(crate) fn ring(&self) {
        let mut is_rung = lock(&self.is_rung);
        if !*is_rung {
            *is_rung = true;
            self.rung.notify_one();
        }
    }

    /// Sleeps until `until_ns`, for ever without one, or until rung.
    pub(crate) fn wait(&self, clock: MonotonicClock, until_ns: Option<Nanos>) {
        let mut is_rung = lock(&self.is_rung);
        while !*is_rung {
            let Some(until_ns) = until_ns else {
                is_rung = self
                    .rung
                    .wait(is_rung)
                    .unwrap_or_else(std::sync::PoisonError::into_inner);
                continue;
            };
            let left_ns = until_ns.saturating_sub(clock.now_ns());
            if left_ns == 0 {
                break;
            }
            let left = std::time::Duration::from_nanos(left_ns);
            is_rung = self
                .rung
                .wait_timeout(is_rung, left)
                .unwrap_or_else(std::sync::PoisonError::into_inner)
                .0;
        }
        *is_rung = false;
    }
}

/// Asks the system to wake this thread without the 50 microseconds by which Linux lets ordinary
/// threads oversleep. A wish: without it the thread is just less punctual.
#[cfg(all(target_os = "linux", not(loom)))]
pub(crate) fn ask_for_punctual_wakes() {
    use std::ffi::{c_int, c_ulong};

    const PR_SET_TIMERSLACK: c_int = 29;
    unsafe extern "C" {
        fn prctl(option: c_int, ...) -> c_int;
    }
    // SAFETY: this option takes one number of this type and changes only the calling thread.
    unsafe { prctl(PR_SET_TIMERSLACK, c_ulong::from(1_u32)) };
}

/// Other systems have no such setting.
#[cfg(not(all(target_os = "linux", not(loom))))]
pub(crate) fn ask_for_punctual_wakes() {}
