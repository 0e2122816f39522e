/*
 * fields - how names find fields, for notations in which records name them.
 *
 * Records of one source name their fields in one order, most of the time, so
 * the field that followed another one last time is expected again, and one
 * comparison tells (Mison, Li et al., VLDB 2017, calls it speculation).  Only
 * otherwise is a name looked up.
 */
#ifndef NEST_SHRED_FIELDS_H
#define NEST_SHRED_FIELDS_H

#include "lib/schema/schema.h"

enum { FIELD_WORDS = 2 };

/*
 * A field's name as JSON mostly has it: "name": in its quotes and with the
 * colon.  The first bytes are here, the whole is TEXT; a name with escapes
 * never matches.
 */
struct field_key {
	uint64_t words[FIELD_WORDS], masks[FIELD_WORDS];
	const char *text;
	uint32_t size;
	uint32_t ordinal; /* among its siblings */
};

struct fields {
	const struct schema *schema;
	struct field_key *keys; /* one a node */
	char *texts;
	uint32_t *first, *next; /* a node's child, and its sibling, that came last time */
	uint32_t *slots;        /* nodes by the hash of parent and name; 0 is none */
	uint32_t slot_mask;
};

/* SCHEMA must outlive FIELDS.  The node HIDDEN, if it is not 0, has no name that a record could say. */
bool fields_init(
    struct fields *fields, const struct schema *schema, uint32_t hidden, struct nest_error *error);
void fields_free(struct fields *fields);

/* The child of PARENT called NAME, 0 where there is none. */
uint32_t fields_find(const struct fields *fields, uint32_t parent, struct view name);

/* Whether KEY stands at AT; JSON_SLACK bytes can be read. */
static inline bool
field_key_matches(const struct field_key *key, const uint8_t *at)
{
	uint64_t words[FIELD_WORDS];
	memcpy(words, at, sizeof words);
	if ((((words[0] ^ key->words[0]) & key->masks[0]) | ((words[1] ^ key->words[1]) & key->masks[1])) !=
	    0)
		return false;
	/* At the end of the text zeros match a key that matches nothing, which has no size. */
	if (key->size <= sizeof words)
		return key->size != 0;
	return strncmp((const char *)at + sizeof words, key->text + sizeof words, key->size - sizeof words) ==
	       0;
}

#endif
