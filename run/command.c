#include "run/command.h"

#include <string.h>

/* Successive words name successive processes, so the search begins where the last one ended. */
static size_t
bound_of(const struct command_context *context, struct view text, size_t *hint)
{
	struct plan_hole hole;
	if (!plan_hole_parse(text, &hole) || hole.kind != HOLE_BOUND)
		return PLAN_NONE;
	size_t index = run_plan_find(context->plan, hole.name, *hint);
	*hint = index + 1;
	return index;
}

size_t
command_lacks(const struct command_context *context, size_t first, size_t count)
{
	const struct words *words = &context->plan->words;
	size_t hint = 0;
	for (size_t i = first; i < first + count; i++) {
		const struct word *word = words_at(words, i);
		for (size_t j = 0; j < word->count; j++) {
			const struct word_piece *piece = words_piece(words, word, j);
			size_t index =
			    piece->is_hole ? bound_of(context, words_bytes(words, piece), &hint) : PLAN_NONE;
			if (index != PLAN_NONE && context->bound[index] == NULL)
				return index;
		}
	}
	return PLAN_NONE;
}

static bool
append_text(struct command *command, const char *text, struct nest_error *error)
{
	return buffer_append(&command->text, text, strlen(text), error);
}

static bool
append_hole(struct command *command, const struct command_context *context, struct view text, size_t *hint,
    struct nest_error *error)
{
	size_t index = bound_of(context, text, hint);
	if (index != PLAN_NONE)
		return append_text(command, context->bound[index], error);
	if (!append_text(command, context->folder->path, error))
		return false;
	if (view_equal(text, view_of_text("run")))
		return true;
	return append_text(command, "/", error) && append_text(command, context->owner->name, error) &&
	       append_text(command, ".json", error);
}

static bool
append_word(struct command *command, const struct command_context *context, const struct word *word,
    size_t *hint, struct nest_error *error)
{
	const struct words *words = &context->plan->words;
	for (size_t i = 0; i < word->count; i++) {
		const struct word_piece *piece = words_piece(words, word, i);
		struct view bytes = words_bytes(words, piece);
		bool done = piece->is_hole ? append_hole(command, context, bytes, hint, error)
		                           : buffer_append(&command->text, bytes.data, bytes.size, error);
		if (!done)
			return false;
	}
	return buffer_append(&command->text, "", 1, error);
}

/* Each word begins after the zero byte of the one before. */
static bool
point_to_words(struct command *command, size_t count, struct nest_error *error)
{
	char *at = (char *)command->text.data, *end = NULL;
	for (size_t i = 0; i < count; i++) {
		if (!buffer_append(&command->words, &at, sizeof at, error))
			return false;
		at += strlen(at) + 1;
	}
	return buffer_append(&command->words, &end, sizeof end, error);
}

bool
command_fill(struct command *command, const struct command_context *context, size_t first, size_t count,
    struct nest_error *error)
{
	size_t hint = 0;
	buffer_clear(&command->text);
	buffer_clear(&command->words);
	for (size_t i = first; i < first + count; i++)
		if (!append_word(command, context, words_at(&context->plan->words, i), &hint, error))
			return false;
	return point_to_words(command, count, error);
}

void
command_free(struct command *command)
{
	buffer_free(&command->text);
	buffer_free(&command->words);
}
