//! Directories by the system calls of Linux.

use std::ffi::{CStr, OsStr};
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use rustix::fs::{AtFlags, CWD, FileType, Mode, OFlags, RawDir, Stat, openat, statat};
use rustix::io::Errno;

use super::{Entry, EntryKind, Facts, ReadDirectory};

/// Some hundred entries at once.
const BUFFER_BYTES: usize = 1 << 15;

/// See [`ReadDirectory`].
#[derive(Debug)]
pub(crate) struct SystemCallReader {
    buffer: Vec<u8>,
}

impl Default for SystemCallReader {
    fn default() -> Self {
        Self {
            buffer: Vec::with_capacity(BUFFER_BYTES),
        }
    }
}

impl ReadDirectory for SystemCallReader {
    fn read<E>(
        &mut self,
        directory: &Path,
        follows_link: bool,
        mut visit: impl FnMut(&dyn Entry) -> Result<(), E>,
    ) -> Result<io::Result<()>, E> {
        let descriptor = match open(directory, follows_link) {
            Ok(descriptor) => descriptor,
            Err(error) => return Ok(Err(error.into())),
        };
        let mut entries = RawDir::new(&descriptor, self.buffer.spare_capacity_mut());
        while let Some(entry) = entries.next() {
            let entry = match entry {
                Ok(entry) => entry,
                Err(Errno::INTR) => continue,
                Err(error) => return Ok(Err(error.into())),
            };
            let name = entry.file_name();
            if matches!(name.to_bytes(), b"." | b"..") {
                continue;
            }
            visit(&RawEntry {
                name,
                kind: entry.file_type(),
                directory: descriptor.as_fd(),
            })?;
        }
        Ok(Ok(()))
    }
}

fn open(directory: &Path, follows_link: bool) -> Result<OwnedFd, Errno> {
    let mut flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    // It was a directory when its parent was read, and may have been replaced since.
    if !follows_link {
        flags |= OFlags::NOFOLLOW;
    }
    loop {
        match openat(CWD, directory, flags, Mode::empty()) {
            Err(Errno::INTR) => {}
            outcome => return outcome,
        }
    }
}

struct RawEntry<'read> {
    name: &'read CStr,
    kind: FileType,
    directory: BorrowedFd<'read>,
}

impl RawEntry<'_> {
    fn stat(&self) -> io::Result<Stat> {
        Ok(statat(
            self.directory,
            self.name,
            AtFlags::SYMLINK_NOFOLLOW,
        )?)
    }
}

impl Entry for RawEntry<'_> {
    fn name(&self) -> &OsStr {
        OsStr::from_bytes(self.name.to_bytes())
    }

    fn kind(&self) -> io::Result<EntryKind> {
        match self.kind {
            // Not every file system tells in its directories.
            FileType::Unknown => Ok(kind_of(FileType::from_raw_mode(self.stat()?.st_mode))),
            kind => Ok(kind_of(kind)),
        }
    }

    fn facts(&self) -> io::Result<Facts> {
        let stat = self.stat()?;
        Ok(Facts {
            kind: kind_of(FileType::from_raw_mode(stat.st_mode)),
            bytes: u64::try_from(stat.st_size).unwrap_or(0),
            changed_ms: stat.st_mtime as f64 * 1e3 + stat.st_mtime_nsec as f64 / 1e6,
            mode: stat.st_mode,
        })
    }
}

fn kind_of(kind: FileType) -> EntryKind {
    match kind {
        FileType::RegularFile => EntryKind::File,
        FileType::Directory => EntryKind::Directory,
        FileType::Symlink => EntryKind::Link,
        _ => EntryKind::Other,
    }
}
