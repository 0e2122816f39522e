#include "lib/wire/ledger.h"

#include <stdlib.h>
#include <string.h>

bool
ledger_init(struct ledger *ledger, size_t expected_senders, struct nest_error *error)
{
	*ledger = (struct ledger){.expected = expected_senders};
	ledger->senders = calloc(expected_senders, sizeof *ledger->senders);
	if (ledger->senders == NULL)
		return nest_error_memory(error, expected_senders * sizeof *ledger->senders, "the senders");
	return true;
}

void
ledger_free(struct ledger *ledger)
{
	free(ledger->senders);
	free(ledger->parts);
	*ledger = (struct ledger){0};
}

static struct ledger_sender *
find_sender(struct ledger *ledger, struct view name)
{
	for (size_t i = 0; i < ledger->sender_count; i++)
		if (strlen(ledger->senders[i].name) == name.size &&
		    memcmp(ledger->senders[i].name, name.data, name.size) == 0)
			return &ledger->senders[i];
	return NULL;
}

static struct ledger_sender *
meet_sender(struct ledger *ledger, struct view name, int connection, struct nest_error *error)
{
	if (ledger->sender_count == ledger->expected) {
		nest_error_set(error, NEST_INVALID,
		    "it is from a sender more than the %zu expected; say how many with --senders",
		    ledger->expected);
		return NULL;
	}
	if (memchr(name.data, '\0', name.size) != NULL) {
		nest_error_set(error, NEST_INVALID, "the sender's name has a zero byte in it");
		return NULL;
	}
	struct ledger_sender *sender = &ledger->senders[ledger->sender_count++];
	memcpy(sender->name, name.data, name.size);
	sender->connection = connection;
	return sender;
}

static struct ledger_part *
find_part(struct ledger *ledger, uint64_t number)
{
	for (size_t i = 0; i < ledger->part_count; i++)
		if (ledger->parts[i].number == number)
			return &ledger->parts[i];
	return NULL;
}

static struct ledger_part *
begin_part(struct ledger *ledger, const struct frame *frame, size_t sender, struct nest_error *error)
{
	if (ledger->part_count == ledger->part_capacity) {
		size_t capacity = ledger->part_capacity == 0 ? 16 : 2 * ledger->part_capacity;
		struct ledger_part *parts = realloc(ledger->parts, capacity * sizeof *parts);
		if (parts == NULL) {
			nest_error_memory(error, capacity * sizeof *parts, "the parts");
			return NULL;
		}
		ledger->parts = parts;
		ledger->part_capacity = capacity;
	}
	struct ledger_part *part = &ledger->parts[ledger->part_count++];
	*part = (struct ledger_part){frame->part, frame->first_row, sender};
	return part;
}

/* Rows or columns: they belong behind what their part has already. */
static bool
enter_data(struct ledger *ledger, const struct frame *frame, size_t sender, struct nest_error *error)
{
	struct ledger_part *part = find_part(ledger, frame->part);
	if (part == NULL && (part = begin_part(ledger, frame, sender, error)) == NULL)
		return false;
	if (part->sender != sender)
		return nest_error_set(error, NEST_INVALID,
		    "part %llu comes from two senders, this one and %s; all frames of a part take one route",
		    (unsigned long long)frame->part, ledger->senders[part->sender].name);
	if (part->next_row != frame->first_row)
		return nest_error_set(error, NEST_INVALID,
		    "part %llu goes on at row %llu where row %llu is due", (unsigned long long)frame->part,
		    (unsigned long long)frame->first_row, (unsigned long long)part->next_row);
	part->next_row += frame->rows;
	if (frame->last)
		*part = ledger->parts[--ledger->part_count];
	return true;
}

static bool
enter_extent(struct ledger *ledger, const struct frame *frame, struct nest_error *error)
{
	const struct frame_extent *old = &ledger->extent, *new = &frame->extent;
	if (ledger->has_extent &&
	    (old->first_row != new->first_row || old->rows != new->rows || old->parts != new->parts))
		return nest_error_set(error, NEST_INVALID,
		    "its sender makes a dataset of %llu rows from row %llu in %llu parts, "
		    "another one of %llu from %llu in %llu; run all senders with the same options",
		    (unsigned long long)new->rows, (unsigned long long)new->first_row,
		    (unsigned long long)new->parts, (unsigned long long)old->rows,
		    (unsigned long long)old->first_row, (unsigned long long)old->parts);
	ledger->has_extent = true;
	ledger->extent = *new;
	return true;
}

static bool
enter_end(struct ledger *ledger, const struct frame *frame, size_t index, struct nest_error *error)
{
	struct ledger_sender *sender = &ledger->senders[index];
	if (sender->frames != frame->frames || sender->rows != frame->rows)
		return nest_error_set(error, NEST_INVALID,
		    "the end says %llu frames and %llu rows, and %llu frames and %llu rows came",
		    (unsigned long long)frame->frames, (unsigned long long)frame->rows,
		    (unsigned long long)sender->frames, (unsigned long long)sender->rows);
	for (size_t i = 0; i < ledger->part_count; i++)
		if (ledger->parts[i].sender == index)
			return nest_error_set(error, NEST_INVALID,
			    "the end comes while part %llu is not finished",
			    (unsigned long long)ledger->parts[i].number);
	if (frame->has_extent && !enter_extent(ledger, frame, error))
		return false;
	sender->ended = true;
	ledger->ended_count++;
	return true;
}

bool
ledger_enter(struct ledger *ledger, const struct frame *frame, int connection, struct nest_error *error)
{
	struct ledger_sender *sender = find_sender(ledger, frame->sender);
	if (sender == NULL && (sender = meet_sender(ledger, frame->sender, connection, error)) == NULL)
		return false;
	if (sender->ended)
		return nest_error_set(error, NEST_INVALID,
		    "it comes after its sender's end; give every sender a --name of its own");

	size_t index = (size_t)(sender - ledger->senders);
	switch (frame->kind) {
	case FRAME_PROGRESS:
		return true;
	case FRAME_END:
		return enter_end(ledger, frame, index, error);
	case FRAME_ROWS:
	case FRAME_COLUMNS:
		if (!enter_data(ledger, frame, index, error))
			return false;
		break;
	case FRAME_PART:
		break;
	}
	sender->frames++;
	sender->rows += frame->rows;
	return true;
}

bool
ledger_complete(const struct ledger *ledger)
{
	return ledger->ended_count == ledger->expected;
}

const struct ledger_sender *
ledger_disconnect(struct ledger *ledger, int connection)
{
	/* A descriptor's number is used again: of two senders that had it, the one that ended has left. */
	struct ledger_sender *lost = NULL;
	for (size_t i = 0; i < ledger->sender_count; i++) {
		struct ledger_sender *sender = &ledger->senders[i];
		if (sender->connection != connection || sender->gone)
			continue;
		if (sender->ended) {
			sender->gone = true;
			return NULL;
		}
		lost = sender;
	}
	return lost;
}

const struct ledger_sender *
ledger_unfinished(const struct ledger *ledger)
{
	for (size_t i = 0; i < ledger->sender_count; i++)
		if (!ledger->senders[i].ended)
			return &ledger->senders[i];
	return NULL;
}
