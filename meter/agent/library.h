/*
 * library - looks up functions of the C and C++ libraries that the agent wraps.
 */
#ifndef METER_AGENT_LIBRARY_H
#define METER_AGENT_LIBRARY_H

typedef void *library_finder(void *library, const char *name);

/* The true dlsym, which dlsym cannot be asked for. */
library_finder *library_dlsym(void);

/* The address of NAME; NULL if there is none, as for libraries that only a plugin brought with it. */
void *library_find(const char *name);

#endif
