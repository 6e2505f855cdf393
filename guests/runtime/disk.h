// The bytes of a block device, from any place and as many as are wanted, whatever the size of its blocks is.
#ifndef DISK_H
#define DISK_H

#include "devices.h"

struct disk {
    struct block block;
    uint64_t kept_at; // the place of a block that was wanted in part
    uint8_t kept[BLOCK_SIZE_MAX];
};

// Ends the guest with "FAILED: ..." where there is no such device.
void disk_open(struct disk *disk, const char *name);
// False where the device ends earlier, or the host refuses.
bool disk_read(struct disk *disk, uint64_t at, void *to, size_t length);

#endif
