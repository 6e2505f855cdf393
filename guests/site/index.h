// What is in the archive, by path: where a file lies, what a link leads to. Built once, at the start; never changed afterwards.
#ifndef INDEX_H
#define INDEX_H

#include "tar.h"

enum { LINKS_MAX = 40 }; // on the way to one file, as on Linux

struct node {
    struct node *next; // of those whose hashes fall together
    uint64_t hash;
    enum { FILE_NODE, DIRECTORY_NODE, LINK_NODE, OTHER_NODE } kind;
    uint32_t length; // of the path
    const char *path;
    union {
        struct tar_file file;
        const char *target; // of a symbolic link
        uint64_t entries;   // of a directory
    } of;
};

struct index_counts {
    uint64_t files;
    uint64_t directories; // with the root
    uint64_t links;
    uint64_t bytes; // of the files, each name counted
};

// Ends the guest with "ABORT: ..." where the archive makes no sense, or where its index takes more memory than there is.
void index_build(struct disk *disk, const char *name);
struct index_counts index_counts(void);

// What a path leads to, through links: a file or a directory. NULL where there is nothing, or a link leads around in a circle. `..` at the root is the
// root, so that nothing leads out.
const struct node *index_find(const char *path);

#endif
