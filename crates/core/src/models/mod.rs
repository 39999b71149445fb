//! Models of the seam, run under the loom model checker, which tries every order of the threads
//! and every value that the memory model lets a load return.
//!
//! Each model has a broken twin: the same code with one deliberate fault. A model that would not
//! notice it proves nothing, so the twin's test asserts that loom does.
//!
//! Run: `RUSTFLAGS="--cfg loom" CARGO_TARGET_DIR=target/loom LOOM_MAX_PREEMPTIONS=2 cargo test -p
//! backbeat-core --release loom_`

mod alarms;
mod channel;
mod fire;
mod folding;
mod jobs;
mod rings;
mod shutdown;
mod sleep;

use std::panic::{AssertUnwindSafe, catch_unwind};

/// Three preemptions and more find nothing new here and take minutes.
const PREEMPTIONS: usize = 2;

/// Explores a model; panics at the first execution that breaks an assertion or cannot end.
fn explore(model: impl Fn() + Send + Sync + 'static) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = builder.preemption_bound.or(Some(PREEMPTIONS));
    builder.check(model);
}

/// Explores a broken twin; panics when loom finds nothing wrong with it.
fn assert_fault_is_found(twin: impl Fn() + Send + Sync + 'static) {
    let outcome = catch_unwind(AssertUnwindSafe(|| explore(twin)));
    assert!(outcome.is_err(), "the model does not notice the fault");
}
