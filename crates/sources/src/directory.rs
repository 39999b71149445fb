//! One directory: its entries as the system has them, and what it knows about each.
//!
//! On Linux they are read by system calls into memory that is used again, so an entry costs no
//! allocation; elsewhere by the standard library.

#[cfg(any(test, not(target_os = "linux")))]
pub(crate) mod portable;
#[cfg(target_os = "linux")]
pub(crate) mod system_calls;

use std::ffi::OsStr;
use std::fs::{FileType, Metadata};
use std::io;
use std::path::Path;

#[cfg(not(target_os = "linux"))]
pub(crate) use portable::PortableReader as DirectoryReader;
#[cfg(target_os = "linux")]
pub(crate) use system_calls::SystemCallReader as DirectoryReader;

/// Reads directories, one after the other.
pub(crate) trait ReadDirectory {
    /// Hands over what a directory holds, itself and its parent left out. A link in the place of the
    /// directory is followed only on demand. The inner result is the directory's, the outer that of
    /// `visit`, which ends the reading.
    fn read<E>(
        &mut self,
        directory: &Path,
        follows_link: bool,
        visit: impl FnMut(&dyn Entry) -> Result<(), E>,
    ) -> Result<io::Result<()>, E>;
}

/// An entry while its directory is being read.
pub(crate) trait Entry {
    fn name(&self) -> &OsStr;
    /// A link is a link, whatever it leads to.
    fn kind(&self) -> io::Result<EntryKind>;
    fn facts(&self) -> io::Result<Facts>;
}

/// The numbers are those that the receiver knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum EntryKind {
    File = 0,
    Directory = 1,
    Link = 2,
    Other = 3,
}

impl From<FileType> for EntryKind {
    fn from(kind: FileType) -> Self {
        match kind {
            kind if kind.is_file() => Self::File,
            kind if kind.is_dir() => Self::Directory,
            kind if kind.is_symlink() => Self::Link,
            _ => Self::Other,
        }
    }
}

/// What `stats` asks for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Facts {
    pub(crate) kind: EntryKind,
    pub(crate) bytes: u64,
    /// Last change, in milliseconds since 1970.
    pub(crate) changed_ms: f64,
    pub(crate) mode: u32,
}

impl Facts {
    /// Bytes of a record: size, time of change in milliseconds, kind and mode.
    pub(crate) const RECORD_BYTES: usize = 24;

    /// As they stand in front of the texts of a batch.
    pub(crate) fn record(&self) -> [u8; Self::RECORD_BYTES] {
        let mut record = [0; Self::RECORD_BYTES];
        record[..8].copy_from_slice(&(self.bytes as f64).to_ne_bytes());
        record[8..16].copy_from_slice(&self.changed_ms.to_ne_bytes());
        record[16..20].copy_from_slice(&(self.kind as u32).to_ne_bytes());
        record[20..].copy_from_slice(&self.mode.to_ne_bytes());
        record
    }
}

impl From<&Metadata> for Facts {
    fn from(metadata: &Metadata) -> Self {
        Self {
            kind: metadata.file_type().into(),
            bytes: metadata.len(),
            changed_ms: metadata.modified().map_or(0.0, since_1970_ms),
            mode: mode_of(metadata),
        }
    }
}

fn since_1970_ms(instant: std::time::SystemTime) -> f64 {
    match instant.duration_since(std::time::UNIX_EPOCH) {
        Ok(since) => since.as_secs_f64() * 1000.0,
        Err(before) => before.duration().as_secs_f64() * -1000.0,
    }
}

#[cfg(unix)]
fn mode_of(metadata: &Metadata) -> u32 {
    std::os::unix::fs::PermissionsExt::mode(&metadata.permissions())
}

/// Where files have no mode, as Node says it: readable by all, writable unless read-only.
#[cfg(not(unix))]
fn mode_of(metadata: &Metadata) -> u32 {
    match metadata.permissions().readonly() {
        true => 0o444,
        false => 0o666,
    }
}
