/* columns_options.c - reads settings of columns, checks them against a schema, fingerprints them. */
#include "encode/columns_options.h"

#include "lib/parquet/encoding.h"
#include "lib/schema/path.h"

#include <stdlib.h>

enum { PATH_BYTES = 256, WORD_MOST = 60 }; /* of a path and of a word in a message */

static const double BLOOM_RATE = 0.01; /* of bloom=on */

struct named_options {
	struct buffer names; /* the path (lib/schema/path.h) */
	struct column_options options;
};

/* ---- encoding= ---- */

/* Whether any type can have it. */
static bool
is_written(enum encoding encoding)
{
	for (unsigned i = 0; i < PHYSICAL_GROUP; i++)
		if (encoding_fits(encoding, (enum physical_type)i))
			return true;
	return false;
}

static bool
take_encoding(struct column_options *options, struct view word, struct nest_error *error)
{
	if (encoding_of_name(word, &options->encoding) && is_written(options->encoding))
		return true;
	nest_error_set(error, NEST_USAGE, "encoding=%.*s is none of",
	    (int)(word.size < WORD_MOST ? word.size : WORD_MOST), (const char *)word.data);
	for (unsigned i = 0, count = 0; i < ENCODING_KINDS; i++)
		if (is_written((enum encoding)i))
			nest_error_suffix(
			    error, "%s %s", count++ > 0 ? "," : "", encoding_name((enum encoding)i));
	return false;
}

static bool
fit_encoding(const struct column_options *options, const struct schema_node *leaf, struct nest_error *error)
{
	return encoding_fits(options->encoding, leaf->physical) ||
	       nest_error_set(error, NEST_USAGE, "%s does not go with the type %s",
		   encoding_name(options->encoding), schema_physical_name(leaf->physical));
}

static void
digest_encoding(const struct column_options *options, struct digest *digest)
{
	digest_add_count(digest, "encoding", options->encoding);
}

/* ---- compression= ---- */

static bool
take_compression(struct column_options *options, struct view word, struct nest_error *error)
{
	return codec_parse(&options->compression, word, "compression", error);
}

static void
digest_compression(const struct column_options *options, struct digest *digest)
{
	digest_add_count(digest, "codec", options->compression.kind);
	digest_add_count(digest, "level", (uint64_t)options->compression.level);
}

/* ---- bloom= ---- */

static bool
take_bloom(struct column_options *options, struct view word, struct nest_error *error)
{
	char text[WORD_MOST + 1] = "", *end = text;
	size_t size = word.size < WORD_MOST ? word.size : WORD_MOST;
	memcpy(text, word.data, size);
	if (strcmp(text, "on") == 0 || strcmp(text, "off") == 0) {
		options->bloom_rate = text[1] == 'n' ? BLOOM_RATE : 0;
		return true;
	}
	bool is_number = size == word.size && text[0] >= '0' && text[0] <= '9';
	options->bloom_rate = strtod(text, &end);
	return (is_number && *end == '\0' && options->bloom_rate > 0 && options->bloom_rate < 1) ||
	       nest_error_set(error, NEST_USAGE,
		   "bloom=%s is neither on nor off, nor a rate of false positives between 0 and 1", text);
}

/* A filter finds bytes: booleans have none, nor have values that can be written in several ways. */
static bool
fit_bloom(const struct column_options *options, const struct schema_node *leaf, struct nest_error *error)
{
	bool has_forms = leaf->physical == PHYSICAL_BYTE_ARRAY && leaf->logical.kind == LOGICAL_DECIMAL;
	if (options->bloom_rate == 0 || (leaf->physical != PHYSICAL_BOOLEAN && !has_forms))
		return true;
	return nest_error_set(error, NEST_USAGE, "a bloom filter does not go with the type %s%s",
	    schema_physical_name(leaf->physical), has_forms ? " (DECIMAL)" : "");
}

static void
digest_bloom(const struct column_options *options, struct digest *digest)
{
	uint64_t bits;
	memcpy(&bits, &options->bloom_rate, sizeof bits);
	digest_add_count(digest, "bloom", bits);
}

/* ---- all settings ---- */

/* In the order of enum column_setting. */
static const struct setting {
	const char *name;
	bool (*take)(struct column_options *options, struct view word, struct nest_error *error);
	/* Whether a leaf can have it; NULL: any can. */
	bool (*fit)(
	    const struct column_options *options, const struct schema_node *leaf, struct nest_error *error);
	void (*digest)(const struct column_options *options, struct digest *digest);
} settings[] = {
    [COLUMN_ENCODING] = {"encoding", take_encoding, fit_encoding, digest_encoding},
    [COLUMN_COMPRESSION] = {"compression", take_compression, NULL, digest_compression},
    [COLUMN_BLOOM] = {"bloom", take_bloom, fit_bloom, digest_bloom},
};

enum { SETTING_COUNT = sizeof settings / sizeof *settings };

/* The part of TEXT before the first STOP, or all of it; TEXT moves past that. */
static struct view
cut(struct view *text, char stop)
{
	const uint8_t *found = text->size > 0 ? memchr(text->data, stop, text->size) : NULL;
	size_t size = found != NULL ? (size_t)(found - text->data) : text->size;
	struct view piece = {text->data, size};
	size += found != NULL;
	text->data += size;
	text->size -= size;
	return piece;
}

/* Takes one `name=word`. */
static bool
take_setting(struct column_options *options, struct view text, struct nest_error *error)
{
	int size = (int)(text.size < WORD_MOST ? text.size : WORD_MOST);
	const char *shown = (const char *)text.data;
	struct view name = cut(&text, '=');
	for (unsigned i = 0; i < SETTING_COUNT; i++) {
		if (!view_equal(name, view_of_text(settings[i].name)))
			continue;
		if (text.size == 0)
			return nest_error_set(
			    error, NEST_USAGE, "%s= stands without a value", settings[i].name);
		if (options->given >> i & 1)
			return nest_error_set(error, NEST_USAGE, "%s is given twice", settings[i].name);
		options->given |= 1u << i;
		return settings[i].take(options, text, error);
	}
	nest_error_set(error, NEST_USAGE, "'%.*s' is no setting of a column; there is", size, shown);
	for (unsigned i = 0; i < SETTING_COUNT; i++)
		nest_error_suffix(error, "%s %s=", i > 0 ? "," : "", settings[i].name);
	return false;
}

static bool
take_settings(struct column_options *options, struct view text, struct nest_error *error)
{
	bool more;
	do {
		more = memchr(text.data, ',', text.size) != NULL;
		if (!take_setting(options, cut(&text, ','), error))
			return false;
	} while (more);
	return true;
}

/* The settings of the column NAMES, perhaps new, to which more is added; NULL for lack of memory. */
static struct named_options *
find_or_add(struct columns_options *options, struct view names, struct nest_error *error)
{
	struct named_options *columns = (struct named_options *)(void *)options->columns.data;
	size_t count = options->columns.size / sizeof *columns;
	for (size_t i = 0; i < count; i++)
		if (view_equal((struct view){columns[i].names.data, columns[i].names.size}, names))
			return &columns[i];
	struct named_options added = {0};
	if (!buffer_append(&added.names, names.data, names.size, error) ||
	    !buffer_append(&options->columns, &added, sizeof added, error)) {
		buffer_free(&added.names);
		return NULL;
	}
	columns = (struct named_options *)(void *)options->columns.data;
	return &columns[count];
}

bool
columns_options_add(struct columns_options *options, const char *text, struct nest_error *error)
{
	struct view rest = view_of_text(text);
	struct buffer names = {0};
	struct named_options *column = NULL;
	bool fine = path_take(&rest, &names, error) &&
	            (rest.size > 1 || nest_error_set(error, NEST_USAGE,
					  "a colon and a setting are due behind the column's name")) &&
	            (column = find_or_add(options, (struct view){names.data, names.size}, error)) != NULL;
	buffer_free(&names);
	if (fine) {
		cut(&rest, ':');
		fine = take_settings(&column->options, rest, error);
	}
	return fine || (error->status == NEST_USAGE && nest_error_prefix(error, "--column '%s': ", text));
}

static int
compare_names(const void *left, const void *right)
{
	const struct named_options *a = left, *b = right;
	size_t shared = a->names.size < b->names.size ? a->names.size : b->names.size;
	int order = memcmp(a->names.data, b->names.data, shared);
	return order != 0 ? order : (a->names.size > b->names.size) - (a->names.size < b->names.size);
}

void
columns_options_settle(struct columns_options *options)
{
	size_t count = options->columns.size / sizeof(struct named_options);
	if (count > 0)
		qsort(options->columns.data, count, sizeof(struct named_options), compare_names);
}

void
columns_options_free(struct columns_options *options)
{
	struct named_options *columns = (struct named_options *)(void *)options->columns.data;
	for (size_t i = 0; i < options->columns.size / sizeof *columns; i++)
		buffer_free(&columns[i].names);
	buffer_free(&options->columns);
}

void
columns_options_digest(const struct columns_options *options, struct digest *digest)
{
	const struct named_options *columns =
	    (const struct named_options *)(const void *)options->columns.data;
	for (size_t i = 0; i < options->columns.size / sizeof *columns; i++) {
		const struct named_options *column = &columns[i];
		digest_add_text(digest, "column", (struct view){column->names.data, column->names.size});
		for (unsigned j = 0; j < SETTING_COUNT; j++)
			if (column->options.given >> j & 1)
				settings[j].digest(&column->options, digest);
	}
}

/* Chooses the settings of one column, and checks them against SCHEMA. */
static bool
choose(const struct named_options *column, const struct schema *schema, struct column_options *chosen,
    struct nest_error *error)
{
	uint32_t leaf;
	char path[PATH_BYTES];
	if (!path_find(schema, (struct view){column->names.data, column->names.size}, &leaf, error))
		return nest_error_prefix(error, "--column: ");
	uint32_t node = schema->leaves[leaf];
	for (unsigned i = 0; i < SETTING_COUNT; i++)
		if ((column->options.given >> i & 1) && settings[i].fit != NULL &&
		    !settings[i].fit(&column->options, &schema->nodes[node], error))
			return nest_error_prefix(
			    error, "--column: column %s: ", schema_path(schema, node, path, sizeof path));
	chosen[leaf] = column->options;
	return true;
}

bool
columns_options_choose(const struct columns_options *options, const struct schema *schema,
    struct column_options *chosen, struct nest_error *error)
{
	if (schema->leaf_count > 0)
		memset(chosen, 0, schema->leaf_count * sizeof *chosen);
	if (options == NULL)
		return true;
	const struct named_options *columns =
	    (const struct named_options *)(const void *)options->columns.data;
	for (size_t i = 0; i < options->columns.size / sizeof *columns; i++)
		if (!choose(&columns[i], schema, chosen, error))
			return false;
	return true;
}
