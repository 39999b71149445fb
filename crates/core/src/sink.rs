//! The only way out of the core.

use crate::clock::Nanos;

/// Wakes one isolate. Called with the scheduler's lock held, so it must not block and must not call
/// back into the core.
pub trait Sink: Send {
    /// Due records were published; the isolate should look at its ring. Several calls before it
    /// looks may be folded into one.
    fn wake(&self);

    /// By how much the isolate wants to be roused before a deadline that stands alone, so that it is
    /// awake when it comes. `None`: not at all.
    fn lead_ns(&self) -> Option<Nanos> {
        None
    }

    /// An actor of the isolate is due at `deadline_ns`, which is near: the isolate should wake, wait
    /// until then and call [`Engine::deliver`](crate::Engine::deliver). A hint; what is due is handed
    /// over without it, too.
    fn rouse(&self, _deadline_ns: Nanos) {}
}
