// SHA-256 (FIPS 180-4).
#ifndef SHA256_H
#define SHA256_H

#include "guest.h"

struct sha256 {
    uint32_t state[8];
    uint64_t length;
    uint8_t block[64];
};

enum { SHA256_TEXT_SIZE = 65 };

void sha256_start(struct sha256 *sha);
void sha256_add(struct sha256 *sha, const uint8_t *bytes, size_t length);
// In hexadecimal. Nothing can be added afterwards.
void sha256_finish(struct sha256 *sha, char text[SHA256_TEXT_SIZE]);

#endif
