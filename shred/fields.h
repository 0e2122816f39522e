/*
 * fields - finds fields by name, for notations in which records name them.
 *
 * Records of one source mostly name their fields in one order.  So the field
 * that followed another one last time is expected again, which one comparison
 * confirms (Mison, Li et al., VLDB 2017, calls this speculation).  Otherwise the
 * name is looked up.
 */
#ifndef NEST_SHRED_FIELDS_H
#define NEST_SHRED_FIELDS_H

#include "lib/schema/schema.h"

enum { FIELD_WORDS = 2 };

/*
 * A field's name as it mostly is in JSON: "name": in quotes and with the colon.
 * WORDS are its first bytes, TEXT is all of it; a name with escapes never
 * matches.
 */
struct field_key {
	uint64_t words[FIELD_WORDS], masks[FIELD_WORDS];
	const char *text;
	uint32_t size;
	uint32_t ordinal; /* among its siblings */
};

struct fields {
	const struct schema *schema;
	struct field_key *keys; /* one for each node */
	char *texts;
	uint32_t *first, *next; /* of a node, last time: its first child to come, and the sibling after it */
	uint32_t *slots;        /* nodes by the hash of parent and name; 0 is none */
	uint32_t slot_mask;
};

/* SCHEMA must outlive FIELDS.  The node HIDDEN, unless 0, cannot be named by a record. */
bool fields_init(
    struct fields *fields, const struct schema *schema, uint32_t hidden, struct nest_error *error);
void fields_free(struct fields *fields);

/* The child of PARENT called NAME; 0 if there is none. */
uint32_t fields_find(const struct fields *fields, uint32_t parent, struct view name);

/* Whether KEY is at AT, from where JSON_SLACK bytes must be readable. */
static inline bool
field_key_matches(const struct field_key *key, const uint8_t *at)
{
	uint64_t words[FIELD_WORDS];
	memcpy(words, at, sizeof words);
	if ((((words[0] ^ key->words[0]) & key->masks[0]) | ((words[1] ^ key->words[1]) & key->masks[1])) !=
	    0)
		return false;
	/* A key that must match nothing has no size; zeros after the text would match its words. */
	if (key->size <= sizeof words)
		return key->size != 0;
	return strncmp((const char *)at + sizeof words, key->text + sizeof words, key->size - sizeof words) ==
	       0;
}

#endif
