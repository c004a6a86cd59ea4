//! Dates, so that the worker needs no calendar library.

use crate::decimal::Decimal;

/// The first and the last millisecond of the years 0001 to 9999.
const FIRST_MS: i64 = -62_135_596_800_000;
const LAST_MS: i64 = 253_402_300_799_999;

/// `2026-11-23` of seconds since the epoch, UTC.
pub fn day(seconds: i64) -> String {
    let (year, month, day) = civil(seconds.div_euclid(86_400));
    format!("{year:04}-{month:02}-{day:02}")
}

/// `2026-11-23T08:41:07.123Z` of milliseconds since the epoch.
///
/// Years are those of four digits: what lies outside is the first or the last moment of them.
pub fn timestamp(milliseconds: i64) -> String {
    let milliseconds = milliseconds.clamp(FIRST_MS, LAST_MS);
    let seconds = milliseconds.div_euclid(1000);
    let of_day = seconds.rem_euclid(86_400);
    let (year, month, day) = civil(seconds.div_euclid(86_400));
    let parts = [
        (year, 4, '-'),
        (month, 2, '-'),
        (day, 2, 'T'),
        (of_day / 3600, 2, ':'),
        (of_day / 60 % 60, 2, ':'),
        (of_day % 60, 2, '.'),
        (milliseconds.rem_euclid(1000), 3, 'Z'),
    ];
    let mut text = String::with_capacity("2026-11-23T08:41:07.123Z".len());
    for (number, digits, end) in parts {
        text.push_str(Decimal::padded(number.unsigned_abs(), digits).as_str());
        text.push(end);
    }
    text
}

/// Year, month and day of days since the epoch, in the proleptic Gregorian calendar: eras of 400
/// years that begin on 1 March, so that the leap day is the last of a year.
fn civil(days: i64) -> (i64, i64, i64) {
    let shifted = days.saturating_add(719_468);
    let era = shifted.div_euclid(146_097);
    let of_era = shifted.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 {
        month_from_march + 3
    } else {
        month_from_march - 9
    };
    (year_of_era + era * 400 + i64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_those_of_date_u() {
        // date -u -d @SECONDS +%F
        for (seconds, date) in [
            (0, "1970-01-01"),
            (-1, "1969-12-31"),
            (951_782_400, "2000-02-29"),
            (1_709_164_800, "2024-02-29"),
            (1_709_251_200, "2024-03-01"),
            (4_102_444_800, "2100-01-01"),
            (253_402_300_799, "9999-12-31"),
        ] {
            assert_eq!(day(seconds), date);
        }
        assert_eq!(timestamp(1_763_887_267_123), "2025-11-23T08:41:07.123Z");
        assert_eq!(timestamp(-1), "1969-12-31T23:59:59.999Z");
        day(i64::MAX);
        day(i64::MIN);
    }
}
