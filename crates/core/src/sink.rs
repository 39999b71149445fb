//! The only way out of the core.

/// Wakes one isolate. Called with the scheduler's lock held, so it must not block and must not call
/// back into the core.
pub trait Sink: Send {
    /// Due records were published; the isolate should look at its ring. Several calls before it
    /// looks may be folded into one.
    fn wake(&self);
}
