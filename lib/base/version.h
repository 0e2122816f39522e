/* version - the release; the Makefile reads it from here. */
#ifndef NEST_BASE_VERSION_H
#define NEST_BASE_VERSION_H

#define NEST_VERSION "0.1.0"

#endif
