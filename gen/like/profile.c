#include "gen/like/profile.h"

#include <stdlib.h>

enum {
	/* Of all fields together, */
	TALLIED_MOST = 1 << 20,
	KEPT_MOST = 1 << 22,
	/* and of each. */
	TALLY_LEAST = 64,
	TALLY_MOST = 1024,
	KEPT_LEAST = 256,
	KEPT_EACH = 8192,
	FIRST_LENGTHS = 16,
};

static uint32_t
between(uint64_t value, uint32_t least, uint32_t most)
{
	return value < least ? least : value > most ? most : (uint32_t)value;
}

static bool
is_repeated(const struct guess *guess, uint32_t node)
{
	while (node != 0) {
		node = guess->nodes[node].parent;
		if (guess->nodes[node].is_map || guess->nodes[node].kinds == GUESS_ARRAY)
			return true;
	}
	return false;
}

bool
profile_open(struct profile *profile, const struct guess *guess, struct nest_error *error)
{
	*profile = (struct profile){.guess = guess,
	    .tally_most = between(TALLIED_MOST / guess->count, TALLY_LEAST, TALLY_MOST),
	    .kept_most = between(KEPT_MOST / guess->count, KEPT_LEAST, KEPT_EACH)};
	profile->nodes = calloc(guess->count, sizeof *profile->nodes);
	if (profile->nodes == NULL)
		return nest_error_memory(error, guess->count * sizeof *profile->nodes, "a profile");
	for (uint32_t i = 0; i < guess->count; i++)
		profile->nodes[i].is_repeated = is_repeated(guess, i);
	return seen_open(&profile->seen, error);
}

void
profile_close(struct profile *profile)
{
	for (uint32_t i = 0; profile->nodes != NULL && i < profile->guess->count; i++) {
		struct profile_node *node = &profile->nodes[i];
		free(node->lengths);
		tally_free(&node->tally);
		sieve_free(&node->distinct);
		shapes_free(&node->shapes);
		times_free(&node->times);
		spread_free(&node->spread);
	}
	free(profile->nodes);
	seen_close(&profile->seen);
	*profile = (struct profile){0};
}

/* A value too long to be counted is never frequent. */
static bool
add_value(struct profile *profile, struct profile_node *node, struct view value, struct nest_error *error)
{
	if (value.size <= TALLY_VALUE_MOST && !tally_add(&node->tally, value, profile->tally_most, error))
		return false;
	return sieve_add(&node->distinct, value, error);
}

bool
profile_add_text(struct profile *profile, uint32_t index, struct view text, struct nest_error *error)
{
	struct profile_node *node = &profile->nodes[index];
	node->values++;
	seen_add(&profile->seen, text);
	return add_value(profile, node, text, error) && shapes_add(&node->shapes, text, 1, error) &&
	       times_add(&node->times, text, profile->kept_most, error);
}

bool
profile_add_key(struct profile *profile, uint32_t index, struct view key, struct nest_error *error)
{
	struct profile_node *node = &profile->nodes[index];
	seen_add(&profile->seen, key);
	return add_value(profile, node, key, error) && shapes_add(&node->shapes, key, 1, error);
}

struct number_bytes
profile_number_bytes(uint32_t node, int64_t number)
{
	struct number_bytes made;
	memcpy(made.bytes, &number, sizeof number);
	memcpy(made.bytes + sizeof number, &node, sizeof node);
	return made;
}

bool
profile_add_number(struct profile *profile, uint32_t index, int64_t number, struct nest_error *error)
{
	struct profile_node *node = &profile->nodes[index];
	struct number_bytes bytes = profile_number_bytes(index, number);
	node->is_rising = node->values == 0 || (node->is_rising && number > node->last);
	node->last = number;
	node->values++;
	seen_add(&profile->seen, (struct view){bytes.bytes, sizeof bytes.bytes});
	return add_value(profile, node, (struct view){bytes.bytes, sizeof number}, error) &&
	       spread_add(&node->spread, number, profile->kept_most, error);
}

bool
profile_add_length(struct profile *profile, uint32_t index, uint64_t length, struct nest_error *error)
{
	struct profile_node *node = &profile->nodes[index];
	length = length < PROFILE_LENGTH_MOST ? length : PROFILE_LENGTH_MOST;
	node->values++;
	node->elements += length;
	if (length >= node->length_capacity) {
		uint32_t capacity = node->length_capacity == 0 ? FIRST_LENGTHS : node->length_capacity;
		while (capacity <= length)
			capacity *= 2;
		uint64_t *lengths = realloc(node->lengths, capacity * sizeof *lengths);
		if (lengths == NULL)
			return nest_error_memory(error, capacity * sizeof *lengths, "lengths of lists");
		memset(
		    lengths + node->length_capacity, 0, (capacity - node->length_capacity) * sizeof *lengths);
		node->lengths = lengths;
		node->length_capacity = capacity;
	}
	node->lengths[length]++;
	return true;
}

enum json_sort
json_sort_of(struct view text)
{
	switch (text.data[0]) {
	case '{':
		return SORT_OBJECT;
	case '[':
		return SORT_ARRAY;
	case '"':
		return SORT_STRING;
	case 't':
	case 'f':
		return SORT_BOOLEAN;
	default:
		return SORT_NUMBER;
	}
}

bool
profile_add_json(struct profile *profile, uint32_t index, struct view text, struct nest_error *error)
{
	struct profile_node *node = &profile->nodes[index];
	enum json_sort sort = json_sort_of(text);
	node->values++;
	node->sorts[sort]++;
	seen_add(&profile->seen, text);
	if (sort == SORT_STRING) {
		struct view inside = {text.data + 1, text.size - 2};
		seen_add(&profile->seen, inside);
		if (!shapes_add(&node->shapes, inside, 1, error))
			return false;
	}
	return add_value(profile, node, text, error);
}
