#include "lib/wire/ledger.h"

#include "lib/base/hash.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool
ledger_init(struct ledger *ledger, size_t expected_senders, struct nest_error *error)
{
	return ledger_init_lenient(ledger, expected_senders, expected_senders, NULL, error);
}

bool
ledger_init_lenient(struct ledger *ledger, size_t expected_senders, size_t room, const struct faults *faults,
    struct nest_error *error)
{
	*ledger =
	    (struct ledger){.faults = faults, .expected = expected_senders, .room = room, .slot_count = 2};
	while (ledger->slot_count < 2 * room)
		ledger->slot_count *= 2;
	ledger->senders = calloc(room, sizeof *ledger->senders);
	ledger->slots = calloc(ledger->slot_count, sizeof *ledger->slots);
	if (ledger->senders == NULL || ledger->slots == NULL)
		return nest_error_memory(error, room * sizeof *ledger->senders, "the senders");
	return true;
}

/* Reports a break of the contract, as nest_error_set() does; true if the account continues. */
static bool __attribute__((format(printf, 3, 4)))
refuse(const struct ledger *ledger, struct nest_error *error, const char *format, ...)
{
	va_list args;
	error->status = NEST_INVALID;
	va_start(args, format);
	vsnprintf(error->text, sizeof error->text, format, args);
	va_end(args);
	return faults_pass(ledger->faults, error);
}

void
ledger_free(struct ledger *ledger)
{
	free(ledger->senders);
	free(ledger->slots);
	free(ledger->parts);
	part_set_free(&ledger->closed);
	*ledger = (struct ledger){0};
}

/* The slot of the sender of this name, or a free one for it; there is always one free. */
static uint32_t *
find_slot(const struct ledger *ledger, struct view name)
{
	size_t mask = ledger->slot_count - 1;
	size_t at = (size_t)hash_bytes(name, 0) & mask;
	while (ledger->slots[at] != 0 &&
	       !view_equal(view_of_text(ledger->senders[ledger->slots[at] - 1].name), name))
		at = (at + 1) & mask;
	return &ledger->slots[at];
}

static struct ledger_sender *
find_sender(const struct ledger *ledger, struct view name)
{
	uint32_t number = *find_slot(ledger, name);
	return number != 0 ? &ledger->senders[number - 1] : NULL;
}

static struct ledger_sender *
meet_sender(struct ledger *ledger, struct view name, uint64_t connection, struct nest_error *error)
{
	if (memchr(name.data, '\0', name.size) != NULL) {
		refuse(ledger, error, "the sender's name has a zero byte in it");
		return NULL;
	}
	if (ledger->sender_count >= ledger->expected &&
	    (!refuse(ledger, error,
		 "more senders have come than the %zu expected; say how many with --senders",
		 ledger->expected) ||
		ledger->sender_count == ledger->room))
		return NULL;
	struct ledger_sender *sender = &ledger->senders[ledger->sender_count++];
	*find_slot(ledger, name) = (uint32_t)ledger->sender_count;
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

/* If rows are numbered by part, each part has a row 0. */
static bool
check_first_row(const struct ledger *ledger, const struct frame *frame, struct nest_error *error)
{
	return !frame->is_part_numbered || frame->first_row == 0 ||
	       refuse(ledger, error,
		   "part %llu begins at row %llu, but its rows are numbered by part, from 0",
		   (unsigned long long)frame->part, (unsigned long long)frame->first_row);
}

static bool
check_beginning(const struct ledger *ledger, const struct frame *frame, struct nest_error *error)
{
	if (part_set_has(&ledger->closed, frame->part))
		return refuse(ledger, error,
		    "part %llu was closed by a frame that said last; it cannot go on or begin again",
		    (unsigned long long)frame->part);
	return check_first_row(ledger, frame, error);
}

static struct ledger_part *
begin_part(struct ledger *ledger, const struct frame *frame, size_t sender, struct nest_error *error)
{
	if (!check_beginning(ledger, frame, error))
		return NULL;
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
	*part = (struct ledger_part){frame->part, frame->first_row, sender, frame->is_part_numbered};
	return part;
}

static bool
close_part(struct ledger *ledger, struct ledger_part *part, struct nest_error *error)
{
	uint64_t number = part->number;
	*part = ledger->parts[--ledger->part_count];
	return part_set_add(&ledger->closed, number, error);
}

/* A run's identity, for a message. */
struct run_words {
	char text[DIGEST_TEXT_BYTES + 8];
};

static struct run_words
describe_run(struct digest_value run)
{
	struct run_words words = {"a run without a name"};
	char digits[DIGEST_TEXT_BYTES];
	digest_print(run, digits);
	if (!digest_is_zero(run))
		snprintf(words.text, sizeof words.text, "run %.8s", digits);
	return words;
}

/* The first frame says which run it is. */
static bool
enter_run(struct ledger *ledger, const struct frame *frame, struct nest_error *error)
{
	if (ledger->has_run && !digest_equal(ledger->run, frame->run) &&
	    !refuse(ledger, error,
		"two runs meet: this frame is of %s, those before it are of %s; run all senders with the "
		"same options and input, and each run with receivers of its own",
		describe_run(frame->run).text, describe_run(ledger->run).text))
		return false;
	ledger->has_run = true;
	ledger->run = frame->run;
	return true;
}

/* Enters rows or columns, which must follow what their part has already. */
static bool
enter_data(struct ledger *ledger, const struct frame *frame, size_t sender, struct nest_error *error)
{
	struct ledger_part *part = find_part(ledger, frame->part);
	if (part == NULL && (part = begin_part(ledger, frame, sender, error)) == NULL)
		return false;
	if (part->sender != sender &&
	    !refuse(ledger, error,
		"part %llu comes from two senders, this one and %s; all frames of a part take one route",
		(unsigned long long)frame->part, ledger->senders[part->sender].name))
		return false;
	if (part->is_part_numbered != frame->is_part_numbered &&
	    !refuse(ledger, error,
		"rows of part %llu are numbered by part in one frame and by dataset in another",
		(unsigned long long)frame->part))
		return false;
	if (part->next_row != frame->first_row &&
	    !refuse(ledger, error, "part %llu goes on at row %llu where row %llu is due",
		(unsigned long long)frame->part, (unsigned long long)frame->first_row,
		(unsigned long long)part->next_row))
		return false;
	part->next_row = frame->first_row + frame->rows;
	return !frame->last || close_part(ledger, part, error);
}

/* What an extent says, for a message. */
struct extent_words {
	char text[96];
};

static struct extent_words
describe_extent(const struct frame_extent *extent)
{
	struct extent_words words;
	if (extent->is_part_numbered)
		snprintf(words.text, sizeof words.text, "%llu parts, whose rows are numbered by part",
		    (unsigned long long)extent->parts);
	else
		snprintf(words.text, sizeof words.text, "%llu rows from row %llu in %llu parts",
		    (unsigned long long)extent->rows, (unsigned long long)extent->first_row,
		    (unsigned long long)extent->parts);
	return words;
}

static bool
is_same_extent(const struct frame_extent *a, const struct frame_extent *b)
{
	return a->first_row == b->first_row && a->rows == b->rows && a->parts == b->parts &&
	       a->is_part_numbered == b->is_part_numbered;
}

static bool
enter_extent(struct ledger *ledger, const struct frame *frame, struct nest_error *error)
{
	if (!frame->has_extent)
		return true;
	if (ledger->has_extent && !is_same_extent(&ledger->extent, &frame->extent))
		return refuse(ledger, error,
		    "its sender makes a dataset of %s, another one of %s; run all senders with the same "
		    "options",
		    describe_extent(&frame->extent).text, describe_extent(&ledger->extent).text);
	ledger->has_extent = true;
	ledger->extent = frame->extent;
	return true;
}

static bool
enter_end(struct ledger *ledger, const struct frame *frame, size_t index, struct nest_error *error)
{
	struct ledger_sender *sender = &ledger->senders[index];
	if ((sender->frames != frame->frames || sender->rows != frame->rows) &&
	    !refuse(ledger, error,
		"the end says %llu frames and %llu rows, and %llu frames and %llu rows came",
		(unsigned long long)frame->frames, (unsigned long long)frame->rows,
		(unsigned long long)sender->frames, (unsigned long long)sender->rows))
		return false;
	for (size_t i = 0; i < ledger->part_count; i++)
		if (ledger->parts[i].sender == index &&
		    !refuse(ledger, error, "the end comes while part %llu is not finished",
			(unsigned long long)ledger->parts[i].number))
			return false;
	if (!enter_extent(ledger, frame, error))
		return false;
	ledger->ended_count += !sender->ended;
	sender->ended = true;
	return true;
}

bool
ledger_enter(struct ledger *ledger, const struct frame *frame, uint64_t connection, struct nest_error *error)
{
	struct ledger_sender *sender = find_sender(ledger, frame->sender);
	if (sender == NULL && (sender = meet_sender(ledger, frame->sender, connection, error)) == NULL)
		return false;
	if (sender->ended && !refuse(ledger, error,
				 "it comes after its sender's end, behind which nothing of it may come; if "
				 "this is another sender, "
				 "give every one a --name of its own"))
		return false;

	size_t index = (size_t)(sender - ledger->senders);
	switch (frame->kind) {
	case FRAME_PROGRESS:
		return enter_extent(ledger, frame, error);
	case FRAME_END:
		return enter_end(ledger, frame, index, error);
	case FRAME_ROWS:
	case FRAME_COLUMNS:
		if (!enter_run(ledger, frame, error) || !enter_data(ledger, frame, index, error))
			return false;
		break;
	case FRAME_PART:
		if (!enter_run(ledger, frame, error) || !check_first_row(ledger, frame, error))
			return false;
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
ledger_find(const struct ledger *ledger, struct view name)
{
	return find_sender(ledger, name);
}

bool
ledger_is_foreign(const struct ledger *ledger, const struct frame *frame, uint64_t connection)
{
	const struct ledger_sender *sender = find_sender(ledger, frame->sender);
	return sender != NULL && sender->connection != connection;
}

bool
ledger_knows(const struct ledger *ledger, uint64_t connection)
{
	for (size_t i = 0; i < ledger->sender_count; i++)
		if (ledger->senders[i].connection == connection)
			return true;
	return false;
}

const struct ledger_sender *
ledger_disconnect(const struct ledger *ledger, uint64_t connection)
{
	for (size_t i = 0; i < ledger->sender_count; i++)
		if (ledger->senders[i].connection == connection && !ledger->senders[i].ended)
			return &ledger->senders[i];
	return NULL;
}

const struct ledger_sender *
ledger_unfinished(const struct ledger *ledger)
{
	for (size_t i = 0; i < ledger->sender_count; i++)
		if (!ledger->senders[i].ended)
			return &ledger->senders[i];
	return NULL;
}
