/* times - texts that are dates or times of ISO 8601, all in one form, and their range. */
#ifndef NEST_GEN_LIKE_TIMES_H
#define NEST_GEN_LIKE_TIMES_H

#include "gen/like/paper.h"
#include "gen/like/spread.h"

/* A zeroed struct has no texts. */
struct times {
	bool is_other;        /* a text was not a time, or had another form: nothing else is valid then */
	bool has_clock;       /* a time of day */
	uint8_t between;      /* between date and time: 'T' or ' ' */
	unsigned digits;      /* of a fraction, the most */
	char zone[8];         /* after the time: "", "Z" or "+01:00" */
	struct spread spread; /* microseconds since 1970 as in the texts, whatever the zone; days if there is
	                         no clock */
};

bool times_add(struct times *times, struct view text, uint32_t most, struct nest_error *error);
void times_free(struct times *times);

/* Whether there are texts, and all are times. */
bool times_are(const struct times *times);

/* Reads a text of the form as a number of its units; false if it is not one. */
bool times_read(const struct times *times, struct view text, int64_t *unit);

/* The least and the greatest unit for which a recipe can write a date: of the years 1 to 9999. */
int64_t times_low(const struct times *times);
int64_t times_high(const struct times *times);

/* Write UNIT as a date, or a time, of a recipe. */
void times_put_date(const struct times *times, struct paper *paper, int64_t unit);
void times_put_time(struct paper *paper, int64_t unit);

/* Writes UNIT as a text of the form. */
void times_put_text(const struct times *times, struct paper *paper, int64_t unit);

#define TIMES_SECOND ((int64_t)1000000)
#define TIMES_DAY (86400 * TIMES_SECOND)

#endif
