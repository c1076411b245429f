//! How much one key or one address may ask for (POLT 2.6). Refusals always
//! say when to come back.

use std::net::IpAddr;
use std::num::NonZeroU32;
use std::time::Duration;

use app::Effect;
use domain::id::KeyId;
use domain::policy::{Actor, Permission};
use domain::{Error, Kind};
use governor::clock::{Clock, DefaultClock};
use governor::middleware::StateInformationMiddleware;
use governor::state::keyed::DashMapStateStore;
use governor::{Quota, RateLimiter};

/// Requests per key and per address; 0 is no limit.
#[derive(Clone, Copy, Debug)]
pub struct Rates {
    /// Writes per key and minute.
    pub writes_per_minute: u32,
    /// Reads, and requests without a valid key, per address and minute.
    pub reads_per_minute: u32,
    /// Registrations per address and hour.
    pub registrations_per_hour: u32,
    /// Requests per key of an environment and minute (Polpo 2.4).
    pub hosting_per_minute: u32,
}

impl Rates {
    /// No limits at all.
    pub const OFF: Self = Self {
        writes_per_minute: 0,
        reads_per_minute: 0,
        registrations_per_hour: 0,
        hosting_per_minute: 0,
    };
}

type Keyed<K> =
    Option<RateLimiter<K, DashMapStateStore<K>, DefaultClock, StateInformationMiddleware>>;

/// What is left after a request, where there is a limit at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Left {
    /// How many requests fit into a window.
    pub(crate) limit: u32,
    /// How many still do.
    pub(crate) remaining: u32,
    /// The length of the window, in seconds.
    pub(crate) window_s: u64,
}

/// What came of charging a request.
#[derive(Debug, Default)]
pub(crate) struct Charged {
    /// What is left.
    pub(crate) left: Option<Left>,
    /// Why it must wait.
    pub(crate) refusal: Option<Error>,
}

pub(crate) struct Limiter {
    writes: Keyed<KeyId>,
    reads: Keyed<IpAddr>,
    registrations: Keyed<IpAddr>,
    hosting: Keyed<KeyId>,
    clock: DefaultClock,
}

impl Limiter {
    pub(crate) fn new(rates: &Rates) -> Self {
        Self {
            writes: keyed(rates.writes_per_minute, Quota::per_minute),
            reads: keyed(rates.reads_per_minute, Quota::per_minute),
            registrations: keyed(rates.registrations_per_hour, Quota::per_hour),
            hosting: keyed(rates.hosting_per_minute, Quota::per_minute),
            clock: DefaultClock::default(),
        }
    }

    /// Charges a request. One IPv6 subscriber has a whole /64, so that is what
    /// counts as an address. The operator, whose server it is, is not limited.
    pub(crate) fn charge(
        &self,
        actor: &Actor,
        needs: Permission,
        effect: Effect,
        address: IpAddr,
    ) -> Charged {
        let address = subscriber(address);
        match (actor, needs, effect) {
            (actor, _, _) if actor.is_operator() => Charged::default(),
            (Actor::Account { key, .. }, Permission::Host, _) => {
                self.check(&self.hosting, key, "requests with this key this minute")
            }
            (_, Permission::Register, _) => self.check(
                &self.registrations,
                &address,
                "registrations from your address this hour",
            ),
            (Actor::Account { key, .. }, _, Effect::Writes) => {
                self.check(&self.writes, key, "writes with this key this minute")
            }
            _ => self.charge_address(address),
        }
    }

    /// Charges a request that showed no valid key.
    pub(crate) fn charge_address(&self, address: IpAddr) -> Charged {
        self.check(
            &self.reads,
            &subscriber(address),
            "requests from your address this minute",
        )
    }

    fn check<K: std::hash::Hash + Eq + Clone>(
        &self,
        limiter: &Keyed<K>,
        key: &K,
        what: &str,
    ) -> Charged {
        let Some(limiter) = limiter else {
            return Charged::default();
        };
        let left = |quota: Quota, remaining| {
            let limit = quota.burst_size().get();
            let window_s = quota.burst_size_replenished_in().as_secs();
            Some(Left {
                limit,
                remaining,
                window_s,
            })
        };
        match limiter.check_key(key) {
            Ok(state) => Charged {
                left: left(state.quota(), state.remaining_burst_capacity()),
                refusal: None,
            },
            Err(until) => Charged {
                left: left(until.quota(), 0),
                refusal: Some(refusal(what, until.wait_time_from(self.clock.now()))),
            },
        }
    }

    pub(crate) fn tidy(&self) {
        self.writes.iter().for_each(RateLimiter::retain_recent);
        self.reads.iter().for_each(RateLimiter::retain_recent);
        self.hosting.iter().for_each(RateLimiter::retain_recent);
        self.registrations
            .iter()
            .for_each(RateLimiter::retain_recent);
    }
}

fn keyed<K: std::hash::Hash + Eq + Clone>(n: u32, per: fn(NonZeroU32) -> Quota) -> Keyed<K> {
    let quota = per(NonZeroU32::new(n)?);
    Some(RateLimiter::keyed(quota).with_middleware())
}

fn subscriber(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(v6) => IpAddr::V6((u128::from(v6) >> 64 << 64).into()),
    }
}

fn refusal(what: &str, wait: Duration) -> Error {
    let seconds = wait.as_secs().saturating_add(1);
    let mut error = Error::new(
        Kind::RateLimited,
        "rate_limited",
        format!("too many {what}: come back in {seconds} s"),
    );
    error.retry_after_s = Some(seconds);
    error
}

#[cfg(test)]
mod tests {
    use super::{Effect, IpAddr, Left, Limiter, Rates};
    use domain::Kind;
    use domain::policy::{Actor, Permission};

    #[test]
    fn an_address_runs_out_and_hears_when_to_come_back() {
        let limiter = Limiter::new(&Rates {
            reads_per_minute: 2,
            ..Rates::OFF
        });
        let address = IpAddr::from([127, 0, 0, 1]);
        let ask = |a| limiter.charge(&Actor::Anonymous, Permission::ReadPublic, Effect::Reads, a);
        let left = |remaining| {
            Some(Left {
                limit: 2,
                remaining,
                window_s: 60,
            })
        };
        assert_eq!((ask(address).left, ask(address).left), (left(1), left(0)));
        let third = ask(address);
        assert_eq!(third.left, left(0));
        let refused = third.refusal.expect("the third");
        assert_eq!(refused.kind, Kind::RateLimited);
        assert!(refused.retry_after_s.is_some_and(|s| (1..=31).contains(&s)));
        assert!(
            ask(IpAddr::from([127, 0, 0, 2])).refusal.is_none(),
            "another address has its own"
        );
    }

    #[test]
    fn without_numbers_there_are_no_limits() {
        let limiter = Limiter::new(&Rates::OFF);
        let ask = || {
            limiter.charge(
                &Actor::Anonymous,
                Permission::Register,
                Effect::Writes,
                IpAddr::from([1, 1, 1, 1]),
            )
        };
        assert!((0..1_000).all(|_| ask().refusal.is_none()));
    }
}
