// A disk beyond its ends, between its blocks, and in pieces that are no block.
#include "attempts.h"

static void attempt_both(const char *reading, const char *writing, uint64_t size, uint64_t offset)
{
    attempt(reading, KILLED, CALL(SYS_PREAD64, (uint64_t)disk.fd, (uint64_t)buffer, size, offset));
    attempt(writing, KILLED, CALL(SYS_PWRITE64, (uint64_t)disk.fd, (uint64_t)buffer, size, offset));
}

#define BOTH(name, size, offset) attempt_both("disk-read-" name, "disk-write-" name, size, offset)

void attempt_blocks(void)
{
    if (disk.fd < 0)
        return;
    uint64_t size = disk.block_size, end = disk.capacity, last = end - size;

    BOTH("at-the-end", size, end);
    BOTH("behind-the-end", size, end + size);
    BOTH("a-byte-too-far", size, last + 1);
    BOTH("far-behind", size, end << 8);
    BOTH("at-bit-31", size, 1ul << 31);
    BOTH("at-bit-32", size, 1ul << 32);
    BOTH("last-with-bit-32", size, last | 1ul << 32);
    BOTH("last-with-bit-62", size, last | 1ul << 62);
    BOTH("at-minus-size", size, -size);
    BOTH("at-minus-1", size, -1ul);
    BOTH("at-bit-63", size, 1ul << 63);

    BOTH("misaligned-1", size, 1);
    BOTH("misaligned-8", size, 8);
    BOTH("misaligned-half", size, size / 2);
    BOTH("misaligned-1-less", size, size - 1);
    BOTH("misaligned-1-more", size, size + 1);

    BOTH("of-nothing", 0, 0);
    BOTH("of-1", 1, 0);
    BOTH("of-1-less", size - 1, 0);
    BOTH("of-1-more", size + 1, 0);
    BOTH("of-two", 2 * size, 0);
    BOTH("of-half", size / 2, 0);
    BOTH("of-size-with-bit-31", size | 1ul << 31, 0);
    BOTH("of-size-with-bit-32", size | 1ul << 32, 0);
    BOTH("of-size-with-bit-63", size | 1ul << 63, 0);
    BOTH("of-minus-1", -1ul, 0);
}
