// Block and network devices, by the rules of Solo5's API: a device is known by the name that the manifest declares, and asked for by its
// handle. What the rules forbid is refused here, before the kernel sees it; guests that test the kernel's filter go around this file.
#ifndef DEVICES_H
#define DEVICES_H

#include "guest.h"

enum result {
    RESULT_OK,
    RESULT_AGAIN,       // nothing to read now
    RESULT_INVALID,     // against the rules: handle, offset, size
    RESULT_UNSPECIFIED, // the host refused
};

enum { BLOCK_SIZE_MAX = 32768, MTU_MAX = 65535, ETHERNET_HEADER = 14 };

struct block {
    unsigned handle;
    int32_t fd;
    uint64_t capacity; // bytes
    uint64_t block_size;
};

struct net {
    unsigned handle;
    int32_t fd;
    uint8_t mac[6];
    size_t mtu; // without the Ethernet header
};

// First of all, before any device is asked for.
void devices_start(const struct boot_info *boot);

// RESULT_INVALID when no device of that name and type is declared.
enum result block_acquire(const char *name, struct block *block);
enum result net_acquire(const char *name, struct net *net);
// The same, for a guest that cannot do without: ends it with "FAILED: no ... device".
struct block block_require(const char *name);
struct net net_require(const char *name);

// Exactly one block, at a multiple of its size.
enum result block_read(unsigned handle, uint64_t offset, void *bytes, size_t size);
enum result block_write(unsigned handle, uint64_t offset, const void *bytes, size_t size);

// One frame, from the destination address on, without its checksum. A frame longer than `size` is cut.
enum result net_read(unsigned handle, void *frame, size_t size, size_t *length);
enum result net_write(unsigned handle, const void *frame, size_t length);

#endif
