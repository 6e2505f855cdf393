// Numbers as networks write them, the most significant byte first, and the checksum of the internet protocols. Addresses are numbers here.
#ifndef WIRE_H
#define WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// The four arguments of "%u.%u.%u.%u".
#define ADDRESS_PARTS(a) (unsigned)(a) >> 24, (unsigned)(a) >> 16 & 255, (unsigned)(a) >> 8 & 255, (unsigned)(a) & 255

// The builtin, because a call of memcpy costs more than the two bytes are worth.
static inline unsigned get16(const uint8_t *at)
{
    uint16_t value;
    __builtin_memcpy(&value, at, sizeof value);
    return __builtin_bswap16(value);
}

static inline uint32_t get32(const uint8_t *at)
{
    uint32_t value;
    __builtin_memcpy(&value, at, sizeof value);
    return __builtin_bswap32(value);
}

static inline void put16(uint8_t *at, unsigned value)
{
    uint16_t swapped = __builtin_bswap16((uint16_t)value);
    __builtin_memcpy(at, &swapped, sizeof swapped);
}

static inline void put32(uint8_t *at, uint32_t value)
{
    uint32_t swapped = __builtin_bswap32(value);
    __builtin_memcpy(at, &swapped, sizeof swapped);
}

static inline bool same_bytes(const uint8_t *a, const uint8_t *b, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        if (a[i] != b[i])
            return false;
    }
    return true;
}

// checksum.c: the internet checksum (RFC 1071), as it is put into a header. Over bytes that hold a right one it is 0.
unsigned checksum(const uint8_t *at, size_t length);
// The same for TCP and UDP, which also sum the addresses, the protocol and the length.
unsigned transport_checksum(uint32_t source, uint32_t destination, unsigned protocol, const uint8_t *at, size_t length);

#endif
