//! Walks in an order, over links, or past what ignore files name: by the crate `ignore`.

use std::io;

use backbeat_core::channel::{Feed, FeedClosed, Hubs};
use ignore::{DirEntry, ParallelVisitor, ParallelVisitorBuilder, WalkBuilder, WalkState};

use crate::batch::Batch;
use crate::directory::{EntryKind, Facts};
use crate::send_fault;
use crate::walk::Walk;

/// Walks, on this thread and, unless sorted, on others.
///
/// # Errors
///
/// When nobody receives any more.
pub(crate) fn walk_by_rules(walk: &Walk, feed: &Feed, hubs: &Hubs) -> Result<(), FeedClosed> {
    let mut visitors = Visitors { walk, feed, hubs };
    if !walk.options().is_sorted {
        builder(walk).build_parallel().visit(&mut visitors);
        return Ok(());
    }
    let mut visitor = visitors.visitor();
    for found in builder(walk).build() {
        visitor.take(found)?;
    }
    visitor.batch.flush(feed, hubs)
}

fn builder(walk: &Walk) -> WalkBuilder {
    let options = walk.options();
    let mut builder = WalkBuilder::new(&options.root);
    builder
        .standard_filters(false)
        .git_ignore(options.obeys_gitignore)
        .require_git(false)
        .parents(options.obeys_gitignore)
        .follow_links(options.follows_links)
        .max_depth(options.max_depth)
        .threads(options.threads);
    if options.is_sorted {
        builder.sort_by_file_name(Ord::cmp);
    }
    let rules = walk.clone();
    builder.filter_entry(move |entry| entry.depth() == 0 || !rules.is_ignored(entry.path()));
    builder
}

struct Visitors<'walk> {
    walk: &'walk Walk,
    feed: &'walk Feed,
    hubs: &'walk Hubs,
}

impl<'walk> Visitors<'walk> {
    fn visitor(&self) -> Visitor<'walk> {
        let &Self { walk, feed, hubs } = self;
        Visitor {
            walk,
            feed,
            hubs,
            batch: Batch::new(0, walk.options().batch, feed.max_payload()),
        }
    }
}

impl<'walk> ParallelVisitorBuilder<'walk> for Visitors<'walk> {
    fn build(&mut self) -> Box<dyn ParallelVisitor + 'walk> {
        Box::new(self.visitor())
    }
}

/// What one thread has found and not sent yet.
struct Visitor<'walk> {
    walk: &'walk Walk,
    feed: &'walk Feed,
    hubs: &'walk Hubs,
    batch: Batch,
}

impl Visitor<'_> {
    fn take(&mut self, found: Result<DirEntry, ignore::Error>) -> Result<(), FeedClosed> {
        let entry = match found {
            Ok(entry) => entry,
            Err(error) => return self.report(&error),
        };
        // What belongs to an entry and is no reason to leave it out, an unreadable ignore file.
        if let Some(error) = entry.error() {
            self.report(&error.clone())?;
        }
        if !self.is_wanted(&entry) {
            return Ok(());
        }
        let mut record: &[u8] = &[];
        let bytes;
        if self.walk.options().has_stats {
            match entry.metadata() {
                Ok(metadata) => bytes = Facts::from(&metadata).record(),
                Err(error) => return self.report(&error),
            }
            record = &bytes;
        }
        let path = entry.path().to_string_lossy();
        if !self.batch.has_room(path.len(), record.len()) {
            self.batch.flush(self.feed, self.hubs)?;
        }
        self.batch.push([path.as_bytes()], record);
        if self.feed.is_awaited() {
            self.batch.flush(self.feed, self.hubs)?;
        }
        Ok(())
    }

    fn is_wanted(&self, entry: &DirEntry) -> bool {
        let kind = entry.file_type().map_or(EntryKind::Other, EntryKind::from);
        let Some(directory) = entry.path().parent() else {
            return false;
        };
        entry.depth() > 0 && {
            let choice = self.walk.choose(directory, entry.file_name(), kind);
            choice.is_wanted
        }
    }

    /// After what was found before it.
    fn report(&mut self, error: &ignore::Error) -> Result<(), FeedClosed> {
        self.batch.flush(self.feed, self.hubs)?;
        let (path, error) = explain(error);
        send_fault(self.feed, self.hubs, &path, &error)
    }
}

impl ParallelVisitor for Visitor<'_> {
    fn visit(&mut self, found: Result<DirEntry, ignore::Error>) -> WalkState {
        match self.take(found) {
            Ok(()) => WalkState::Continue,
            Err(FeedClosed) => WalkState::Quit,
        }
    }
}

impl Drop for Visitor<'_> {
    fn drop(&mut self) {
        // A feed that was closed is met again by whoever sends next.
        let _ = self.batch.flush(self.feed, self.hubs);
    }
}

/// The path at fault, and an error that names no path itself.
fn explain(error: &ignore::Error) -> (String, io::Error) {
    match error {
        ignore::Error::WithPath { path, err } => {
            (path.to_string_lossy().into_owned(), explain(err).1)
        }
        ignore::Error::WithDepth { err, .. } | ignore::Error::WithLineNumber { err, .. } => {
            explain(err)
        }
        ignore::Error::Loop { child, ancestor } => {
            let text = format!("leads back to {}", ancestor.display());
            let path = child.to_string_lossy().into_owned();
            (path, io::Error::new(io::ErrorKind::InvalidData, text))
        }
        ignore::Error::Io(error) => {
            let copy = match error.raw_os_error() {
                Some(number) => io::Error::from_raw_os_error(number),
                None => io::Error::new(error.kind(), error.to_string()),
            };
            (String::new(), copy)
        }
        other => (String::new(), io::Error::other(other.to_string())),
    }
}
