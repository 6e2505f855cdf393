// The sum of 16-bit words is the same in any order of bytes, but for the order of its own two, and 2^64 is 1 modulo 65535: so eight bytes
// are added at once, as the processor reads them, and the result is folded and turned round at the end.
#include "wire.h"

typedef unsigned __int128 wide; // the carries gather in its upper half

static uint64_t word_at(const uint8_t *at)
{
    uint64_t word;
    __builtin_memcpy(&word, at, sizeof word);
    return word;
}

static wide add(wide sum, const uint8_t *at, size_t length)
{
    for (; length >= 32; at += 32, length -= 32) {
        sum += word_at(at);
        sum += word_at(at + 8);
        sum += word_at(at + 16);
        sum += word_at(at + 24);
    }
    for (; length >= 8; at += 8, length -= 8)
        sum += word_at(at);
    uint64_t rest = 0;
    for (size_t i = 0; i < length; i++)
        rest |= (uint64_t)at[i] << (8 * i);
    return sum + rest;
}

static unsigned finish(wide sum)
{
    while (sum >> 16 != 0)
        sum = (sum & 0xffff) + (sum >> 16);
    return __builtin_bswap16((uint16_t)~(unsigned)sum);
}

unsigned checksum(const uint8_t *at, size_t length)
{
    return finish(add(0, at, length));
}

unsigned transport_checksum(uint32_t source, uint32_t destination, unsigned protocol, const uint8_t *at, size_t length)
{
    uint8_t also[12] = {0};
    put32(also, source);
    put32(also + 4, destination);
    put16(also + 8, protocol);
    put16(also + 10, (unsigned)length);
    return finish(add(add(0, also, sizeof also), at, length));
}
