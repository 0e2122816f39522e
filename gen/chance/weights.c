#include "gen/chance/weights.h"

#include "gen/chance/draw.h"
#include "gen/chance/reals.h"

#include <stdlib.h>

/* A column of 2^64 parts: those below OWN are its own, the others belong to another outcome. */
struct weights_column {
	uint64_t own;
	uint32_t other;
};

/* For building the table: shares are scaled so that a share of TOTAL fills a column. */
struct building {
	struct weights_column *columns;
	__uint128_t *shares;
	uint32_t *stack; /* columns with too little from the bottom up, with too much from the top down */
	uint64_t total;
	uint32_t count, lacking, having;
};

static bool
check(const double *each, size_t count, double *largest, struct nest_error *error)
{
	if (count == 0 || count > WEIGHTS_MOST)
		return nest_error_set(
		    error, NEST_USAGE, "there may be from 1 to %llu weights, not %zu", WEIGHTS_MOST, count);
	for (size_t i = 0; i < count; i++) {
		if (!(each[i] >= 0 && each[i] < real_infinity()))
			return nest_error_set(error, NEST_USAGE,
			    "weight %zu is %g: a weight is 0 or more, and finite", i + 1, each[i]);
		*largest = each[i] > *largest ? each[i] : *largest;
	}
	if (*largest == 0)
		return nest_error_set(error, NEST_USAGE, "all %zu weights are 0", count);
	return true;
}

/* Turns each weight into parts of about 2^62. */
static void
share_out(struct building *building, const double *each, double largest)
{
	double sum = 0;
	for (uint32_t i = 0; i < building->count; i++)
		sum += each[i] / largest;
	for (uint32_t i = 0; i < building->count; i++) {
		uint64_t share = (uint64_t)(each[i] / largest / sum * 0x1p62);
		building->shares[i] = (__uint128_t)share * building->count;
		building->total += share;
	}
}

static void
push(struct building *building, uint32_t column)
{
	if (building->shares[column] < building->total)
		building->stack[building->lacking++] = column;
	else
		building->stack[building->count - ++building->having] = column;
}

/* SHARE, which is below TOTAL, as parts of 2^64. */
static uint64_t
parts_of(__uint128_t share, uint64_t total)
{
	return (uint64_t)((share << 64) / total);
}

/* Fills each column that lacks parts from one that has too many, until none lacks any. */
static void
fill(struct building *building)
{
	for (uint32_t i = building->count; i-- > 0;)
		push(building, i);
	while (building->lacking > 0) {
		uint32_t column = building->stack[--building->lacking];
		uint32_t giver = building->stack[building->count - building->having--];
		building->columns[column] =
		    (struct weights_column){parts_of(building->shares[column], building->total), giver};
		building->shares[giver] -= building->total - building->shares[column];
		push(building, giver);
	}
	while (building->having > 0) {
		uint32_t column = building->stack[building->count - building->having--];
		building->columns[column] = (struct weights_column){UINT64_MAX, column};
	}
}

static bool
allocate(struct building *building, struct nest_error *error)
{
	size_t columns_bytes = building->count * sizeof *building->columns;
	size_t shares_bytes = building->count * sizeof *building->shares;
	size_t stack_bytes = building->count * sizeof *building->stack;
	building->columns = malloc(columns_bytes);
	building->shares = malloc(shares_bytes);
	building->stack = malloc(stack_bytes);
	if (building->columns != NULL && building->shares != NULL && building->stack != NULL)
		return true;
	return nest_error_memory(error, columns_bytes + shares_bytes + stack_bytes, "a table of weights");
}

bool
weights_open(struct weights *weights, const double *each, size_t count, struct nest_error *error)
{
	double largest = 0;
	*weights = (struct weights){0};
	if (!check(each, count, &largest, error))
		return false;
	struct building building = {.count = (uint32_t)count};
	bool made = allocate(&building, error);
	if (made) {
		share_out(&building, each, largest);
		fill(&building);
		*weights = (struct weights){building.count, building.columns};
	} else {
		free(building.columns);
	}
	free(building.shares);
	free(building.stack);
	return made;
}

void
weights_free(struct weights *weights)
{
	free(weights->columns);
	*weights = (struct weights){0};
}

void
weights_draw(const struct weights *weights, const uint64_t *words, size_t count, uint64_t *outcomes)
{
	for (size_t i = 0; i < count; i++) {
		__uint128_t place = (__uint128_t)words[i] * weights->count;
		uint32_t at = (uint32_t)(place >> 64);
		const struct weights_column *column = &weights->columns[at];
		outcomes[i] = (uint64_t)place < column->own ? at : column->other;
	}
}
