// Between the files of tar.
#ifndef TAR_PARTS_H
#define TAR_PARTS_H

#include "tar.h"
#include "wire.h"

// What has been said in front of a header.
struct tar_ahead {
    bool path; // it stands in the tar already, and so does the link
    bool link;
    bool size;
    uint64_t bytes;
    bool holes; // of pax
    uint64_t major, minor;
    bool real;
    uint64_t real_size;
};

// tar.c: ends the guest where the disk cannot be read.
void tar_bytes(const struct tar *tar, uint64_t at, void *to, size_t length);

// tar-ahead.c. The contents are `size` bytes at tar->offset, and lie on the disk.
void tar_look_ahead(struct tar *tar, struct tar_ahead *ahead, char type, uint64_t size);
void tar_take_holes(struct tar *tar, const struct tar_ahead *ahead);

#endif
