#include "lib/meter/group.h"

#include "lib/base/utf8.h"

#include <string.h>

/* The later ones decide first. */
enum kind { WORD, OBJECT, DIRECTORY, FILE_OF_SOURCE, NAMES };

static const char *const prefixes[] = {
    [OBJECT] = "object:", [DIRECTORY] = "directory:", [FILE_OF_SOURCE] = "file:"};

/* What kind of group TEXT is; *PATTERN is what follows the prefix. */
static enum kind
kind_of(const char *text, const char **pattern)
{
	for (enum kind kind = OBJECT; kind <= FILE_OF_SOURCE; kind++) {
		size_t size = strlen(prefixes[kind]);
		*pattern = text + size;
		if (strncmp(text, prefixes[kind], size) == 0)
			return kind;
	}
	*pattern = text;
	bool any = text[strspn(text, "*?")] == '\0', wild = strpbrk(text, "*?") != NULL;
	return any || (!wild && strchr(text, '.') == NULL) ? WORD : NAMES;
}

/* ---- checking ---- */

static bool
starts_with(struct view word, const char *text)
{
	size_t size = strlen(text);
	return word.size >= size && memcmp(word.data, text, size) == 0;
}

/* Whether a word in small letters stands before a single colon. */
static bool
has_prefix(struct view word)
{
	size_t i = 0;
	while (i < word.size && word.data[i] >= 'a' && word.data[i] <= 'z')
		i++;
	return i > 0 && i < word.size && word.data[i] == ':' &&
	       (i + 1 == word.size || word.data[i + 1] != ':');
}

static const char *
check_path(struct view path)
{
	if (path.size == 0)
		return "nothing follows the colon";
	for (size_t i = path.data[0] == '/', begin = i; i <= path.size; i++) {
		if (i < path.size && path.data[i] != '/')
			continue;
		struct view part = {path.data + begin, i - begin};
		if (part.size == 0 || view_equal(part, view_of_text(".")) ||
		    view_equal(part, view_of_text("..")))
			return "the path ends in a slash, or a part of it is empty, . or ..";
		begin = i + 1;
	}
	return NULL;
}

/* A group is part of a probe's name or of a path, with neither control characters nor broken UTF-8. */
static bool
is_plain(struct view word)
{
	for (size_t i = 0; i < word.size; i++)
		if (word.data[i] < 0x20 || word.data[i] == 0x7f || word.data[i] == '\\')
			return false;
	return utf8_valid(word.data, word.size);
}

static size_t
size_without_dots(const uint8_t *name, size_t size)
{
	while (size > 1 && name[size - 1] == '.')
		size--;
	return size;
}

/* Cuts off dots at the end, and `.*` unless it is part of a larger pattern. */
static void
cut_name(struct view *word)
{
	const uint8_t *name = word->data;
	size_t size = size_without_dots(name, word->size), wild = 0;
	while (wild < size && name[wild] != '*' && name[wild] != '?')
		wild++;
	if (size > 2 && wild == size - 1 && name[wild] == '*' && name[wild - 1] == '.')
		size = size_without_dots(name, wild);
	word->size = size;
}

const char *
meter_group_check(struct view *word)
{
	if (!is_plain(*word))
		return "a name group has a control character, a backslash or broken UTF-8";
	for (enum kind kind = OBJECT; kind <= FILE_OF_SOURCE; kind++) {
		size_t size = strlen(prefixes[kind]);
		if (!starts_with(*word, prefixes[kind]))
			continue;
		if (kind == DIRECTORY && word->size > size + 1 && word->data[word->size - 1] == '/')
			word->size--;
		return check_path((struct view){word->data + size, word->size - size});
	}
	if (has_prefix(*word))
		return "before a colon stands object, file or directory; in names, write ? for a colon";
	cut_name(word);
	return NULL;
}

bool
meter_group_asks_file(const char *group)
{
	const char *pattern;
	enum kind kind = kind_of(group, &pattern);
	return kind == FILE_OF_SOURCE || kind == DIRECTORY;
}

/* ---- matching ---- */

/*
 * Whether PATTERN fits TEXT; with BELOW, the beginning of TEXT up to a slash instead.  Here and not by the
 * C library: a process that is metered asks for it wherever it meets a name.
 */
static bool
pattern_matches(const char *pattern, const char *text, bool below)
{
	const char *behind_star = NULL, *retry = NULL;
	while (*text != '\0')
		if (below && *pattern == '\0' && *text == '/')
			return true;
		else if (*pattern == '*') {
			behind_star = ++pattern;
			retry = text;
		} else if (*pattern == '?' || *pattern == *text) {
			bool any = *pattern++ == '?';
			for (text++; any && ((unsigned char)*text & 0xc0u) == 0x80u;)
				text++;
		} else if (behind_star != NULL) {
			pattern = behind_star;
			text = ++retry;
		} else
			return false;
	return !below && pattern[strspn(pattern, "*")] == '\0';
}

/* Whether PATTERN fits PATH, or its end from a slash on. */
static bool
path_matches(const char *pattern, const char *path, bool below)
{
	for (const char *at = path;; at++) {
		if (pattern_matches(pattern, at, below))
			return true;
		if (*pattern == '/' || (at = strchr(at, '/')) == NULL)
			return false;
	}
}

static bool
name_matches(const char *group, const char *name)
{
	if (strpbrk(group, "*?") != NULL)
		return pattern_matches(group, name, false);
	size_t size = strlen(group);
	return strncmp(group, name, size) == 0 && (name[size] == '\0' || name[size] == '.');
}

bool
meter_group_matches(const char *group, const char *name, struct meter_places places)
{
	const char *pattern;
	enum kind kind = kind_of(group, &pattern);
	if (kind == NAMES || kind == WORD)
		return name_matches(group, name);
	for (size_t i = 0; i < places.count; i++) {
		const char *path = kind == OBJECT ? places.places[i].object : places.places[i].file;
		if (*path != '\0' && path_matches(pattern, path, kind == DIRECTORY))
			return true;
	}
	return false;
}

/* The group that weighs most decides. */
static size_t
weight_of(const char *group)
{
	const char *pattern;
	enum { KIND_BITS = 24 };
	/* One more, so that "*" counts before nothing. */
	size_t weight = ((size_t)kind_of(group, &pattern) << KIND_BITS) + 1;
	for (; *pattern != '\0'; pattern++)
		weight += *pattern != '*' && *pattern != '?';
	return weight;
}

int
meter_groups_find(
    const struct meter_groups *groups, size_t count, const char *name, struct meter_places places)
{
	int found = -1;
	size_t most = 0;
	for (size_t i = 0; i < count; i++)
		for (size_t g = 0; g < groups[i].count; g++) {
			size_t weight = weight_of(groups[i].groups[g]);
			if (weight > most && meter_group_matches(groups[i].groups[g], name, places)) {
				most = weight;
				found = (int)i;
			}
		}
	return found;
}
