/* codec.c - the codecs behind one interface. */
#include "lib/parquet/codec.h"

#include "lib/meter/probe.h"
#include "lib/parquet/codec_library.h"

#include <stdio.h>

/* NULL for an unknown codec. */
static const struct codec_library *
find_library(int32_t kind)
{
	return kind >= 0 && kind < CODEC_KINDS ? &CODEC_LIBRARIES[kind] : NULL;
}

struct codec_name
codec_name(int32_t kind)
{
	struct codec_name name;
	const struct codec_library *library = find_library(kind);
	if (library != NULL)
		snprintf(name.text, sizeof name.text, "%s", library->name);
	else
		snprintf(name.text, sizeof name.text, "codec %d", kind);
	return name;
}

/* ---- choosing ---- */

static bool
find_word(struct view word, enum codec_kind *kind)
{
	for (int i = 0; i < CODEC_KINDS; i++) {
		const struct codec_library *library = &CODEC_LIBRARIES[i];
		*kind = (enum codec_kind)i;
		if ((i == CODEC_NONE || library->encode != NULL) &&
		    view_equal(word, view_of_text(library->name)))
			return true;
	}
	return false;
}

/* Parses a number of a few digits, perhaps negative. */
static bool
parse_level(struct view text, int *level)
{
	enum { DIGITS_MOST = 6 };
	bool is_below = text.size > 0 && text.data[0] == '-';
	*level = 0;
	if (text.size == is_below || text.size > DIGITS_MOST + (size_t)is_below)
		return false;
	for (size_t i = is_below; i < text.size; i++) {
		if (text.data[i] < '0' || text.data[i] > '9')
			return false;
		*level = *level * 10 + (text.data[i] - '0');
	}
	if (is_below)
		*level = -*level;
	return true;
}

bool
codec_parse(struct codec_choice *choice, struct view text, const char *what, struct nest_error *error)
{
	const uint8_t *colon = text.size > 0 ? memchr(text.data, ':', text.size) : NULL;
	struct view word = {text.data, colon != NULL ? (size_t)(colon - text.data) : text.size};
	if (!find_word(word, &choice->kind))
		return nest_error_set(error, NEST_USAGE, "%s: '%.*s' is none of " CODEC_WORDS, what,
		    (int)(text.size < 100 ? text.size : 100), (const char *)text.data);
	const struct codec_library *library = &CODEC_LIBRARIES[choice->kind];
	choice->level = library->usual;
	if (colon == NULL)
		return true;
	if (library->least == library->most)
		return nest_error_set(error, NEST_USAGE, "%s: %s has no levels", what, library->name);
	struct view level = {colon + 1, text.size - word.size - 1};
	if (parse_level(level, &choice->level) && choice->level >= library->least &&
	    choice->level <= library->most)
		return true;
	return nest_error_set(error, NEST_USAGE, "%s: '%.*s' is no level of %s, which has %d to %d", what,
	    (int)(level.size < 100 ? level.size : 100), (const char *)level.data, library->name,
	    library->least, library->most);
}

/* ---- writing ---- */

/* Makes the encoder for the choice, unless it exists. */
static bool
prepare_encoder(struct codec *codec, struct codec_choice choice, struct nest_error *error)
{
	const struct codec_library *library = &CODEC_LIBRARIES[choice.kind];
	void **encoder = &codec->encoders[choice.kind];
	if (library->make_encoder == NULL || (*encoder != NULL && codec->levels[choice.kind] == choice.level))
		return true;
	if (*encoder != NULL)
		library->free_encoder(*encoder);
	*encoder = library->make_encoder(choice.level);
	codec->levels[choice.kind] = choice.level;
	return *encoder != NULL ||
	       nest_error_set(error, NEST_FAILED, "unable to allocate memory for %s", library->name);
}

bool
codec_encode(struct codec *codec, struct codec_choice choice, struct buffer *out, struct view page,
    struct nest_error *error)
{
	if (choice.kind == CODEC_NONE)
		return buffer_append(out, page.data, page.size, error);
	NEST_SCOPE("parquet.compress");
	const struct codec_library *library = &CODEC_LIBRARIES[choice.kind];
	size_t bound = library->bound(page.size);
	if (!prepare_encoder(codec, choice, error) || !buffer_reserve(out, bound, error))
		return false;
	size_t size =
	    library->encode(codec->encoders[choice.kind], choice.level, page, out->data + out->size, bound);
	out->size += size;
	return size > 0 || nest_error_set(error, NEST_FAILED,
			       "unable to compress a page of %zu bytes with %s", page.size, library->name);
}

void
codec_free(struct codec *codec)
{
	for (int i = 0; i < CODEC_KINDS; i++)
		if (codec->encoders[i] != NULL)
			CODEC_LIBRARIES[i].free_encoder(codec->encoders[i]);
	buffer_free(&codec->packed);
	*codec = (struct codec){0};
}

/* ---- reading ---- */

static bool
decode_none(struct view page, uint8_t *out, size_t size, struct nest_error *error)
{
	if (page.size != size)
		return nest_error_set(error, NEST_INVALID,
		    "it has %zu bytes and no codec, but is to make %zu", page.size, size);
	if (size > 0)
		memcpy(out, page.data, size);
	return true;
}

static bool
decode(struct codec_reader *reader, int32_t kind, struct view page, uint8_t *out, size_t size,
    struct nest_error *error)
{
	const struct codec_library *library = find_library(kind);
	if (library == NULL || library->decode == NULL)
		return nest_error_set(error, NEST_INVALID, "it is compressed with %s, which is not read here",
		    codec_name(kind).text);
	void **decoder = &reader->decoders[kind];
	if (library->make_decoder != NULL && *decoder == NULL && (*decoder = library->make_decoder()) == NULL)
		return nest_error_set(error, NEST_FAILED, "unable to allocate memory for %s", library->name);
	return library->decode(*decoder, page, out, size) ||
	       nest_error_set(
		   error, NEST_INVALID, "its %s stream does not make %zu bytes", library->name, size);
}

bool
codec_decode(struct codec_reader *reader, int32_t kind, struct view page, size_t size, struct buffer *out,
    struct nest_error *error)
{
	NEST_SCOPE("parquet.decompress");
	/* One byte more, so that there is always a place to point to. */
	if (!buffer_reserve(out, size + 1, error))
		return false;
	uint8_t *at = out->data + out->size;
	bool fine = kind == CODEC_NONE ? decode_none(page, at, size, error)
	                               : decode(reader, kind, page, at, size, error);
	out->size += fine ? size : 0;
	return fine;
}

void
codec_reader_free(struct codec_reader *reader)
{
	for (int i = 0; i < CODEC_KINDS; i++)
		if (reader->decoders[i] != NULL)
			CODEC_LIBRARIES[i].free_decoder(reader->decoders[i]);
	*reader = (struct codec_reader){0};
}
