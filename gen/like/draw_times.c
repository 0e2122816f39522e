/* draw_times.c - dates and times, as texts or as values. */
#include "gen/like/draw.h"
#include "gen/like/often.h"

#include <stdlib.h>

enum { OUTER_PARTS = 20, COARSE_LEAST = 20, SHIFT_MOST = 40000, STEP_TRIES = 16 };

/* The share of all moments that may be misplaced. */
static const double nearness = 0.01;

struct moments {
	struct drawer *drawer;
	const struct times *times;
	bool is_typed;
	bool is_midnight;     /* the only time of day */
	int64_t coarse;       /* units that ranges count in */
	int64_t base;         /* in coarse units: ranges count from here; not a value of the sample */
	struct point *points; /* owned; in coarse ones */
	size_t count;
};

static int64_t
floor_by(int64_t number, int64_t by)
{
	return number / by - (number % by < 0);
}

/* Chooses a day, an hour, a minute or a second as the unit of ranges. */
static void
choose_coarse(struct moments *moments)
{
	static const int64_t steps[] = {TIMES_DAY, 3600 * TIMES_SECOND, 60 * TIMES_SECOND, TIMES_SECOND};
	const struct spread *spread = &moments->times->spread;
	double width = (double)spread->high - (double)spread->low;
	moments->coarse = 1;
	if (!moments->times->has_clock)
		return;
	moments->coarse = TIMES_DAY;
	moments->is_midnight = moments->is_midnight && !moments->is_typed;
	/* A time after a blank is drawn apart from its date. */
	if (moments->is_midnight || (moments->times->between != 'T' && !moments->is_typed))
		return;
	for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
		moments->coarse = steps[i];
		if (width >= (double)steps[i] * COARSE_LEAST)
			return;
	}
}

static bool
open_moments(struct moments *moments)
{
	const struct spread *spread = &moments->times->spread;
	size_t kept = 0;
	if (!spread_points(spread, &moments->points, &moments->count, moments->drawer->error))
		return false;
	moments->is_midnight = moments->times->has_clock;
	for (size_t i = 0; i < moments->count; i++)
		moments->is_midnight = moments->is_midnight && moments->points[i].value % TIMES_DAY == 0;
	choose_coarse(moments);
	for (size_t i = 0; i < moments->count; i++) {
		struct point point = {
		    floor_by(moments->points[i].value, moments->coarse), moments->points[i].count};
		if (kept > 0 && moments->points[kept - 1].value == point.value)
			moments->points[kept - 1].count += point.count;
		else
			moments->points[kept++] = point;
	}
	moments->count = kept;
	return true;
}

/* ---- writing ---- */

static void
put_dates(const struct moments *moments, const struct bucket *bucket)
{
	struct paper *paper = &moments->drawer->choice.paper;
	bool keeps = moments->drawer->keeps_values;
	times_put_date(moments->times, paper, (keeps ? bucket->low : moments->base) * moments->coarse);
	if (!keeps) {
		paper_put(paper, " + (%lld..%lld)", (long long)(bucket->low - moments->base),
		    (long long)(bucket->high - moments->base));
	} else if (bucket->high > bucket->low) {
		paper_put(paper, "..");
		times_put_date(moments->times, paper, bucket->high * moments->coarse);
	}
}

/* Writes the time of day as three numbers, or the one that it always is. */
static void
put_clock(const struct moments *moments)
{
	struct paper *paper = &moments->drawer->choice.paper;
	if (moments->is_midnight)
		paper_put(paper, "%c00:00:00", moments->times->between);
	else
		paper_put(paper, "%c{0..23:02}:{0..59:02}:{0..59:02}", moments->times->between);
}

static void
put_fraction(const struct moments *moments)
{
	struct paper *paper = &moments->drawer->choice.paper;
	unsigned digits = moments->times->digits;
	if (digits > 0 && moments->is_midnight)
		paper_put(paper, ".%0*d", (int)digits, 0);
	else if (digits > 0)
		paper_put(paper, ".{0..%.*s:0%u}", (int)digits, "999999999", digits);
}

/* Writes times of BUCKET: the base plus seconds. */
static void
put_times(const struct moments *moments, const struct bucket *bucket)
{
	struct paper *paper = &moments->drawer->choice.paper;
	const struct spread *spread = &moments->times->spread;
	bool keeps = moments->drawer->keeps_values;
	int64_t begin = bucket->low * moments->coarse,
		end = (bucket->high + 1) * moments->coarse - TIMES_SECOND;
	if (keeps) {
		begin = begin > spread->low ? begin : floor_by(spread->low, TIMES_SECOND) * TIMES_SECOND;
		end = end < spread->high ? end : floor_by(spread->high, TIMES_SECOND) * TIMES_SECOND;
	}
	int64_t base = keeps ? begin : moments->base * moments->coarse;
	unsigned digits = moments->times->digits < 6 ? moments->times->digits : 6;
	times_put_time(paper, base);
	paper_put(paper, " + (%lld..%lld", (long long)((begin - base) / TIMES_SECOND),
	    (long long)((end - base) / TIMES_SECOND));
	if (moments->is_typed && digits > 0)
		paper_put(paper, ".%.*s", (int)digits, "999999");
	paper_put(paper, ")");
}

static void
put_bucket(const struct moments *moments, const struct bucket *bucket)
{
	struct paper *paper = &moments->drawer->choice.paper;
	bool is_split = moments->is_midnight || moments->times->between != 'T';
	if (moments->is_typed) {
		(moments->times->has_clock ? put_times : put_dates)(moments, bucket);
		return;
	}
	paper_put(paper, "\"{");
	(moments->times->has_clock && !is_split ? put_times : put_dates)(moments, bucket);
	paper_put(paper, "}");
	if (moments->times->has_clock && is_split)
		put_clock(moments);
	if (moments->times->has_clock)
		put_fraction(moments);
	paper_put(paper, "%s\"", moments->times->zone);
}

/* ---- frequent times ---- */

/* The nearest text of another day that is not in the sample. */
static int64_t
shift(struct moments *moments, int64_t unit, struct paper *paper)
{
	int64_t day = moments->times->has_clock ? TIMES_DAY : 1, made = unit;
	for (int64_t i = 2; i < SHIFT_MOST; i++) {
		made = unit + (i % 2 == 0 ? 1 : -1) * (i / 2) * day;
		if (made < times_low(moments->times) || made > times_high(moments->times))
			continue;
		buffer_clear(&paper->out);
		times_put_text(moments->times, paper, made);
		if (!seen_has(
			&moments->drawer->profile->seen, (struct view){paper->out.data, paper->out.size}))
			break;
	}
	seen_take(&moments->drawer->profile->seen, (struct view){paper->out.data, paper->out.size});
	return made;
}

static void
draw_moment(struct moments *moments, struct view text, int64_t unit, double weight)
{
	struct drawer *drawer = moments->drawer;
	struct paper paper = {.error = drawer->error};
	if (!drawer->keeps_values)
		unit = shift(moments, unit, &paper);
	draw_next(drawer, weight, 0);
	if (!moments->is_typed && drawer->keeps_values)
		paper_text(&drawer->choice.paper, text);
	else if (!moments->is_typed)
		paper_text(&drawer->choice.paper, (struct view){paper.out.data, paper.out.size});
	else if (moments->times->has_clock)
		times_put_time(&drawer->choice.paper, unit);
	else
		times_put_date(moments->times, &drawer->choice.paper, unit);
	drawer->choice.paper.has_failed |= paper.has_failed;
	paper_free(&paper);
}

/* Fits buckets to all moments; returns how many. */
static size_t
fit(const struct moments *moments, int64_t outer, bool is_exact, struct bucket *buckets)
{
	int64_t low = moments->points[0].value, high = moments->points[moments->count - 1].value;
	int64_t first = floor_by(times_low(moments->times), moments->coarse);
	int64_t last = floor_by(times_high(moments->times), moments->coarse);
	struct bucket_rules rules = {.low = low - outer > first ? low - outer : first,
	    .high = high + outer < last ? high + outer : last,
	    .most = moments->drawer->detail / 4 > 0 ? moments->drawer->detail / 4 : 1,
	    .nearness = nearness,
	    .ends = {low, high},
	    .is_exact = is_exact};
	return buckets_fit(moments->points, moments->count, &rules, buckets);
}

/* Removes UNIT from its point, and leaves the others there. */
static void
take_out(const struct moments *moments, struct often *often, int64_t unit)
{
	const struct spread *spread = &moments->times->spread;
	int64_t value = floor_by(unit, moments->coarse);
	uint64_t taken = 0;
	size_t kept = 0;
	for (uint32_t i = 0; i < spread->count; i++)
		taken += spread->kept[i] == unit;
	for (size_t i = 0; i < often->count; i++) {
		struct point point = often->points[i];
		if (point.value == value)
			point.count -= taken < point.count ? taken : point.count;
		if (point.count > 0)
			often->points[kept++] = point;
	}
	often->count = kept;
}

/* Whether a day stands out among those around it; a frequent time of day always does. */
static bool
stands_out(const struct moments *moments, struct often *often, int64_t unit, double part)
{
	if (moments->coarse == 1)
		return often_tell(often, unit, part);
	take_out(moments, often, unit);
	return true;
}

static double
draw_often(struct moments *moments, struct profile_node *node)
{
	struct often often;
	double weight = (double)node->values;
	size_t told = 0;
	often_open(&often, moments->points, moments->count);
	tally_sort(&node->tally);
	for (uint32_t i = 0; i < node->tally.count; i++) {
		const struct tally_value *value = &node->tally.values[i];
		struct view text = {value->bytes, value->size};
		int64_t unit;
		if (!draw_is_frequent(moments->drawer, value->count, node->values, told))
			break;
		if (!times_read(moments->times, text, &unit) ||
		    !stands_out(moments, &often, unit, (double)value->count / (double)node->values))
			continue;
		draw_moment(moments, text, unit, (double)value->count);
		weight -= (double)value->count;
		told++;
	}
	moments->count = often.count;
	return weight;
}

/* ---- the others ---- */

/* Whether the text of the base, or something within it, is in the sample. */
static bool
is_base_seen(const struct moments *moments, struct paper *paper)
{
	buffer_clear(&paper->out);
	times_put_text(moments->times, paper, moments->base * moments->coarse);
	return seen_within(&moments->drawer->profile->seen, (struct view){paper->out.data, paper->out.size});
}

/* Moves the base to the beginning of its day if no time of it will do, as its date is in the sample. */
static void
leave_day(struct moments *moments, struct paper *paper)
{
	int64_t unit = moments->base * moments->coarse;
	if (!moments->times->has_clock)
		return;
	buffer_clear(&paper->out);
	times_put_date(moments->times, paper, unit);
	if (seen_has(&moments->drawer->profile->seen, (struct view){paper->out.data, paper->out.size}))
		moments->base = floor_by(unit, TIMES_DAY) * (TIMES_DAY / moments->coarse);
}

/*
 * Chooses a moment, mostly the latest, that is OUTER before the whole sample, and whose text is not in it.
 * Since a piece of the text, such as "202", may be in the sample, the search leaves years by growing steps.
 */
static void
choose_base(struct moments *moments, int64_t outer)
{
	struct paper paper = {.error = moments->drawer->error};
	int64_t first = floor_by(times_low(moments->times), moments->coarse);
	moments->base = moments->points[0].value - outer;
	for (unsigned tries = 0; moments->base > first && is_base_seen(moments, &paper); tries++) {
		leave_day(moments, &paper);
		moments->base -= (int64_t)1 << tries / STEP_TRIES;
	}
	moments->base = moments->base > first ? moments->base : first;
	moments->drawer->choice.paper.has_failed |= paper.has_failed;
	paper_free(&paper);
}

static void
draw_others(struct moments *moments, double weight)
{
	struct bucket buckets[BUCKETS_MOST];
	double kept = 0;
	if (weight <= 0 || moments->count == 0)
		return;
	for (size_t i = 0; i < moments->count; i++)
		kept += (double)moments->points[i].count;
	int64_t width = moments->points[moments->count - 1].value - moments->points[0].value;
	bool keeps = moments->drawer->keeps_values;
	int64_t outer = keeps ? 0 : 1 + width / OUTER_PARTS;
	choose_base(moments, outer);
	size_t count = fit(moments, outer, keeps, buckets);
	for (size_t i = 0; i < count; i++) {
		draw_next(moments->drawer, buckets[i].weight / kept * weight, 4);
		put_bucket(moments, &buckets[i]);
	}
}

void
draw_times(struct drawer *drawer, uint32_t index, bool is_typed)
{
	struct profile_node *node = &drawer->profile->nodes[index];
	struct moments moments = {.drawer = drawer, .times = &node->times, .is_typed = is_typed};
	if (open_moments(&moments))
		draw_others(&moments, draw_often(&moments, node));
	else
		draw_fail(drawer);
	free(moments.points);
}
