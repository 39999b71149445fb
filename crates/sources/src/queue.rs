//! The directories that are still to be read, shared by the threads that read them.
//!
//! Reading one takes microseconds at least, so one lock does for all. A thread keeps one of the
//! directories that it finds for itself and gives the others away; what was given away last is read
//! first, so that the queue stays as short as the tree is deep and wide.

use std::path::PathBuf;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// A directory and its levels below the root.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Directory {
    pub(crate) path: PathBuf,
    pub(crate) depth: usize,
}

/// What a thread that has read a directory does next.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Turn {
    /// To be read now. `None`: nothing is there, for the moment at least.
    pub(crate) next: Option<Directory>,
    /// There is work for one more thread, which the caller starts.
    pub(crate) wants_reader: bool,
}

/// See the module's documentation.
#[derive(Debug)]
pub(crate) struct DirectoryQueue {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug)]
struct State {
    waiting: Vec<Directory>,
    /// Directories that wait or are being read: none, and everything is over.
    unread: usize,
    sleepers: usize,
    /// Threads that may still be started.
    reserve: usize,
}

impl DirectoryQueue {
    /// A queue with one directory, for so many threads beside the caller's.
    pub(crate) fn new(root: PathBuf, more_threads: usize) -> Self {
        let root = Directory {
            path: root,
            depth: 0,
        };
        Self {
            state: Mutex::new(State {
                waiting: vec![root],
                unread: 1,
                sleepers: 0,
                reserve: more_threads,
            }),
            changed: Condvar::new(),
        }
    }

    /// Waits for a directory; `None` when all were read or [`DirectoryQueue::stop`] was called.
    pub(crate) fn take(&self) -> Option<Directory> {
        let mut state = self.lock();
        loop {
            if state.unread == 0 {
                return None;
            }
            if let Some(directory) = state.waiting.pop() {
                return Some(directory);
            }
            state.sleepers += 1;
            state = self
                .changed
                .wait(state)
                .unwrap_or_else(PoisonError::into_inner);
            state.sleepers -= 1;
        }
    }

    /// A directory was read, and these were found in it. Never waits.
    pub(crate) fn finish(&self, found: &mut Vec<Directory>) -> Turn {
        let own = found.pop();
        let mut state = self.lock();
        if state.unread == 0 {
            // Stopped meanwhile.
            found.clear();
            let (next, wants_reader) = (None, false);
            return Turn { next, wants_reader };
        }
        state.unread = state.unread + found.len() + usize::from(own.is_some()) - 1;
        let given = found.len();
        state.waiting.append(found);
        let next = own.or_else(|| state.waiting.pop());
        let wants_reader = given > state.sleepers && state.reserve > 0;
        state.reserve -= usize::from(wants_reader);
        let wakes = match state.unread {
            0 => state.sleepers,
            _ => given.min(state.sleepers),
        };
        drop(state);
        for _ in 0..wakes {
            self.changed.notify_one();
        }
        Turn { next, wants_reader }
    }

    /// Lets all threads come to an end, whatever is left.
    pub(crate) fn stop(&self) {
        self.lock().unread = 0;
        self.changed.notify_all();
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
