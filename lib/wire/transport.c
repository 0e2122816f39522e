#include "lib/wire/transport.h"

#include "lib/base/program.h"
#include "lib/meter/probe.h"
#include "lib/wire/socket_file.h"

#include <errno.h>
#include <netdb.h>
#include <string.h>

bool
transport_wait(zmq_pollitem_t *items, size_t count, struct nest_error *error)
{
	NEST_SCOPE("wire.wait");
	if (zmq_poll(items, (int)count, WAIT_MS) < 0) {
		for (size_t i = 0; i < count; i++)
			items[i].revents = 0;
		if (errno != EINTR)
			return nest_error_set(
			    error, NEST_FAILED, "unable to wait for a peer: %s", zmq_strerror(errno));
	}
	return program_interrupted() ? program_interrupt_error(error) : true;
}

bool
transport_is_pipe(const char *endpoint)
{
	return endpoint == NULL || strcmp(endpoint, "-") == 0;
}

bool
transport_is_local(const char *endpoint)
{
	return endpoint != NULL && strncmp(endpoint, "ipc://", 6) == 0;
}

const char *
transport_path(const char *endpoint)
{
	return endpoint + strlen("ipc://");
}

bool
transport_is_unknown(const char *endpoint)
{
	char host[256];
	const char *name = strstr(endpoint, "://") + 3, *end = strrchr(name, ':');
	struct addrinfo *found = NULL;
	if (transport_is_local(endpoint) || end == NULL || name[0] == '[' ||
	    (size_t)(end - name) >= sizeof host)
		return false;
	memcpy(host, name, (size_t)(end - name));
	host[end - name] = '\0';
	if (getaddrinfo(host, NULL, NULL, &found) == EAI_NONAME)
		return true;
	if (found != NULL)
		freeaddrinfo(found);
	return false;
}

bool
transport_check_endpoint(const char *endpoint, const char *option, struct nest_error *error)
{
	if (!transport_is_local(endpoint) && strncmp(endpoint, "tcp://", 6) != 0)
		return nest_error_set(error, NEST_USAGE,
		    "%s: '%s' is no endpoint: it must be ipc://PATH, tcp://HOST:PORT or -", option, endpoint);
	if (!transport_is_local(endpoint))
		return true;
	size_t size = strlen(transport_path(endpoint));
	if (size == 0 || size >= SOCKET_PATH_BYTES)
		return nest_error_set(error, NEST_USAGE,
		    "%s: the path of a socket must have 1 to %d bytes, and this one has %zu: %.128s", option,
		    SOCKET_PATH_BYTES - 1, size, endpoint);
	return true;
}
