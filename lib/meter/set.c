#include "lib/meter/set.h"

#include "lib/base/utf8.h"
#include "lib/meter/file.h"

#include <stdio.h>
#include <stdlib.h>

static int
compare(const void *a, const void *b)
{
	return strcmp(((const struct meter_set_entry *)a)->name, ((const struct meter_set_entry *)b)->name);
}

void
meter_set_free(struct meter_set *set)
{
	free(set->entries);
	free(set->text);
	*set = (struct meter_set){0};
}

/* The number of a word `KEYnumber`; false where the word is another. */
static bool
take_number(const char *word, const char *key, uint32_t *number)
{
	const char *digits = word + strlen(key);
	if (strncmp(word, key, strlen(key)) != 0 || *digits == '\0' ||
	    digits[strspn(digits, "0123456789")] != '\0' || strtoull(digits, NULL, 10) > METER_SCORE_LIMIT)
		return false;
	*number = (uint32_t)strtoull(digits, NULL, 10);
	return true;
}

/* Takes the words behind a name apart: labels stay in WORDS. */
static void
take_words(struct meter_set_entry *entry, char *words)
{
	char *end = words, *word;
	entry->labels = words;
	while ((word = strsep(&words, " \t,")) != NULL) {
		size_t size = strlen(word);
		if (size == 0 || take_number(word, "score=", &entry->score) ||
		    take_number(word, "failed=", &entry->failures) ||
		    take_number(word, "sampled=", &entry->sampled))
			continue;
		if (end > entry->labels)
			*end++ = ' ';
		memmove(end, word, size);
		end += size;
	}
	*end = '\0';
}

/* One entry from the line that ends in a zero; empty lines and comments give none. */
static bool
take_line(struct meter_set *set, char *line, size_t size, unsigned number, struct nest_error *error)
{
	if (size > 0 && line[size - 1] == '\r')
		line[--size] = '\0';
	if (size == 0 || line[0] == '#')
		return true;
	for (size_t i = 0; i < size; i++)
		if (((unsigned char)line[i] < 0x20 && line[i] != '\t') || line[i] == 0x7f)
			return nest_error_set(error, NEST_USAGE, "line %u: a control character", number);
	if (!utf8_valid((const uint8_t *)line, size))
		return nest_error_set(error, NEST_USAGE, "line %u: not UTF-8", number);
	size_t name = strcspn(line, "\t");
	if (name == 0)
		return nest_error_set(error, NEST_USAGE, "line %u: no name before the tab", number);
	struct meter_set_entry *entry = &set->entries[set->count++];
	entry->name = line;
	line[name] = '\0';
	take_words(entry, name < size ? line + name + 1 : line + size);
	return true;
}

static size_t
count_lines(struct view text)
{
	size_t lines = 1;
	for (size_t i = 0; i < text.size; i++)
		lines += text.data[i] == '\n';
	return lines;
}

/* Keeps only the first entry of each name. */
static void
drop_doubles(struct meter_set *set)
{
	size_t kept = 0;
	for (size_t i = 0; i < set->count; i++)
		if (kept == 0 || strcmp(set->entries[kept - 1].name, set->entries[i].name) != 0)
			set->entries[kept++] = set->entries[i];
	set->count = kept;
}

bool
meter_set_parse(struct meter_set *set, struct view text, struct nest_error *error)
{
	*set = (struct meter_set){0};
	if (text.size > METER_SET_BYTES)
		return nest_error_set(error, NEST_USAGE, "larger than %d bytes", (int)METER_SET_BYTES);
	size_t lines = count_lines(text);
	/* Some of them may be comments. */
	if (lines > 2 * (size_t)METER_SET_LIMIT)
		return nest_error_set(error, NEST_USAGE, "more than %d lines", 2 * (int)METER_SET_LIMIT);
	set->text = malloc(text.size + 1);
	set->entries = calloc(lines, sizeof *set->entries);
	if (set->text == NULL || set->entries == NULL) {
		meter_set_free(set);
		return nest_error_memory(error, text.size + lines * sizeof *set->entries, "a set of names");
	}
	if (text.size > 0)
		memcpy(set->text, text.data, text.size);
	set->text[text.size] = '\n';

	unsigned number = 0;
	for (char *line = set->text, *end = set->text + text.size + 1; line < end;) {
		char *stop = memchr(line, '\n', (size_t)(end - line));
		*stop = '\0';
		if (!take_line(set, line, (size_t)(stop - line), ++number, error)) {
			meter_set_free(set);
			return false;
		}
		line = stop + 1;
	}
	if (set->count > 0)
		qsort(set->entries, set->count, sizeof *set->entries, compare);
	drop_doubles(set);
	return true;
}

bool
meter_set_read(struct meter_set *set, const char *path, struct nest_error *error)
{
	*set = (struct meter_set){0};
	struct buffer text = {0};
	bool parsed = meter_file_read(path, METER_SET_BYTES, &text, error);
	if (parsed && !meter_set_parse(set, (struct view){text.data, text.size}, error))
		parsed = nest_error_prefix(error, "%s: ", path);
	buffer_free(&text);
	return parsed;
}

bool
meter_set_print(const struct meter_set_entry *entry, struct buffer *text, struct nest_error *error)
{
	char words[64] = "";
	size_t size = 0, has_labels = *entry->labels != '\0';
	if (entry->score > 0)
		size += (size_t)sprintf(words, " score=%u", (unsigned)entry->score);
	if (entry->score > 0 && entry->failures > 0)
		size += (size_t)sprintf(words + size, " failed=%u", (unsigned)entry->failures);
	if (entry->sampled > 0)
		size += (size_t)sprintf(words + size, " sampled=%u", (unsigned)entry->sampled);
	return buffer_print(text, error, "%s%s%s%s\n", entry->name, has_labels || size > 0 ? "\t" : "",
	    entry->labels, has_labels || size == 0 ? words : words + 1);
}

const struct meter_set_entry *
meter_set_find(const struct meter_set *set, const char *name)
{
	const struct meter_set_entry wanted = {.name = name};
	if (set->count == 0)
		return NULL;
	return bsearch(&wanted, set->entries, set->count, sizeof *set->entries, compare);
}
