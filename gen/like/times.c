#include "gen/like/times.h"

#include "gen/notation/calendar.h"
#include "lib/json/notation.h"

#include <stdio.h>

enum {
	DATE_BYTES = 10,
	CLOCK_BYTES = 8, /* HH:MM:SS */
	DIGITS_MOST = 9,
	FIRST_DAY = -719162, /* 0001-01-01 */
	LAST_DAY = 2932896,  /* 9999-12-31 */
};

static bool
is_digit(uint8_t byte)
{
	return byte >= '0' && byte <= '9';
}

/* The form of TEXT, and its units. */
static bool
read_form(struct view text, struct times *form, int64_t *unit)
{
	struct notation_moment moment;
	size_t end = DATE_BYTES;
	*form = (struct times){0};
	if (text.size < DATE_BYTES || text.data[4] != '-')
		return false;
	if (text.size == DATE_BYTES)
		return notation_date(text, unit) && *unit >= FIRST_DAY && *unit <= LAST_DAY;
	form->has_clock = true;
	form->between = text.data[DATE_BYTES];
	end += 1 + CLOCK_BYTES;
	if (text.size < end || text.data[DATE_BYTES + 6] != ':')
		return false;
	size_t point = end;
	if (end < text.size && text.data[end] == '.')
		for (end++; end < text.size && is_digit(text.data[end]); end++)
			form->digits++;
	if (form->digits > DIGITS_MOST || text.size - end >= sizeof form->zone ||
	    (end > point && form->digits == 0))
		return false;
	memcpy(form->zone, text.data + end, text.size - end);
	if (!notation_timestamp(text, &moment) || !notation_timestamp((struct view){text.data, end}, &moment))
		return false;
	*unit = moment.seconds * TIMES_SECOND + moment.nanoseconds / 1000;
	return *unit >= times_low(form) && *unit <= times_high(form);
}

bool
times_read(const struct times *times, struct view text, int64_t *unit)
{
	struct times form;
	return read_form(text, &form, unit) && form.has_clock == times->has_clock &&
	       form.between == times->between && (form.zone[0] == '\0') == (times->zone[0] == '\0');
}

bool
times_add(struct times *times, struct view text, uint32_t most, struct nest_error *error)
{
	struct times form;
	int64_t unit;
	if (times->is_other)
		return true;
	if (!read_form(text, &form, &unit)) {
		times->is_other = true;
		spread_free(&times->spread);
		return true;
	}
	if (times->spread.seen == 0) {
		form.spread = times->spread;
		*times = form;
	}
	times->digits = form.digits > times->digits ? form.digits : times->digits;
	if (!times_read(times, text, &unit)) {
		times->is_other = true;
		spread_free(&times->spread);
		return true;
	}
	return spread_add(&times->spread, unit, most, error);
}

void
times_free(struct times *times)
{
	spread_free(&times->spread);
}

bool
times_are(const struct times *times)
{
	return !times->is_other && times->spread.seen > 0;
}

/* ---- writing ---- */

int64_t
times_low(const struct times *times)
{
	return FIRST_DAY * (times->has_clock ? TIMES_DAY : 1);
}

int64_t
times_high(const struct times *times)
{
	return times->has_clock ? (LAST_DAY + 1) * TIMES_DAY - 1 : LAST_DAY;
}

static int64_t
floor_by(int64_t number, int64_t by)
{
	return number / by - (number % by < 0);
}

static void
put_day(struct paper *paper, int64_t day)
{
	struct calendar_day date = calendar_day(day);
	paper_put(paper, "%04lld-%02u-%02u", (long long)date.year, date.month, date.day);
}

static void
put_clock(struct paper *paper, int64_t second)
{
	paper_put(paper, "%02d:%02d:%02d", (int)(second / 3600), (int)(second / 60 % 60), (int)(second % 60));
}

void
times_put_date(const struct times *times, struct paper *paper, int64_t unit)
{
	put_day(paper, times->has_clock ? floor_by(unit, TIMES_DAY) : unit);
}

void
times_put_time(struct paper *paper, int64_t unit)
{
	int64_t day = floor_by(unit, TIMES_DAY);
	put_day(paper, day);
	paper_put(paper, "T");
	put_clock(paper, (unit - day * TIMES_DAY) / TIMES_SECOND);
	int fraction = (int)(unit - floor_by(unit, TIMES_SECOND) * TIMES_SECOND), digits = 6;
	for (; digits > 0 && fraction % 10 == 0; digits--)
		fraction /= 10;
	if (digits > 0)
		paper_put(paper, ".%0*d", digits, fraction);
}

void
times_put_text(const struct times *times, struct paper *paper, int64_t unit)
{
	times_put_date(times, paper, unit);
	if (!times->has_clock)
		return;
	int64_t rest = unit - floor_by(unit, TIMES_DAY) * TIMES_DAY;
	paper_put(paper, "%c", times->between);
	put_clock(paper, rest / TIMES_SECOND);
	if (times->digits > 0) {
		char fraction[16];
		snprintf(fraction, sizeof fraction, "%06d000", (int)(rest % TIMES_SECOND));
		paper_put(paper, ".%.*s", (int)times->digits, fraction);
	}
	paper_put(paper, "%s", times->zone);
}
