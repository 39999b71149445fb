//! Native producers: a thread of its own that writes into a channel of this environment.

use std::ffi::c_void;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::ptr;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use backbeat_core::channel::{Feed, FeedClosed, Hubs};
use backbeat_sources::{LineOptions, Lines, Walk, WalkOptions};
use napi::bindgen_prelude::*;
use napi_derive::napi;

use crate::memory::hold_channel;

/// A thread that waits inside a native call cannot be terminated; it comes out this often.
const PATIENCE: Duration = Duration::from_millis(100);

/// Which entries of a directory tree are wanted. See the core's documentation of the same names.
#[napi(object)]
pub struct NativeWalkOptions {
    pub root: String,
    pub patterns: Vec<String>,
    pub ignored: Vec<String>,
    pub has_directories: bool,
    pub has_stats: bool,
    pub follows_links: bool,
    pub obeys_gitignore: bool,
    pub max_depth: Option<u32>,
    pub is_sorted: bool,
    pub threads: u32,
    pub batch: u32,
}

/// A producer's thread, seen from the environment that receives.
///
/// The thread shares nothing with the environment but the feed; it is never joined. It ends by
/// itself when the feed is closed, at its next item.
#[napi]
pub struct NativeSource {
    feed: Arc<Feed>,
    /// Null once closed.
    hook: *mut c_void,
    memory: sys::napi_ref,
}

#[napi]
impl NativeSource {
    /// Walks a directory tree into the channel in `memory`, an Int32Array over its whole buffer.
    #[napi(factory)]
    pub fn walk(env: &Env, memory: Unknown, options: NativeWalkOptions) -> Result<Self> {
        let walk = Walk::new(WalkOptions {
            root: PathBuf::from(options.root),
            patterns: options.patterns,
            ignored: options.ignored,
            has_directories: options.has_directories,
            has_stats: options.has_stats,
            follows_links: options.follows_links,
            obeys_gitignore: options.obeys_gitignore,
            max_depth: options.max_depth.map(|depth| depth as usize),
            is_sorted: options.is_sorted,
            threads: options.threads as usize,
            batch: options.batch as usize,
        })
        .map_err(|error| Error::new(Status::InvalidArg, error.to_string()))?;
        Self::start(env, &memory, "backbeat-walk", move |feed, hubs| {
            walk.run(feed, hubs)
        })
    }

    /// Reads the lines of a file into the channel in `memory`.
    #[napi(factory)]
    pub fn lines(env: &Env, memory: Unknown, path: String, batch: u32) -> Result<Self> {
        let lines = Lines::new(LineOptions {
            path: PathBuf::from(path),
            batch: batch as usize,
        });
        Self::start(env, &memory, "backbeat-lines", move |feed, hubs| {
            lines.run(feed, hubs)
        })
    }

    fn start(
        env: &Env,
        memory: &Unknown,
        name: &str,
        run: impl FnOnce(&Feed, &Hubs) -> std::result::Result<(), FeedClosed> + Send + 'static,
    ) -> Result<Self> {
        let (channel, reference) = hold_channel(env, memory)?;
        // SAFETY: `close` or the cleanup hook closes the feed before the reference goes.
        let feed = Arc::new(unsafe { Feed::new(channel) });
        let hook = Arc::into_raw(Arc::clone(&feed)).cast_mut().cast();
        // SAFETY: the argument stays valid until the hook has run or was removed in `close`.
        let status =
            unsafe { sys::napi_add_env_cleanup_hook(env.raw(), Some(on_environment_end), hook) };
        check_status!(status)?;
        let producer = Arc::clone(&feed);
        #[expect(
            clippy::disallowed_methods,
            reason = "the thread of this source: its feed ends it"
        )]
        let started = thread::Builder::new().name(name.to_owned()).spawn(move || {
            let hubs = Hubs::of_process();
            // A panic must not leave the receiver waiting for ever.
            if catch_unwind(AssertUnwindSafe(|| run(&producer, hubs))).is_err() {
                producer.lose(hubs);
            }
        });
        let mut source = Self {
            feed,
            hook,
            memory: reference,
        };
        if let Err(error) = started {
            source.close(env);
            return Err(Error::new(
                Status::GenericFailure,
                format!("the system gave no thread: {error}"),
            ));
        }
        Ok(source)
    }

    /// The receiver has made room.
    #[napi]
    pub fn ring(&self) {
        self.feed.ring();
    }

    /// Blocks until something was written after the receiver's announcement, or for a while.
    #[napi]
    pub fn wait_for_items(&self) {
        self.feed.wait_for_items(PATIENCE);
    }

    /// Takes the memory away from the thread, which then ends. A second call does nothing.
    #[napi]
    pub fn close(&mut self, env: &Env) {
        if self.hook.is_null() {
            return;
        }
        self.feed.close();
        // SAFETY: the hook was registered with this argument and has not run. Removing it gives its
        // count back to us. The reference was made in this environment.
        unsafe {
            sys::napi_remove_env_cleanup_hook(env.raw(), Some(on_environment_end), self.hook);
            drop(Arc::from_raw(self.hook.cast::<Feed>().cast_const()));
            sys::napi_delete_reference(env.raw(), self.memory);
        }
        self.hook = ptr::null_mut();
    }
}

/// The environment ends while the thread may be writing.
unsafe extern "C" fn on_environment_end(argument: *mut c_void) {
    // SAFETY: `NativeSource::start` gave one count to the hook, and a hook runs once.
    let feed = unsafe { Arc::from_raw(argument.cast::<Feed>().cast_const()) };
    feed.close();
}
