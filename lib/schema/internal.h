/*
 * internal - what the files of lib/schema share and no other file includes.
 *
 * token.c splits the text, name.c reads and writes the names in it,
 * annotation.c and parse.c turn tokens into nodes, build.c the fields of a footer,
 * derive.c checks the tree and fills in levels, leaves and forms, print.c
 * writes the canonical text, and schema.c answers questions about a finished schema.
 */
#ifndef NEST_SCHEMA_INTERNAL_H
#define NEST_SCHEMA_INTERNAL_H

#include "lib/schema/schema.h"

/* The other kinds of token are their own character, one of ;{}()=, */
enum { TOKEN_END = 0, TOKEN_WORD = 'w', TOKEN_NAME = '"' };

struct parser {
	struct view text;
	struct nest_error *error;
	size_t *fault; /* where the offset of a fault goes, and the sentence has no place; NULL: the sentence
	                  says it */
	bool is_foreign; /* a file's schema that is there already, whoever wrote it */
	/* The token being looked at. */
	int kind;
	struct view word;   /* its bytes, well-formed UTF-8; of a name in quotes, what that stands for */
	size_t at;          /* its offset in the text */
	size_t next;        /* the offset after it */
	struct buffer name; /* holds the word of a TOKEN_NAME */
	/* What has been parsed so far. */
	struct schema *schema;
	uint32_t capacity;   /* for nodes */
	uint32_t *positions; /* of each node: the offset of its name, for messages */
};

/* A piece of the text for a message: on one line, and cut when long, so that no name floods a log. */
struct quoted {
	char text[72];
};
struct quoted schema_quoted(struct view word);
struct quoted schema_quoted_name(const struct schema_node *node);

/* A path for a message, cut between characters if there is no room. */
struct path_text {
	char *end;
	size_t room;
};
/* A name that contains a dot or a control character, or is not a word, is put in quotes. */
void path_put_name(struct path_text *path, struct view name);
void path_put_dot(struct path_text *path);

/* NEST_INVALID with the line and the column (characters, from 1) of offset AT; always false. */
bool parser_refuse(const struct parser *parser, size_t at, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* The same at the current token: "expected WHAT, found ...". */
bool parser_expected(const struct parser *parser, const char *what);

/* Whether BYTE can be part of a word: no blank, no mark and no control character. */
bool token_in_word(uint8_t byte);
/* Moves to the next token. */
bool parser_advance(struct parser *parser);
/* Moves to the TOKEN_NAME whose opening quote is at AT. */
bool name_parse(struct parser *parser, size_t at);
/* Moves past the current token when it is the character KIND, else refuses. */
bool parser_take(struct parser *parser, int kind);
/* Moves past a whole number from LOW to HIGH, else refuses. */
bool parser_number(struct parser *parser, const char *what, int32_t low, int32_t high, int32_t *value);
/* Whether the current token is KEYWORD; case does not matter, as in parquet-mr. */
bool parser_at_word(const struct parser *parser, const char *keyword);

/* Appends NODE, its name, which is copied, and its crs, if it has one. */
bool parser_add_node(
    struct parser *parser, const struct schema_node *node, struct view name, struct view crs);

/* Moves past `( ... )` after the name of NODE, whose types are known, and fills in its annotation. */
bool annotation_parse(struct parser *parser, struct schema_node *node);
/* Whether the annotation of NODE, whose word WORD stands at AT, may annotate its type (LogicalTypes.md). */
bool annotation_check(
    const struct parser *parser, size_t at, const char *word, const struct schema_node *node);
/* The word for KIND in the canonical text. */
const char *annotation_name(enum logical_kind kind);
/* "required", "optional", "repeated". */
const char *repetition_name(enum repetition repetition);
/* "MILLIS", "MICROS", "NANOS". */
const char *unit_name(enum time_unit unit);
/* "SPHERICAL", ... */
const char *algorithm_name(enum edge_algorithm algorithm);

/* Checks names, lists and maps of the parsed tree and fills in everything derived from it. */
bool schema_derive(const struct parser *parser);
/* Fills in the canonical text. */
bool schema_print(struct schema *schema, struct nest_error *error);

#endif
