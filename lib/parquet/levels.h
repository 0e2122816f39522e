/*
 * levels - counts and checks repetition and definition levels, one byte each.
 *
 * The levels are borrowed and untrusted.  Loops here are written so that a
 * compiler turns them into vector code for any machine.
 */
#ifndef NEST_PARQUET_LEVELS_H
#define NEST_PARQUET_LEVELS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The greatest level; 0 when there is none. */
uint8_t levels_max(const uint8_t *levels, size_t count);

/* How many levels are LEVEL. */
size_t levels_count(const uint8_t *levels, size_t count, uint8_t level);

/* How many entries the first ROWS rows have: the index of the zero that begins the next row, or COUNT. */
size_t levels_rows_end(const uint8_t *rep, size_t count, uint64_t rows);

/*
 * Whether each repetition level above 0 continues a list that exists: both
 * its entry and the one before have a definition level of at least
 * LEAST[rep].  LEAST has MAX_REP + 1 entries; the levels are within their maxima.
 */
bool levels_nested(
    const uint8_t *rep, const uint8_t *def, size_t count, const uint8_t *least, uint8_t max_rep);

/* Whether the levels agree up to LIMIT: min(a, LIMIT) == min(b, LIMIT). */
bool levels_agree(const uint8_t *a, const uint8_t *b, size_t count, uint8_t limit);

#endif
