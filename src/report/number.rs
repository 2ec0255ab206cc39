//! Numbers for people: the same everywhere.

use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::TimeZone;

/// `1234567` as `1,234,567`.
pub(crate) fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut grouped = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// `3` and `row` as `3 rows`, `1` as `1 row`.
pub(crate) fn plural(number: u64, noun: &str) -> String {
    let ending = if number == 1 { "" } else { "s" };
    format!("{} {noun}{ending}", count(number))
}

/// A share with one decimal: `99.9 %`; `-` of nothing. Only all of it is 100 %, and only none of it 0 %.
pub(crate) fn percent(part: u64, whole: u64) -> String {
    if whole == 0 {
        return "-".to_owned();
    }
    let (part, whole) = (u128::from(part), u128::from(whole));
    let rounded = (part * 2000 + whole) / (2 * whole);
    let tenths = match part {
        0 => 0,
        part if part >= whole => 1000,
        _ => rounded.clamp(1, 999),
    };
    format!("{}.{} %", tenths / 10, tenths % 10)
}

/// A duration in at most two units: `850 ms`, `12 s`, `3 min 20 s`, `13 h 53 min`.
pub(crate) fn duration(length: Duration) -> String {
    let seconds = length.as_secs_f64().round();
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a rounded, non-negative number of seconds"
    )]
    let whole = seconds as u64;
    match whole {
        0 => format!("{} ms", length.as_millis()),
        1..60 => format!("{whole} s"),
        60..3600 => format!("{} min {} s", whole / 60, whole % 60),
        3600.. => format!("{} h {} min", whole / 3600, whole % 3600 / 60),
    }
}

/// A rate with one decimal.
pub(crate) fn rate(calls_per_second: f64) -> String {
    format!("{calls_per_second:.1}")
}

/// A moment in the machine's zone: `14:05` today, `Nov 23 04:10` otherwise.
pub(crate) fn clock_time(moment: Timestamp, now: Timestamp) -> String {
    let zone = TimeZone::system();
    let (local, today) = (moment.to_zoned(zone.clone()), now.to_zoned(zone));
    if local.date() == today.date() {
        local.strftime("%H:%M:%S").to_string()
    } else {
        local.strftime("%b %d %H:%M").to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_grouped_by_thousands() {
        for (number, text) in [
            (0, "0"),
            (999, "999"),
            (1000, "1,000"),
            (1_234_567, "1,234,567"),
        ] {
            assert_eq!(count(number), text);
        }
    }

    #[test]
    fn durations_take_the_unit_that_fits() {
        for (milliseconds, text) in [
            (0, "0 ms"),
            (450, "450 ms"),
            (1_000, "1 s"),
            (59_400, "59 s"),
            (200_000, "3 min 20 s"),
            (50_000_000, "13 h 53 min"),
        ] {
            assert_eq!(duration(Duration::from_millis(milliseconds)), text);
        }
    }
}
