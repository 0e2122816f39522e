#include "gen/notation/drawing.h"

#include <stdlib.h>

enum { EXTENDS_MOST = 64 }; /* messages, each extending the next */

/* An item of a group, its own or inherited; DRAWN is how it is drawn, the item itself or another.  BY is the
 * group or message of the chain that says so. */
struct entry {
	uint32_t item, drawn, by;
};

struct entries {
	struct entry *list;
	uint32_t count, capacity;
};

/* Where a range of the message type, from offset BEGIN on, stands in the source. */
struct origin {
	size_t begin, at;
};

struct composer {
	struct drawings *drawings;
	const struct outline *outline;
	const struct source *source;
	struct nest_error *error;
	struct buffer message; /* the message type */
	struct origin *origins;
	uint32_t origin_count, origin_capacity;
	uint32_t nodes; /* fields and groups seen so far */
};

static bool
grow(void **items, uint32_t count, uint32_t *capacity, size_t item_bytes, struct nest_error *error)
{
	if (count < *capacity)
		return true;
	uint32_t wanted = *capacity == 0 ? 64 : *capacity * 2;
	void *larger = realloc(*items, wanted * item_bytes);
	if (larger == NULL)
		return nest_error_memory(error, wanted * item_bytes, "a recipe");
	*items = larger;
	*capacity = wanted;
	return true;
}

static const struct outline_item *
item_at(const struct composer *composer, uint32_t item)
{
	return &composer->outline->items[item];
}

/* ---- what a group has, with what it inherits ---- */

static bool
add_entry(struct composer *composer, struct entries *entries, uint32_t item, uint32_t by)
{
	void *list = entries->list;
	if (entries->count == DRAWINGS_MOST)
		return source_refuse(composer->source, item_at(composer, item)->at, composer->error,
		    "a message has more than %d fields and lets", DRAWINGS_MOST);
	if (!grow(&list, entries->count, &entries->capacity, sizeof *entries->list, composer->error))
		return false;
	entries->list = list;
	entries->list[entries->count++] = (struct entry){item, item, by};
	return true;
}

/* Lets and fields take the places of their like. */
static uint32_t
likeness(const struct outline_item *item)
{
	return item->kind == OUTLINE_LET;
}

/* Puts ITEM of GROUP in the place of what it takes it from; *REPLACED is false if it is new. */
static bool
replace(struct composer *composer, struct entries *entries, const struct name_index *names, uint32_t item,
    uint32_t group, bool *replaced)
{
	const struct outline_item *own = item_at(composer, item);
	const uint32_t *found = name_index_find(names, likeness(own), own->name);
	*replaced = found != NULL;
	if (found == NULL)
		return own->kind != OUTLINE_DRAWN ||
		       source_refuse(composer->source, own->at, composer->error,
			   "there is no field called %s in what this extends", source_quote(own->name).text);
	struct entry *entry = &entries->list[*found];
	if (entry->by == group)
		return source_refuse(composer->source, own->at, composer->error,
		    "this group has another field or let called %s", source_quote(own->name).text);
	entry->by = group;
	entry->drawn = item;
	if (own->kind != OUTLINE_DRAWN)
		entry->item = item;
	return true;
}

/* Adds the items of GROUP itself, after or in place of those in ENTRIES. */
static bool
add_own(struct composer *composer, uint32_t group, struct entries *entries)
{
	struct name_index names = {0};
	bool fine = name_index_open(&names, entries->count, composer->error);
	for (uint32_t i = 0; fine && i < entries->count; i++) {
		const struct outline_item *item = item_at(composer, entries->list[i].item);
		if (name_index_find(&names, likeness(item), item->name) == NULL)
			name_index_add(&names, likeness(item), item->name, i);
	}
	for (uint32_t i = item_at(composer, group)->child; fine && i != 0; i = item_at(composer, i)->next) {
		bool replaced;
		fine = replace(composer, entries, &names, i, group, &replaced) &&
		       (replaced || add_entry(composer, entries, i, group));
	}
	name_index_free(&names);
	return fine;
}

/* The chain of messages that GROUP extends, itself first; false if it comes back to one. */
static bool
find_bases(struct composer *composer, uint32_t group, struct entries *chain)
{
	for (;;) {
		const struct outline_item *item = item_at(composer, group);
		if (!add_entry(composer, chain, group, group))
			return false;
		if (item->base.size == 0)
			return true;
		if (!outline_find(composer->outline, item->base, &group))
			return source_refuse(composer->source, item->base_at, composer->error,
			    "there is no message called %s", source_quote(item->base).text);
		if (chain->count > EXTENDS_MOST)
			return source_refuse(composer->source, item->base_at, composer->error,
			    "messages extend one another more than %d deep", EXTENDS_MOST);
		for (uint32_t i = 0; i < chain->count; i++)
			if (chain->list[i].item == group)
				return source_refuse(composer->source, item->base_at, composer->error,
				    "this extends itself, by way of %s", source_quote(item->base).text);
	}
}

static bool
list_entries(struct composer *composer, uint32_t group, struct entries *entries)
{
	struct entries chain = {0};
	bool fine = find_bases(composer, group, &chain);
	while (fine && chain.count > 0)
		fine = add_own(composer, chain.list[--chain.count].item, entries);
	free(chain.list);
	return fine;
}

/* ---- the message type, and the drawings beside it ---- */

static bool
put_text(struct composer *composer, const char *text)
{
	return buffer_append(&composer->message, text, strlen(text), composer->error);
}

/* What ITEM says for the message type, blanks in place of comments. */
static bool
put_head(struct composer *composer, const struct outline_item *item)
{
	const uint8_t *data = composer->source->text.data;
	void *origins = composer->origins;
	if (!grow(&origins, composer->origin_count, &composer->origin_capacity, sizeof *composer->origins,
		composer->error))
		return false;
	composer->origins = origins;
	composer->origins[composer->origin_count++] = (struct origin){composer->message.size, item->at};
	if (!buffer_append(&composer->message, data + item->at, item->head_end - item->at, composer->error))
		return false;
	uint8_t *to = composer->message.data + composer->message.size - (item->head_end - item->at);
	for (size_t at = item->at; at < item->head_end;) {
		if (data[at] == '"') {
			at = lexer_behind_text(composer->source->text, at, item->head_end);
		} else if (data[at] == '#' && (data[at - 1] == ' ' || data[at - 1] < ' ')) {
			for (; at < item->head_end && data[at] != '\n'; at++)
				to[at - item->at] = ' ';
		} else {
			at++;
		}
	}
	return true;
}

static bool
add_drawing(struct composer *composer, const struct outline_item *drawn, struct view name, uint32_t node)
{
	struct drawings *drawings = composer->drawings;
	void *items = drawings->items;
	if (drawings->count == DRAWINGS_MOST)
		return source_refuse(composer->source, drawn->at, composer->error,
		    "a message has more than %d fields and lets", DRAWINGS_MOST);
	if (!grow(&items, drawings->count, &drawings->capacity, sizeof *drawings->items, composer->error))
		return false;
	drawings->items = items;
	drawings->items[drawings->count++] = (struct drawing){.name = name,
	    .node = node,
	    .at = drawn->at,
	    .value = drawn->value,
	    .length = drawn->length,
	    .present = drawn->present};
	return true;
}

static bool put_group(struct composer *composer, uint32_t group, uint32_t node, unsigned depth);

static bool
put_entry(struct composer *composer, struct entry entry, uint32_t group, unsigned depth)
{
	const struct outline_item *item = item_at(composer, entry.item),
				  *drawn = item_at(composer, entry.drawn);
	if (item->kind == OUTLINE_LET)
		return add_drawing(composer, drawn, item->name, group);
	uint32_t node = composer->nodes++;
	if (!add_drawing(composer, drawn, (struct view){0}, node) || !put_head(composer, item))
		return false;
	if (item->kind == OUTLINE_FIELD)
		return put_text(composer, ";");
	return put_group(composer, entry.item, node, depth + 1);
}

/* The braces of GROUP, which is the field NODE, and what is in them. */
static bool
put_group(struct composer *composer, uint32_t group, uint32_t node, unsigned depth)
{
	struct entries entries = {0};
	if (depth > OUTLINE_DEPTH_LIMIT)
		return source_refuse(composer->source, item_at(composer, group)->at, composer->error,
		    "groups are nested more than %d deep, the message included", OUTLINE_DEPTH_LIMIT);
	bool fine = put_text(composer, "{") && list_entries(composer, group, &entries);
	for (uint32_t i = 0; fine && i < entries.count; i++)
		fine = put_entry(composer, entries.list[i], node, depth);
	free(entries.list);
	return fine && put_text(composer, "}");
}

/* What is refused at offset AT of the message type, at its place in the source. */
static bool
refuse_message(struct composer *composer, size_t at)
{
	const struct origin *origin = composer->origins;
	for (uint32_t i = 1; i < composer->origin_count && composer->origins[i].begin <= at; i++)
		origin = &composer->origins[i];
	struct nest_error why = *composer->error;
	return source_refuse(composer->source, origin->at + (at - origin->begin), composer->error,
	    "invalid message type: %s", why.text);
}

static bool
read_message(struct composer *composer)
{
	size_t fault = SIZE_MAX;
	struct drawings *drawings = composer->drawings;
	struct view message = {composer->message.data, composer->message.size};
	if (!schema_parse_at(&drawings->schema, message, &fault, composer->error))
		return fault != SIZE_MAX
		           ? refuse_message(composer, fault)
		           : nest_error_prefix(composer->error, "%.300s: ", composer->source->name);
	/* What is a field to one and none to the other would be drawn as another. */
	if (composer->nodes != drawings->schema.node_count)
		return source_refuse(composer->source, drawings->items[composer->outline->let_count].at,
		    composer->error, "the fields of the message type cannot be told apart");
	return true;
}

/* ---- names ---- */

/* A let whose name a field or another let of the same group has would hide it, or be hidden. */
static bool
add_name(const struct composer *composer, uint32_t group, struct view name, uint32_t index)
{
	struct drawings *drawings = composer->drawings;
	const uint32_t *before = name_index_find(&drawings->names, group, name);
	if (before == NULL) {
		name_index_add(&drawings->names, group, name, index);
		return true;
	}
	const struct drawing *first = &drawings->items[*before], *second = &drawings->items[index];
	return source_refuse(composer->source, first->name.size > 0 ? first->at : second->at, composer->error,
	    "this group has another field or let called %s", source_quote(name).text);
}

static bool
list_names(const struct composer *composer)
{
	struct drawings *drawings = composer->drawings;
	if (!name_index_open(&drawings->names, drawings->count, composer->error))
		return false;
	for (uint32_t i = 0; i < drawings->count; i++) {
		const struct drawing *drawing = &drawings->items[i];
		uint32_t group = drawing->node;
		struct view name = drawing->name;
		if (name.size == 0) {
			const struct schema_node *node = &drawings->schema.nodes[drawing->node];
			group = node->parent;
			name = view_of_text(node->name);
		}
		bool is_message = drawing->name.size == 0 && drawing->node == 0;
		if (!is_message && !add_name(composer, group, name, i))
			return false;
	}
	return true;
}

bool
drawings_find(const struct drawings *drawings, uint32_t group, struct view name, uint32_t *index)
{
	const uint32_t *found = name_index_find(&drawings->names, group, name);
	if (found != NULL)
		*index = *found;
	return found != NULL;
}

/* ---- all of it ---- */

/* The lets that all messages see stand in no group: the number of nodes. */
static bool
add_lets(struct composer *composer)
{
	for (uint32_t i = 0; i < composer->outline->let_count; i++) {
		const struct outline_item *let = item_at(composer, composer->outline->lets[i]);
		if (!add_drawing(composer, let, let->name, UINT32_MAX))
			return false;
	}
	return true;
}

static bool
compose(struct composer *composer, uint32_t message)
{
	struct drawings *drawings = composer->drawings;
	if (!add_lets(composer) || !put_entry(composer, (struct entry){message, message, message}, 0, 0) ||
	    !read_message(composer))
		return false;
	for (uint32_t i = 0; i < composer->outline->let_count; i++)
		drawings->items[i].node = drawings->schema.node_count;
	return list_names(composer);
}

bool
drawings_open(struct drawings *drawings, const struct outline *outline, uint32_t message,
    const struct source *source, struct nest_error *error)
{
	*drawings = (struct drawings){.outline = outline, .message = message, .tree = &outline->tree};
	struct composer composer = {
	    .drawings = drawings, .outline = outline, .source = source, .error = error};
	bool fine = compose(&composer, message);
	buffer_free(&composer.message);
	free(composer.origins);
	if (!fine)
		drawings_free(drawings);
	return fine;
}

void
drawings_free(struct drawings *drawings)
{
	schema_free(&drawings->schema);
	free(drawings->items);
	name_index_free(&drawings->names);
	*drawings = (struct drawings){0};
}
