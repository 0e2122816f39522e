#include "cat/header_keys.h"

#include "lib/base/pack.h"

const char *const header_keys[HEADER_KEY_COUNT] = {"nest", "kind", "from", "run", "schema", "part", "first",
    "rows", "numbered", "last", "total", "codec", "raw", "meta", "input", "input_total", "leaves", "file",
    "bytes", "stamp", "frames", "dataset"};

unsigned
header_key_find(struct view key)
{
	unsigned i = 0;
	while (i < HEADER_KEY_COUNT && !view_equal(key, view_of_text(header_keys[i])))
		i++;
	return i;
}

static bool
check_key(struct view key, uint32_t *seen, const struct faults *faults, struct nest_error *error)
{
	unsigned known = header_key_find(key);
	uint32_t bit = known < HEADER_KEY_COUNT ? (uint32_t)1 << known : 0;
	bool is_double = (*seen & bit) != 0;
	*seen |= bit;
	if (!is_double)
		return true;
	nest_error_set(error, NEST_INVALID, "the header's key \"%s\" comes twice", header_keys[known]);
	return faults_pass(faults, error);
}

/* Whether NAME can be the file of a frame of kind part. */
static bool
is_file_name(struct view name)
{
	static const char ending[] = ".parquet";
	size_t size = sizeof ending - 1;
	if (name.size == 0 || name.data[0] == '.' || name.data[0] == '_')
		return false;
	for (size_t i = 0; i < name.size; i++)
		if (name.data[i] <= ' ' || name.data[i] == '/' || name.data[i] == 0x7f)
			return false;
	return name.size < size || memcmp(name.data + name.size - size, ending, size) != 0;
}

static bool
check_names(const struct frame *frame, const struct faults *faults, struct nest_error *error)
{
	static const char *const reserved[] = {"nest.part", "nest.first_row", "nest.part_rows"};
	if (frame->kind == FRAME_PART && frame->file.size > 0 && !is_file_name(frame->file)) {
		nest_error_set(error, NEST_INVALID,
		    "part %llu: its file's name is not a plain name of a staged file",
		    (unsigned long long)frame->part);
		if (!faults_pass(faults, error))
			return false;
	}
	for (size_t i = 0; i < frame->meta_count; i++)
		for (size_t k = 0; k < sizeof reserved / sizeof *reserved; k++) {
			if (!view_equal(frame->meta[i].key, view_of_text(reserved[k])))
				continue;
			nest_error_set(error, NEST_INVALID,
			    "the key-value %s is not for senders: parquet-encode adds it", reserved[k]);
			if (!faults_pass(faults, error))
				return false;
		}
	return true;
}

bool
header_keys_check(
    const struct frame *frame, struct view bytes, const struct faults *faults, struct nest_error *error)
{
	struct pack_reader reader = {bytes.data, bytes.data + bytes.size};
	uint32_t seen = 0, others = 0, size = pack_read(&reader).size;
	reader.end = reader.at + size;
	uint32_t count = pack_read(&reader).size;
	for (uint32_t i = 0; i < count; i++) {
		struct pack_reader key = reader;
		struct pack_value value = pack_read(&key);
		others += value.type != PACK_TEXT;
		if (value.type == PACK_TEXT &&
		    !check_key((struct view){key.at, value.size}, &seen, faults, error))
			return false;
		if (!pack_skip(&reader) || !pack_skip(&reader))
			break;
	}
	if (others > 0) {
		nest_error_set(error, NEST_INVALID, "keys of the header that are no str: %u", others);
		if (!faults_pass(faults, error))
			return false;
	}
	return check_names(frame, faults, error);
}
