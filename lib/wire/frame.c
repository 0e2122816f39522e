#include "lib/wire/frame.h"

#include "lib/base/pack.h"

#include <msgpack.h>
#include <stdlib.h>
#include <string.h>

static const char *const kind_names[] = {
    [FRAME_ROWS] = "rows",
    [FRAME_COLUMNS] = "columns",
    [FRAME_PART] = "part",
    [FRAME_PROGRESS] = "progress",
    [FRAME_END] = "end",
};
static const char *const codec_names[] = {[FRAME_CODEC_NONE] = "none", [FRAME_CODEC_ZSTD] = "zstd"};
/* What row numbers count through, by frame.is_part_numbered. */
static const char *const numbering_names[] = {"dataset", "part"};

enum { KIND_COUNT = sizeof kind_names / sizeof *kind_names };
enum { CODEC_COUNT = sizeof codec_names / sizeof *codec_names };
enum { HEADER_DEPTH_LIMIT = 32 }; /* that msgpack-c unpacks */

const char *
frame_kind_name(enum frame_kind kind)
{
	return kind_names[kind];
}

static bool
is_data(enum frame_kind kind)
{
	return kind == FRAME_ROWS || kind == FRAME_COLUMNS;
}

/* ---- encoding ---- */

/* Takes the bytes of msgpack-c's packer, whose return values keep a failure. */
struct header_sink {
	struct buffer *out;
	struct nest_error *error;
};

static int
sink_write(void *data, const char *bytes, size_t size)
{
	struct header_sink *sink = data;
	return buffer_append(sink->out, bytes, size, sink->error) ? 0 : -1;
}

static int
put_key(msgpack_packer *packer, const char *key)
{
	return msgpack_pack_str_with_body(packer, key, strlen(key));
}

static int
put_text(msgpack_packer *packer, const char *key, struct view text)
{
	return put_key(packer, key) | msgpack_pack_str_with_body(packer, text.data, text.size);
}

/* Packs nothing if the digest is zero. */
static int
put_digest(msgpack_packer *packer, const char *key, struct digest_value digest)
{
	if (digest_is_zero(digest))
		return 0;
	return put_key(packer, key) | msgpack_pack_bin_with_body(packer, digest.bytes, sizeof digest.bytes);
}

static int
put_number(msgpack_packer *packer, const char *key, uint64_t number)
{
	return put_key(packer, key) | msgpack_pack_uint64(packer, number);
}

static int
put_meta(msgpack_packer *packer, const struct frame *frame)
{
	int failed = put_key(packer, "meta") | msgpack_pack_map(packer, frame->meta_count);
	for (size_t i = 0; i < frame->meta_count; i++) {
		const struct frame_meta *pair = &frame->meta[i];
		failed |= msgpack_pack_str_with_body(packer, pair->key.data, pair->key.size);
		failed |= msgpack_pack_str_with_body(packer, pair->value.data, pair->value.size);
	}
	return failed;
}

static int
put_leaves(msgpack_packer *packer, const struct frame *frame)
{
	int failed = put_key(packer, "leaves") | msgpack_pack_array(packer, frame->leaf_count);
	for (size_t i = 0; i < frame->leaf_count; i++) {
		failed |= msgpack_pack_array(packer, 2);
		failed |= msgpack_pack_uint64(packer, frame->leaves[i].entries);
		failed |= msgpack_pack_uint64(packer, frame->leaves[i].value_bytes);
	}
	return failed;
}

static int
put_extent(msgpack_packer *packer, const struct frame *frame)
{
	const struct frame_extent *extent = &frame->extent;
	if (!frame->has_extent)
		return 0;
	int failed = put_key(packer, "dataset") | msgpack_pack_map(packer, extent->is_part_numbered ? 1 : 3);
	if (!extent->is_part_numbered)
		failed |=
		    put_number(packer, "first", extent->first_row) | put_number(packer, "rows", extent->rows);
	return failed | put_number(packer, "parts", extent->parts);
}

/* Packs the keys that say where in the dataset the frame belongs. */
static int
put_place(msgpack_packer *packer, const struct frame *frame)
{
	int failed = put_text(packer, "schema", frame->schema) | put_number(packer, "part", frame->part) |
	             put_number(packer, "first", frame->first_row) | put_number(packer, "rows", frame->rows);
	failed |= put_digest(packer, "run", frame->run);
	if (frame->is_part_numbered)
		failed |= put_text(packer, "numbered", view_of_text(numbering_names[true]));
	return failed;
}

static int
put_input(msgpack_packer *packer, const struct frame *frame)
{
	int failed = 0;
	if (frame->input_bytes > 0)
		failed |= put_number(packer, "input", frame->input_bytes);
	if (frame->input_total > 0)
		failed |= put_number(packer, "input_total", frame->input_total);
	return failed;
}

static int
put_data(msgpack_packer *packer, const struct frame *frame)
{
	int failed = put_place(packer, frame);
	failed |= put_key(packer, "last");
	failed |= frame->last ? msgpack_pack_true(packer) : msgpack_pack_false(packer);
	failed |= put_number(packer, "total", frame->total_rows);
	failed |= put_text(packer, "codec", view_of_text(codec_names[frame->codec]));
	failed |= put_number(packer, "raw", frame->raw_bytes);
	failed |= put_meta(packer, frame);
	return failed | put_input(packer, frame);
}

/* Counts the keys that are written only if they say something. */
static size_t
count_optional_keys(const struct frame *frame)
{
	size_t inputs = (size_t)(frame->input_bytes > 0) + (frame->input_total > 0);
	size_t places = (size_t)!digest_is_zero(frame->run) + frame->is_part_numbered;
	switch (frame->kind) {
	case FRAME_ROWS:
	case FRAME_COLUMNS:
		return inputs + places;
	case FRAME_PART:
		return places + (size_t)!digest_is_zero(frame->stamp);
	case FRAME_PROGRESS:
		return inputs + frame->has_extent;
	case FRAME_END:
		return frame->has_extent;
	}
	return 0;
}

static int
put_header(msgpack_packer *packer, const struct frame *frame)
{
	static const uint8_t own_keys[KIND_COUNT] = {
	    [FRAME_ROWS] = 9, [FRAME_COLUMNS] = 10, [FRAME_PART] = 6, [FRAME_PROGRESS] = 2, [FRAME_END] = 2};
	size_t keys = 3u + own_keys[frame->kind] + count_optional_keys(frame);

	int failed = msgpack_pack_map(packer, keys);
	failed |= put_number(packer, "nest", FRAME_VERSION);
	failed |= put_text(packer, "kind", view_of_text(kind_names[frame->kind]));
	failed |= put_text(packer, "from", frame->sender);
	switch (frame->kind) {
	case FRAME_ROWS:
		return failed | put_data(packer, frame);
	case FRAME_COLUMNS:
		return failed | put_data(packer, frame) | put_leaves(packer, frame);
	case FRAME_PART:
		failed |= put_place(packer, frame) | put_text(packer, "file", frame->file) |
		          put_number(packer, "bytes", frame->file_bytes);
		return failed | put_digest(packer, "stamp", frame->stamp);
	case FRAME_PROGRESS:
		return failed | put_number(packer, "rows", frame->rows) |
		       put_number(packer, "total", frame->total_rows) | put_input(packer, frame) |
		       put_extent(packer, frame);
	case FRAME_END:
		return failed | put_number(packer, "frames", frame->frames) |
		       put_number(packer, "rows", frame->rows) | put_extent(packer, frame);
	}
	return -1;
}

static void
store_prefix(uint8_t *at, size_t size)
{
	at[0] = 0xc6;
	for (unsigned i = 0; i < 4; i++)
		at[1 + i] = (uint8_t)(size >> (24 - 8 * i));
}

bool
frame_encode_header(
    const struct frame *frame, size_t body_bytes, struct buffer *out, struct nest_error *error)
{
	static const uint8_t room[FRAME_PREFIX_BYTES];
	size_t start = out->size;
	if (!buffer_append(out, room, sizeof room, error))
		return false;

	struct header_sink sink = {out, error};
	msgpack_packer packer;
	msgpack_packer_init(&packer, &sink, sink_write);
	if (put_header(&packer, frame) != 0)
		return false;

	size_t size = out->size - start - FRAME_PREFIX_BYTES;
	if (size > FRAME_HEADER_LIMIT || body_bytes > FRAME_BODY_LIMIT)
		return nest_error_set(error, NEST_INVALID,
		    "a frame of %zu header and %zu body bytes is over the limits (%d and %d); "
		    "make smaller batches",
		    size, body_bytes, FRAME_HEADER_LIMIT, FRAME_BODY_LIMIT);
	store_prefix(out->data + start, size);
	if (!buffer_append(out, room, sizeof room, error))
		return false;
	store_prefix(out->data + out->size - FRAME_PREFIX_BYTES, body_bytes);
	return true;
}

/* ---- decoding ---- */

bool
frame_decode_prefix(const uint8_t prefix[FRAME_PREFIX_BYTES], const char *what, size_t limit, size_t *size,
    struct nest_error *error)
{
	if (prefix[0] != 0xc6)
		return nest_error_set(error, NEST_INVALID,
		    "this is no nest frame: a %s starts with byte c6, not %02x", what, prefix[0]);
	*size = (size_t)prefix[1] << 24 | (size_t)prefix[2] << 16 | (size_t)prefix[3] << 8 | prefix[4];
	if (*size > limit)
		return nest_error_set(
		    error, NEST_INVALID, "a %s of %zu bytes is over the limit of %zu", what, *size, limit);
	return true;
}

static bool
is_text(const msgpack_object *object, const char *text)
{
	size_t size = strlen(text);
	return object->type == MSGPACK_OBJECT_STR && object->via.str.size == size &&
	       memcmp(object->via.str.ptr, text, size) == 0;
}

/* The value of KEY in the header, or NULL. */
static const msgpack_object *
find(const msgpack_object_map *map, const char *key)
{
	for (uint32_t i = 0; i < map->size; i++)
		if (is_text(&map->ptr[i].key, key))
			return &map->ptr[i].val;
	return NULL;
}

/* take_* fail only on a value that breaks the format and is not let pass; the error is then set. */
struct header {
	const msgpack_object_map *map;
	const struct faults *faults;
	struct frame_spoilt *spoilt;
	struct nest_error *error;
};

enum presence { MAY_MISS, MUST_BE };

/* The error says what is wrong with KEY; true if that is let pass, as if KEY were missing. */
static bool
pass_key(const struct header *header, const char *key)
{
	static const char places[][8] = {"from", "part", "first", "rows", "last", "frames", "parts"};
	static const char bodies[][8] = {"rows", "schema", "codec", "raw", "leaves"};
	for (size_t i = 0; i < sizeof places / sizeof *places; i++)
		header->spoilt->place |= strcmp(key, places[i]) == 0;
	for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++)
		header->spoilt->body |= strcmp(key, bodies[i]) == 0;
	return faults_pass(header->faults, header->error);
}

static bool
bad_key(const struct header *header, const char *key, const char *wanted)
{
	nest_error_set(
	    header->error, NEST_INVALID, "the header's key \"%s\" is missing or not %s", key, wanted);
	return pass_key(header, key);
}

static bool
take_number(
    const struct header *header, const char *key, enum presence presence, uint64_t limit, uint64_t *number)
{
	const msgpack_object *value = find(header->map, key);
	*number = 0;
	if (value == NULL && presence == MAY_MISS)
		return true;
	if (value == NULL || value->type != MSGPACK_OBJECT_POSITIVE_INTEGER)
		return bad_key(header, key, "an unsigned integer");
	if (value->via.u64 > limit) {
		nest_error_set(header->error, NEST_INVALID,
		    "the header's key \"%s\" claims %llu, over the limit of %llu", key,
		    (unsigned long long)value->via.u64, (unsigned long long)limit);
		return pass_key(header, key);
	}
	*number = value->via.u64;
	return true;
}

static bool
take_text(const struct header *header, const char *key, size_t least, size_t most, struct view *text)
{
	const msgpack_object *value = find(header->map, key);
	*text = (struct view){0};
	if (value == NULL || value->type != MSGPACK_OBJECT_STR || value->via.str.size < least ||
	    value->via.str.size > most)
		return bad_key(header, key, "a str of a legal length");
	*text = (struct view){(const uint8_t *)value->via.str.ptr, value->via.str.size};
	return true;
}

/* Takes a digest; zero if it is missing. */
static bool
take_digest(const struct header *header, const char *key, struct digest_value *digest)
{
	const msgpack_object *value = find(header->map, key);
	*digest = (struct digest_value){0};
	if (value == NULL)
		return true;
	if (value->type != MSGPACK_OBJECT_BIN || value->via.bin.size != sizeof digest->bytes)
		return bad_key(header, key, "a bin of 16 bytes");
	memcpy(digest->bytes, value->via.bin.ptr, sizeof digest->bytes);
	return true;
}

static bool
take_word(const struct header *header, const char *key, enum presence presence, const char *const *words,
    unsigned count, unsigned *index)
{
	const msgpack_object *value = find(header->map, key);
	*index = 0;
	if (value == NULL && presence == MAY_MISS)
		return true;
	for (unsigned i = 0; value != NULL && i < count; i++)
		if (is_text(value, words[i])) {
			*index = i;
			return true;
		}
	return bad_key(header, key, "a word that this version knows");
}

static bool
take_flag(const struct header *header, const char *key, bool *flag)
{
	const msgpack_object *value = find(header->map, key);
	*flag = value != NULL && value->type == MSGPACK_OBJECT_BOOLEAN && value->via.boolean;
	if (value != NULL && value->type != MSGPACK_OBJECT_BOOLEAN)
		return bad_key(header, key, "a boolean");
	return true;
}

/* Makes room for COUNT elements in an array that the frame keeps between decodings. */
static bool
make_room(void **array, size_t *capacity, size_t count, size_t element_bytes, struct nest_error *error)
{
	if (count <= *capacity)
		return true;
	void *grown = realloc(*array, count * element_bytes);
	if (grown == NULL)
		return nest_error_memory(error, count * element_bytes, "a frame's header");
	*array = grown;
	*capacity = count;
	return true;
}

static bool
take_meta(const struct header *header, struct frame *frame)
{
	const msgpack_object *value = find(header->map, "meta");
	if (value == NULL)
		return true;
	if (value->type != MSGPACK_OBJECT_MAP || value->via.map.size > FRAME_META_LIMIT)
		return bad_key(header, "meta", "a map of at most 256 pairs");
	uint32_t count = value->via.map.size;
	void *array = frame->meta;
	if (!make_room(&array, &frame->meta_capacity, count, sizeof *frame->meta, header->error))
		return false;
	frame->meta = array;
	for (uint32_t i = 0; i < count; i++) {
		const msgpack_object_kv *pair = &value->via.map.ptr[i];
		if (pair->key.type != MSGPACK_OBJECT_STR || pair->val.type != MSGPACK_OBJECT_STR)
			return bad_key(header, "meta", "a map of str to str");
		frame->meta[i] =
		    (struct frame_meta){{(const uint8_t *)pair->key.via.str.ptr, pair->key.via.str.size},
			{(const uint8_t *)pair->val.via.str.ptr, pair->val.via.str.size}};
	}
	frame->meta_count = count;
	return true;
}

static bool
take_leaves(const struct header *header, struct frame *frame)
{
	const msgpack_object *value = find(header->map, "leaves");
	if (value == NULL || value->type != MSGPACK_OBJECT_ARRAY)
		return bad_key(header, "leaves", "an array");
	uint32_t count = value->via.array.size;
	void *array = frame->leaves;
	if (!make_room(&array, &frame->leaf_capacity, count, sizeof *frame->leaves, header->error))
		return false;
	frame->leaves = array;
	for (uint32_t i = 0; i < count; i++) {
		const msgpack_object *pair = &value->via.array.ptr[i];
		if (pair->type != MSGPACK_OBJECT_ARRAY || pair->via.array.size != 2)
			return bad_key(header, "leaves", "an array of pairs");
		const msgpack_object *sizes = pair->via.array.ptr;
		for (int k = 0; k < 2; k++)
			if (sizes[k].type != MSGPACK_OBJECT_POSITIVE_INTEGER ||
			    sizes[k].via.u64 > FRAME_BODY_LIMIT)
				return bad_key(header, "leaves", "made of sizes within the body's limit");
		frame->leaves[i] = (struct frame_leaf){sizes[0].via.u64, sizes[1].via.u64};
	}
	frame->leaf_count = count;
	return true;
}

static bool
take_extent(const struct header *header, struct frame *frame)
{
	const msgpack_object *value = find(header->map, "dataset");
	if (value == NULL)
		return true;
	if (value->type != MSGPACK_OBJECT_MAP)
		return bad_key(header, "dataset", "a map");
	struct frame_spoilt spoilt = {0};
	struct header inner = {&value->via.map, header->faults, &spoilt, header->error};
	struct frame_extent *extent = &frame->extent;
	extent->is_part_numbered = find(inner.map, "first") == NULL && find(inner.map, "rows") == NULL;
	enum presence presence = extent->is_part_numbered ? MAY_MISS : MUST_BE;
	bool fine = take_number(&inner, "first", presence, FRAME_ROW_LIMIT, &extent->first_row) &&
	            take_number(&inner, "rows", presence, FRAME_ROW_LIMIT, &extent->rows) &&
	            take_number(&inner, "parts", MUST_BE, FRAME_PART_LIMIT, &extent->parts);
	frame->has_extent = !spoilt.place;
	return fine;
}

static bool
take_place(const struct header *header, struct frame *frame)
{
	unsigned numbering;
	if (!take_digest(header, "run", &frame->run) ||
	    !take_text(header, "schema", 1, FRAME_HEADER_LIMIT, &frame->schema) ||
	    !take_number(header, "part", MUST_BE, FRAME_PART_LIMIT - 1, &frame->part) ||
	    !take_number(header, "first", MUST_BE, FRAME_ROW_LIMIT, &frame->first_row) ||
	    !take_number(header, "rows", MUST_BE, FRAME_ROW_LIMIT, &frame->rows) ||
	    !take_word(header, "numbered", MAY_MISS, numbering_names, 2, &numbering))
		return false;
	frame->is_part_numbered = numbering != 0;
	return true;
}

static bool
take_input(const struct header *header, struct frame *frame)
{
	return take_number(header, "input", MAY_MISS, FRAME_ROW_LIMIT, &frame->input_bytes) &&
	       take_number(header, "input_total", MAY_MISS, FRAME_ROW_LIMIT, &frame->input_total);
}

static bool
take_data(const struct header *header, struct frame *frame)
{
	unsigned codec;
	if (!take_place(header, frame) || !take_flag(header, "last", &frame->last) ||
	    !take_number(header, "total", MAY_MISS, FRAME_ROW_LIMIT, &frame->total_rows) ||
	    !take_word(header, "codec", MAY_MISS, codec_names, CODEC_COUNT, &codec) ||
	    !take_number(header, "raw", codec == FRAME_CODEC_NONE ? MAY_MISS : MUST_BE, FRAME_BODY_LIMIT,
		&frame->raw_bytes) ||
	    !take_meta(header, frame) || !take_input(header, frame))
		return false;
	frame->codec = (enum frame_codec)codec;
	if (frame->codec == FRAME_CODEC_NONE)
		frame->raw_bytes = frame->body.size;
	return true;
}

static bool
take_own_keys(const struct header *header, struct frame *frame)
{
	switch (frame->kind) {
	case FRAME_ROWS:
		return take_data(header, frame);
	case FRAME_COLUMNS:
		return take_data(header, frame) && take_leaves(header, frame);
	case FRAME_PART:
		return take_place(header, frame) &&
		       take_text(header, "file", 1, FRAME_NAME_LIMIT, &frame->file) &&
		       take_number(header, "bytes", MUST_BE, FRAME_ROW_LIMIT, &frame->file_bytes) &&
		       take_digest(header, "stamp", &frame->stamp);
	case FRAME_PROGRESS:
		return take_number(header, "rows", MUST_BE, FRAME_ROW_LIMIT, &frame->rows) &&
		       take_number(header, "total", MAY_MISS, FRAME_ROW_LIMIT, &frame->total_rows) &&
		       take_input(header, frame) && take_extent(header, frame);
	case FRAME_END:
		return take_number(header, "frames", MUST_BE, FRAME_ROW_LIMIT, &frame->frames) &&
		       take_number(header, "rows", MUST_BE, FRAME_ROW_LIMIT, &frame->rows) &&
		       take_extent(header, frame);
	}
	return false;
}

static bool
take_header(const msgpack_object *object, struct frame *frame, const struct faults *faults,
    struct frame_spoilt *spoilt, struct nest_error *error)
{
	const msgpack_object_map *map = &object->via.map;
	if (object->type != MSGPACK_OBJECT_MAP || map->size == 0 || !is_text(&map->ptr[0].key, "nest"))
		return nest_error_set(error, NEST_INVALID,
		    "this is no nest frame: its header is no map that starts with the key \"nest\"");

	/* Without these two, it is unknown what the others should be. */
	struct header start = {map, NULL, spoilt, error}, header = {map, faults, spoilt, error};
	uint64_t version;
	unsigned kind;
	if (!take_number(&start, "nest", MUST_BE, UINT64_MAX, &version))
		return false;
	if (version != FRAME_VERSION)
		return nest_error_set(error, NEST_INVALID,
		    "the frame is of version %llu, and this program knows version %d only; "
		    "run the same release of nest on both sides",
		    (unsigned long long)version, FRAME_VERSION);
	if (!take_text(&header, "from", 1, FRAME_NAME_LIMIT, &frame->sender) ||
	    !take_word(&start, "kind", MUST_BE, kind_names, KIND_COUNT, &kind))
		return false;
	frame->kind = (enum frame_kind)kind;
	if (!is_data(frame->kind) && frame->body.size != 0) {
		nest_error_set(error, NEST_INVALID, "a frame of kind %s has a body of %zu bytes",
		    kind_names[kind], frame->body.size);
		if (!faults_pass(faults, error))
			return false;
	}
	return take_own_keys(&header, frame);
}

/* Splits BYTES into header and body; both lengths must fill it exactly. */
static bool
split(struct view bytes, struct view *header, struct view *body, struct nest_error *error)
{
	size_t size = 0, left = bytes.size;
	if (left < FRAME_PREFIX_BYTES)
		return nest_error_set(error, NEST_INVALID, "a frame cut short after %zu bytes", left);
	if (!frame_decode_prefix(bytes.data, "header", FRAME_HEADER_LIMIT, &size, error))
		return false;
	left -= FRAME_PREFIX_BYTES;
	*header = (struct view){bytes.data + FRAME_PREFIX_BYTES, size};
	if (left < size || left - size < FRAME_PREFIX_BYTES)
		return nest_error_set(error, NEST_INVALID, "a frame cut short in its header");
	left -= size + FRAME_PREFIX_BYTES;
	const uint8_t *prefix = header->data + size;
	if (!frame_decode_prefix(prefix, "body", FRAME_BODY_LIMIT, &size, error))
		return false;
	if (left != size)
		return nest_error_set(
		    error, NEST_INVALID, "a frame's body is said to be %zu bytes and is %zu", size, left);
	*body = (struct view){prefix + FRAME_PREFIX_BYTES, size};
	return true;
}

bool
frame_decode(struct frame *frame, struct view bytes, struct nest_error *error)
{
	struct frame_spoilt spoilt;
	return frame_decode_all(frame, bytes, NULL, &spoilt, error);
}

bool
frame_decode_all(struct frame *frame, struct view bytes, const struct faults *faults,
    struct frame_spoilt *spoilt, struct nest_error *error)
{
	*spoilt = (struct frame_spoilt){0};
	struct frame kept = *frame;
	*frame = (struct frame){.meta = kept.meta,
	    .meta_capacity = kept.meta_capacity,
	    .leaves = kept.leaves,
	    .leaf_capacity = kept.leaf_capacity};

	struct view header = {0};
	if (!split(bytes, &header, &frame->body, error))
		return false;

	/*
	 * msgpack-c allocates as many elements as a container claims, so the claims
	 * are checked first.
	 */
	struct pack_reader reader = {header.data, header.data + header.size};
	if (!pack_skip_within(&reader, HEADER_DEPTH_LIMIT) || reader.at != reader.end)
		return nest_error_set(
		    error, NEST_INVALID, "this is no nest frame: its header is not one whole msgpack value");

	msgpack_unpacked unpacked;
	msgpack_unpacked_init(&unpacked);
	size_t offset = 0;
	bool fine;
	switch (msgpack_unpack_next(&unpacked, (const char *)header.data, header.size, &offset)) {
	case MSGPACK_UNPACK_SUCCESS:
		fine = take_header(&unpacked.data, frame, faults, spoilt, error);
		break;
	case MSGPACK_UNPACK_NOMEM_ERROR:
		fine = nest_error_memory(error, header.size, "a frame's header");
		break;
	default:
		fine = nest_error_set(error, NEST_INVALID, "a frame's header is not sound msgpack");
	}
	msgpack_unpacked_destroy(&unpacked);
	return fine;
}

void
frame_free(struct frame *frame)
{
	free(frame->meta);
	free(frame->leaves);
	*frame = (struct frame){0};
}
