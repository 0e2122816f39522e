/*
 * unite - message types of several files: how they differ, and the one that has the columns of all.
 *
 * The name of a message does not count.  In a union, fields are matched by their
 * names within their group and are in the order in which they were first
 * seen; lists and maps must have the same fields down to their elements, keys and
 * values, which may be groups that are united.  A field that a file lacks must
 * be optional or repeated.  A field of nothing but nulls, whose type its file does
 * not know (UNKNOWN), counts as missing.
 */
#ifndef NEST_SCHEMA_UNITE_H
#define NEST_SCHEMA_UNITE_H

#include "lib/schema/schema.h"

/*
 * Appends how B differs from A, as it reads after "file B ": "lacks field c.d", or "has field b as ...";
 * nothing if they are equal.  *IS_UNITABLE says whether a union would remove that difference.
 */
bool schema_difference(const struct schema *a, const struct schema *b, struct buffer *out, bool *is_unitable,
    struct nest_error *error);

/* A message type and the name of its file in messages; both borrowed. */
struct schema_member {
	const struct schema *schema;
	const char *name;
};

/* The member in which a field was first seen, and the node that it is there. */
struct schema_origin {
	uint32_t member, node;
};

struct schema_union {
	struct schema schema;
	struct schema_origin *origins; /* one for each of its nodes */
	bool is_first;                 /* it is the first member's, except for the name */
};

/* Takes one conflict, a sentence that names files and field. */
typedef void schema_conflict(void *context, const char *text);

/*
 * Unites COUNT members.  Every conflict is reported; *CONFLICTS is their number, and if there are
 * any, UNITED stays empty.  The caller owns the union until schema_union_free().
 */
bool schema_unite(struct schema_union *united, const struct schema_member *members, uint32_t count,
    schema_conflict *tell, void *context, size_t *conflicts, struct nest_error *error);
void schema_union_free(struct schema_union *united);

enum { SCHEMA_ABSENT = UINT32_MAX };

/* Where the values of a leaf of the union are in a member. */
struct schema_source {
	uint32_t leaf; /* its leaf; SCHEMA_ABSENT: it has none, and */
	/*
	 * the innermost group that both have is missing or has no such field.  SIBLING, a leaf of the
	 * member, is in that group, whose levels are GROUP_REP and GROUP_DEF.
	 */
	uint32_t sibling;
	uint8_t group_rep, group_def;
};

/* Fills SOURCES, one for each leaf of SCHEMA, a union, from MEMBER, one of its members. */
void schema_union_map(
    const struct schema *schema, const struct schema *member, struct schema_source *sources);

#endif
