#include "meter/agent/elf.h"
#include "meter/agent/agent.h"

#include <elf.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A file while it is read. */
struct file {
	int number;
	Elf64_Ehdr header;
	Elf64_Shdr *sections;
	size_t sections_bytes;
	char *names; /* of the sections */
	size_t names_bytes;
};

enum { PART_LIMIT = 1 << 30 }; /* bytes of the largest section to read */

/* SIZE bytes from OFFSET, followed by a zero; NULL if they are not there.  *TAKEN is the size to unmap. */
static void *
read_part(int file, uint64_t offset, uint64_t size, size_t *taken)
{
	if (size == 0 || size > PART_LIMIT || offset > INT64_MAX - size)
		return NULL;
	char *memory = meter_pages((size_t)size + 1);
	if (memory == NULL)
		return NULL;
	for (size_t done = 0; done < size;) {
		ssize_t got = pread(file, memory + done, (size_t)size - done, (off_t)(offset + done));
		if (got <= 0) {
			meter_pages_free(memory, (size_t)size + 1);
			return NULL;
		}
		done += (size_t)got;
	}
	*taken = (size_t)size + 1;
	return memory;
}

static bool
is_readable(const Elf64_Ehdr *header)
{
	const uint16_t one = 1;
	unsigned char order = *(const unsigned char *)&one == 1 ? ELFDATA2LSB : ELFDATA2MSB;
	return memcmp(header->e_ident, ELFMAG, SELFMAG) == 0 && header->e_ident[EI_CLASS] == ELFCLASS64 &&
	       header->e_ident[EI_DATA] == order && header->e_shentsize == sizeof(Elf64_Shdr) &&
	       header->e_shnum > 0 && header->e_shstrndx < header->e_shnum;
}

static bool
file_open(struct file *file, const char *path)
{
	*file = (struct file){.number = open(path, O_RDONLY | O_CLOEXEC)};
	if (file->number < 0)
		return false;
	if (pread(file->number, &file->header, sizeof file->header, 0) != (ssize_t)sizeof file->header ||
	    !is_readable(&file->header))
		return false;
	file->sections = read_part(file->number, file->header.e_shoff,
	    (uint64_t)file->header.e_shnum * sizeof(Elf64_Shdr), &file->sections_bytes);
	if (file->sections == NULL)
		return false;
	const Elf64_Shdr *names = &file->sections[file->header.e_shstrndx];
	if (names->sh_type != SHT_STRTAB)
		return false;
	file->names = read_part(file->number, names->sh_offset, names->sh_size, &file->names_bytes);
	return file->names != NULL;
}

static void
file_close(struct file *file)
{
	if (file->number >= 0)
		close(file->number);
	meter_pages_free(file->sections, file->sections_bytes);
	meter_pages_free(file->names, file->names_bytes);
}

static const Elf64_Shdr *
section_of_type(const struct file *file, uint32_t type)
{
	for (size_t i = 0; i < file->header.e_shnum; i++)
		if (file->sections[i].sh_type == type)
			return &file->sections[i];
	return NULL;
}

static const char *
section_name(const struct file *file, const Elf64_Shdr *section)
{
	return section->sh_name < file->names_bytes ? file->names + section->sh_name : "";
}

/* The parts of a symbol table: symbols and their texts. */
struct table {
	Elf64_Sym *symbols;
	size_t count;
	char *text;
	size_t text_bytes;
	size_t symbols_taken;
};

static void
table_free(struct table *table, bool text_too)
{
	meter_pages_free(table->symbols, table->symbols_taken);
	if (text_too)
		meter_pages_free(table->text, table->text_bytes);
	*table = (struct table){0};
}

static bool
table_read(struct table *table, const struct file *file, uint32_t type)
{
	*table = (struct table){0};
	const Elf64_Shdr *section = section_of_type(file, type);
	if (section == NULL || section->sh_entsize != sizeof(Elf64_Sym) ||
	    section->sh_link >= file->header.e_shnum)
		return false;
	const Elf64_Shdr *text = &file->sections[section->sh_link];
	table->count = section->sh_size / sizeof(Elf64_Sym);
	table->symbols = read_part(
	    file->number, section->sh_offset, table->count * sizeof(Elf64_Sym), &table->symbols_taken);
	table->text = read_part(file->number, text->sh_offset, text->sh_size, &table->text_bytes);
	if (table->symbols != NULL && table->text != NULL)
		return true;
	table_free(table, true);
	return false;
}

static const char *
symbol_text(const struct table *table, const Elf64_Sym *symbol)
{
	return symbol->st_name < table->text_bytes ? table->text + symbol->st_name : "";
}

static void
note_needs(struct elf_object *object, const struct table *table)
{
	for (size_t i = 0; i < table->count; i++) {
		const Elf64_Sym *symbol = &table->symbols[i];
		if (symbol->st_shndx != SHN_UNDEF)
			continue;
		const char *name = symbol_text(table, symbol);
		if (strcmp(name, "__cyg_profile_func_enter") == 0)
			object->calls_hooks = true;
		else if (strcmp(name, "pthread_cancel") == 0)
			object->cancels = true;
		else if (strcmp(name, "_Unwind_Resume") == 0 || strcmp(name, "__gxx_personality_v0") == 0 ||
			 strcmp(name, "__gcc_personality_v0") == 0)
			object->unwinds_dynamically = true;
	}
}

static bool
is_function(const Elf64_Sym *symbol)
{
	unsigned char type = ELF64_ST_TYPE(symbol->st_info);
	return (type == STT_FUNC || type == STT_GNU_IFUNC) && symbol->st_shndx != SHN_UNDEF;
}

/* By address; of the names of one address, a global one, then a shorter one, comes first. */
static int
compare_symbols(const void *left, const void *right)
{
	const struct elf_symbol *a = left, *b = right;
	if (a->address != b->address)
		return a->address < b->address ? -1 : 1;
	size_t a_length = strlen(a->name), b_length = strlen(b->name);
	if (a_length != b_length)
		return a_length < b_length ? -1 : 1;
	return strcmp(a->name, b->name);
}

/* A heap sort: qsort may ask for memory, and the agent may be inside the program's malloc. */
static void
sink(struct elf_symbol *symbols, size_t at, size_t count)
{
	for (;;) {
		size_t child = 2 * at + 1;
		if (child >= count)
			return;
		if (child + 1 < count && compare_symbols(&symbols[child], &symbols[child + 1]) < 0)
			child++;
		if (compare_symbols(&symbols[at], &symbols[child]) >= 0)
			return;
		struct elf_symbol swap = symbols[at];
		symbols[at] = symbols[child];
		symbols[child] = swap;
		at = child;
	}
}

static void
sort(struct elf_symbol *symbols, size_t count)
{
	for (size_t i = count / 2; i-- > 0;)
		sink(symbols, i, count);
	for (size_t last = count; last-- > 1;) {
		struct elf_symbol swap = symbols[0];
		symbols[0] = symbols[last];
		symbols[last] = swap;
		sink(symbols, 0, last);
	}
}

static void
take_symbols(struct elf_object *object, struct table *table)
{
	size_t count = 0;
	for (size_t i = 0; i < table->count; i++)
		count += is_function(&table->symbols[i]);
	if (count == 0)
		return;
	object->symbols = meter_pages(count * sizeof *object->symbols);
	if (object->symbols == NULL)
		return;
	for (size_t i = 0; i < table->count; i++)
		if (is_function(&table->symbols[i]))
			object->symbols[object->symbol_count++] =
			    (struct elf_symbol){table->symbols[i].st_value, table->symbols[i].st_size,
				symbol_text(table, &table->symbols[i])};
	sort(object->symbols, object->symbol_count);
	size_t kept = 1;
	for (size_t i = 1; i < object->symbol_count; i++)
		if (object->symbols[i].address != object->symbols[kept - 1].address)
			object->symbols[kept++] = object->symbols[i];
	object->symbol_count = kept;
	table->text = NULL; /* it stays, for the names */
}

static void
note_sections(struct elf_object *object, const struct file *file)
{
	for (size_t i = 0; i < file->header.e_shnum; i++) {
		const Elf64_Shdr *section = &file->sections[i];
		const char *name = section_name(file, section);
		if (strcmp(name, "__patchable_function_entries") == 0 &&
		    (section->sh_flags & SHF_ALLOC) != 0) {
			object->sleds = section->sh_addr;
			object->sleds_bytes = section->sh_size;
		} else if (strcmp(name, ".gcc_except_table") == 0)
			object->has_handlers = true;
	}
}

bool
elf_read(struct elf_object *object, const char *path)
{
	struct file file;
	struct table table;
	*object = (struct elf_object){0};
	bool fine = file_open(&file, path);
	if (fine) {
		note_sections(object, &file);
		if (table_read(&table, &file, SHT_DYNSYM)) {
			note_needs(object, &table);
			table_free(&table, true);
		}
		bool metered = object->calls_hooks || object->sleds_bytes > 0;
		if (metered &&
		    (table_read(&table, &file, SHT_SYMTAB) || table_read(&table, &file, SHT_DYNSYM))) {
			take_symbols(object, &table);
			table_free(&table, true);
		}
	}
	file_close(&file);
	return fine;
}

const struct elf_symbol *
elf_first_from(const struct elf_object *object, uint64_t address)
{
	size_t low = 0, high = object->symbol_count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (object->symbols[middle].address < address)
			low = middle + 1;
		else
			high = middle;
	}
	return low < object->symbol_count ? &object->symbols[low] : NULL;
}

const struct elf_symbol *
elf_find(const struct elf_object *object, uint64_t address, bool exact)
{
	const struct elf_symbol *from = elf_first_from(object, address);
	if (from != NULL && from->address == address)
		return from;
	size_t before = from != NULL ? (size_t)(from - object->symbols) : object->symbol_count;
	if (exact || before == 0)
		return NULL;
	const struct elf_symbol *symbol = &object->symbols[before - 1];
	return address - symbol->address < symbol->size ? symbol : NULL;
}
