/*
 * page_values - the values of a data page; those from a dictionary only once each.
 *
 * Checks that concern single values (bounds, filters) need be made only once for each different value.
 * A struct page_values owns what it gathers; its memory serves one page after another
 * until page_values_free().  Errors: NEST_FAILED, for lack of memory; NEST_INVALID for values of too
 * many bytes.
 */
#ifndef NEST_MERGE_PAGE_VALUES_H
#define NEST_MERGE_PAGE_VALUES_H

#include "lib/parquet/chunk_reader.h"
#include "lib/parquet/value_order.h"

struct page_values {
	struct view values; /* PLAIN; borrowed from the reader or from here; PLAIN_SLACK bytes follow */
	uint64_t count;
	uint64_t string_bytes; /* of BYTE_ARRAY: of all values of the page, without lengths */
	/* Private. */
	const struct page_content *content;
	const uint32_t *places;  /* of a page with a dictionary: the index of each of `values` in it */
	struct buffer different; /* uint32_t: these indices, unless they are all of the page's */
	struct buffer marks;     /* a byte for each value of a dictionary; 0 between pages */
	struct buffer own;
};

/* Takes the data page that READER, with keeps_indices, has read; VALUES is zeroed or was used before. */
bool page_values_take(
    struct page_values *values, const struct chunk_reader *reader, struct nest_error *error);
void page_values_free(struct page_values *values);

/* The place among all the page's values of the first that is number AT of `values`. */
uint64_t page_values_first(const struct page_values *values, uint64_t at);

/* How many of all the page's values are, in ORDER, NaNs. */
uint64_t page_values_nans(const struct page_values *values, enum value_order order);

#endif
