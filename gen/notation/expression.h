/*
 * expression - how a value is drawn, as a tree.
 *
 * Nodes are named by their index in the tree.  The children of a node are a
 * list: its first child is `child`, the next child of the same parent is
 * `next`, and 0 is none.  The tree owns all; expression_tree_free() gives it
 * back.
 */
#ifndef NEST_GEN_EXPRESSION_H
#define NEST_GEN_EXPRESSION_H

#include "gen/notation/lexer.h"

enum {
	EXPRESSION_DEPTH_LIMIT = 64, /* parentheses, calls and templates in one another */
	EXPRESSION_NODE_LIMIT = 1 << 20,
};

enum expression_kind {
	EXPRESSION_NULL,
	EXPRESSION_TRUTH,    /* number: 0 or 1 */
	EXPRESSION_NUMBER,   /* number, scale */
	EXPRESSION_SHARE,    /* share: true in that many of 100 draws */
	EXPRESSION_DATE,     /* number: days */
	EXPRESSION_TIME,     /* number: microseconds */
	EXPRESSION_TEXT,     /* text */
	EXPRESSION_RAW,      /* word: a text as it stands, which is a pattern's */
	EXPRESSION_TEMPLATE, /* the children's texts, one after the other; width of each */
	EXPRESSION_NAME,     /* word: of a let, a field, or a path to a field with dots */
	EXPRESSION_ROW,      /* what the name, the second child, is in the row that the first says; word: its
	                        message, or none */
	EXPRESSION_CALL,     /* word: the function; the children are its arguments */
	EXPRESSION_NEGATE,
	EXPRESSION_NOT,
	EXPRESSION_BINARY, /* operation, of two children */
	EXPRESSION_IN,     /* whether the first child equals one of the others */
	EXPRESSION_RANGE,  /* an even draw between two children, both included */
	EXPRESSION_IF,     /* condition, then, else */
	EXPRESSION_CHOICE, /* one child, by their weights */
};

enum operation {
	OPERATION_ADD,
	OPERATION_SUBTRACT,
	OPERATION_MULTIPLY,
	OPERATION_DIVIDE,
	OPERATION_QUOTIENT, /* whole */
	OPERATION_REMAINDER,
	OPERATION_EQUAL,
	OPERATION_UNEQUAL,
	OPERATION_LESS,
	OPERATION_LESS_EQUAL,
	OPERATION_GREATER,
	OPERATION_GREATER_EQUAL,
	OPERATION_AND,
	OPERATION_OR,
};

struct expression {
	enum expression_kind kind;
	enum operation operation;
	uint32_t child, next;
	size_t at; /* in the source, for messages */
	int64_t number;
	unsigned scale;
	unsigned width;         /* of a piece of a template: least number of digits, padded with zeros */
	double share;           /* of 100 */
	double weight;          /* of a choice's child, of 100; negative if none was given */
	struct view word;       /* in the source */
	size_t text, text_size; /* in the tree's texts, escapes undone */
};

struct expression_tree {
	struct expression *nodes; /* the first is never used */
	uint32_t count, capacity;
	struct buffer texts;
};

bool expression_tree_open(struct expression_tree *tree, struct nest_error *error);
void expression_tree_free(struct expression_tree *tree);

/* Reads an expression from the lexer's token on, up to a token that cannot be part of it. */
bool expression_parse(struct expression_tree *tree, struct lexer *lexer, uint32_t *node);

#endif
