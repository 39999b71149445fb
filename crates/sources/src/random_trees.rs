//! A walk finds what a plain recursive reading of the same random tree finds.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use backbeat_core::channel::Hubs;
use proptest::prelude::*;

use crate::directory::portable::PortableReader;
use crate::received::{Received, frames_of};
use crate::tree::walk_tree_with;
use crate::{Walk, WalkOptions};

/// What a tree is made of: the entries of a directory, each name once.
#[derive(Clone, Debug)]
enum Plant {
    File(Vec<u8>),
    Link,
    Directory(Vec<(String, Plant)>),
}

const NAMES: [&str; 8] = ["a.ts", "b.js", "über", "left-out", "d", "e e", ".f", "g.ts"];

fn plants() -> impl Strategy<Value = Plant> {
    let leaf = prop_oneof![
        proptest::collection::vec(any::<u8>(), 0..9).prop_map(Plant::File),
        Just(Plant::Link),
    ];
    leaf.prop_recursive(5, 60, 6, |inner| {
        proptest::collection::vec((proptest::sample::select(&NAMES[..]), inner), 0..7).prop_map(
            |entries| {
                let mut names = BTreeSet::new();
                let unique = entries.into_iter().filter(|&(name, _)| names.insert(name));
                Plant::Directory(unique.map(|(name, plant)| (name.into(), plant)).collect())
            },
        )
    })
}

fn rules() -> impl Strategy<Value = WalkOptions> {
    let globs = |globs: [&'static str; 3]| {
        proptest::sample::subsequence(globs.to_vec(), 0..3)
            .prop_map(|chosen| chosen.into_iter().map(String::from).collect::<Vec<_>>())
    };
    let patterns = globs(["*.ts", "d/**", "über"]);
    let ignored = globs(["left-out", "d/d", "*.js"]);
    let flags = (any::<bool>(), any::<bool>());
    let counts = (proptest::option::of(1_usize..5), 1_usize..5, 1_usize..70);
    (patterns, ignored, flags, counts).prop_map(
        |(patterns, ignored, (has_directories, has_stats), (max_depth, threads, batch))| {
            WalkOptions {
                root: PathBuf::new(),
                patterns,
                ignored,
                has_directories,
                has_stats,
                follows_links: false,
                obeys_gitignore: false,
                max_depth,
                is_sorted: false,
                threads,
                batch,
            }
        },
    )
}

/// A folder of its own for each case, which goes with it.
struct Planted(PathBuf);

impl Planted {
    fn new(plant: &Plant) -> Self {
        static TREES: AtomicU32 = AtomicU32::new(0);
        let number = TREES.fetch_add(1, Ordering::Relaxed);
        let name = format!("backbeat-trees-{}-{number}", std::process::id());
        let planted = Self(std::env::temp_dir().join(name));
        fs::create_dir_all(&planted.0).expect("the root is made");
        if let Plant::Directory(entries) = plant {
            sow(&planted.0, entries);
        }
        planted
    }
}

impl Drop for Planted {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn sow(directory: &Path, entries: &[(String, Plant)]) {
    for (name, plant) in entries {
        let path = directory.join(name);
        match plant {
            Plant::File(content) => fs::write(&path, content).expect("the file is written"),
            Plant::Directory(inner) => {
                fs::create_dir(&path).expect("the directory is made");
                sow(&path, inner);
            }
            Plant::Link => link_to_parent(&path),
        }
    }
}

#[cfg(unix)]
fn link_to_parent(path: &Path) {
    std::os::unix::fs::symlink("..", path).expect("the link is made");
}

/// Where links need a right of their own.
#[cfg(not(unix))]
fn link_to_parent(path: &Path) {
    fs::write(path, b"").expect("the file is written");
}

/// Path, and with stats the size and the kind.
type Finding = (String, Option<(u64, u32)>);

/// The plain way: no globs but those of `rules`, said again in other words.
fn read_plainly(options: &WalkOptions, below: &str, depth: usize, into: &mut Vec<Finding>) {
    let directory = options.root.join(below);
    for entry in fs::read_dir(&directory).expect("the directory is read") {
        let entry = entry.expect("the entry is read");
        let name = entry.file_name().into_string().expect("the name is text");
        let way = match below {
            "" => name.clone(),
            _ => format!("{below}/{name}"),
        };
        let is_left_out = options.ignored.iter().any(|glob| match glob.as_str() {
            "*.js" => name.ends_with(".js"),
            "d/d" => way == "d/d",
            whole => name == whole,
        });
        if is_left_out {
            continue;
        }
        let is_chosen = options.patterns.iter().any(|glob| match glob.as_str() {
            "*.ts" => name.ends_with(".ts"),
            "d/**" => way.starts_with("d/"),
            whole => name == whole,
        });
        let metadata = entry.metadata().expect("the facts are known");
        let is_wanted = options.has_directories || !metadata.is_dir();
        if is_wanted && (is_chosen || options.patterns.is_empty()) {
            let kind = match metadata.file_type() {
                kind if kind.is_file() => 0,
                kind if kind.is_dir() => 1,
                _ => 2,
            };
            let facts = options.has_stats.then_some((metadata.len(), kind));
            into.push((way.clone(), facts));
        }
        if metadata.is_dir() && options.max_depth.is_none_or(|most| depth < most) {
            read_plainly(options, &way, depth + 1, into);
        }
    }
}

fn findings(frames: &[Received], options: &WalkOptions) -> Vec<Finding> {
    let mut all = Vec::new();
    for frame in frames {
        let payload = &frame.payload;
        let count = match options.has_stats {
            true => u64::from_ne_bytes(payload[..8].try_into().expect("a count")) as usize,
            false => 0,
        };
        let text_at = match options.has_stats {
            true => 8 + 24 * count,
            false => 0,
        };
        let text = std::str::from_utf8(&payload[text_at..]).expect("the paths are text");
        for (index, path) in text.split('\0').enumerate() {
            let way = Path::new(path)
                .strip_prefix(&options.root)
                .expect("below the root");
            let facts = options.has_stats.then(|| {
                let at = 8 + 24 * index;
                let size = f64::from_ne_bytes(payload[at..at + 8].try_into().expect("a size"));
                let kind = payload[at + 16..at + 20].try_into().expect("a kind");
                (size as u64, u32::from_ne_bytes(kind))
            });
            all.push((way.to_string_lossy().replace('\\', "/"), facts));
        }
    }
    all.sort();
    all
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn a_walk_finds_what_is_there(plant in plants(), options in rules()) {
        let planted = Planted::new(&plant);
        let options = WalkOptions { root: planted.0.clone(), ..options };
        let mut expected = Vec::new();
        read_plainly(&options, "", 1, &mut expected);
        expected.sort();

        let walk = Walk::new(options.clone()).expect("the globs have a meaning");
        let hubs = Hubs::default();
        let own = frames_of(|feed| walk.run(feed, &hubs).expect("somebody receives"));
        prop_assert_eq!(findings(&own, &options), &expected[..]);

        let plain = frames_of(|feed| {
            walk_tree_with::<PortableReader>(&walk, feed, &hubs).expect("somebody receives");
            end(feed, &hubs);
        });
        prop_assert_eq!(findings(&plain, &options), &expected[..]);

        let sorted = WalkOptions { is_sorted: true, ..options.clone() };
        let walk = Walk::new(sorted).expect("the globs have a meaning");
        let ruled = frames_of(|feed| walk.run(feed, &hubs).expect("somebody receives"));
        prop_assert_eq!(findings(&ruled, &options), &expected[..]);
    }
}

fn end(feed: &backbeat_core::channel::Feed, hubs: &Hubs) {
    let end = backbeat_core::channel::Frame {
        kind: backbeat_core::channel::FrameKind::End,
        number: 0.0,
        payload: &[],
    };
    feed.send(end, hubs).expect("somebody receives");
}
