/*
 * Which source file each function of a program or library is in, by its debug information.
 *
 * The agent of a metered program asks this, too (meter/agent/sources.h).
 */
#include "lib/base/buffer.h"
#include "lib/base/options.h"
#include "lib/base/program.h"
#include "meter/command.h"

#include <dwarf.h>
#include <elfutils/libdw.h>
#include <elfutils/libdwfl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ADDRESS_DIGITS = 16 };

struct list {
	struct buffer lines; /* char *: an address as linked, a blank, and the path of the source file */
	bool failed;         /* for lack of memory */
};

static bool
parse(int argc, char **argv, int *operands, struct nest_error *error)
{
	const struct option_spec options[] = {{0}};
	const struct program_usage usage = {"nest-meter", "sources program",
	    "Says which source file each function of a program or a library is in.", options};
	return options_parse(&usage, argc, argv, operands, error) &&
	       (argc - *operands == 1 || nest_error_set(error, NEST_USAGE,
					     "name a program or a library; see nest-meter sources --help"));
}

/* Takes empty parts, `.` and `..` out of PATH. */
static void
shorten(char *path)
{
	char *to = path;
	for (const char *at = path; *at != '\0';) {
		size_t size = strcspn(at, "/");
		const char *next = at + size + (at[size] == '/');
		char *before = to > path + 1 ? memrchr(path, '/', (size_t)(to - path) - 1) : NULL;
		bool drops = (size == 0 && at > path) || (size == 1 && *at == '.');
		if (size == 2 && strncmp(at, "..", 2) == 0 && before != NULL)
			to = before + 1;
		else if (!drops) {
			memmove(to, at, (size_t)(next - at));
			to += next - at;
		}
		at = next;
	}
	*to = '\0';
}

/* Of a function in pieces, the first has its beginning. */
static bool
find_beginning(Dwarf_Die *function, Dwarf_Addr *address)
{
	Dwarf_Addr base, end;
	return (dwarf_entrypc(function, address) == 0 ||
		   dwarf_ranges(function, 0, &base, address, &end) > 0) &&
	       *address != 0;
}

/*
 * The line of the function at ADDRESS; NULL if its file is not known, or there is no memory.  Not by
 * dwarf_decl_file: before 0.190 it does not know file 0 of DWARF 5, and ends the process on -gsplit-dwarf.
 */
static char *
make_line(Dwarf_Addr address, Dwarf_Die *function, bool *failed)
{
	Dwarf_Attribute attribute, folder;
	Dwarf_Die unit;
	Dwarf_Files *files;
	Dwarf_Word number;
	size_t count;
	if (dwarf_formudata(dwarf_attr_integrate(function, DW_AT_decl_file, &attribute), &number) != 0 ||
	    dwarf_cu_die(attribute.cu, &unit, NULL, NULL, NULL, NULL, NULL, NULL) == NULL ||
	    dwarf_getsrcfiles(&unit, &files, &count) != 0)
		return NULL;
	const char *name = dwarf_filesrc(files, number, NULL, NULL), *from = NULL;
	if (name == NULL || strcmp(name, "???") == 0 || strpbrk(name, "\n\r") != NULL)
		return NULL;
	if (*name != '/')
		from = dwarf_formstring(dwarf_attr(&unit, DW_AT_comp_dir, &folder));
	char *line;
	*failed = asprintf(&line, "%0*llx %s%s%s", ADDRESS_DIGITS, (unsigned long long)address,
		      from != NULL ? from : "", from != NULL ? "/" : "", name) < 0;
	if (*failed)
		return NULL;
	shorten(line + ADDRESS_DIGITS + 1);
	return line;
}

static int
take(Dwarf_Die *function, void *to)
{
	struct list *list = to;
	struct nest_error ignored;
	Dwarf_Addr address;
	char *line = find_beginning(function, &address) ? make_line(address, function, &list->failed) : NULL;
	if (line != NULL && !buffer_append(&list->lines, &line, sizeof line, &ignored)) {
		free(line);
		list->failed = true;
	}
	return list->failed ? DWARF_CB_ABORT : DWARF_CB_OK;
}

static int
compare_lines(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* One line for each address. */
static void
print(char **lines, size_t count)
{
	qsort(lines, count, sizeof *lines, compare_lines);
	for (size_t i = 0; i < count; i++)
		if (i == 0 || strncmp(lines[i], lines[i - 1], ADDRESS_DIGITS) != 0)
			puts(lines[i]);
}

static bool
collect(struct list *list, Dwfl *dwfl, const char *path, struct nest_error *error)
{
	Dwarf_Die *unit = NULL;
	Dwarf_Addr bias;
	Dwfl_Module *module = dwfl_report_offline(dwfl, "", path, -1);
	if (module == NULL)
		return nest_error_set(
		    error, NEST_USAGE, "unable to read %s: %s", path, dwfl_errmsg(dwfl_errno()));
	dwfl_report_end(dwfl, NULL, NULL);
	while ((unit = dwfl_module_nextcu(module, unit, &bias)) != NULL) {
		/* With -gsplit-dwarf, the unit is in a file of its own. */
		Dwarf_Die split;
		uint8_t kind;
		bool is_split = dwarf_cu_info(unit->cu, NULL, &kind, NULL, &split, NULL, NULL, NULL) == 0 &&
		                kind == DW_UT_skeleton && dwarf_tag(&split) != DW_TAG_invalid;
		dwarf_getfuncs(is_split ? &split : unit, take, list, 0);
	}
	if (list->failed)
		return nest_error_memory(error, list->lines.size, "the functions");
	return list->lines.size > 0 ||
	       nest_error_set(error, NEST_INVALID,
		   "%s has no debug information: no group of files or directories has a function of it; "
		   "compile it with -g, or install its debug symbols",
		   path);
}

int
command_sources(int argc, char **argv, struct nest_error *error)
{
	static char *places; /* the usual ones for debug information in files of its own */
	static const Dwfl_Callbacks callbacks = {.find_elf = dwfl_build_id_find_elf,
	    .find_debuginfo = dwfl_standard_find_debuginfo,
	    .section_address = dwfl_offline_section_address,
	    .debuginfo_path = &places};
	int operands;
	if (!parse(argc, argv, &operands, error))
		return COMMAND_FAILED;
	struct list list = {0};
	Dwfl *dwfl = dwfl_begin(&callbacks);
	bool done = dwfl != NULL ? collect(&list, dwfl, argv[operands], error)
	                         : nest_error_memory(error, sizeof list, "debug information");
	char **lines = (char **)(void *)list.lines.data;
	size_t count = list.lines.size / sizeof *lines;
	if (done)
		print(lines, count);
	for (size_t i = 0; i < count; i++)
		free(lines[i]);
	buffer_free(&list.lines);
	dwfl_end(dwfl);
	if (!done && error->status == NEST_INVALID) {
		program_warn("%s", error->text);
		return NEST_INVALID;
	}
	return done ? NEST_OK : COMMAND_FAILED;
}
