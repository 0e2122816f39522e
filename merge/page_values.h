/*
 * page_values - the values of a data page, those that a dictionary has once each.
 *
 * Whatever is asked of every value alone (bounds, filters) need be asked of each different one once.
 * A struct page_values owns what it gathers; its memory serves one page after another
 * until page_values_free().  Errors: NEST_FAILED, for want of memory; NEST_INVALID for values of too
 * many bytes.
 */
#ifndef NEST_MERGE_PAGE_VALUES_H
#define NEST_MERGE_PAGE_VALUES_H

#include "lib/parquet/chunk_reader.h"
#include "lib/parquet/value_order.h"

struct page_values {
	struct view values; /* PLAIN; borrowed from the reader or from here; PLAIN_SLACK can be read behind */
	uint64_t count;
	uint64_t string_bytes; /* of BYTE_ARRAY: of all values of the page, without lengths */
	/* Private. */
	const struct page_content *content;
	const uint32_t *places;  /* of a page with a dictionary: where in it each of `values` stands */
	struct buffer different; /* uint32_t: those places, where they are not all indices */
	struct buffer marks;     /* a byte for each value of a dictionary, 0 between pages */
	struct buffer own;
};

/* Takes the data page that READER, which keeps indices, has read; VALUES is zeroed or was used before. */
bool page_values_take(
    struct page_values *values, const struct chunk_reader *reader, struct nest_error *error);
void page_values_free(struct page_values *values);

/* Which of all the page's values is the first to be number AT of `values`. */
uint64_t page_values_first(const struct page_values *values, uint64_t at);

/* How many of all the page's values are, in ORDER, no numbers. */
uint64_t page_values_nans(const struct page_values *values, enum value_order order);

#endif
