#include "lib/print/print.h"

enum { DAY_SECONDS = 86400 };

/* 1 January of the year -999999 and 31 December of 999999, in days from 1970-01-01. */
enum { DAYS_LEAST = -365961662, DAYS_MOST = 364522971 };

static const uint32_t PER_SECOND[] = {
    [UNIT_MILLIS] = 1000, [UNIT_MICROS] = 1000000, [UNIT_NANOS] = 1000000000};

static bool
has_date(int64_t days)
{
	return days >= DAYS_LEAST && days <= DAYS_MOST;
}

static uint8_t *
print_units(uint8_t *to, int64_t units)
{
	return print_integer(to, units < 0 ? 0 - (uint64_t)units : (uint64_t)units, units < 0);
}

/* Four digits, or six with a sign. */
static uint8_t *
print_year(uint8_t *to, int year)
{
	if (year < 0 || year > 9999) {
		*to++ = year < 0 ? '-' : '+';
		year = year < 0 ? -year : year;
		to = print_pair(to, (unsigned)year / 10000);
	}
	to = print_pair(to, (unsigned)year / 100 % 100);
	return print_pair(to, (unsigned)year % 100);
}

/*
 * In the proleptic Gregorian calendar: years begin in March,
 * and 400 of them, an era, have 146097 days.
 */
static uint8_t *
print_day(uint8_t *to, int64_t days)
{
	int shifted = (int)days + 719468; /* from 0000-03-01 */
	int era = (shifted >= 0 ? shifted : shifted - 146096) / 146097;
	int day_of_era = shifted - era * 146097;
	int year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
	int day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
	int march_month = (5 * day_of_year + 2) / 153;
	int day = day_of_year - (153 * march_month + 2) / 5 + 1;
	int month = march_month < 10 ? march_month + 3 : march_month - 9;
	to = print_year(to, era * 400 + year_of_era + (month <= 2));
	*to++ = '-';
	to = print_pair(to, (unsigned)month);
	*to++ = '-';
	return print_pair(to, (unsigned)day);
}

/* Three digits at a time. */
static uint8_t *
print_fraction(uint8_t *to, uint32_t units, enum time_unit unit)
{
	for (uint32_t step = PER_SECOND[unit]; step > 1; units %= step) {
		step /= 1000;
		uint32_t three = units / step;
		*to = (uint8_t)('0' + three / 100);
		to = print_pair(to + 1, three % 100);
	}
	return to;
}

static uint8_t *
print_clock(uint8_t *to, uint32_t seconds, uint32_t units, enum time_unit unit, bool is_adjusted_to_utc)
{
	to = print_pair(to, seconds / 3600);
	*to++ = ':';
	to = print_pair(to, seconds / 60 % 60);
	*to++ = ':';
	to = print_pair(to, seconds % 60);
	*to++ = '.';
	to = print_fraction(to, units, unit);
	*to = 'Z';
	return to + is_adjusted_to_utc;
}

/* The whole seconds in UNITS, rounded down, and the rest in *REST; divides by constants, which is fast. */
static int64_t
split_units(int64_t units, enum time_unit unit, uint32_t *rest)
{
	int64_t each = PER_SECOND[unit];
	int64_t seconds = unit == UNIT_MILLIS   ? units / 1000
	                  : unit == UNIT_MICROS ? units / 1000000
	                                        : units / 1000000000;
	int64_t left = units - seconds * each;
	*rest = (uint32_t)(left < 0 ? left + each : left);
	return seconds - (left < 0);
}

uint8_t *
print_date(uint8_t *to, int64_t days)
{
	if (!has_date(days))
		return print_units(to, days);
	*to++ = '"';
	to = print_day(to, days);
	*to++ = '"';
	return to;
}

uint8_t *
print_time(uint8_t *to, int64_t units, enum time_unit unit, bool is_adjusted_to_utc)
{
	uint32_t rest;
	int64_t seconds = split_units(units, unit, &rest);
	if (seconds < 0 || seconds >= DAY_SECONDS)
		return print_units(to, units);
	*to++ = '"';
	to = print_clock(to, (uint32_t)seconds, rest, unit, is_adjusted_to_utc);
	*to++ = '"';
	return to;
}

uint8_t *
print_timestamp(uint8_t *to, int64_t units, enum time_unit unit, bool is_adjusted_to_utc)
{
	uint32_t rest;
	int64_t seconds = split_units(units, unit, &rest);
	int64_t days = seconds / DAY_SECONDS - (seconds % DAY_SECONDS < 0);
	if (!has_date(days))
		return print_units(to, units);
	*to++ = '"';
	to = print_day(to, days);
	*to++ = 'T';
	to = print_clock(to, (uint32_t)(seconds - days * DAY_SECONDS), rest, unit, is_adjusted_to_utc);
	*to++ = '"';
	return to;
}
