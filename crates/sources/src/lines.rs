//! The lines of a file.

use std::fs::File;
use std::io::{self, Read};
use std::path::PathBuf;

use backbeat_core::channel::{Feed, FeedClosed, Frame, FrameKind, Hubs};

use crate::batch::Batch;
use crate::send_fault;

const BLOCK_BYTES: usize = 1 << 17;

/// Which lines are wanted.
#[derive(Clone, Debug)]
pub struct LineOptions {
    /// The file.
    pub path: PathBuf,
    /// Lines in a frame at most.
    pub batch: usize,
}

/// A file that is ready to be read.
#[derive(Debug)]
pub struct Lines {
    options: LineOptions,
}

impl Lines {
    /// Takes the options; the file is opened when it is read.
    pub fn new(options: LineOptions) -> Self {
        Self { options }
    }

    /// Reads to the end of the file; returns when all lines were sent or nobody receives any more.
    ///
    /// # Errors
    ///
    /// When nobody receives any more.
    pub fn run(&self, feed: &Feed, hubs: &Hubs) -> Result<(), FeedClosed> {
        let mut splitter = Splitter {
            feed,
            hubs,
            batch: Batch::new(b'\n', self.options.batch, feed.max_payload()),
            begun: Vec::new(),
        };
        if let Err(error) = read(&self.options.path, |block| splitter.take(block))? {
            splitter.batch.flush(feed, hubs)?;
            send_fault(feed, hubs, &self.options.path.to_string_lossy(), &error)?;
        } else {
            splitter.finish()?;
        }
        let end = Frame {
            kind: FrameKind::End,
            number: 0.0,
            payload: &[],
        };
        feed.send(end, hubs)
    }
}

/// Hands the file over block by block. The inner result is the file's, the outer the receiver's.
fn read(
    path: &PathBuf,
    mut take: impl FnMut(&[u8]) -> Result<(), FeedClosed>,
) -> Result<io::Result<()>, FeedClosed> {
    let mut file = match File::open(path) {
        Ok(file) => file,
        Err(error) => return Ok(Err(error)),
    };
    let mut block = vec![0; BLOCK_BYTES];
    loop {
        match file.read(&mut block) {
            Ok(0) => return Ok(Ok(())),
            Ok(length) => take(&block[..length])?,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Ok(Err(error)),
        }
    }
}

struct Splitter<'feed> {
    feed: &'feed Feed,
    hubs: &'feed Hubs,
    batch: Batch,
    /// A line whose end is in a later block.
    begun: Vec<u8>,
}

impl Splitter<'_> {
    fn take(&mut self, block: &[u8]) -> Result<(), FeedClosed> {
        let mut from = 0;
        for end in memchr::memchr_iter(b'\n', block) {
            if self.begun.is_empty() {
                self.send_line(&block[from..end])?;
            } else {
                let mut line = std::mem::take(&mut self.begun);
                line.extend_from_slice(&block[from..end]);
                self.send_line(&line)?;
            }
            from = end + 1;
        }
        self.begun.extend_from_slice(&block[from..]);
        // The next block may be long in coming.
        self.batch.flush(self.feed, self.hubs)
    }

    /// The last line of a file may lack its end.
    fn finish(&mut self) -> Result<(), FeedClosed> {
        let line = std::mem::take(&mut self.begun);
        if !line.is_empty() {
            self.send_line(&line)?;
        }
        self.batch.flush(self.feed, self.hubs)
    }

    fn send_line(&mut self, line: &[u8]) -> Result<(), FeedClosed> {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        if !self.batch.has_room(line.len(), 0) {
            self.batch.flush(self.feed, self.hubs)?;
        }
        if self.batch.has_room(line.len(), 0) {
            self.batch.push([line], &[]);
            return Ok(());
        }
        self.send_in_parts(line)
    }

    /// A line that is longer than a frame: its parts, then its rest as the only line of a batch.
    fn send_in_parts(&mut self, line: &[u8]) -> Result<(), FeedClosed> {
        let part_bytes = self.feed.max_payload() / 2;
        let mut parts = line.chunks(part_bytes.max(1)).peekable();
        while let Some(part) = parts.next() {
            if parts.peek().is_none() {
                self.batch.push([part], &[]);
                return self.batch.flush(self.feed, self.hubs);
            }
            let frame = Frame {
                kind: FrameKind::Part,
                number: 0.0,
                payload: part,
            };
            self.feed.send(frame, self.hubs)?;
        }
        Ok(())
    }
}
