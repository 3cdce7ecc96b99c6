//! Table of open connections: admits new ones, and selects the connection that gives way at a
//! limit.
//!
//! A connection is silent until its first request is admitted, then established. The two have
//! separate limits, so that silent connections never take a place from established ones. Sans-IO:
//! the caller gives the time and closes what is notified.

use std::collections::{BTreeMap, HashMap};
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::Instant;

use crate::lock::locked;
use crate::options::ConnectionLimits;

/// Age at which a silent connection counts against its address: genuine clients in a burst are
/// silent for less.
const SETTLING: Duration = Duration::from_secs(2);

pub(crate) struct ConnectionTable {
    limits: ConnectionLimits,
    open: Mutex<OpenConnections>,
}

#[derive(Default)]
struct OpenConnections {
    /// Next id. Ids increase, so their order is the order of arrival.
    next: u64,
    silent: BTreeMap<u64, SilentConnection>,
    established: HashMap<u64, EstablishedConnection>,
}

struct SilentConnection {
    network: IpAddr,
    since: Instant,
    close: Arc<Notify>,
}

struct EstablishedConnection {
    network: IpAddr,
    /// Start of the idle time; `None` while a request is in progress.
    idle_since: Option<Instant>,
    close: Arc<Notify>,
}

/// Entry of a connection in the table, removed when it is dropped.
pub(crate) struct Registration {
    table: Arc<ConnectionTable>,
    id: u64,
    network: IpAddr,
    close: Arc<Notify>,
}

/// Error: the limit of established connections is reached, and each has a request in progress.
#[derive(Debug, PartialEq)]
pub(crate) struct ConnectionLimitReached;

impl ConnectionTable {
    pub(crate) fn new(limits: ConnectionLimits) -> Arc<Self> {
        Arc::new(Self {
            limits,
            open: Mutex::default(),
        })
    }

    pub(crate) fn limits(&self) -> &ConnectionLimits {
        &self.limits
    }

    /// Registers a new connection as silent. Returns it and the number of older silent ones closed
    /// for it.
    pub(crate) fn admit(self: &Arc<Self>, client: IpAddr, now: Instant) -> (Registration, usize) {
        let network = network(client);
        let mut open = locked(&self.open);
        let mut closed = open.close_settled(network, self.limits.silent_per_address, now);
        if open.silent.len() >= self.limits.silent {
            closed = closed.saturating_add(usize::from(open.close_of_the_most_crowded()));
        }
        let id = open.next;
        open.next = open.next.wrapping_add(1);
        let close = Arc::new(Notify::new());
        open.silent.insert(
            id,
            SilentConnection {
                network,
                since: now,
                close: close.clone(),
            },
        );
        drop(open);
        let registration = Registration {
            table: self.clone(),
            id,
            network,
            close,
        };
        (registration, closed)
    }

    /// Closes the oldest silent connection, or else the one that has been idle longest: the process
    /// is out of file descriptors.
    pub(crate) fn make_room(&self) {
        let mut open = locked(&self.open);
        if let Some((_, oldest)) = open.silent.pop_first() {
            oldest.close.notify_one();
        } else {
            open.close_idle(|_| true);
        }
    }
}

impl OpenConnections {
    /// Closes silent connections of a network, oldest first, until there is a place for one more;
    /// young ones are left.
    fn close_settled(&mut self, network: IpAddr, most: usize, now: Instant) -> usize {
        let own: Vec<u64> = self
            .silent
            .iter()
            .filter(|(_, silent)| silent.network == network)
            .map(|(id, _)| *id)
            .collect();
        let excess = own.len().saturating_add(1).saturating_sub(most);
        let mut closed = 0_usize;
        for id in own.into_iter().take(excess) {
            let settled = self
                .silent
                .get(&id)
                .is_some_and(|silent| now.duration_since(silent.since) >= SETTLING);
            if !settled {
                break;
            }
            if let Some(silent) = self.silent.remove(&id) {
                silent.close.notify_one();
                closed = closed.saturating_add(1);
            }
        }
        closed
    }

    /// Closes the oldest silent connection of the network that has most of them, whatever its age.
    fn close_of_the_most_crowded(&mut self) -> bool {
        let mut counts: HashMap<IpAddr, (usize, u64)> = HashMap::new();
        for (id, silent) in &self.silent {
            let (count, _) = counts.entry(silent.network).or_insert((0, *id));
            *count = count.saturating_add(1);
        }
        let oldest = counts.into_values().max_by_key(|(count, _)| *count);
        let closed = oldest.and_then(|(_, id)| self.silent.remove(&id));
        if let Some(silent) = &closed {
            silent.close.notify_one();
        }
        closed.is_some()
    }

    /// Closes the established connection with the longest idle time among those selected.
    fn close_idle(&mut self, among: impl Fn(&EstablishedConnection) -> bool) -> bool {
        let idle = self.established.iter();
        let longest = idle
            .filter(|(_, one)| among(one))
            .filter_map(|(id, one)| Some((one.idle_since?, *id)))
            .min();
        let closed = longest.and_then(|(_, id)| self.established.remove(&id));
        if let Some(one) = &closed {
            one.close.notify_one();
        }
        closed.is_some()
    }
}

impl Registration {
    /// Counts the connection as established, with a request in progress. At a limit, an idle one is
    /// closed for it.
    ///
    /// # Errors
    ///
    /// [`ConnectionLimitReached`] if no established connection is idle, or if this one was closed
    /// meanwhile.
    pub(crate) fn establish(&self) -> Result<(), ConnectionLimitReached> {
        let mut open = locked(&self.table.open);
        if let Some(own) = open.established.get_mut(&self.id) {
            own.idle_since = None;
            return Ok(());
        }
        if !open.silent.contains_key(&self.id) {
            return Err(ConnectionLimitReached);
        }
        let limits = &self.table.limits;
        let of_network = |one: &EstablishedConnection| one.network == self.network;
        let own = open.established.values().filter(|one| of_network(one));
        if own.count() >= limits.per_address && !open.close_idle(of_network) {
            return Err(ConnectionLimitReached);
        }
        if open.established.len() >= limits.total && !open.close_idle(|_| true) {
            return Err(ConnectionLimitReached);
        }
        open.silent.remove(&self.id);
        open.established.insert(
            self.id,
            EstablishedConnection {
                network: self.network,
                idle_since: None,
                close: self.close.clone(),
            },
        );
        Ok(())
    }

    /// Counts the connection as idle from now on, if it is established.
    pub(crate) fn rest(&self, now: Instant) {
        if let Some(own) = locked(&self.table.open).established.get_mut(&self.id) {
            own.idle_since = Some(now);
        }
    }

    /// Resolves when the connection has to give way.
    pub(crate) async fn closed(&self) {
        self.close.notified().await;
    }
}

impl Drop for Registration {
    fn drop(&mut self) {
        let mut open = locked(&self.table.open);
        open.silent.remove(&self.id);
        open.established.remove(&self.id);
    }
}

/// Returns the part of an address that counts as one client: a 64-bit network for IPv6, as assigned
/// to one customer.
fn network(client: IpAddr) -> IpAddr {
    match client.to_canonical() {
        IpAddr::V4(address) => IpAddr::V4(address),
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
        }
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt as _;

    use super::*;

    fn table(total: usize, per_address: usize, silent: usize, own: usize) -> Arc<ConnectionTable> {
        ConnectionTable::new(ConnectionLimits {
            total,
            per_address,
            silent,
            silent_per_address: own,
            ..ConnectionLimits::default()
        })
    }

    fn address(last: u8) -> IpAddr {
        IpAddr::from([192, 0, 2, last])
    }

    fn later(now: Instant, seconds: u64) -> Instant {
        now.checked_add(Duration::from_secs(seconds)).unwrap()
    }

    fn gives_way(one: &Registration) -> bool {
        one.closed().now_or_never().is_some()
    }

    #[test]
    fn a_newcomer_takes_the_place_of_the_oldest_silent_one_of_its_address() {
        let (table, now) = (table(9, 9, 9, 2), Instant::now());
        let (other, _) = table.admit(address(9), now);
        let (first, _) = table.admit(address(1), now);
        let (second, _) = table.admit(address(1), now);
        // In a burst no connection gives way, however many there are.
        let (third, closed) = table.admit(address(1), later(now, 1));
        assert_eq!(closed, 0);
        let (fourth, closed) = table.admit(address(1), later(now, 2));
        assert_eq!(closed, 2);
        assert!(gives_way(&first) && gives_way(&second));
        assert!(!gives_way(&other) && !gives_way(&third) && !gives_way(&fourth));
        assert_eq!(first.establish(), Err(ConnectionLimitReached));
        assert_eq!(third.establish(), Ok(()));
    }

    #[test]
    fn where_all_are_silent_the_most_crowded_address_gives_way() {
        let (table, now) = (table(9, 9, 4, 9), Instant::now());
        let (lone, _) = table.admit(address(9), now);
        let crowd: Vec<_> = (0..3).map(|_| table.admit(address(1), now).0).collect();
        let (newcomer, closed) = table.admit(address(2), now);
        assert_eq!(closed, 1);
        let gone: Vec<_> = crowd.iter().map(gives_way).collect();
        assert_eq!(gone, [true, false, false]);
        assert!(!gives_way(&lone) && !gives_way(&newcomer));
    }

    #[test]
    fn silent_ones_take_no_place_from_those_that_have_asked() {
        let (table, now) = (table(2, 2, 9, 9), Instant::now());
        let silent: Vec<_> = (0..9).map(|_| table.admit(address(1), now).0).collect();
        let (one, _) = table.admit(address(1), now);
        let (two, _) = table.admit(address(2), now);
        assert_eq!((one.establish(), two.establish()), (Ok(()), Ok(())));
        let open = locked(&table.open);
        assert_eq!((open.silent.len(), open.established.len()), (7, 2));
        drop((open, silent));
    }

    #[test]
    fn an_idle_connection_gives_way_and_one_with_a_request_does_not() {
        let (table, now) = (table(3, 2, 9, 9), Instant::now());
        let [one, two, three] = [1, 1, 1].map(|last| table.admit(address(last), now).0);
        assert_eq!((one.establish(), two.establish()), (Ok(()), Ok(())));
        // The address has its share, and both are busy.
        assert_eq!(three.establish(), Err(ConnectionLimitReached));
        one.rest(now);
        assert_eq!(three.establish(), Ok(()));
        assert!(gives_way(&one) && !gives_way(&two));

        let [four, five] = [2, 3].map(|last| table.admit(address(last), now).0);
        assert_eq!(four.establish(), Ok(()));
        assert_eq!(five.establish(), Err(ConnectionLimitReached));
        two.rest(later(now, 1));
        four.rest(now);
        assert_eq!(five.establish(), Ok(()));
        assert!(gives_way(&four) && !gives_way(&two));
        drop(three);
        let (six, _) = table.admit(address(4), now);
        assert_eq!(six.establish(), Ok(()));
        assert!(!gives_way(&two));
    }

    #[test]
    fn room_is_made_by_a_silent_one_first() {
        let (table, now) = (table(9, 9, 9, 9), Instant::now());
        let [busy, idle, silent] = [1, 1, 1].map(|last| table.admit(address(last), now).0);
        busy.establish().unwrap();
        idle.establish().unwrap();
        idle.rest(now);
        table.make_room();
        assert!(gives_way(&silent) && !gives_way(&idle));
        table.make_room();
        assert!(gives_way(&idle));
        table.make_room();
        assert!(!gives_way(&busy));
    }

    #[test]
    fn a_customers_ipv6_network_is_one_address() {
        let parse = |text: &str| network(text.parse().unwrap());
        assert_eq!(parse("2001:db8:1:2::3"), parse("2001:db8:1:2:ffff::4"));
        assert_ne!(parse("2001:db8:1:2::3"), parse("2001:db8:1:3::3"));
        assert_eq!(parse("::ffff:192.0.2.1"), parse("192.0.2.1"));
    }
}
