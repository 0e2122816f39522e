/* levels.c - loops over levels. */
#include "lib/parquet/levels.h"

#include <string.h>

enum {
	LANES = 64,       /* counters, one byte each, that run side by side */
	LANE_ROUNDS = 255 /* until one of them could overflow */
};

uint8_t
levels_max(const uint8_t *levels, size_t count)
{
	uint8_t most = 0;
	for (size_t i = 0; i < count; i++)
		most = levels[i] > most ? levels[i] : most;
	return most;
}

size_t
levels_count(const uint8_t *levels, size_t count, uint8_t level)
{
	size_t total = 0, i = 0;
	while (count - i >= LANES) {
		uint8_t lanes[LANES] = {0};
		size_t rounds = (count - i) / LANES;
		if (rounds > LANE_ROUNDS)
			rounds = LANE_ROUNDS;
		for (; rounds > 0; rounds--, i += LANES)
			for (size_t lane = 0; lane < LANES; lane++)
				lanes[lane] = (uint8_t)(lanes[lane] + (levels[i + lane] == level));
		for (size_t lane = 0; lane < LANES; lane++)
			total += lanes[lane];
	}
	for (; i < count; i++)
		total += levels[i] == level;
	return total;
}

size_t
levels_rows_end(const uint8_t *rep, size_t count, uint64_t rows)
{
	size_t i = 0;
	/* Whole blocks as long as they hold no more rows than wanted, then one by one. */
	while (count - i >= 256) {
		size_t found = levels_count(rep + i, 256, 0);
		if (found > rows)
			break;
		rows -= found;
		i += 256;
	}
	for (; i < count; i++) {
		if (rep[i] != 0)
			continue;
		if (rows == 0)
			return i;
		rows--;
	}
	return count;
}

bool
levels_nested(const uint8_t *rep, const uint8_t *def, size_t count, const uint8_t *least, uint8_t max_rep)
{
	uint8_t bad = 0;
	if (count > 0)
		bad = rep[0] != 0 && def[0] < least[rep[0]];
	if (max_rep == 1) {
		uint8_t limit = least[1];
		for (size_t i = 1; i < count; i++)
			bad = (uint8_t)(bad | (rep[i] & ((def[i] < limit) | (def[i - 1] < limit))));
		return bad == 0;
	}
	for (size_t i = 1; i < count; i++) {
		uint8_t limit = least[rep[i]];
		bad = (uint8_t)(bad | (def[i] < limit) | (def[i - 1] < limit));
	}
	return bad == 0;
}

bool
levels_agree(const uint8_t *a, const uint8_t *b, size_t count, uint8_t limit)
{
	uint8_t differ = 0;
	for (size_t i = 0; i < count; i++) {
		uint8_t left = a[i] < limit ? a[i] : limit;
		uint8_t right = b[i] < limit ? b[i] : limit;
		differ = (uint8_t)(differ | (left ^ right));
	}
	return differ == 0;
}
