// Between the parts of the site: what it was told, and how it answers.
#ifndef SITE_H
#define SITE_H

#include "http.h"
#include "index.h"

enum { TITLE_SIZE = 64, QUIT_SIZE = 128 };

struct wishes {
    char title[TITLE_SIZE]; // of pages that are not in the archive
    char quit[QUIT_SIZE];   // the path that ends the guest; "": none
    uint16_t port;
    bool verbose;
};

extern struct wishes wishes;
extern struct disk disk;

void answer_request(struct http_client *client);

// types.c: the media type of a file, by the ending of its name.
const char *type_of(const char *path);

// path.c: "/a%20b?c" as "/a b". False where that makes no sense. `to` has TAR_NAME_SIZE bytes.
bool decode_path(const char *path, char *to);
// The name behind the last slash but one at the end, for a header: encoded, with a slash behind it, in `size` bytes. False where it has no room.
bool encode_name(const char *path, struct text *to);

// range.c
enum range { RANGE_WHOLE, RANGE_PART, RANGE_IMPOSSIBLE };
// What the value of "Range" asks of so many bytes: from where, and how many.
enum range parse_range(const char *value, uint64_t size, uint64_t *at, uint64_t *length);

#endif
