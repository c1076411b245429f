//! What a run of deliveries shows: how many there were per second, and how long after its event each arrived.

use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result};

use super::stats::{percentile, ratio};

const MICROS: i64 = 1_000_000;

/// A delivery that was received. Both in microseconds since 1970.
#[derive(Clone, Copy, Debug)]
pub struct Arrival {
    pub happened_at: i64,
    pub received_at: i64,
}

/// Deliveries per second, from the first that was received to the last.
pub fn per_second(arrivals: &[Arrival]) -> f64 {
    let received = || arrivals.iter().map(|arrival| arrival.received_at);
    let first = received().min().unwrap_or(0);
    let last = received().max().unwrap_or(0);
    ratio(arrivals.len() as f64, (last - first) as f64 / MICROS as f64)
}

/// How long after the event all but a hundredth were received, in microseconds.
pub fn p99_us(arrivals: &[Arrival]) -> f64 {
    let delays = arrivals.iter().map(|it| it.received_at - it.happened_at);
    percentile(delays.map(|delay| delay as f64), 0.99)
}

/// Now, as arrivals tell the time.
pub fn now_us() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |since| since.as_micros() as i64)
}

/// Reads what a delivery says of the time of its event, `2026-03-13T15:30:00.000Z`.
pub fn read_time(text: &str) -> Result<i64> {
    read(text).with_context(|| format!("not a time: {text}"))
}

fn read(text: &str) -> Option<i64> {
    let (date, time) = text.strip_suffix('Z')?.split_once('T')?;
    let (time, fraction) = time.split_once('.').unwrap_or((time, "0"));
    let [year, month, day] = three(date, '-')?;
    let [hour, minute, second] = three(time, ':')?;
    let fraction: i64 = format!("{fraction:0<6}").get(..6)?.parse().ok()?;
    let seconds = days(year, month, day) * 86_400 + hour * 3_600 + minute * 60 + second;
    Some(seconds * MICROS + fraction)
}

fn three(text: &str, between: char) -> Option<[i64; 3]> {
    let numbers: Vec<i64> = text
        .split(between)
        .map(|it| it.parse().ok())
        .collect::<Option<_>>()?;
    numbers.try_into().ok()
}

/// Days from 1970-01-01 to a date after it. Years begin in March here, so that the day that some lack is their last.
fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = if month > 2 { year } else { year - 1 };
    let month = (month + 9) % 12;
    let leaps = year / 4 - year / 100 + year / 400;
    365 * year + leaps + (153 * month + 2) / 5 + day - 1 - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arrival(happened_at: i64, received_at: i64) -> Arrival {
        Arrival {
            happened_at,
            received_at,
        }
    }

    #[test]
    fn times_are_read() {
        for (text, expected) in [
            ("1970-01-01T00:00:00.000Z", 0),
            ("1970-01-01T00:00:01Z", 1_000_000),
            ("2000-02-29T23:59:59.5Z", 951_868_799_500_000),
            ("2000-03-01T00:00:00.000Z", 951_868_800_000_000),
            ("2026-03-13T15:30:00.123Z", 1_773_415_800_123_000),
        ] {
            assert_eq!(read_time(text).unwrap(), expected, "{text}");
        }
    }

    #[test]
    fn what_is_no_time_is_an_error() {
        for text in [
            "",
            "soon",
            "2026-03-13",
            "2026-03-13T15:30Z",
            "2026-03-13T15:30:00",
        ] {
            assert!(read_time(text).is_err(), "{text}");
        }
    }

    #[test]
    fn the_rate_is_that_between_the_first_and_the_last() {
        let arrivals = [
            arrival(0, 2_500_000),
            arrival(0, 2_000_000),
            arrival(0, 2_100_000),
        ];
        assert!(per_second(&arrivals).total_cmp(&6.0).is_eq());
        assert!(per_second(&[]).total_cmp(&0.0).is_eq());
    }

    #[test]
    fn a_delay_is_the_time_since_the_event() {
        let arrivals = [arrival(100, 150), arrival(200, 900)];
        assert!(p99_us(&arrivals).total_cmp(&700.0).is_eq());
    }
}
