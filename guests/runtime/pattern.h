// The bytes that guests send in bulk, each known by its place: eight bytes number n, least significant first, are n times
// 0x9e3779b97f4a7c15 modulo 2^64. Every 2^20 bytes begin anew, so that a test makes one such piece and repeats it.
#ifndef PATTERN_H
#define PATTERN_H

#include "guest.h"

enum { PATTERN_PERIOD = 1 << 20 };

void pattern_write(uint64_t offset, uint8_t *bytes, size_t length);
bool pattern_matches(uint64_t offset, const uint8_t *bytes, size_t length);

#endif
