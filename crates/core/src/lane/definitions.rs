//! What lanes need to know of a function before they can run it, kept once for all of them.

use std::collections::HashMap;
use std::sync::Arc;

use crate::lane::client::ClientId;

/// Definitions by number. Their content is the scripts' business.
#[derive(Debug, Default)]
pub(crate) struct Definitions {
    by_number: HashMap<u32, (ClientId, Arc<[u8]>)>,
    last: u32,
}

impl Definitions {
    /// Keeps a definition until `remove`, or until its owner is gone.
    pub(crate) fn add(&mut self, owner: ClientId, bytes: &[u8]) -> u32 {
        // Numbers are not used again: a lane may remember what one meant.
        self.last = self.last.wrapping_add(1);
        while self.by_number.contains_key(&self.last) {
            self.last = self.last.wrapping_add(1);
        }
        self.by_number.insert(self.last, (owner, bytes.into()));
        self.last
    }

    pub(crate) fn get(&self, number: u32) -> Option<Arc<[u8]>> {
        self.by_number
            .get(&number)
            .map(|(_, bytes)| Arc::clone(bytes))
    }

    pub(crate) fn remove(&mut self, number: u32) {
        self.by_number.remove(&number);
    }

    /// Forgets everything of a client that is gone.
    pub(crate) fn drop_of(&mut self, owner: ClientId) {
        self.by_number.retain(|_, (of, _)| *of != owner);
    }
}
