/*
 * outline - the text of a recipe taken apart: its lets and messages, and what stands in these.
 *
 * A message is a Parquet message type in which a field may have a drawing
 * after a colon, and where a field may stand, a `let` may (nest-recipe(5)):
 *
 *     let most = 7;
 *     message order {
 *       let price = 1.00..9.99;
 *       required int64 id: row + 1;
 *       optional group lines (LIST): length null 5% | 1..most { ... }
 *     }
 *     message return extends order { id: row + 10M; }
 *
 * The outline has what the text says, once; what a message is with all that it
 * extends is its drawings (drawing.h).
 */
#ifndef NEST_GEN_OUTLINE_H
#define NEST_GEN_OUTLINE_H

#include "gen/notation/expression.h"
#include "gen/notation/name_index.h"

enum { OUTLINE_DEPTH_LIMIT = 64 }; /* groups in one another, the message included */

enum outline_kind {
	OUTLINE_ROOT,
	OUTLINE_LET,
	OUTLINE_FIELD,
	OUTLINE_GROUP, /* of fields; a message is one, too */
	OUTLINE_DRAWN, /* `name: drawing;`, of a field that is inherited */
};

/* Expressions and items of 0 are not there. */
struct outline_item {
	enum outline_kind kind;
	struct view name; /* as it stands in the text; of quotes what is between them */
	size_t at;        /* in the source */
	size_t head_end;  /* what a field or group says for the message type is [at, head_end) */
	uint32_t value;
	uint32_t length;  /* of a list, a map or a repeated field */
	uint32_t present; /* whether an optional group is there */
	struct view base; /* the message that a group extends; of size 0 if there is none */
	size_t base_at;
	uint32_t child, next; /* the first item in it, and the one after it */
};

struct outline {
	struct expression_tree tree;
	struct outline_item *items; /* the first has the lets and messages of all files */
	uint32_t count, capacity;
	/* In the order of the text: those that all messages see, and these. */
	uint32_t *lets, *messages;
	uint32_t let_count, message_count;
	struct name_index let_names,
	    message_names; /* of lets their number among these, of messages the item */
};

/* SOURCE must live as long as the outline.  NEST_INVALID with the place of the first fault. */
bool outline_parse(struct outline *outline, const struct source *source, struct nest_error *error);
void outline_free(struct outline *outline);

/* The message NAME; false if there is none. */
bool outline_find(const struct outline *outline, struct view name, uint32_t *message);
/*
 * The message NAME; where NAME is NULL, the only one of the last file that is no option or, if that has none,
 * of all files.  NEST_USAGE if there is none of that name or it takes one to choose: the sentence has
 * them.
 */
bool outline_choose(const struct outline *outline, const struct source *source, const char *name,
    uint32_t *message, struct nest_error *error);

/* Whether MESSAGE is the only one of its file, and that includes none. */
bool outline_is_alone(const struct outline *outline, const struct source *source, uint32_t message);

/*
 * The next `include "path";` from *AT on, which is put after it; *FOUND is false if something else or the
 * end of the range [*AT, END) stands there.
 */
bool outline_next_include(const struct source *source, size_t *at, size_t end, struct view *path, bool *found,
    struct nest_error *error);

#endif
