/* calendar - days of the proleptic Gregorian calendar as numbers, 1970-01-01 being 0, and back. */
#ifndef NEST_GEN_CALENDAR_H
#define NEST_GEN_CALENDAR_H

#include <stdbool.h>
#include <stdint.h>

/* False if there is no such day. */
bool calendar_days(unsigned year, unsigned month, unsigned day, int64_t *days);

struct calendar_day {
	int64_t year;
	unsigned month, day; /* both from 1 */
};
struct calendar_day calendar_day(int64_t days);

#endif
