#include "cat/parts.h"

#include "lib/base/hash.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

static const char *
numbering(bool is_part_numbered)
{
	return is_part_numbered ? "part" : "dataset";
}

void
parts_free(struct parts *parts)
{
	free(parts->all);
	*parts = (struct parts){0};
}

/* ---- frames ---- */

static struct part_range *
find_open(const struct parts *parts, uint64_t number)
{
	for (size_t i = 0; i < parts->open_count; i++)
		if (parts->all[i].number == number)
			return &parts->all[i];
	return NULL;
}

/* Adds RANGE to the open ones. */
static struct part_range *
begin_part(struct parts *parts, struct part_range range, struct nest_error *error)
{
	if (parts->count == parts->capacity) {
		size_t capacity = 2 * parts->capacity + 64;
		struct part_range *all = realloc(parts->all, capacity * sizeof *all);
		if (all == NULL) {
			nest_error_memory(error, capacity * sizeof *all, "the parts");
			return NULL;
		}
		parts->all = all;
		parts->capacity = capacity;
	}
	if (parts->open_count < parts->count)
		parts->all[parts->count] = parts->all[parts->open_count];
	parts->all[parts->open_count] = range;
	parts->count++;
	return &parts->all[parts->open_count++];
}

static void
end_part(struct parts *parts, struct part_range *part)
{
	struct part_range ended = *part;
	ended.is_closed = true;
	*part = parts->all[--parts->open_count];
	parts->all[parts->open_count] = ended;
}

static bool
check_numbering(
    struct parts *parts, const struct frame *frame, const struct faults *faults, struct nest_error *error)
{
	if (!parts->has_numbering) {
		parts->has_numbering = true;
		parts->is_part_numbered = frame->is_part_numbered;
		parts->numbered_part = frame->part;
	}
	if (parts->is_part_numbered == frame->is_part_numbered || parts->numbered_part == frame->part)
		return true;
	parts->is_mixed = true;
	nest_error_set(error, NEST_INVALID,
	    "rows of part %" PRIu64 " are numbered by %s, those of part %" PRIu64 " by %s", frame->part,
	    numbering(frame->is_part_numbered), parts->numbered_part, numbering(parts->is_part_numbered));
	return faults_pass(faults, error);
}

static bool
check_schema(struct part_range *part, const struct frame *frame, uint64_t schema, const struct faults *faults,
    struct nest_error *error)
{
	/* A missing schema was reported already. */
	if (part->schema == schema || frame->schema.size == 0)
		return true;
	part->schema = schema;
	nest_error_set(error, NEST_INVALID, "the schema changes within part %" PRIu64, frame->part);
	return faults_pass(faults, error);
}

bool
parts_enter(struct parts *parts, const struct frame *frame, const struct place_of *where,
    const struct faults *faults, struct nest_error *error)
{
	bool is_declared = frame->kind == FRAME_PART;
	uint64_t schema = hash_bytes(frame->schema, 0);
	struct part_range *part = is_declared ? NULL : find_open(parts, frame->part);
	if (!check_numbering(parts, frame, faults, error))
		return false;
	if (part == NULL) {
		struct part_range range = {
		    frame->part, frame->first_row, frame->first_row, schema, is_declared, false, *where};
		part = begin_part(parts, range, error);
	}
	if (part == NULL || !check_schema(part, frame, schema, faults, error))
		return false;
	part->next_row = frame->first_row + frame->rows;
	if (frame->last || is_declared)
		end_part(parts, part);
	return true;
}

/* ---- the whole ---- */

struct judge {
	const struct frame_extent *extent;
	parts_teller *tell;
	void *context;
};

static int
by_number(const void *a, const void *b)
{
	const struct part_range *left = a, *right = b;
	if (left->number != right->number)
		return left->number < right->number ? -1 : 1;
	return (left->begin.number > right->begin.number) - (left->begin.number < right->begin.number);
}

static void __attribute__((format(printf, 3, 4)))
tell(const struct judge *judge, const struct part_range *part, const char *format, ...)
{
	struct nest_error fault = {.status = NEST_INVALID};
	va_list args;
	va_start(args, format);
	vsnprintf(fault.text, sizeof fault.text, format, args);
	va_end(args);
	judge->tell(judge->context, &part->begin, &fault);
}

/*
 * PART comes after BEFORE by its number; between them there may be parts on other routes.  What an unclosed
 * part lacks was reported already.
 */
static void
check_pair(const struct judge *judge, const struct part_range *before, const struct part_range *part)
{
	bool is_next = part->number == before->number + 1;
	if (part->first_row < before->next_row)
		tell(judge, part,
		    "part %" PRIu64 " begins at row %" PRIu64 " and overlaps part %" PRIu64
		    ", which ends before row %" PRIu64,
		    part->number, part->first_row, before->number, before->next_row);
	else if (is_next && before->is_closed && part->first_row > before->next_row)
		tell(judge, part,
		    "rows %" PRIu64 " to %" PRIu64 " are missing between part %" PRIu64 " and part %" PRIu64,
		    before->next_row, part->first_row - 1, before->number, part->number);
}

/* Checks a part against what an end, or a hello, says about the whole dataset. */
static void
check_extent(const struct judge *judge, const struct part_range *part, bool is_part_numbered)
{
	const struct frame_extent *extent = judge->extent;
	uint64_t end = extent->first_row + extent->rows;
	if (part->number >= extent->parts)
		tell(judge, part, "part %" PRIu64 " came, but the dataset's parts are %" PRIu64 " in number",
		    part->number, extent->parts);
	if (is_part_numbered != extent->is_part_numbered)
		tell(judge, part,
		    "rows of part %" PRIu64
		    " are numbered by %s, but its sender tells of a dataset numbered by %s",
		    part->number, numbering(is_part_numbered), numbering(extent->is_part_numbered));
	else if (is_part_numbered)
		return;
	else if (part->first_row < extent->first_row || part->next_row > end ||
		 (part->number == 0 && part->first_row != extent->first_row) ||
		 (part->is_closed && part->number + 1 == extent->parts && part->next_row != end))
		tell(judge, part,
		    "part %" PRIu64 " has the rows from %" PRIu64 " to before %" PRIu64
		    ", which do not fit part %" PRIu64 " of %" PRIu64 " of a dataset from row %" PRIu64
		    " to before %" PRIu64,
		    part->number, part->first_row, part->next_row, part->number, extent->parts,
		    extent->first_row, end);
}

void
parts_check(struct parts *parts, const struct frame_extent *extent, parts_teller *teller, void *context)
{
	struct judge judge = {extent, teller, context};
	const struct part_range *before = NULL;
	if (parts->count > 0)
		qsort(parts->all, parts->count, sizeof *parts->all, by_number);
	for (size_t i = 0; i < parts->count; i++) {
		const struct part_range *part = &parts->all[i];
		/* If it is made of data frames, the ledger has reported that the part began again. */
		bool is_double = before != NULL && before->number == part->number;
		if (is_double && part->is_declared)
			tell(&judge, part, "part %" PRIu64 " came twice", part->number);
		if (is_double)
			continue;
		if (before != NULL && !parts->is_part_numbered && !parts->is_mixed)
			check_pair(&judge, before, part);
		if (extent != NULL && !parts->is_mixed)
			check_extent(&judge, part, parts->is_part_numbered);
		before = part;
	}
}
