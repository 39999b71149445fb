//! Native producers of backbeat's channels: they read the file system on threads of their own and
//! write what they find into a channel whose receiver is a script.
//!
//! * `walk`: the entries of a directory tree, in no order by `tree` (several threads with a `queue`
//!   of what each `directory` leads to), in an order, over links or past ignore files by `ruled`.
//! * `lines`: the lines of a file.
//! * `batch`: many items in one frame, few when the receiver waits.
//!
//! This crate knows nothing of JavaScript engines; it ends where [`backbeat_core::channel::Feed`]
//! begins.

mod batch;
mod directory;
mod lines;
mod queue;
#[cfg(test)]
mod queue_tests;
#[cfg(test)]
mod random_trees;
#[cfg(test)]
mod received;
mod ruled;
#[cfg(test)]
mod tests;
mod tree;
mod walk;

pub use lines::{LineOptions, Lines};
pub use walk::{PatternError, Walk, WalkOptions};

use backbeat_core::channel::{Feed, FeedClosed, Frame, FrameKind, Hubs};

/// Reports what went wrong with one path: the code of the error, the path, the system's words.
fn send_fault(
    feed: &Feed,
    hubs: &Hubs,
    path: &str,
    error: &std::io::Error,
) -> Result<(), FeedClosed> {
    let text = format!("{}\0{path}\0{error}", code_of(error));
    let frame = Frame {
        kind: FrameKind::Fault,
        number: 0.0,
        payload: text.as_bytes(),
    };
    feed.send(frame, hubs)
}

/// The code that Node gives to such an error; the system's number where it is a rarer one.
fn code_of(error: &std::io::Error) -> String {
    use std::io::ErrorKind;
    match error.kind() {
        ErrorKind::NotFound => "ENOENT".into(),
        ErrorKind::PermissionDenied => "EACCES".into(),
        ErrorKind::NotADirectory => "ENOTDIR".into(),
        ErrorKind::IsADirectory => "EISDIR".into(),
        ErrorKind::InvalidData => "ELOOP".into(),
        _ => match error.raw_os_error() {
            Some(number) => format!("errno {number}"),
            None => "EIO".into(),
        },
    }
}
