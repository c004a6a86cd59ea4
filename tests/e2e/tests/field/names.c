/* Loaded before nginx: hosts below .example.test are this machine; those below .field.test are a host whose
 * ports 80 and 443 lead to the ports that FIELD_PORTS names, for a test cannot listen there. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <dlfcn.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define FIELD "127.0.0.80"

static unsigned short port_80, port_443;

/* nginx gives its workers an environment of its own. */
__attribute__((constructor)) static void read_ports(void)
{
    const char *ports = getenv("FIELD_PORTS");

    if (ports != NULL) {
        sscanf(ports, "%hu %hu", &port_80, &port_443);
    }
}

static int ends_with(const char *text, const char *tail)
{
    size_t length = strlen(text), end = strlen(tail);

    return length > end && strcmp(text + length - end, tail) == 0;
}

int getaddrinfo(const char *node, const char *service, const struct addrinfo *hints, struct addrinfo **found)
{
    int (*next)(const char *, const char *, const struct addrinfo *, struct addrinfo **) =
        dlsym(RTLD_NEXT, "getaddrinfo");

    if (node != NULL && ends_with(node, ".example.test")) {
        node = "127.0.0.1";
    } else if (node != NULL && ends_with(node, ".field.test")) {
        node = FIELD;
    }
    return next(node, service, hints, found);
}

int connect(int fd, const struct sockaddr *address, socklen_t length)
{
    int (*next)(int, const struct sockaddr *, socklen_t) = dlsym(RTLD_NEXT, "connect");
    struct sockaddr_in there;

    if (address->sa_family == AF_INET && length == sizeof(there)) {
        memcpy(&there, address, sizeof(there));
        if (there.sin_addr.s_addr == inet_addr(FIELD)) {
            there.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
            there.sin_port = htons(ntohs(there.sin_port) == 80 ? port_80 : port_443);
            return next(fd, (struct sockaddr *) &there, length);
        }
    }
    return next(fd, address, length);
}
