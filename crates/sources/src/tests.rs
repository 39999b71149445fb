//! What the sources write into a channel, frame by frame.

use std::fs;
use std::path::{Path, PathBuf};

use backbeat_core::channel::{FeedClosed, FrameKind, Hubs};

use crate::received::{MOST_PAYLOAD, Received, frames_of, with_closed_feed};
use crate::{LineOptions, Lines, Walk, WalkOptions};

/// A folder that goes when the test does.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let unique = format!("backbeat-sources-{}-{name}", std::process::id());
        let path = std::env::temp_dir().join(unique);
        fs::create_dir_all(&path).expect("the folder is made");
        Self(path)
    }

    fn write(&self, name: &str, content: &[u8]) -> PathBuf {
        let path = self.0.join(name);
        let parent = path.parent().expect("a file is in a folder");
        fs::create_dir_all(parent).expect("the folder is made");
        fs::write(&path, content).expect("the file is written");
        path
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn read_lines(path: &Path, batch: usize) -> Vec<Received> {
    let path = path.to_owned();
    let lines = Lines::new(LineOptions { path, batch });
    frames_of(|feed| {
        lines
            .run(feed, &Hubs::default())
            .expect("somebody receives");
    })
}

fn options(root: &Path) -> WalkOptions {
    WalkOptions {
        root: root.to_owned(),
        patterns: Vec::new(),
        ignored: Vec::new(),
        has_directories: false,
        has_stats: false,
        follows_links: false,
        obeys_gitignore: false,
        max_depth: None,
        is_sorted: true,
        threads: 2,
        batch: 64,
    }
}

fn walk(options: WalkOptions) -> Vec<Received> {
    let walk = Walk::new(options).expect("the globs have a meaning");
    frames_of(|feed| walk.run(feed, &Hubs::default()).expect("somebody receives"))
}

/// Names of the entries of all batches, from the root on, with slashes.
fn names(frames: &[Received], root: &Path) -> Vec<String> {
    let from_root = |path: &str| {
        let below = Path::new(path).strip_prefix(root).expect("below the root");
        below.to_string_lossy().replace('\\', "/")
    };
    frames
        .iter()
        .flat_map(|frame| frame.text().split('\0').map(from_root))
        .collect()
}

#[test]
fn lines_travel_in_batches_without_their_ends() {
    let folder = Folder::new("batches");
    let path = folder.write("lines.txt", b"one\ntwo\r\n\nfour\nfive");
    let frames = read_lines(&path, 2);
    let texts: Vec<_> = frames.iter().map(Received::text).collect();
    assert_eq!(texts, ["one\ntwo", "\nfour", "five"]);
    assert!(frames.iter().all(|frame| frame.is(FrameKind::AsciiBatch)));
}

#[test]
fn a_batch_says_whether_it_is_ascii() {
    let folder = Folder::new("kinds");
    let path = folder.write("lines.txt", "größe\nplain\n".as_bytes());
    let kinds: Vec<_> = read_lines(&path, 1)
        .iter()
        .map(|frame| frame.kind)
        .collect();
    assert_eq!(
        kinds,
        [FrameKind::Utf8Batch as u32, FrameKind::AsciiBatch as u32]
    );
}

#[test]
fn a_line_longer_than_a_frame_comes_in_parts() {
    let folder = Folder::new("parts");
    let long = "x".repeat(MOST_PAYLOAD + 10);
    let path = folder.write("lines.txt", format!("short\n{long}\nlast\n").as_bytes());
    let frames = read_lines(&path, 100);
    let kinds: Vec<_> = frames
        .iter()
        .map(|frame| frame.is(FrameKind::Part))
        .collect();
    assert_eq!(kinds, [false, true, true, false, false]);
    let whole: String = frames[1..4].iter().map(Received::text).collect();
    assert_eq!(whole, long);
    assert_eq!(frames[4].text(), "last");
}

#[test]
fn a_file_that_is_not_there_is_a_fault_and_then_the_end() {
    let folder = Folder::new("missing");
    let frames = read_lines(&folder.0.join("none"), 10);
    assert_eq!(frames.len(), 1);
    assert!(frames[0].is(FrameKind::Fault));
    assert!(frames[0].text().starts_with("ENOENT\0"));
}

#[test]
fn a_source_ends_when_nobody_receives() {
    let folder = Folder::new("closed");
    let path = folder.write("lines.txt", b"one\n");
    let lines = Lines::new(LineOptions { path, batch: 10 });
    let walk = Walk::new(options(&folder.0)).expect("there is no glob");
    with_closed_feed(|feed| {
        assert_eq!(lines.run(feed, &Hubs::default()), Err(FeedClosed));
        assert_eq!(walk.run(feed, &Hubs::default()), Err(FeedClosed));
    });
}

#[test]
fn a_sorted_walk_names_files_in_order() {
    let folder = Folder::new("sorted");
    for name in ["b.txt", "a/2.txt", "a/1.txt", "c.md"] {
        folder.write(name, b"");
    }
    let frames = walk(options(&folder.0));
    let expected = ["a/1.txt", "a/2.txt", "b.txt", "c.md"];
    assert_eq!(names(&frames, &folder.0), expected);
}

#[cfg(unix)]
#[test]
fn a_root_that_is_a_link_is_followed_and_keeps_its_name() {
    let folder = Folder::new("link");
    folder.write("real/file", b"");
    let link = folder.0.join("link");
    std::os::unix::fs::symlink("real", &link).expect("the link is made");
    let is_sorted = false;
    let frames = walk(WalkOptions {
        is_sorted,
        ..options(&link)
    });
    assert_eq!(names(&frames, &link), ["file"]);
}

#[test]
fn a_walk_on_several_threads_finds_the_same() {
    let folder = Folder::new("parallel");
    for index in 0..500 {
        folder.write(&format!("{}/{index}.txt", index % 7), b"");
    }
    let sorted = names(&walk(options(&folder.0)), &folder.0);
    let is_sorted = false;
    let unordered = WalkOptions {
        is_sorted,
        ..options(&folder.0)
    };
    let mut found = names(&walk(unordered), &folder.0);
    found.sort();
    let mut expected = sorted;
    expected.sort();
    assert_eq!(expected.len(), 500);
    assert_eq!(found, expected);
}

#[test]
fn globs_and_depth_choose_the_entries() {
    let folder = Folder::new("globs");
    for name in ["a.ts", "a.js", "deep/b.ts", "deep/er/c.ts", "left-out/d.ts"] {
        folder.write(name, b"");
    }
    let patterns = vec!["*.ts".to_owned()];
    let ignored = vec!["left-out".to_owned()];
    let max_depth = Some(2);
    let chosen = WalkOptions {
        patterns,
        ignored,
        max_depth,
        ..options(&folder.0)
    };
    assert_eq!(names(&walk(chosen), &folder.0), ["a.ts", "deep/b.ts"]);
    let patterns = vec!["deep/**".to_owned()];
    let below = WalkOptions {
        patterns,
        ..options(&folder.0)
    };
    assert_eq!(
        names(&walk(below), &folder.0),
        ["deep/b.ts", "deep/er/c.ts"]
    );
}

#[test]
fn a_glob_without_a_meaning_is_refused_with_its_reason() {
    let patterns = vec!["a{b".to_owned()];
    let error = Walk::new(WalkOptions {
        patterns,
        ..options(Path::new("."))
    })
    .expect_err("the brace is never closed");
    assert_eq!(error.pattern, "a{b");
    assert!(!error.reason.is_empty());
}

#[test]
fn records_hold_size_and_kind_in_front_of_the_names() {
    let folder = Folder::new("records");
    folder.write("four.txt", b"four");
    fs::create_dir(folder.0.join("inner")).expect("the folder is made");
    let (has_stats, has_directories) = (true, true);
    let frames = walk(WalkOptions {
        has_stats,
        has_directories,
        ..options(&folder.0)
    });
    let payload = &frames[0].payload;
    let word = |at: usize| u32::from_ne_bytes(payload[at..at + 4].try_into().expect("a word"));
    assert_eq!(
        u64::from_ne_bytes(payload[..8].try_into().expect("a count")),
        2
    );
    let size = f64::from_ne_bytes(payload[8..16].try_into().expect("a size"));
    assert_eq!(size.to_bits(), 4.0_f64.to_bits());
    let kinds = [word(8 + 16), word(8 + 24 + 16)];
    assert_eq!(kinds, [0, 1], "a file and a directory");
    assert!(payload.ends_with(b"inner"));
}
