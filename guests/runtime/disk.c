#include "disk.h"

enum { NOTHING_KEPT = -1 }; // no multiple of a block

void disk_open(struct disk *disk, const char *name)
{
    disk->block = block_require(name);
    disk->kept_at = (uint64_t)NOTHING_KEPT;
}

static bool keep(struct disk *disk, uint64_t at)
{
    const struct block *block = &disk->block;
    if (disk->kept_at == at)
        return true;
    bool read = block_read(block->handle, at, disk->kept, block->block_size) == RESULT_OK;
    disk->kept_at = read ? at : (uint64_t)NOTHING_KEPT;
    return read;
}

// Whole blocks go at once where they shall; of one that is wanted in part, the rest is probably wanted next.
bool disk_read(struct disk *disk, uint64_t at, void *bytes, size_t length)
{
    const struct block *block = &disk->block;
    uint8_t *to = bytes;
    if (at > block->capacity || length > block->capacity - at)
        return false;
    while (length > 0) {
        uint64_t skipped = at % block->block_size;
        size_t part = block->block_size - skipped;
        if (skipped == 0 && part <= length) {
            if (block_read(block->handle, at, to, part) != RESULT_OK)
                return false;
        } else {
            if (part > length)
                part = length;
            if (!keep(disk, at - skipped))
                return false;
            memcpy(to, disk->kept + skipped, part);
        }
        at += part;
        to += part;
        length -= part;
    }
    return true;
}
