#include "meter/agent/name.h"
#include "meter/agent/agent.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef char *demangler(const char *mangled, char *room, size_t *size, int *status);

void
name_object(char object[NAME_OBJECT_BYTES], const char *path)
{
	if (path == NULL) {
		strcpy(object, NAME_PROGRAM);
		return;
	}
	const char *base = basename(path);
	const char *end = strstr(base, ".so");
	if (end == NULL || (end[3] != '\0' && end[3] != '.'))
		end = base + strlen(base);
	if (strncmp(base, "lib", 3) == 0 && end - base > 3 && *end != '\0')
		base += 3;
	size_t length = 0;
	for (; base < end && length + 1 < NAME_OBJECT_BYTES; base++)
		object[length++] = (char)(isalnum((unsigned char)*base) ? *base : '_');
	if (length == 0)
		object[length++] = '_';
	object[length] = '\0';
}

/* Where the parameters of a demangled C++ name begin: where the bracket that closes last is opened. */
static const char *
parameters(const char *text)
{
	size_t length = strlen(text);
	int depth = 0;
	for (const char *at = text + length; at-- > text;) {
		if (*at == ')')
			depth++;
		else if (*at == '(' && --depth == 0)
			return strncmp(at, "(anonymous namespace)", 21) == 0 ? text + length : at;
	}
	return text + length;
}

/* Drops blanks or makes them underscores; `::` outside of angle brackets becomes a dot. */
static size_t
write_plain(char *out, size_t room, const char *text, const char *end)
{
	size_t length = 0;
	int depth = 0;
	bool is_operator = false;
	for (; text < end && length + 1 < room; text++) {
		if (strncmp(text, "operator", 8) == 0)
			is_operator = true;
		if (!is_operator)
			depth += (*text == '<') - (*text == '>');
		if (*text == ':' && text[1] == ':' && depth == 0) {
			out[length++] = '.';
			text++;
		} else if (*text == ' ')
			out[length] = '_', length += length > 0 && out[length - 1] != ',' && text[1] != '>';
		else
			out[length++] = *text;
	}
	out[length] = '\0';
	return length;
}

/* A template's demangled name begins with its return type, which ends at a blank outside of brackets. */
static const char *
behind_type(const char *text, const char *end)
{
	const char *begin = text;
	int depth = 0;
	for (; text < end && strncmp(text, "operator", 8) != 0; text++) {
		depth += (*text == '<' || *text == '(') - (*text == '>' || *text == ')');
		if (*text == ' ' && depth == 0)
			begin = text + 1;
	}
	return begin;
}

static bool
write_demangled(char *out, size_t room, const char *symbol)
{
	demangler *demangle = (demangler *)agent_find("__cxa_demangle");
	int status = -1;
	char *text = demangle != NULL ? demangle(symbol, NULL, NULL, &status) : NULL;
	if (text == NULL)
		return false;
	const char *end = parameters(text);
	write_plain(out, room, behind_type(text, end), end);
	free(text);
	return status == 0;
}

void
name_function(char name[NAME_BYTES], const char *object, const char *symbol, uint64_t address)
{
	int length = snprintf(name, NAME_BYTES, "%s.", object);
	char *out = name + length;
	size_t room = NAME_BYTES - (size_t)length;
	if (symbol == NULL || *symbol == '\0') {
		snprintf(out, room, "0x%llx", (unsigned long long)address);
		return;
	}
	if (strncmp(symbol, "_Z", 2) == 0 && write_demangled(out, room, symbol))
		return;
	size_t prefix = strlen(object);
	if (strcmp(object, NAME_PROGRAM) != 0 && strncmp(symbol, object, prefix) == 0 &&
	    symbol[prefix] == '_' && symbol[prefix + 1] != '\0')
		symbol += prefix + 1;
	const char *dot = strchr(symbol, '.');
	write_plain(out, room, symbol, dot != NULL && dot > symbol ? dot : symbol + strlen(symbol));
}
