//! A channel in ordinary memory and what a source has written into it, for tests: large enough that
//! no source ever waits for room.

use backbeat_core::channel::{ChannelHeader, ChannelMemory, Feed, FrameKind, channel_layout};

const CAPACITY: u32 = 255;
const PAYLOAD_BYTES: u32 = 1 << 16;

/// A quarter of the payload ring: what a single frame may carry.
pub(crate) const MOST_PAYLOAD: usize = PAYLOAD_BYTES as usize / 4;

/// A frame as the receiver finds it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Received {
    pub(crate) kind: u32,
    pub(crate) payload: Vec<u8>,
}

impl Received {
    pub(crate) fn is(&self, kind: FrameKind) -> bool {
        self.kind == kind as u32
    }

    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.payload).expect("the payload is text")
    }
}

/// Runs a source to its end and returns its frames, the end left out.
pub(crate) fn frames_of(run: impl FnOnce(&Feed)) -> Vec<Received> {
    let mut buffer = channel_buffer();
    let address = buffer.as_mut_ptr().cast::<u8>();
    // SAFETY: the buffer is aligned, has this length and outlives the feed, which is closed below.
    let memory = unsafe { ChannelMemory::from_buffer(address, buffer.len() * 8) };
    // SAFETY: as above.
    let feed = unsafe { Feed::new(memory.expect("the buffer is a channel")) };
    run(&feed);
    feed.close();
    let mut frames = read_frames(&buffer);
    let end = frames.pop().expect("there is an end");
    assert!(end.is(FrameKind::End), "the last frame is the end");
    frames
}

/// A feed whose receiver has gone.
pub(crate) fn with_closed_feed(run: impl FnOnce(&Feed)) {
    let mut buffer = channel_buffer();
    let address = buffer.as_mut_ptr().cast::<u8>();
    // SAFETY: the buffer is aligned, has this length and outlives the feed.
    let memory = unsafe { ChannelMemory::from_buffer(address, buffer.len() * 8) };
    // SAFETY: as above; the feed is closed before anything uses it.
    let feed = unsafe { Feed::new(memory.expect("the buffer is a channel")) };
    feed.close();
    run(&feed);
}

fn channel_buffer() -> Vec<u64> {
    let layout = channel_layout();
    let cells = (CAPACITY + 1).next_power_of_two() as usize;
    let bytes = layout.cells_at + cells * layout.cell_bytes + PAYLOAD_BYTES as usize;
    let mut buffer = vec![0_u64; bytes / 8];
    let header = ChannelHeader::new(CAPACITY, PAYLOAD_BYTES, 0);
    // SAFETY: the buffer is longer than a header, aligned to 8, and nobody else uses it.
    unsafe { buffer.as_mut_ptr().cast::<ChannelHeader>().write(header) };
    buffer
}

/// Nothing was taken, so the frames stand in the cells from the first one on.
fn read_frames(buffer: &[u64]) -> Vec<Received> {
    let layout = channel_layout();
    let bytes: Vec<u8> = buffer.iter().flat_map(|word| word.to_ne_bytes()).collect();
    let word = |at: usize| {
        let four = bytes[at..at + 4].try_into().expect("four bytes");
        u32::from_ne_bytes(four)
    };
    let payload_at = bytes.len() - PAYLOAD_BYTES as usize;
    (0..CAPACITY as usize)
        .map(|index| layout.cells_at + index * layout.cell_bytes)
        .take_while(|&cell| word(cell) != 0)
        .map(|cell| {
            let length = word(cell + 4) as usize;
            let from = match length {
                0 => payload_at,
                _ => payload_at + word(cell + 8) as usize,
            };
            Received {
                kind: word(cell),
                payload: bytes[from..from + length].to_vec(),
            }
        })
        .collect()
}
