/* draw_number.c - numbers: counters, ranges with their shares, and frequent numbers. */
#include "gen/like/draw.h"
#include "gen/like/often.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum {
	DECIMAL_DIGITS = 6, /* after the point, for decimals; numbers with more are real */
	REAL_DIGITS = 16,   /* of the greatest number, as units, */
	REAL_SLACK = 2,     /* which may be this many off */
	LITERAL_DIGITS = 18,
	ALONE_MOST = 9,  /* up to here, whole numbers disclose nothing */
	SMALL_MOST = 99, /* up to here, only rare ones and the ends do */
	SCATTER_BITS = 40,
	OUTER_STEPS = 12,
};

#define DECIMAL_MOST 1e12

/* The share of all numbers that may be misplaced. */
static const double nearness_least = 0.004;

/* The numbers of a node in units of the last digit. */
struct figures {
	struct drawer *drawer;
	uint32_t index;
	bool is_whole, is_real;
	int digits;   /* a unit is 10^-digits */
	double power; /* 10^digits, or 10^-digits if that is less than 1 */
	int64_t low, high;
	struct point *points; /* owned */
	size_t count;
};

/* ---- units ---- */

/* COUNT times 10^POWER as a double; powers beyond 10^22 are not exact doubles. */
static double
of_tens(long long count, int power)
{
	char text[48];
	snprintf(text, sizeof text, "%llde%d", count, power);
	return strtod(text, NULL);
}

static int64_t
to_unit(const struct figures *figures, int64_t number)
{
	if (figures->is_whole)
		return number;
	double real = spread_to_double(number);
	return llround(figures->digits < 0 ? real / figures->power : real * figures->power);
}

static int64_t
from_unit(const struct figures *figures, int64_t unit)
{
	/* For a real number, the double that its literal is read as. */
	return figures->is_whole ? unit : spread_of_double(of_tens(unit, -figures->digits));
}

/* Chooses how finely doubles are distinguished. */
static void
choose_digits(struct figures *figures, const struct profile_node *node)
{
	double low = fabs(spread_to_double(node->spread.low)),
	       high = fabs(spread_to_double(node->spread.high));
	double most = low > high ? low : high;
	figures->digits = (int)node->digits;
	figures->is_real = node->is_rough || node->digits > DECIMAL_DIGITS || most >= DECIMAL_MOST;
	if (!figures->is_real || most == 0)
		return;
	/* Numbers below the least normal one count as 0. */
	int size = most < 1e-290 ? -290 : (int)floor(log10(most));
	figures->digits = REAL_DIGITS - 1 - size;
}

static bool
open_figures(struct figures *figures)
{
	struct drawer *drawer = figures->drawer;
	const struct profile_node *node = &drawer->profile->nodes[figures->index];
	size_t kept = 0;
	if (!figures->is_whole)
		choose_digits(figures, node);
	figures->power = of_tens(1, abs(figures->digits));
	figures->low = to_unit(figures, node->spread.low);
	figures->high = to_unit(figures, node->spread.high);
	if (!spread_points(&node->spread, &figures->points, &figures->count, drawer->error))
		return false;
	/* Units may be coarser than the numbers. */
	for (size_t i = 0; i < figures->count; i++) {
		struct point point = {to_unit(figures, figures->points[i].value), figures->points[i].count};
		if (kept > 0 && figures->points[kept - 1].value == point.value)
			figures->points[kept - 1].count += point.count;
		else
			figures->points[kept++] = point;
	}
	figures->count = kept;
	return true;
}

/* ---- writing ---- */

/* The digits of a literal after its point; the rest is a factor. */
static int
literal_digits(const struct figures *figures)
{
	return figures->digits < 0 ? 0 : figures->digits > LITERAL_DIGITS ? LITERAL_DIGITS : figures->digits;
}

static void
put_unit(const struct figures *figures, int64_t unit)
{
	struct paper *paper = &figures->drawer->choice.paper;
	char text[32];
	int digits = literal_digits(figures);
	unsigned long long magnitude = unit < 0 ? 0 - (unsigned long long)unit : (unsigned long long)unit;
	unsigned long long power = 1;
	for (int i = 0; i < digits; i++)
		power *= 10;
	int size = snprintf(text, sizeof text, "%s%llu", unit < 0 ? "-" : "", magnitude / power);
	if (digits > 0)
		size +=
		    snprintf(text + size, sizeof text - (size_t)size, ".%0*llu", digits, magnitude % power);
	while (figures->is_real && digits > 1 && text[size - 1] == '0' && text[size - 2] != '.')
		size--;
	paper_bytes(paper, (struct view){(const uint8_t *)text, (size_t)size});
}

/* Writes the factor that turns a literal into the number. */
static void
put_factor(const struct figures *figures)
{
	struct paper *paper = &figures->drawer->choice.paper;
	int more = figures->digits < 0 ? -figures->digits : figures->digits - literal_digits(figures);
	for (; more > 0; more -= LITERAL_DIGITS)
		paper_put(paper, " %c 1%0*d", figures->digits < 0 ? '*' : '/',
		    more < LITERAL_DIGITS ? more : LITERAL_DIGITS, 0);
}

static void
put_range(const struct figures *figures, const struct bucket *bucket)
{
	struct paper *paper = &figures->drawer->choice.paper;
	bool is_one = bucket->low == bucket->high;
	if (figures->is_real && !is_one)
		paper_put(paper, "uniform(");
	put_unit(figures, bucket->low);
	if (!is_one) {
		paper_put(paper, figures->is_real ? ", " : "..");
		put_unit(figures, bucket->high);
	}
	if (figures->is_real && !is_one)
		paper_put(paper, ")");
	else if (figures->digits < 0)
		/* Real numbers never overflow. */
		paper_put(paper, " / 1");
	if (figures->is_real)
		put_factor(figures);
}

/* Writes a real number that is finer than the units, with all of its digits. */
static void
put_alone(const struct figures *figures, int64_t number)
{
	struct figures alone = *figures;
	char text[32];
	snprintf(text, sizeof text, "%.*e", REAL_DIGITS - 1, spread_to_double(number));
	char *point = strchr(text, '.');
	alone.digits = REAL_DIGITS - 1 - atoi(strchr(text, 'e') + 1);
	memmove(point, point + 1, strlen(point));
	put_unit(&alone, strtoll(text, NULL, 10));
	/* Makes it a real number, as are those that have more digits in front of the point. */
	if (alone.digits <= LITERAL_DIGITS)
		paper_put(&figures->drawer->choice.paper, " / 1");
	put_factor(&alone);
}

/* ---- what may be disclosed ---- */

static bool
tells_nothing(const struct figures *figures, int64_t unit)
{
	return figures->drawer->keeps_values ||
	       (figures->is_whole && unit >= -ALONE_MOST && unit <= ALONE_MOST);
}

static int64_t
add(int64_t unit, int64_t more)
{
	int64_t sum;
	if (__builtin_add_overflow(unit, more, &sum) || sum == INT64_MIN)
		return more < 0 ? -INT64_MAX : INT64_MAX;
	return sum;
}

/* Turns LOW and HIGH into ends of ranges: round numbers further out. */
static void
round_out(const struct figures *figures, int64_t *low, int64_t *high)
{
	int64_t step = buckets_step(((double)*high - (double)*low) / OUTER_STEPS);
	int64_t below = *low, above = *high;
	if (!tells_nothing(figures, *low)) {
		below = buckets_floor(add(*low, -1), step);
		below = *low >= 0 && below < 0 ? 0 : below;
	}
	if (!tells_nothing(figures, *high)) {
		above = add(buckets_floor(*high, step), step);
		above = *high <= 0 && above > 0 ? 0 : above;
	}
	*low = below < -INT64_MAX ? -INT64_MAX : below;
	*high = above;
}

/* The bytes that stand for UNIT among the values seen. */
static struct number_bytes
bytes_of_unit(const struct figures *figures, int64_t unit)
{
	return profile_number_bytes(figures->index, from_unit(figures, unit));
}

/* Whether UNIT is a number of the sample, or a stand-in. */
static bool
is_taken(const struct figures *figures, int64_t unit)
{
	struct number_bytes bytes = bytes_of_unit(figures, unit);
	return seen_has(&figures->drawer->profile->seen, (struct view){bytes.bytes, sizeof bytes.bytes});
}

/* The stand-in for a frequent number: the nearest that is free. */
static int64_t
stand_in_number(const struct figures *figures, int64_t unit)
{
	enum { TRIES = 100000 };
	bool is_end = unit == figures->low || unit == figures->high;
	if (tells_nothing(figures, unit) ||
	    (!figures->is_real && unit >= -SMALL_MOST && unit <= SMALL_MOST && !is_end))
		return unit;
	int64_t sign = unit == figures->low ? -1 : 1, made = unit;
	for (int64_t i = 2; i < TRIES && is_taken(figures, made); i++) {
		made = add(unit, i % 2 == 0 ? sign * (i / 2) : -sign * (i / 2));
		/* A number keeps its sign. */
		if ((unit >= 0) != (made >= 0))
			made = unit;
	}
	struct number_bytes bytes = bytes_of_unit(figures, made);
	seen_take(&figures->drawer->profile->seen, (struct view){bytes.bytes, sizeof bytes.bytes});
	return made;
}

/* ---- numbers of their own ---- */

/* Numbers that each exceed the one before: a start and steps; false if 64 bits are too few for all. */
static bool
draw_rising(struct figures *figures, uint64_t values)
{
	struct drawer *drawer = figures->drawer;
	struct paper *paper = &drawer->choice.paper;
	int64_t low = figures->low, high = figures->high;
	uint64_t step = ((uint64_t)high - (uint64_t)low) / (values - 1);
	round_out(figures, &low, &high);
	uint64_t room = ((uint64_t)INT64_MAX - (low > 0 ? (uint64_t)low : 0)) / (step + 1), most = 1;
	while (most <= room / 10)
		most *= 10;
	if (most < values)
		return false;
	drawer->note = "rising";
	draw_next(drawer, (double)values, 1);
	if (most < UINT64_C(1000000000000))
		paper_put(paper, "row %% %llu", (unsigned long long)most);
	else
		paper_put(paper, "row");
	if (step > 1)
		paper_put(
		    paper, " * %llu + (0..%llu)", (unsigned long long)step, (unsigned long long)step - 1);
	if (low != 0)
		paper_put(paper, " %c %llu", low < 0 ? '-' : '+',
		    low < 0 ? 0 - (unsigned long long)low : (unsigned long long)low);
	return true;
}

/* No two equal, in no order. */
static void
draw_scattered(struct figures *figures, uint64_t values)
{
	struct drawer *drawer = figures->drawer;
	struct paper *paper = &drawer->choice.paper;
	int64_t low = figures->low, high = figures->high;
	round_out(figures, &low, &high);
	uint64_t width = (uint64_t)high - (uint64_t)low, most = (uint64_t)1 << SCATTER_BITS, factor = 1;
	width += width < UINT64_MAX;
	if (width > most)
		factor = width / most;
	else
		most = width;
	/* No product may exceed 64 bits: if one could, it counts from the middle. */
	uint64_t half = width > INT64_MAX ? most / 2 : 0;
	low = (int64_t)((uint64_t)low + half * factor);
	drawer->note = "unique";
	draw_next(drawer, (double)values, 2);
	if (low != 0) {
		put_unit(figures, low);
		paper_put(paper, " + ");
	}
	paper_put(paper, half > 0 ? "(" : "");
	paper_put(paper, "scatter(row %% %llu, %llu)", (unsigned long long)most, (unsigned long long)most);
	if (half > 0)
		paper_put(paper, " - %llu)", (unsigned long long)half);
	if (factor > 1)
		paper_put(
		    paper, " * %llu + (0..%llu)", (unsigned long long)factor, (unsigned long long)factor - 1);
}

/* ---- frequent numbers, and the others ---- */

static struct bucket_rules
rules_of(const struct figures *figures, int64_t low, int64_t high, double kept)
{
	double noise = 0.5 / sqrt(kept > 0 ? kept : 1);
	size_t most = figures->drawer->detail / 4;
	return (struct bucket_rules){.low = low,
	    .high = high,
	    .most = most > 0 ? most : 1,
	    .is_exact = figures->drawer->keeps_values,
	    .ends = {figures->low, figures->high},
	    .slack = figures->is_real ? REAL_SLACK : 0,
	    .nearness = noise > nearness_least ? noise : nearness_least};
}

/* Frequent numbers, each an alternative; returns how many numbers are left for others. */
static double
draw_often(struct figures *figures, struct profile_node *node, struct often *often)
{
	double left = (double)node->values;
	tally_sort(&node->tally);
	for (uint32_t i = 0; i < node->tally.count; i++) {
		const struct tally_value *value = &node->tally.values[i];
		int64_t number;
		memcpy(&number, value->bytes, sizeof number);
		int64_t unit = to_unit(figures, number);
		if (!draw_is_frequent(figures->drawer, value->count, node->values, often->told_count))
			break;
		if (!often_tell(often, unit, (double)value->count / (double)node->values))
			continue;
		int64_t told = stand_in_number(figures, unit);
		struct bucket alone = {told, told, 0};
		draw_next(figures->drawer, (double)value->count, 0);
		if (figures->is_real && figures->drawer->keeps_values && from_unit(figures, unit) != number)
			put_alone(figures, number);
		else
			put_range(figures, &alone);
		left -= (double)value->count;
	}
	return left;
}

static bool
is_told(const struct often *often, int64_t unit)
{
	for (size_t i = 0; i < often->told_count; i++)
		if (often->told[i] == unit)
			return true;
	return false;
}

/* WEIGHT numbers that are not singled out, in ranges. */
static void
draw_others(struct figures *figures, const struct often *often, double weight)
{
	struct bucket buckets[BUCKETS_MOST];
	double kept = 0;
	if (weight <= 0 || often->count == 0)
		return;
	for (size_t i = 0; i < often->count; i++)
		kept += (double)often->points[i].count;
	int64_t low = is_told(often, figures->low) ? often->points[0].value : figures->low;
	int64_t high = is_told(often, figures->high) ? often->points[often->count - 1].value : figures->high;
	round_out(figures, &low, &high);
	struct bucket_rules rules = rules_of(figures, low, high, kept);
	size_t count = buckets_fit(often->points, often->count, &rules, buckets);
	for (size_t i = 0; i < count; i++) {
		/* Real numbers go up to the end of a range, and not only to its last unit. */
		buckets[i].high += figures->is_real && buckets[i].high < high;
		draw_next(figures->drawer, buckets[i].weight / kept * weight, 1);
		put_range(figures, &buckets[i]);
	}
}

static void
draw_figures(struct figures *figures, struct profile_node *node)
{
	struct often often;
	often_open(&often, figures->points, figures->count);
	draw_others(figures, &often, draw_often(figures, node, &often));
}

void
draw_number(struct drawer *drawer, uint32_t index, bool is_whole)
{
	struct profile_node *node = &drawer->profile->nodes[index];
	struct figures figures = {.drawer = drawer, .index = index, .is_whole = is_whole};
	if (!open_figures(&figures))
		draw_fail(drawer);
	else if (!is_whole || !draw_is_unique(drawer, index))
		draw_figures(&figures, node);
	else if (!node->is_rising || !draw_rising(&figures, node->values))
		draw_scattered(&figures, node->values);
	free(figures.points);
}
