//! The entries of a directory tree.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use backbeat_core::channel::{Feed, FeedClosed, Frame, FrameKind, Hubs};
use globset::{GlobBuilder, GlobSet, GlobSetBuilder};
use ignore::{DirEntry, ParallelVisitor, ParallelVisitorBuilder, WalkBuilder, WalkState};

use crate::batch::Batch;
use crate::send_fault;

/// Which entries are wanted.
#[derive(Clone, Debug)]
pub struct WalkOptions {
    /// Directory that the walk begins in; its entries are named with this in front.
    pub root: PathBuf,
    /// Entries must match one of these; all do when there is none.
    pub patterns: Vec<String>,
    /// Entries that match one of these are left out, with everything below them.
    pub ignored: Vec<String>,
    /// Directories are entries, too.
    pub has_directories: bool,
    /// Entries come with kind, mode, size and time.
    pub has_stats: bool,
    /// Links to directories are walked.
    pub follows_links: bool,
    /// Files named `.gitignore` are obeyed.
    pub obeys_gitignore: bool,
    /// Levels below the root; 1 is its own entries.
    pub max_depth: Option<usize>,
    /// Entries of a directory come by name, one directory after the other, read by one thread.
    pub is_sorted: bool,
    /// Threads that read.
    pub threads: usize,
    /// Entries in a frame at most.
    pub batch: usize,
}

/// A glob that cannot be understood.
#[derive(Debug)]
pub struct PatternError {
    /// The glob.
    pub pattern: String,
    /// What is wrong with it.
    pub reason: String,
}

impl fmt::Display for PatternError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {}", self.pattern, self.reason)
    }
}

/// A walk that is ready to run.
#[derive(Debug)]
pub struct Walk {
    options: WalkOptions,
    wanted: Option<GlobSet>,
    ignored: GlobSet,
}

/// Bytes of a record: size, time of change in milliseconds, kind and mode.
const RECORD_BYTES: usize = 24;

impl Walk {
    /// Understands the options.
    ///
    /// # Errors
    ///
    /// When a glob has no meaning.
    pub fn new(options: WalkOptions) -> Result<Self, PatternError> {
        let wanted = match options.patterns.is_empty() {
            true => None,
            false => Some(globs(&options.patterns)?),
        };
        let ignored = globs(&options.ignored)?;
        Ok(Self {
            options,
            wanted,
            ignored,
        })
    }

    /// Walks, on this thread and, unless sorted, on others; returns when all entries were sent or
    /// nobody receives any more.
    ///
    /// # Errors
    ///
    /// When nobody receives any more.
    pub fn run(&self, feed: &Feed, hubs: &Hubs) -> Result<(), FeedClosed> {
        let WalkOptions { root, .. } = &self.options;
        if let Err(error) = root.read_dir() {
            send_fault(feed, hubs, &root.to_string_lossy(), &error)?;
        } else if self.options.is_sorted {
            self.run_sorted(feed, hubs)?;
        } else {
            self.builder().build_parallel().visit(&mut Visitors {
                walk: self,
                feed,
                hubs,
            });
        }
        let end = Frame {
            kind: FrameKind::End,
            number: 0.0,
            payload: &[],
        };
        feed.send(end, hubs)
    }

    fn run_sorted(&self, feed: &Feed, hubs: &Hubs) -> Result<(), FeedClosed> {
        let mut visitor = self.visitor(feed, hubs);
        for found in self.builder().build() {
            visitor.take(found)?;
        }
        visitor.batch.flush(feed, hubs)
    }

    fn builder(&self) -> WalkBuilder {
        let options = &self.options;
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
        if !self.ignored.is_empty() {
            let ignored = self.ignored.clone();
            let root = options.root.clone();
            builder.filter_entry(move |entry| {
                entry.depth() == 0 || !ignored.is_match(below(&root, entry.path()))
            });
        }
        builder
    }

    fn visitor<'walk>(&'walk self, feed: &'walk Feed, hubs: &'walk Hubs) -> Visitor<'walk> {
        Visitor {
            walk: self,
            feed,
            hubs,
            batch: Batch::new(0, self.options.batch, feed.max_payload()),
        }
    }

    fn is_wanted(&self, entry: &DirEntry) -> bool {
        let is_directory = entry.file_type().is_some_and(|kind| kind.is_dir());
        if entry.depth() == 0 || (is_directory && !self.options.has_directories) {
            return false;
        }
        let path = below(&self.options.root, entry.path());
        self.wanted
            .as_ref()
            .is_none_or(|globs| globs.is_match(path))
    }
}

struct Visitors<'walk> {
    walk: &'walk Walk,
    feed: &'walk Feed,
    hubs: &'walk Hubs,
}

impl<'walk> ParallelVisitorBuilder<'walk> for Visitors<'walk> {
    fn build(&mut self) -> Box<dyn ParallelVisitor + 'walk> {
        Box::new(self.walk.visitor(self.feed, self.hubs))
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
        if !self.walk.is_wanted(&entry) {
            return Ok(());
        }
        let path = entry.path().to_string_lossy();
        let mut record = [0; RECORD_BYTES];
        let record: &[u8] = match self.walk.options.has_stats {
            false => &[],
            true => match write_record(&entry, &mut record) {
                Ok(()) => &record,
                Err(error) => return self.report(&error),
            },
        };
        if !self.batch.has_room(path.len(), record.len()) {
            self.batch.flush(self.feed, self.hubs)?;
        }
        self.batch.push(path.as_bytes(), record);
        if self.feed.is_awaited() {
            self.batch.flush(self.feed, self.hubs)?;
        }
        Ok(())
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

/// Globs without a slash match names at any depth, others match paths from the root.
fn globs(patterns: &[String]) -> Result<GlobSet, PatternError> {
    let mut set = GlobSetBuilder::new();
    let refuse = |pattern: &str, error: &globset::Error| PatternError {
        pattern: pattern.to_owned(),
        reason: error.kind().to_string(),
    };
    for pattern in patterns {
        let whole = match pattern.contains('/') {
            true => pattern.trim_start_matches("./").to_owned(),
            false => format!("**/{pattern}"),
        };
        let glob = GlobBuilder::new(&whole)
            .literal_separator(true)
            .build()
            .map_err(|error| refuse(pattern, &error))?;
        set.add(glob);
    }
    set.build()
        .map_err(|error| refuse(&patterns.join(", "), &error))
}

fn below<'path>(root: &Path, path: &'path Path) -> &'path Path {
    path.strip_prefix(root).unwrap_or(path)
}

fn write_record(entry: &DirEntry, record: &mut [u8; RECORD_BYTES]) -> Result<(), ignore::Error> {
    let metadata = entry.metadata()?;
    let changed = metadata.modified().ok();
    let changed_ms = changed
        .and_then(|instant| instant.duration_since(UNIX_EPOCH).ok())
        .map_or(0.0, |since| since.as_secs_f64() * 1000.0);
    let kind: u32 = match metadata.file_type() {
        kind if kind.is_file() => 0,
        kind if kind.is_dir() => 1,
        kind if kind.is_symlink() => 2,
        _ => 3,
    };
    record[..8].copy_from_slice(&(metadata.len() as f64).to_ne_bytes());
    record[8..16].copy_from_slice(&changed_ms.to_ne_bytes());
    record[16..20].copy_from_slice(&kind.to_ne_bytes());
    record[20..].copy_from_slice(&mode_of(&metadata).to_ne_bytes());
    Ok(())
}

#[cfg(unix)]
fn mode_of(metadata: &std::fs::Metadata) -> u32 {
    std::os::unix::fs::PermissionsExt::mode(&metadata.permissions())
}

/// Where files have no mode, as Node says it: readable by all, writable unless read-only.
#[cfg(not(unix))]
fn mode_of(metadata: &std::fs::Metadata) -> u32 {
    match metadata.permissions().readonly() {
        true => 0o444,
        false => 0o666,
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
