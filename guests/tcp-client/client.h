// Between the parts of the TCP client.
#ifndef CLIENT_H
#define CLIENT_H

#include "dns.h"
#include "sha256.h"
#include "tcp.h"

enum { CONNECTIONS = 16, BUFFER_SIZE = 1 << 19, TARGET_SIZE = 1024 };

// How the guest ends, beside EXIT_OK and EXIT_USAGE.
enum {
    EXIT_REFUSED = 2,
    EXIT_TIMED_OUT = 3,
    EXIT_UNREACHABLE = 4,
    EXIT_BROKEN = 5, // the connection was reset, or ended too early
    EXIT_MISMATCH = 6,
    EXIT_STATUS = 7, // the server has said another status than 2xx, or nothing that is HTTP
    EXIT_NO_NAME = 8,
};

struct fetch {
    char target[TARGET_SIZE]; // HOST:PORT/PATH
    char expected[SHA256_TEXT_SIZE];
    bool raw; // no HTTP: says nothing and reads until the end
    bool uploads;
    uint64_t upload; // bytes of the pattern
};

// How long nothing may happen, in seconds.
enum { PATIENCE_TO_FETCH = 30, PATIENCE_TO_TRY = 4 }; // the latter is longer than it takes to hear that there is no such station

// Of "HOST:PORT", which is changed. EXIT_NO_NAME, and a line that says so, when there is no such host.
int resolve_endpoint(char *text, uint32_t *address, uint16_t *port);

int fetch_all(struct fetch *fetch, uint64_t patience);
// Prints a line for each of HOST:PORT,...
int try_all(char *list, uint64_t patience);

#endif
