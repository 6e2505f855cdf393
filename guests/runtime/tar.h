// Reads a tar archive from a disk: POSIX ustar and pax, GNU's long names and large numbers, and files with holes as pax 1.0 has them. What is
// wrong with an archive ends the guest: "ABORT: NAME: ...", with the place in it.
#ifndef TAR_H
#define TAR_H

#include "disk.h"

enum { TAR_BLOCK = 512, TAR_NAME_SIZE = 4096 }; // of a path or a link, with its NUL

enum tar_kind { TAR_FILE, TAR_DIRECTORY, TAR_HARD_LINK, TAR_SYMBOLIC_LINK, TAR_OTHER };

struct tar {
    struct disk *disk;
    const char *name; // of the device, for messages
    uint64_t next;    // where the next header is

    // The entry that tar_next() has found.
    uint64_t header; // where it begins
    enum tar_kind kind;
    char path[TAR_NAME_SIZE]; // as it stands there: tar_clean_path() makes sense of it
    char link[TAR_NAME_SIZE]; // what a link leads to
    uint64_t offset;          // of the contents, and how many bytes there are of them
    uint64_t size;
    bool has_holes;     // then the contents begin with a map of them,
    uint64_t real_size; // and this is how long the file is
};

// The contents of a file. Where it has holes, pieces say what there is between them.
struct tar_file {
    uint64_t offset;
    uint64_t size;
    const struct tar_piece {
        uint64_t at;     // in the file
        uint64_t length;
        uint64_t offset; // on the disk
    } *pieces; // NULL: there are no holes
    uint64_t piece_count;
};

void tar_start(struct tar *tar, struct disk *disk, const char *name);
// False when the archive is over.
bool tar_next(struct tar *tar);
// Ends the guest: something about the entry, its header or what belongs to it is wrong.
_Noreturn void tar_refuse(const struct tar *tar, const char *why);

// Takes away what says nothing (slashes in front, in a row and at the end, dots) and refuses to leave the tree. Shorter than `path` was, in
// place; "" is the root.
void tar_clean_path(const struct tar *tar, char *path);

// Of an entry that is a TAR_FILE. The pieces are put on the heap.
struct tar_file tar_file_of(const struct tar *tar);
// Bytes that lie in the file. False where the disk cannot be read.
bool tar_read(struct disk *disk, const struct tar_file *file, uint64_t at, uint8_t *to, size_t length);

#endif
