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

/* A group is part of a probe's name or of a path, with neither control characters nor broken UTF-8. */
static bool
is_plain(const char *group)
{
	for (const char *at = group; *at != '\0'; at++)
		if ((unsigned char)*at < 0x20 || *at == 0x7f || *at == '\\')
			return false;
	return utf8_valid((const uint8_t *)group, strlen(group));
}

static const char *
check_path(const char *path)
{
	if (*path == '\0')
		return "nothing follows the colon";
	for (const char *part = path + (*path == '/'), *next; part != NULL; part = next) {
		size_t size = strcspn(part, "/");
		if (size == 0 || (size <= 2 && strspn(part, ".") == size))
			return "the path ends in a slash, or a part of it is empty, . or ..";
		next = part[size] != '\0' ? part + size + 1 : NULL;
	}
	return NULL;
}

/* Whether a word in small letters stands before a single colon. */
static bool
has_prefix(const char *group)
{
	size_t size = strspn(group, "abcdefghijklmnopqrstuvwxyz");
	return size > 0 && group[size] == ':' && group[size + 1] != ':';
}

static void
cut_dots(char *name)
{
	for (size_t size = strlen(name); size > 1 && name[size - 1] == '.';)
		name[--size] = '\0';
}

/* Cuts off dots at the end, and `.*` unless it is part of a larger pattern. */
static void
cut_name(char *name)
{
	cut_dots(name);
	const char *wild = strpbrk(name, "*?");
	if (wild != NULL && wild > name + 1 && strcmp(wild - 1, ".*") == 0) {
		name[wild - name] = '\0';
		cut_dots(name);
	}
}

const char *
meter_group_check(char *group)
{
	const char *pattern;
	if (!is_plain(group))
		return "a name group has a control character, a backslash or broken UTF-8";
	enum kind kind = kind_of(group, &pattern);
	if (kind == NAMES || kind == WORD) {
		if (has_prefix(group))
			return "before a colon stands object, file or directory; in names, write ? for a "
			       "colon";
		cut_name(group);
		return NULL;
	}
	char *last = group + strlen(group) - 1;
	if (kind == DIRECTORY && last > pattern && *last == '/')
		*last = '\0';
	return check_path(pattern);
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
