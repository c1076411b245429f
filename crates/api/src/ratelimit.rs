//! How much one key or one address may ask for (POLT 2.6). Refusals always
//! say when to come back.

use std::net::IpAddr;
use std::num::NonZeroU32;
use std::time::Duration;

use app::Effect;
use domain::id::KeyId;
use domain::policy::{Actor, Permission};
use domain::{Error, Kind, Result};
use governor::clock::{Clock, DefaultClock};
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
}

impl Rates {
    /// No limits at all.
    pub const OFF: Self = Self {
        writes_per_minute: 0,
        reads_per_minute: 0,
        registrations_per_hour: 0,
    };
}

type Keyed<K> = Option<RateLimiter<K, DashMapStateStore<K>, DefaultClock>>;

pub(crate) struct Limiter {
    writes: Keyed<KeyId>,
    reads: Keyed<IpAddr>,
    registrations: Keyed<IpAddr>,
    clock: DefaultClock,
}

impl Limiter {
    pub(crate) fn new(rates: &Rates) -> Self {
        let quota = |n, per: fn(NonZeroU32) -> Quota| NonZeroU32::new(n).map(per);
        Self {
            writes: quota(rates.writes_per_minute, Quota::per_minute).map(RateLimiter::keyed),
            reads: quota(rates.reads_per_minute, Quota::per_minute).map(RateLimiter::keyed),
            registrations: quota(rates.registrations_per_hour, Quota::per_hour)
                .map(RateLimiter::keyed),
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
    ) -> Result<()> {
        let address = subscriber(address);
        match (actor, needs, effect) {
            (actor, _, _) if actor.is_operator() => Ok(()),
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
    pub(crate) fn charge_address(&self, address: IpAddr) -> Result<()> {
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
    ) -> Result<()> {
        let Some(limiter) = limiter else {
            return Ok(());
        };
        limiter
            .check_key(key)
            .map_err(|until| refusal(what, until.wait_time_from(self.clock.now())))
    }

    pub(crate) fn tidy(&self) {
        self.writes.iter().for_each(RateLimiter::retain_recent);
        self.reads.iter().for_each(RateLimiter::retain_recent);
        self.registrations
            .iter()
            .for_each(RateLimiter::retain_recent);
    }
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
    use super::{Effect, IpAddr, Limiter, Rates};
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
        assert!(ask(address).is_ok() && ask(address).is_ok());
        let refused = ask(address).expect_err("the third");
        assert_eq!(refused.kind, Kind::RateLimited);
        assert!(refused.retry_after_s.is_some_and(|s| (1..=31).contains(&s)));
        assert!(
            ask(IpAddr::from([127, 0, 0, 2])).is_ok(),
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
        assert!((0..1_000).all(|_| ask().is_ok()));
    }
}
