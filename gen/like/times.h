/* times - texts that are dates or times of ISO 8601, all in one form, and where they lie. */
#ifndef NEST_GEN_LIKE_TIMES_H
#define NEST_GEN_LIKE_TIMES_H

#include "gen/like/paper.h"
#include "gen/like/spread.h"

/* A zeroed struct is one of no texts. */
struct times {
	bool is_other;        /* a text was none, or of another form: nothing else counts then */
	bool has_clock;       /* a time of day */
	uint8_t between;      /* the date and the time: 'T' or ' ' */
	unsigned digits;      /* of a fraction: the most */
	char zone[8];         /* behind the time: "", "Z" or "+01:00" */
	struct spread spread; /* microseconds since 1970 as the texts say them, whatever the zone; days where
	                         there is no clock */
};

bool times_add(struct times *times, struct view text, uint32_t most, struct nest_error *error);
void times_free(struct times *times);

/* Whether the texts that came, of which there is one, are all times. */
bool times_are(const struct times *times);

/* A text of the form as one of its units. */
bool times_read(const struct times *times, struct view text, int64_t *unit);

/* The units between which a recipe can say a date: those of the years 1 to 9999. */
int64_t times_low(const struct times *times);
int64_t times_high(const struct times *times);

/* UNIT as a date, or a time, of a recipe. */
void times_put_date(const struct times *times, struct paper *paper, int64_t unit);
void times_put_time(struct paper *paper, int64_t unit);

/* What a text of the form is. */
void times_put_text(const struct times *times, struct paper *paper, int64_t unit);

#define TIMES_SECOND ((int64_t)1000000)
#define TIMES_DAY (86400 * TIMES_SECOND)

#endif
