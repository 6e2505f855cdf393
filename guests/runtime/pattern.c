#include "pattern.h"

static uint64_t word(uint64_t offset)
{
    return offset % PATTERN_PERIOD / 8 * 0x9e3779b97f4a7c15u;
}

static uint8_t byte(uint64_t offset)
{
    return (uint8_t)(word(offset) >> (offset % 8 * 8));
}

void pattern_write(uint64_t offset, uint8_t *bytes, size_t length)
{
    for (; length > 0 && offset % 8 != 0; length--)
        *bytes++ = byte(offset++);
    for (; length >= 8; length -= 8, bytes += 8, offset += 8) {
        uint64_t value = word(offset);
        __builtin_memcpy(bytes, &value, sizeof value);
    }
    for (; length > 0; length--)
        *bytes++ = byte(offset++);
}

bool pattern_matches(uint64_t offset, const uint8_t *bytes, size_t length)
{
    uint64_t different = 0;
    for (; length > 0 && offset % 8 != 0; length--)
        different |= *bytes++ ^ byte(offset++);
    for (; length >= 8; length -= 8, bytes += 8, offset += 8) {
        uint64_t value;
        __builtin_memcpy(&value, bytes, sizeof value);
        different |= value ^ word(offset);
    }
    for (; length > 0; length--)
        different |= *bytes++ ^ byte(offset++);
    return different == 0;
}
