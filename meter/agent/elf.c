#include "meter/agent/elf.h"
#include "lib/meter/meter.h"

#include <elf.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Bytes of a file, followed by a zero; NULL if they are not there. */
struct part {
	void *bytes;
	size_t size;
};

static void
part_free(struct part *part)
{
	meter_pages_free(part->bytes, part->size + 1);
	*part = (struct part){NULL, 0};
}

static struct part
read_part(int file, uint64_t offset, uint64_t size)
{
	enum { PART_LIMIT = 1 << 30 };
	struct part part = {NULL, 0};
	if (size > 0 && size <= PART_LIMIT && offset <= INT64_MAX - size)
		part = (struct part){meter_pages((size_t)size + 1), (size_t)size};
	for (size_t done = 0; part.bytes != NULL && done < part.size;) {
		ssize_t got =
		    pread(file, (char *)part.bytes + done, part.size - done, (off_t)(offset + done));
		if (got <= 0)
			part_free(&part);
		else
			done += (size_t)got;
	}
	return part;
}

/* A file while it is read. */
struct file {
	int number;
	Elf64_Ehdr header;
	struct part sections;
	struct part names; /* of the sections */
};

static bool
is_readable(const Elf64_Ehdr *header)
{
	unsigned char order = __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? ELFDATA2LSB : ELFDATA2MSB;
	return memcmp(header->e_ident, ELFMAG, SELFMAG) == 0 && header->e_ident[EI_CLASS] == ELFCLASS64 &&
	       header->e_ident[EI_DATA] == order && header->e_shentsize == sizeof(Elf64_Shdr);
}

/* NULL if the file has no section of that number. */
static const Elf64_Shdr *
section_at(const struct file *file, size_t number)
{
	const Elf64_Shdr *sections = file->sections.bytes;
	return sections != NULL && number < file->header.e_shnum ? &sections[number] : NULL;
}

static const Elf64_Shdr *
section_of_type(const struct file *file, uint32_t type)
{
	const Elf64_Shdr *section;
	for (size_t i = 0; (section = section_at(file, i)) != NULL; i++)
		if (section->sh_type == type)
			return section;
	return NULL;
}

static struct part
read_section(const struct file *file, const Elf64_Shdr *section)
{
	if (section == NULL)
		return (struct part){NULL, 0};
	return read_part(file->number, section->sh_offset, section->sh_size);
}

static bool
file_open(struct file *file, const char *path)
{
	*file = (struct file){.number = open(path, O_RDONLY | O_CLOEXEC)};
	if (file->number < 0 ||
	    pread(file->number, &file->header, sizeof file->header, 0) != (ssize_t)sizeof file->header ||
	    !is_readable(&file->header))
		return false;
	file->sections = read_part(
	    file->number, file->header.e_shoff, (uint64_t)file->header.e_shnum * sizeof(Elf64_Shdr));
	file->names = read_section(file, section_at(file, file->header.e_shstrndx));
	return file->names.bytes != NULL;
}

static void
file_close(struct file *file)
{
	if (file->number >= 0)
		close(file->number);
	part_free(&file->sections);
	part_free(&file->names);
}

static const char *
text_at(const struct part *text, size_t place)
{
	return place < text->size ? (const char *)text->bytes + place : "";
}

/* A table of symbols, with their texts; without either it counts none. */
struct table {
	struct part symbols, text;
	size_t count;
};

static struct table
table_read(const struct file *file, uint32_t type)
{
	struct table table = {0};
	const Elf64_Shdr *section = section_of_type(file, type);
	if (section == NULL || section->sh_entsize != sizeof(Elf64_Sym))
		return table;
	table.symbols = read_section(file, section);
	table.text = read_section(file, section_at(file, section->sh_link));
	if (table.symbols.bytes != NULL && table.text.bytes != NULL)
		table.count = table.symbols.size / sizeof(Elf64_Sym);
	return table;
}

static void
table_free(struct table *table)
{
	part_free(&table->symbols);
	part_free(&table->text);
}

static void
note_needs(struct elf_object *object, const struct table *table)
{
	const Elf64_Sym *symbols = table->symbols.bytes;
	for (size_t i = 0; i < table->count; i++) {
		if (symbols[i].st_shndx != SHN_UNDEF)
			continue;
		const char *name = text_at(&table->text, symbols[i].st_name);
		if (strcmp(name, "__cyg_profile_func_enter") == 0)
			object->calls_hooks = true;
		else if (strcmp(name, "pthread_cancel") == 0)
			object->cancels = true;
		else if (strcmp(name, "_Unwind_Resume") == 0 || strcmp(name, "__gxx_personality_v0") == 0 ||
			 strcmp(name, "__gcc_personality_v0") == 0)
			object->unwinds_dynamically = true;
	}
}

static void
note_sections(struct elf_object *object, const struct file *file)
{
	const Elf64_Shdr *section;
	for (size_t i = 0; (section = section_at(file, i)) != NULL; i++) {
		const char *name = text_at(&file->names, section->sh_name);
		if (strcmp(name, "__patchable_function_entries") == 0 &&
		    (section->sh_flags & SHF_ALLOC) != 0) {
			object->sleds = section->sh_addr;
			object->sleds_bytes = section->sh_size;
		} else if (strcmp(name, ".gcc_except_table") == 0)
			object->has_handlers = true;
	}
}

static bool
is_function(const Elf64_Sym *symbol)
{
	unsigned char type = ELF64_ST_TYPE(symbol->st_info);
	return (type == STT_FUNC || type == STT_GNU_IFUNC) && symbol->st_shndx != SHN_UNDEF;
}

/* By address; of the names of one address, a shorter one comes first. */
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

static void
take_symbols(struct elf_object *object, struct table *table)
{
	const Elf64_Sym *symbols = table->symbols.bytes;
	struct elf_symbol *taken = meter_pages((table->count + 1) * sizeof *taken);
	if (taken == NULL)
		return;
	size_t count = 0, kept = 0;
	for (size_t i = 0; i < table->count; i++)
		if (is_function(&symbols[i]))
			taken[count++] = (struct elf_symbol){.address = symbols[i].st_value,
			    .size = symbols[i].st_size,
			    .name = text_at(&table->text, symbols[i].st_name)};
	qsort(taken, count, sizeof *taken, compare_symbols);
	for (size_t i = 0; i < count; i++)
		if (i == 0 || taken[i].address != taken[kept - 1].address)
			taken[kept++] = taken[i];
	object->symbols = taken;
	object->symbol_count = kept;
	table->text = (struct part){NULL, 0}; /* it stays, for the names */
}

bool
elf_read(struct elf_object *object, const char *path)
{
	struct file file;
	*object = (struct elf_object){0};
	if (file_open(&file, path)) {
		struct table linked = table_read(&file, SHT_DYNSYM);
		note_sections(object, &file);
		note_needs(object, &linked);
		if (elf_is_metered(object)) {
			struct table all = table_read(&file, SHT_SYMTAB);
			take_symbols(object, all.count > 0 ? &all : &linked);
			table_free(&all);
		}
		table_free(&linked);
	}
	file_close(&file);
	return elf_is_metered(object);
}

enum {
	HEAD_BYTES = 12, /* version, three encodings, the place of .eh_frame, the count */
	PAIR_BYTES = 8,  /* where a function begins, and more, relative to the table */
};

void
elf_take_unwinding(struct elf_object *object, uint64_t address, const unsigned char *table, size_t bytes)
{
	/*
	 * Version 1; .eh_frame relative to here, an unsigned count, pairs relative to the
	 * table, four bytes each.
	 */
	static const unsigned char kind[4] = {1, 0x1b, 0x03, 0x3b};
	uint32_t count;
	if (bytes < HEAD_BYTES || memcmp(table, kind, sizeof kind) != 0)
		return;
	memcpy(&count, table + HEAD_BYTES - sizeof count, sizeof count);
	if (count > (bytes - HEAD_BYTES) / PAIR_BYTES)
		return;
	object->unwinding = address;
	object->pairs = table + HEAD_BYTES;
	object->pair_count = count;
}

static uint64_t
address_of_symbol(const struct elf_object *object, size_t number)
{
	return object->symbols[number].address;
}

static uint64_t
address_of_pair(const struct elf_object *object, size_t number)
{
	int32_t distance;
	memcpy(&distance, object->pairs + number * PAIR_BYTES, sizeof distance);
	return object->unwinding + (uint64_t)(int64_t)distance;
}

/* How many of COUNT sorted addresses are below ADDRESS. */
static size_t
count_below(const struct elf_object *object, uint64_t address, size_t count,
    uint64_t (*address_of)(const struct elf_object *object, size_t number))
{
	size_t low = 0, high = count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (address_of(object, middle) < address)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

uint64_t
elf_first_from(const struct elf_object *object, uint64_t address)
{
	size_t pair = count_below(object, address, object->pair_count, address_of_pair);
	if (pair < object->pair_count)
		return address_of_pair(object, pair);
	size_t symbol = count_below(object, address, object->symbol_count, address_of_symbol);
	return symbol < object->symbol_count ? object->symbols[symbol].address : 0;
}

struct elf_symbol *
elf_find(const struct elf_object *object, uint64_t address, bool exact)
{
	size_t number = count_below(object, address, object->symbol_count, address_of_symbol);
	if (number < object->symbol_count && object->symbols[number].address == address)
		return &object->symbols[number];
	if (exact || number == 0)
		return NULL;
	struct elf_symbol *symbol = &object->symbols[number - 1];
	return address - symbol->address < symbol->size ? symbol : NULL;
}
