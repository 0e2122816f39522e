/*
 * command - the words of a plan once their holes are filled.
 *
 * A struct command owns its memory and is reused; command_free() gives it back.
 */
#ifndef NEST_RUN_COMMAND_H
#define NEST_RUN_COMMAND_H

#include "run/folder.h"
#include "run/plan.h"

struct command {
	struct buffer text;
	struct buffer words; /* char *, the last one NULL */
};

/* What holes are filled with. */
struct command_context {
	const struct run_plan *plan;
	const struct folder *folder;
	char *const *bound;               /* the endpoint of each process; NULL while it is unknown */
	const struct plan_process *owner; /* whose words they are; NULL: no process's */
};

/* Fills words FIRST to FIRST + COUNT; every endpoint that they name must be known. */
bool command_fill(struct command *command, const struct command_context *context, size_t first, size_t count,
    struct nest_error *error);

/* A process whose endpoint words FIRST to FIRST + COUNT name but is unknown; PLAN_NONE if there is none. */
size_t command_lacks(const struct command_context *context, size_t first, size_t count);

static inline char *const *
command_words(const struct command *command)
{
	return (char *const *)(const void *)command->words.data;
}

void command_free(struct command *command);

#endif
