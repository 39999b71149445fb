//! Directories by the standard library.

use std::ffi::{OsStr, OsString};
use std::fs::{self, DirEntry};
use std::io;
use std::path::Path;

use super::{Entry, EntryKind, Facts, ReadDirectory};

/// See [`ReadDirectory`].
#[derive(Debug, Default)]
pub(crate) struct PortableReader;

impl ReadDirectory for PortableReader {
    fn read<E>(
        &mut self,
        directory: &Path,
        follows_link: bool,
        mut visit: impl FnMut(&dyn Entry) -> Result<(), E>,
    ) -> Result<io::Result<()>, E> {
        let entries = match open(directory, follows_link) {
            Ok(entries) => entries,
            Err(error) => return Ok(Err(error)),
        };
        for entry in entries {
            match entry {
                Ok(entry) => visit(&PortableEntry {
                    name: entry.file_name(),
                    entry,
                })?,
                Err(error) => return Ok(Err(error)),
            }
        }
        Ok(Ok(()))
    }
}

fn open(directory: &Path, follows_link: bool) -> io::Result<fs::ReadDir> {
    // It was a directory when its parent was read, and may have been replaced since.
    if !follows_link && fs::symlink_metadata(directory)?.is_symlink() {
        return Err(io::ErrorKind::NotADirectory.into());
    }
    fs::read_dir(directory)
}

struct PortableEntry {
    entry: DirEntry,
    name: OsString,
}

impl Entry for PortableEntry {
    fn name(&self) -> &OsStr {
        &self.name
    }

    fn kind(&self) -> io::Result<EntryKind> {
        self.entry.file_type().map(EntryKind::from)
    }

    fn facts(&self) -> io::Result<Facts> {
        self.entry.metadata().map(|metadata| Facts::from(&metadata))
    }
}
