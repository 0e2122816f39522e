#include "lib/base/nearest.h"

#include <string.h>

enum { LETTERS_FOR_ONE = 3 }; /* letters typed for each mistake allowed */

static unsigned
least(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

static unsigned
distance(const char *a, size_t a_length, const char *b, size_t b_length)
{
	/* Of the beginnings of A that are two letters, one, and none shorter than the one at hand. */
	unsigned rows[3][NEAREST_LENGTH_MOST + 1];
	unsigned *before = rows[0], *last = rows[1], *now = rows[2];
	for (size_t j = 0; j <= b_length; j++)
		last[j] = (unsigned)j;
	for (size_t i = 1; i <= a_length; i++) {
		now[0] = (unsigned)i;
		for (size_t j = 1; j <= b_length; j++) {
			unsigned changed = last[j - 1] + (a[i - 1] != b[j - 1]);
			now[j] = least(changed, least(last[j], now[j - 1]) + 1);
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
				now[j] = least(now[j], before[j - 2] + 1);
		}
		unsigned *free_row = before;
		before = last;
		last = now;
		now = free_row;
	}
	return last[b_length];
}

struct nearest
nearest_to(const char *word, size_t length)
{
	size_t looked_at = length < NEAREST_LENGTH_MOST ? length : NEAREST_LENGTH_MOST;
	unsigned mistakes = (unsigned)looked_at / LETTERS_FOR_ONE;
	return (struct nearest){.word = word, .length = looked_at, .distance = mistakes + 1};
}

void
nearest_try(struct nearest *nearest, const char *candidate)
{
	size_t length = strlen(candidate);
	if (length > NEAREST_LENGTH_MOST)
		return;
	unsigned found = distance(nearest->word, nearest->length, candidate, length);
	if (found < nearest->distance) {
		nearest->distance = found;
		nearest->best = candidate;
	}
}
