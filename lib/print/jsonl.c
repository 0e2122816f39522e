#include "lib/print/jsonl.h"

#include "lib/base/pack.h"
#include "lib/meter/probe.h"
#include "lib/print/jsonl_leaf.h"

#include <stdlib.h>

enum { SHORT_COUNTS = 16 }; /* that a container's head of one byte can say */

static inline struct jsonl_place
put_byte(struct jsonl_place place, char byte)
{
	*place.to++ = (uint8_t)byte;
	return place;
}

static inline struct jsonl_place
put_nil(const struct jsonl_step *step, struct jsonl_place place)
{
	return step->is_optional ? jsonl_put_null(place) : jsonl_failed();
}

/* Reads the head of a container of TYPE after PLACE; most are short. */
static inline struct jsonl_place
read_head(const struct jsonl *jsonl, enum pack_type type, struct jsonl_place place, uint32_t *size)
{
	uint8_t count = (uint8_t)(place.at < jsonl->slot_end ? *place.at - (type == PACK_ARRAY ? 0x90 : 0x80)
							     : SHORT_COUNTS);
	if (count < SHORT_COUNTS) {
		*size = count;
		return (struct jsonl_place){place.at + 1, place.to};
	}
	struct pack_reader reader = {place.at, jsonl->end};
	struct pack_value value = pack_read(&reader);
	if (value.type != type)
		return jsonl_failed();
	*size = value.size;
	return (struct jsonl_place){reader.at, place.to};
}

/* Writes a field of a struct, after its key. */
static inline struct jsonl_place
put_field(struct jsonl *jsonl, const struct jsonl_step *step, struct jsonl_place place)
{
	place = jsonl_room(jsonl, place, step->key_size);
	if (place.at == NULL)
		return place;
	memcpy(place.to, step->key, KEY_SLOT);
	if (__builtin_expect(step->key_size > KEY_SLOT, 0))
		memcpy(place.to, step->key, step->key_size);
	place.to += step->key_size;
	return step->put_field(jsonl, step, place.at, place.to);
}

/* Inlined where most values are structs: in rows and in lists. */
static inline __attribute__((always_inline)) struct jsonl_place
put_struct_inline(struct jsonl *jsonl, const struct jsonl_step *step, struct jsonl_place place)
{
	if (__builtin_expect(place.at < jsonl->slot_end && *place.at == step->struct_head, 1)) {
		place.at++;
	} else {
		uint32_t size = 0;
		place = read_head(jsonl, PACK_ARRAY, place, &size);
		if (place.at == NULL || size != step->child_count)
			return jsonl_failed();
	}
	const struct jsonl_step *child = step + 1;
	do {
		place = put_field(jsonl, child, place);
		child = child->end;
	} while (place.at != NULL && child < step->end);
	return place.at != NULL ? put_byte(place, '}') : place;
}

static struct jsonl_place
put_struct(struct jsonl *jsonl, const struct jsonl_step *step, const uint8_t *at, uint8_t *to)
{
	struct jsonl_place place = {at, to};
	if (jsonl_is_nil(jsonl, place.at))
		return put_nil(step, place);
	return put_struct_inline(jsonl, step, place);
}

static struct jsonl_place
put_array(struct jsonl *jsonl, const struct jsonl_step *step, const uint8_t *at, uint8_t *to)
{
	struct jsonl_place place = {at, to};
	const struct jsonl_step *element = step->element;
	uint32_t size = 0;
	if (jsonl_is_nil(jsonl, place.at))
		return put_nil(step, place);
	place = read_head(jsonl, PACK_ARRAY, place, &size);
	if (place.at == NULL)
		return place;
	*place.to++ = '[';
	for (uint32_t i = 0; i < size; i++) {
		place = jsonl_room(jsonl, place, 0);
		if (place.at == NULL)
			return place;
		*place.to = ',';
		place.to += i > 0;
		if (element->form == FORM_STRUCT && !jsonl_is_nil(jsonl, place.at))
			place = put_struct_inline(jsonl, element, place);
		else
			place = element->put(jsonl, element, place.at, place.to);
		if (place.at == NULL)
			return place;
	}
	return put_byte(place, ']');
}

/* ---- maps ---- */

/* Writes a key, which must be a string: any other value gets quotes. */
static struct jsonl_place
put_key(struct jsonl *jsonl, const struct jsonl_step *key, struct jsonl_place place)
{
	size_t begin = (size_t)(place.to - jsonl->out->data);
	place = key->put(jsonl, key, place.at, place.to);
	if (place.at == NULL)
		return place;
	uint8_t *text = jsonl->out->data + begin;
	if (*text != '"') {
		size_t size = (size_t)(place.to - text);
		memmove(text + 1, text, size);
		*text = '"';
		place.to = text + size + 1;
		*place.to++ = '"';
	}
	return put_byte(place, ':');
}

/* The value of a map's pair; in a map without values, a set, it is nil. */
static struct jsonl_place
put_mapped(struct jsonl *jsonl, const struct jsonl_step *pair, struct jsonl_place place)
{
	const struct jsonl_step *mapped = pair[1].end;
	if (mapped < pair->end)
		return mapped->put(jsonl, mapped, place.at, place.to);
	return jsonl_is_nil(jsonl, place.at) ? jsonl_put_null(place) : jsonl_failed();
}

/* A member of an object. */
static struct jsonl_place
put_member(struct jsonl *jsonl, const struct jsonl_step *pair, struct jsonl_place place)
{
	place = put_key(jsonl, pair + 1, place);
	if (place.at != NULL)
		place = jsonl_room(jsonl, place, 0);
	return place.at != NULL ? put_mapped(jsonl, pair, place) : place;
}

/* Writes a pair as an object, for keys that are not strings. */
static struct jsonl_place
put_pair(struct jsonl *jsonl, const struct jsonl_step *pair, struct jsonl_place place)
{
	const struct jsonl_step *mapped = pair[1].end;
	place = put_field(jsonl, pair + 1, place);
	if (place.at == NULL)
		return place;
	if (mapped < pair->end)
		place = put_field(jsonl, mapped, place);
	else if (jsonl_is_nil(jsonl, place.at))
		place.at++;
	else
		return jsonl_failed();
	return place.at != NULL ? put_byte(place, '}') : place;
}

static struct jsonl_place
put_map(struct jsonl *jsonl, const struct jsonl_step *step, const uint8_t *at, uint8_t *to)
{
	struct jsonl_place place = {at, to};
	uint32_t size = 0;
	if (jsonl_is_nil(jsonl, place.at))
		return put_nil(step, place);
	place = read_head(jsonl, PACK_MAP, place, &size);
	if (place.at == NULL)
		return place;
	*place.to++ = step->has_text_keys ? '{' : '[';
	for (uint32_t i = 0; i < size; i++) {
		place = jsonl_room(jsonl, place, 0);
		if (place.at == NULL)
			return place;
		*place.to = ',';
		place.to += i > 0;
		place = step->has_text_keys ? put_member(jsonl, step->element, place)
		                            : put_pair(jsonl, step->element, place);
		if (place.at == NULL)
			return place;
	}
	return put_byte(place, step->has_text_keys ? '}' : ']');
}

/* ---- rows ---- */

/* Begins to read BYTES and to write to OUT, with room for a value; no place for lack of memory. */
static struct jsonl_place
begin(struct jsonl *jsonl, struct view bytes, struct buffer *out, struct nest_error *error)
{
	jsonl->end = bytes.data + bytes.size;
	jsonl->slot_end = bytes.size > TEXT_SLOT ? jsonl->end - TEXT_SLOT : bytes.data;
	jsonl->out = out;
	jsonl->error = error;
	jsonl->is_told = !buffer_reserve(out, VALUE_ROOM, error);
	if (jsonl->is_told)
		return jsonl_failed();
	jsonl_note_room(jsonl);
	return (struct jsonl_place){bytes.data, out->data + out->size};
}

/* No place means that a row did not fit, or memory ran out, for which the error is set already. */
static bool
refuse(const struct jsonl *jsonl, struct nest_error *error)
{
	if (jsonl->is_told)
		return false;
	return nest_error_set(error, NEST_INVALID, "a row that does not fit its schema");
}

bool
jsonl_append(struct jsonl *jsonl, struct view rows, struct buffer *out, struct nest_error *error)
{
	NEST_SCOPE("nest_gen.jsonl");
	struct jsonl_place place = begin(jsonl, rows, out, error);
	if (place.to == NULL)
		return false;
	while (place.at < jsonl->end) {
		place = put_struct_inline(jsonl, jsonl->steps, place);
		if (place.at == NULL)
			return refuse(jsonl, error);
		*place.to++ = '\n';
	}
	out->size = (size_t)(place.to - out->data);
	return true;
}

bool
jsonl_append_value(
    struct jsonl *jsonl, uint32_t node, struct view value, struct buffer *out, struct nest_error *error)
{
	struct jsonl_place place = begin(jsonl, value, out, error);
	if (place.to != NULL)
		place = jsonl_put_leaf(jsonl, &jsonl->steps[node], place.at, place.to);
	if (place.to == NULL)
		return refuse(jsonl, error);
	out->size = (size_t)(place.to - out->data);
	return true;
}

static void
set_putters(struct jsonl_step *steps, uint32_t count, enum jsonl_binary binary)
{
	static jsonl_putter *const putters[] = {
	    [FORM_STRUCT] = put_struct, [FORM_LIST] = put_array, [FORM_MAP] = put_map};
	for (uint32_t i = 0; i < count; i++) {
		struct jsonl_step *step = &steps[i];
		step->put =
		    step->form == FORM_LEAF ? jsonl_leaf_putter(step->leaf, binary) : putters[step->form];
		step->put_field = step->is_repeated ? put_array : step->put;
	}
}

bool
jsonl_open(
    struct jsonl **jsonl, const struct schema *schema, enum jsonl_binary binary, struct nest_error *error)
{
	struct jsonl *made = calloc(1, sizeof *made);
	if (made == NULL)
		return nest_error_memory(error, sizeof *made, "the printing of rows");
	made->schema = schema;
	made->binary = binary;
	made->steps = jsonl_compile(schema, &made->keys, error);
	if (made->steps == NULL) {
		jsonl_close(made);
		return false;
	}
	set_putters(made->steps, schema->node_count, binary);
	*jsonl = made;
	return true;
}

void
jsonl_close(struct jsonl *jsonl)
{
	if (jsonl == NULL)
		return;
	free(jsonl->steps);
	buffer_free(&jsonl->keys);
	free(jsonl);
}
