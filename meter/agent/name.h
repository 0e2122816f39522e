/*
 * name - what a function is called in the tables: object.function.
 *
 * The object is `program` for the program itself, whatever its file is called, so that a set holds for it
 * under another name too.  That of a library is its file's name without `lib` before it and `.so` and what
 * follows behind it; characters that are neither letters, digits nor underscores become underscores.  The
 * function is its symbol: C++ names are written out, `a::b(int)` as `a.b`, so that overloads share a name, if
 * the program has a C++ library that can do it, else they stay as the linker sees them; what the compiler
 * appended (`.constprop.0`, `.isra.0`) is cut off; a function whose name begins with its library's and an
 * underscore loses that (`zmq_msg_send` of libzmq is zmq.msg_send).  A function without a symbol is called by
 * its address in the object, `object.0x12f0`.
 */
#ifndef METER_AGENT_NAME_H
#define METER_AGENT_NAME_H

#include <stddef.h>
#include <stdint.h>

enum { NAME_OBJECT_BYTES = 64, NAME_BYTES = 4096 };

#define NAME_PROGRAM "program"

/* The object's word for the file at PATH, NULL for the program. */
void name_object(char object[NAME_OBJECT_BYTES], const char *path);

/* The full name of a function; SYMBOL is NULL if it has none. */
void name_function(char name[NAME_BYTES], const char *object, const char *symbol, uint64_t address);

#endif
