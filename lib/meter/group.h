/*
 * group - which probes a label or a tier of the configuration means.
 *
 * A group is a text.  One of names is a name or the beginning of one up to a dot,
 * or a pattern of whole names, in which `*` is any text and `?` one character.
 * `object:`, `file:` and `directory:` name functions by where they are: by the
 * program or library, by their source file, and by a directory that this is in or
 * below.  What follows is a path, or its end from a slash on, and may be a pattern.
 *
 * Of the groups that fit, one of names decides before one of files, that before
 * one of directories, and that before one of objects; names that are one word, or
 * `*`, come last.  Of two of a kind, the one with the most characters decides,
 * wildcards not counted.
 */
#ifndef NEST_METER_GROUP_H
#define NEST_METER_GROUP_H

#include <stdbool.h>
#include <stddef.h>

enum { METER_WORD_BYTES = 63 }; /* of the name of a label or tier */

/* A label or a tier: its name and the groups that belong to it. */
struct meter_groups {
	char name[METER_WORD_BYTES + 1];
	char **groups; /* as meter_group_check leaves them */
	size_t count;
};

/* Where a function is: the paths of its object and of its source file, "" if that is not known. */
struct meter_place {
	const char *object, *file;
};

/* Functions that share a name share a probe, which is in all of their places. */
struct meter_places {
	struct meter_place *places;
	size_t count;
};

/* Cuts off GROUP what says nothing, such as a dot at its end; a problem if it cannot be a group, or NULL. */
const char *meter_group_check(char *group);

/* Whether the group is of files or directories, which debug information tells of. */
bool meter_group_asks_file(const char *group);

/* Whether GROUP takes in the probe NAME, which is in PLACES. */
bool meter_group_matches(const char *group, const char *name, struct meter_places places);

/* The index of the groups in GROUPS[COUNT] that decide on a probe; -1 if none fits. */
int meter_groups_find(
    const struct meter_groups *groups, size_t count, const char *name, struct meter_places places);

#endif
