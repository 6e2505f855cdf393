// Asks the host's name server (RFC 1035) for the address of a name.
#ifndef DNS_H
#define DNS_H

#include "host.h"

enum dns_answer {
    DNS_FOUND,
    DNS_UNKNOWN, // there is no such name, or it has no IPv4 address
    DNS_FAILED,  // nobody answers, or not sensibly
};

// Waits for the answer; connections live on meanwhile. An address in place of a name is its own answer.
enum dns_answer dns_resolve(const char *name, uint32_t *address);

const char *dns_why(enum dns_answer answer);

#endif
