/* Parses a C text of many functions, walks its tree, and parses it again after edits in many places. */
#include "tree_sitter/api.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FUNCTIONS = 4000, EDITS = 400, ROOM = 512 };

const TSLanguage *tree_sitter_c(void);

static size_t
write_text(char *text)
{
	size_t size = 0;
	for (unsigned i = 0; i < FUNCTIONS; i++)
		size += (size_t)snprintf(text + size, ROOM,
		    "static struct item_%u *find_%u(const char *name, unsigned long limit[%u])\n{\n"
		    "\tfor (int k = %u; k < (int)limit[k] && !(k & %u); k++)\n"
		    "\t\tif (strcmp(name, \"name %u\") == 0 || name[k] == '\\%o')\n"
		    "\t\t\treturn &table[k * %u + (limit[0] >> 3)].items->first;\n"
		    "\t\telse\n\t\t\twhile (*name++) /* %u */\n\t\t\t\t;\n\treturn NULL;\n}\n\n",
		    i, i, i % 9 + 1, i % 5, i % 16, i, i % 8, i % 11, i);
	return size;
}

static unsigned
count_nodes(TSTree *tree)
{
	unsigned count = 0;
	TSTreeCursor cursor = ts_tree_cursor_new(ts_tree_root_node(tree));
	for (;;) {
		TSNode node = ts_tree_cursor_current_node(&cursor);
		count += ts_node_is_named(node) && strcmp(ts_node_type(node), "identifier") == 0;
		if (ts_tree_cursor_goto_first_child(&cursor))
			continue;
		while (!ts_tree_cursor_goto_next_sibling(&cursor))
			if (!ts_tree_cursor_goto_parent(&cursor)) {
				ts_tree_cursor_delete(&cursor);
				return count;
			}
	}
}

int
main(void)
{
	char *text = malloc((size_t)FUNCTIONS * ROOM);
	size_t size = write_text(text);
	TSParser *parser = ts_parser_new();
	ts_parser_set_language(parser, tree_sitter_c());
	TSTree *tree = ts_parser_parse_string(parser, NULL, text, (uint32_t)size);
	unsigned before = count_nodes(tree);
	for (unsigned i = 0; i < EDITS; i++) {
		/* A letter of a word becomes another one. */
		uint32_t at = (uint32_t)(strstr(text + size / EDITS * i, "table") - text);
		text[at] = 'T';
		TSInputEdit edit = {.start_byte = at, .old_end_byte = at + 1, .new_end_byte = at + 1};
		ts_tree_edit(tree, &edit);
		TSTree *next = ts_parser_parse_string(parser, tree, text, (uint32_t)size);
		ts_tree_delete(tree);
		tree = next;
	}
	unsigned after = count_nodes(tree);
	printf("%u %u\n", before, after);
	ts_tree_delete(tree);
	ts_parser_delete(parser);
	free(text);
	return before == 0 || before != after;
}
