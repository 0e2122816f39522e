/*
 * library - functions of the C and C++ libraries, looked up behind those of the agent.
 */
#ifndef METER_AGENT_LIBRARY_H
#define METER_AGENT_LIBRARY_H

typedef void *library_finder(void *library, const char *name);

/* The true dlsym, which cannot be asked for by itself. */
library_finder *library_dlsym(void);

/* NAME's address, NULL without one.  What a plugin brought with it is in nobody's scope but its own. */
void *library_find(const char *name);

#endif
