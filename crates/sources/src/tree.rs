//! A walk in no order: directories are read by several threads, each of which sends what it finds.

use std::io;
use std::path::Path;
use std::thread::{Builder, Scope, panicking, scope};

use backbeat_core::channel::{Feed, FeedClosed, Hubs};

use crate::batch::Batch;
use crate::directory::{DirectoryReader, Entry, ReadDirectory};
use crate::queue::{Directory, DirectoryQueue};
use crate::send_fault;
use crate::walk::Walk;

/// Walks on this thread and, as soon as there is work for them, on others.
///
/// # Errors
///
/// When nobody receives any more.
pub(crate) fn walk_tree(walk: &Walk, feed: &Feed, hubs: &Hubs) -> Result<(), FeedClosed> {
    walk_tree_with::<DirectoryReader>(walk, feed, hubs)
}

pub(crate) fn walk_tree_with<R: ReadDirectory + Default>(
    walk: &Walk,
    feed: &Feed,
    hubs: &Hubs,
) -> Result<(), FeedClosed> {
    let options = walk.options();
    let queue = DirectoryQueue::new(options.root.clone(), options.threads.saturating_sub(1));
    let shared = Shared {
        walk,
        feed,
        hubs,
        queue,
    };
    scope(|scope| shared.read_all::<R>(scope))
}

struct Shared<'walk> {
    walk: &'walk Walk,
    feed: &'walk Feed,
    hubs: &'walk Hubs,
    queue: DirectoryQueue,
}

impl Shared<'_> {
    /// What each thread does.
    fn read_all<'scope, R: ReadDirectory + Default>(
        &'scope self,
        scope: &'scope Scope<'scope, '_>,
    ) -> Result<(), FeedClosed> {
        let _stop = StopOnPanic(&self.queue);
        let outcome = self.read_in_turns::<R>(scope);
        if outcome.is_err() {
            self.queue.stop();
        }
        outcome
    }

    fn read_in_turns<'scope, R: ReadDirectory + Default>(
        &'scope self,
        scope: &'scope Scope<'scope, '_>,
    ) -> Result<(), FeedClosed> {
        let mut reader = R::default();
        let mut found = Vec::new();
        let mut finds = Finds::new(self);
        while let Some(first) = self.queue.take() {
            let mut next = Some(first);
            while let Some(directory) = next {
                finds.read(&mut reader, &directory, &mut found)?;
                let turn = self.queue.finish(&mut found);
                if turn.wants_reader {
                    self.start_reader::<R>(scope);
                }
                next = turn.next;
            }
            // Nobody knows for how long there will be nothing.
            finds.flush()?;
        }
        Ok(())
    }

    fn start_reader<'scope, R: ReadDirectory + Default>(
        &'scope self,
        scope: &'scope Scope<'scope, '_>,
    ) {
        // When the system gives no thread, those that run do its work. A closed feed is met by all.
        let _ = Builder::new()
            .name("backbeat-walk".into())
            .spawn_scoped(scope, || self.read_all::<R>(scope));
    }
}

/// The others would wait for ever for a directory whose thread is no more.
struct StopOnPanic<'queue>(&'queue DirectoryQueue);

impl Drop for StopOnPanic<'_> {
    fn drop(&mut self) {
        if panicking() {
            self.0.stop();
        }
    }
}

/// What one thread has found and not sent yet.
struct Finds<'walk> {
    walk: &'walk Walk,
    feed: &'walk Feed,
    hubs: &'walk Hubs,
    batch: Batch,
    has_stats: bool,
}

impl<'walk> Finds<'walk> {
    fn new(shared: &'walk Shared<'_>) -> Self {
        let &Shared {
            walk, feed, hubs, ..
        } = shared;
        let options = walk.options();
        Self {
            walk,
            feed,
            hubs,
            batch: Batch::new(0, options.batch, feed.max_payload()),
            has_stats: options.has_stats,
        }
    }

    fn read(
        &mut self,
        reader: &mut impl ReadDirectory,
        directory: &Directory,
        found: &mut Vec<Directory>,
    ) -> Result<(), FeedClosed> {
        let Directory { path, depth } = directory;
        // With the separator behind it, where one is needed.
        let prefix = path.join("");
        let prefix = prefix.to_string_lossy();
        let outcome = reader.read(path, *depth == 0, |entry| {
            self.take(directory, prefix.as_bytes(), entry, found)
        })?;
        if let Err(error) = outcome {
            return self.report(path, &error);
        }
        // The system gives the entries of a directory together, so none has waited for long.
        self.flush_if_awaited()
    }

    fn take(
        &mut self,
        directory: &Directory,
        prefix: &[u8],
        entry: &dyn Entry,
        found: &mut Vec<Directory>,
    ) -> Result<(), FeedClosed> {
        let name = entry.name();
        let kind = match entry.kind() {
            Ok(kind) => kind,
            Err(error) => return self.report(&directory.path.join(name), &error),
        };
        let choice = self.walk.choose(&directory.path, name, kind);
        let depth = directory.depth + 1;
        if choice.is_entered
            && self
                .walk
                .options()
                .max_depth
                .is_none_or(|most| depth < most)
        {
            let path = directory.path.join(name);
            found.push(Directory { path, depth });
        }
        match choice.is_wanted {
            true => self.push(directory, prefix, entry),
            false => Ok(()),
        }
    }

    fn push(
        &mut self,
        directory: &Directory,
        prefix: &[u8],
        entry: &dyn Entry,
    ) -> Result<(), FeedClosed> {
        let name = entry.name();
        let text = name.to_string_lossy();
        let mut record: &[u8] = &[];
        let bytes;
        if self.has_stats {
            match entry.facts() {
                Ok(facts) => bytes = facts.record(),
                Err(error) => return self.report(&directory.path.join(name), &error),
            }
            record = &bytes;
        }
        if !self.batch.has_room(prefix.len() + text.len(), record.len()) {
            self.flush()?;
        }
        self.batch.push([prefix, text.as_bytes()], record);
        match self.has_stats {
            // Each of them may take the system some time.
            true => self.flush_if_awaited(),
            false => Ok(()),
        }
    }

    fn flush_if_awaited(&mut self) -> Result<(), FeedClosed> {
        match self.feed.is_awaited() {
            true => self.flush(),
            false => Ok(()),
        }
    }

    fn flush(&mut self) -> Result<(), FeedClosed> {
        self.batch.flush(self.feed, self.hubs)
    }

    /// After what was found before it.
    fn report(&mut self, path: &Path, error: &io::Error) -> Result<(), FeedClosed> {
        self.flush()?;
        send_fault(self.feed, self.hubs, &path.to_string_lossy(), error)
    }
}
