//! What the queue hands to whom, and how it ends.

use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use crate::queue::{Directory, DirectoryQueue, Turn};

fn directory(name: &str, depth: usize) -> Directory {
    let path = PathBuf::from(name);
    Directory { path, depth }
}

fn next_of(turn: Turn) -> Option<String> {
    turn.next
        .map(|directory| directory.path.display().to_string())
}

#[test]
fn a_reader_goes_on_with_what_it_found_last() {
    let queue = DirectoryQueue::new("root".into(), 0);
    assert_eq!(queue.take(), Some(directory("root", 0)));
    let mut found = vec![directory("a", 1), directory("b", 1)];
    assert_eq!(next_of(queue.finish(&mut found)), Some("b".to_owned()));
    assert!(found.is_empty());
    assert_eq!(next_of(queue.finish(&mut found)), Some("a".to_owned()));
    assert_eq!(next_of(queue.finish(&mut found)), None);
    assert_eq!(queue.take(), None);
}

#[test]
fn another_reader_is_wanted_when_there_is_something_for_it() {
    let queue = DirectoryQueue::new("root".into(), 1);
    queue.take();
    let chain = queue.finish(&mut vec![directory("only", 1)]);
    assert!(!chain.wants_reader, "the only directory has its reader");
    let two = queue.finish(&mut vec![directory("a", 2), directory("b", 2)]);
    assert!(two.wants_reader);
    let more = queue.finish(&mut vec![directory("c", 3), directory("d", 3)]);
    assert!(!more.wants_reader, "no more than were allowed");
}

#[test]
fn a_stopped_queue_hands_out_nothing() {
    let queue = DirectoryQueue::new("root".into(), 0);
    queue.take();
    queue.stop();
    let mut found = vec![directory("a", 1), directory("b", 1)];
    assert_eq!(next_of(queue.finish(&mut found)), None);
    assert_eq!(queue.take(), None);
}

#[test]
fn readers_that_wait_share_the_work_and_all_come_to_an_end() {
    const LEVELS: usize = 9;
    let queue = DirectoryQueue::new("root".into(), 0);
    let read = AtomicUsize::new(0);
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                while let Some(first) = queue.take() {
                    let mut next = Some(first);
                    while let Some(Directory { depth, .. }) = next {
                        read.fetch_add(1, Ordering::Relaxed);
                        let two = (depth < LEVELS) as usize * 2;
                        let mut found = (0..two).map(|_| directory("d", depth + 1)).collect();
                        next = queue.finish(&mut found).next;
                    }
                }
            });
        }
    });
    assert_eq!(read.into_inner(), (2 << LEVELS) - 1);
}
