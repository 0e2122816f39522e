/*
 * walking - walks JSON and msgpack records, and compares the columns that result.
 *
 * Expected columns are texts in the form of column_text.h, one per leaf; msgpack
 * is written in the form of packing.h.  A walk that gives anything else fails the test.
 */
#ifndef NEST_TESTS_WALKING_H
#define NEST_TESTS_WALKING_H

#include "shred/walk_json.h"
#include "shred/walk_pack.h"

#include "tests/shared/taking.h"

extern const struct walk_rules ignore, fail_unknown, keep, fail_twice;

/* A message type of three optional fields: an int32, a text, an int32. */
extern const char abc[];

#define COLUMNS(...) ((const char *const[]){__VA_ARGS__, NULL})
#define LIST_OF(repetition, name, element) \
	repetition " group " name " (LIST) { repeated group list { " element " } }"
#define MAP_OF(name, key, value) \
	"optional group " name " (MAP) { repeated group key_value { required " key " key; " value " } }"

void begin(struct taking *taking, const char *schema, const struct walk_rules *rules);

/* The text with zeros behind it, the caller's. */
uint8_t *lend(struct taking *taking, const char *text);

/* Msgpack in memory of its own size, so that a sanitizer sees a step behind it; the caller's. */
uint8_t *lend_packed(struct taking *taking, const char *text);

/* The records in TEXT, separated by line feeds, become these columns. */
void expect_json(
    const char *schema, const struct walk_rules *rules, const char *text, const char *const *columns);

/* The records in TEXT of msgpack do. */
void expect_pack(
    const char *schema, const struct walk_rules *rules, const char *text, const char *const *columns);

/* Both do, where a text is both. */
void expect_both(
    const char *schema, const struct walk_rules *rules, const char *text, const char *const *columns);

/* The record in TEXT is refused with SENTENCE, in FIELD, at byte AT. */
void refuse_json(const char *schema, const struct walk_rules *rules, const char *text, const char *field,
    size_t at, enum walk_problem problem, const char *sentence);
void refuse_pack(const char *schema, const struct walk_rules *rules, const char *text, const char *field,
    size_t at, const char *sentence);
/* The same of bytes that need be no msgpack. */
void refuse_packed(const char *schema, const struct walk_rules *rules, struct view packed, const char *field,
    size_t at, enum walk_problem problem, const char *sentence);

#endif
