#include "lib/print/print.h"

#include "lib/base/digits.h"

enum { DAY_SECONDS = 86400 };

/* 1 January of the year -999999 and 31 December of 999999, in days from 1970-01-01. */
enum { DAYS_LEAST = -365961662, DAYS_MOST = 364522971 };

enum { ERAS_BEFORE = 2500 }; /* of 400 years: more than there are days before */

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

/* A day of the Gregorian calendar, carried on before it began. */
struct day {
	int year;
	unsigned month, day;
};

/*
 * Years begin in March, and 400 of them, an era, have 146097 days; DAYS are counted from so many eras before
 * 0000-03-01 that none is below zero.  By multiplications, whose lower halves are the rests (Neri and
 * Schneider, "Euclidean affine functions and their application to calendar algorithms", Software: Practice
 * and Experience 53, 2023).
 */
static struct day
day_of(int64_t days)
{
	uint32_t quarters = 4 * (uint32_t)(days + 719468 + ERAS_BEFORE * 146097) + 3;
	uint32_t century = quarters / 146097;
	uint64_t of_century = (uint64_t)2939745 * (quarters % 146097 | 3);
	uint32_t day_of_year = (uint32_t)of_century / 2939745 / 4;
	uint32_t month = 2141 * day_of_year + 197913;
	bool is_after = day_of_year >= 306; /* December */
	return (struct day){
	    .year = (int)(100 * century + (uint32_t)(of_century >> 32)) - ERAS_BEFORE * 400 + is_after,
	    .month = (month >> 16) - (is_after ? 12 : 0),
	    .day = (month & 0xffff) / 2141 + 1,
	};
}

/* A year of four digits, or of six with a sign. */
static uint8_t *
print_day(uint8_t *to, int64_t days)
{
	struct day day = day_of(days);
	unsigned year = (unsigned)(day.year < 0 ? -day.year : day.year);
	if (day.year < 0 || year > 9999) {
		*to++ = day.year < 0 ? '-' : '+';
		to = print_pair(to, year / 10000);
	}
	unsigned century = year / 100;
	uint64_t digits = digits_of_pairs(century % 100 | (year - century * 100) << 16 |
					  (uint64_t)day.month << 32 | (uint64_t)day.day << 48);
	digits_store(to, digits);
	digits_store(to + 4, '-' | (digits >> 32 & 0xffff) << 8 | (uint64_t)'-' << 24 | digits >> 48 << 32);
	return to + 10;
}

/* A number below 10^PLACES, with so many digits. */
static uint8_t *
put_fraction(uint8_t *to, uint32_t number, unsigned places)
{
	if (places > 8)
		return digits_put(to, number, places);
	digits_store(to, digits_of_eight(number) >> (64 - 8 * places));
	return to + places;
}

static uint8_t *
print_clock(uint8_t *to, uint32_t seconds, uint32_t units, enum time_unit unit, bool is_adjusted_to_utc)
{
	static const uint8_t places[] = {[UNIT_MILLIS] = 3, [UNIT_MICROS] = 6, [UNIT_NANOS] = 9};
	uint32_t hours = seconds / 3600, minutes = seconds / 60;
	uint64_t digits =
	    digits_of_pairs(hours | (minutes - hours * 60) << 16 | (uint64_t)(seconds - minutes * 60) << 32);
	digits_store(to, (digits & 0xffff) | ':' << 16 | (digits >> 16 & 0xffff) << 24 | (uint64_t)':' << 40 |
			     (digits >> 32) << 48);
	to[8] = '.';
	to = put_fraction(to + 9, units, places[unit]);
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
