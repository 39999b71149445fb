//! The entries of a directory tree.

use std::ffi::OsStr;
use std::fmt;
use std::path::{Path, PathBuf};

use backbeat_core::channel::{Feed, FeedClosed, Frame, FrameKind, Hubs};
use globset::{GlobBuilder, GlobSet, GlobSetBuilder};

use crate::directory::EntryKind;
use crate::ruled::walk_by_rules;
use crate::send_fault;
use crate::tree::walk_tree;

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
#[derive(Clone, Debug)]
pub struct Walk {
    options: WalkOptions,
    wanted: Option<GlobSet>,
    ignored: GlobSet,
}

/// What is done with an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Choice {
    /// It is sent.
    pub(crate) is_wanted: bool,
    /// It is a directory and what is in it comes next.
    pub(crate) is_entered: bool,
}

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
        } else if self.has_rules() {
            walk_by_rules(self, feed, hubs)?;
        } else {
            walk_tree(self, feed, hubs)?;
        }
        let end = Frame {
            kind: FrameKind::End,
            number: 0.0,
            payload: &[],
        };
        feed.send(end, hubs)
    }

    pub(crate) fn options(&self) -> &WalkOptions {
        &self.options
    }

    /// What is done with an entry of a directory, its depth left aside.
    pub(crate) fn choose(&self, directory: &Path, name: &OsStr, kind: EntryKind) -> Choice {
        let is_directory = kind == EntryKind::Directory;
        let mut choice = Choice {
            is_wanted: !is_directory || self.options.has_directories,
            is_entered: is_directory,
        };
        if self.ignored.is_empty() && (self.wanted.is_none() || !choice.is_wanted) {
            return choice;
        }
        let path = self.below_root(directory).join(name);
        if self.ignored.is_match(&path) {
            choice.is_wanted = false;
            choice.is_entered = false;
        } else if let Some(globs) = &self.wanted {
            choice.is_wanted &= globs.is_match(&path);
        }
        choice
    }

    pub(crate) fn is_ignored(&self, path: &Path) -> bool {
        self.ignored.is_match(self.below_root(path))
    }

    fn below_root<'path>(&self, path: &'path Path) -> &'path Path {
        path.strip_prefix(&self.options.root).unwrap_or(path)
    }

    fn has_rules(&self) -> bool {
        self.options.is_sorted || self.options.follows_links || self.options.obeys_gitignore
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
