//! What earlier lines of the same worker or connection say about a failure, in a table of fixed size: a later
//! line takes the slot of an earlier one.

use super::entry::Entry;
use super::time::Time;

const SLOTS: usize = 64;

/// A failure whose worker's next line may be our module's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Pending {
    pub(super) pid: u64,
    pub(super) connection: u64,
    pub(super) group: usize,
    pub(super) time: Option<Time>,
    /// It was counted already, because nobody knew when that line would come.
    pub(super) counted: bool,
}

/// One failure a worker.
#[derive(Debug)]
pub(super) struct Waiting([Option<Pending>; SLOTS]);

impl Default for Waiting {
    fn default() -> Self {
        Self([None; SLOTS])
    }
}

fn slot(number: u64) -> usize {
    usize::try_from(number % SLOTS as u64).unwrap_or_default()
}

impl Waiting {
    /// Lets a failure wait. Returns the one that waited in its slot: its line will not come any more.
    pub(super) fn put(&mut self, pending: Pending) -> Option<Pending> {
        self.0.get_mut(slot(pending.pid))?.replace(pending)
    }

    /// The failure of this worker, if it is this connection's.
    pub(super) fn peek(&self, entry: &Entry<'_>) -> Option<&Pending> {
        let (pid, connection) = (entry.pid(), entry.connection());
        let waits = self.0.get(slot(pid))?.as_ref()?;
        (waits.pid == pid && waits.connection == connection).then_some(waits)
    }

    /// The same, taken out.
    pub(super) fn take(&mut self, entry: &Entry<'_>) -> Option<Pending> {
        let found = *self.peek(entry)?;
        *self.0.get_mut(slot(found.pid))? = None;
        Some(found)
    }

    /// All that still wait to be counted.
    pub(super) fn uncounted(&mut self) -> impl Iterator<Item = &mut Pending> + '_ {
        self.0.iter_mut().flatten().filter(|one| !one.counted)
    }
}

/// Connections of which debugging lines show that nginx sends a server name in the attempt it is making.
#[derive(Debug)]
pub(super) struct Names {
    slots: [Option<(u64, u64)>; SLOTS],
    /// Most logs have no debugging lines.
    any: bool,
}

impl Default for Names {
    fn default() -> Self {
        Self {
            slots: [None; SLOTS],
            any: false,
        }
    }
}

impl Names {
    pub(super) fn put(&mut self, entry: &Entry<'_>) {
        let sends = (entry.pid(), entry.connection());
        if let Some(place) = self.slots.get_mut(slot(sends.1)) {
            *place = Some(sends);
            self.any = true;
        }
    }

    pub(super) fn has(&self, entry: &Entry<'_>) -> bool {
        self.any && self.place(entry).is_some()
    }

    /// Another attempt begins.
    pub(super) fn forget(&mut self, entry: &Entry<'_>) {
        if let Some(place) = self
            .place(entry)
            .and_then(|place| self.slots.get_mut(place))
        {
            *place = None;
        }
    }

    fn place(&self, entry: &Entry<'_>) -> Option<usize> {
        let (pid, connection) = (entry.pid(), entry.connection());
        let place = slot(connection);
        let sends = connection > 0 && self.slots.get(place) == Some(&Some((pid, connection)));
        sends.then_some(place)
    }
}
