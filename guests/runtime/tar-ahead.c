// What stands in front of a tar header because that has no room for it: records of pax (POSIX.1-2017, pax, “pax Extended Header”), which are
// lines of "LENGTH KEYWORD=VALUE", and long names of GNU.
#include "tar-parts.h"

enum { KEYWORD_MAX = 32, DIGITS_MAX = 20 }; // of keywords that mean something here, of 64 bits

struct record {
    char keyword[KEYWORD_MAX + 1]; // "" where it is longer than those that are known
    uint64_t value; // where it is
    uint64_t length;
    uint64_t end; // of the record
};

static void copy_name(const struct tar *tar, char to[TAR_NAME_SIZE], uint64_t at, uint64_t length)
{
    if (length >= TAR_NAME_SIZE)
        tar_refuse(tar, "a name of it has more than 4095 bytes");
    tar_bytes(tar, at, to, (size_t)length);
    to[length] = 0;
}

static void copy_long_name(const struct tar *tar, char to[TAR_NAME_SIZE], uint64_t length)
{
    char last;
    if (length == 0)
        tar_refuse(tar, "a long name without a name");
    tar_bytes(tar, tar->offset + length - 1, &last, 1);
    copy_name(tar, to, tar->offset, last == 0 ? length - 1 : length);
}

// A byte at a time: there are few, and the disk keeps their block.
static char byte_at(const struct tar *tar, uint64_t at, uint64_t end)
{
    char byte;
    if (at >= end)
        tar_refuse(tar, "a record of pax ends too early");
    tar_bytes(tar, at, &byte, 1);
    return byte;
}

static struct record read_record(const struct tar *tar, uint64_t at, uint64_t end)
{
    struct record record = {.keyword = ""};
    uint64_t start = at, length;
    char digits[DIGITS_MAX + 1];
    size_t count = 0;
    for (char byte = byte_at(tar, at++, end); byte != ' '; byte = byte_at(tar, at++, end)) {
        if (count == DIGITS_MAX)
            tar_refuse(tar, "a record of pax does not begin with its length");
        digits[count++] = byte;
    }
    digits[count] = 0;
    if (!parse_number(digits, 10, &length))
        tar_refuse(tar, "a record of pax does not begin with its length");
    if (length > end - start || length < at - start + 3) // a letter, `=` and the line feed
        tar_refuse(tar, "a record of pax has no length that is possible");
    record.end = start + length;
    count = 0;
    for (char byte = byte_at(tar, at++, record.end); byte != '='; byte = byte_at(tar, at++, record.end)) {
        if (count < KEYWORD_MAX)
            record.keyword[count] = byte;
        count++;
    }
    if (count > KEYWORD_MAX)
        record.keyword[0] = 0;
    record.value = at;
    if (at >= record.end || byte_at(tar, record.end - 1, record.end) != '\n')
        tar_refuse(tar, "a record of pax does not end with its line");
    record.length = record.end - 1 - at;
    return record;
}

static uint64_t number_of(const struct tar *tar, const struct record *record)
{
    char digits[DIGITS_MAX + 1] = "";
    uint64_t value;
    if (record->length <= DIGITS_MAX)
        tar_bytes(tar, record->value, digits, (size_t)record->length);
    if (!parse_number(digits, 10, &value))
        tar_refuse(tar, "a number in a record of pax is none");
    return value;
}

static void take_record(struct tar *tar, struct tar_ahead *ahead, const struct record *record)
{
    const char *keyword = record->keyword;
    if (same_text(keyword, "path") || same_text(keyword, "GNU.sparse.name")) {
        // What is called `path` for a file with holes is a name for programs that do not know of them.
        if (ahead->holes && keyword[0] == 'p')
            return;
        copy_name(tar, tar->path, record->value, record->length);
        ahead->path = true;
    } else if (same_text(keyword, "linkpath")) {
        copy_name(tar, tar->link, record->value, record->length);
        ahead->link = true;
    } else if (same_text(keyword, "size")) {
        ahead->bytes = number_of(tar, record);
        ahead->size = true;
    } else if (same_text(keyword, "GNU.sparse.major")) {
        ahead->major = number_of(tar, record);
        ahead->holes = true;
    } else if (same_text(keyword, "GNU.sparse.minor")) {
        ahead->minor = number_of(tar, record);
        ahead->holes = true;
    } else if (same_text(keyword, "GNU.sparse.realsize") || same_text(keyword, "GNU.sparse.size")) {
        ahead->real_size = number_of(tar, record);
        ahead->holes = ahead->real = true;
    }
}

void tar_look_ahead(struct tar *tar, struct tar_ahead *ahead, char type, uint64_t size)
{
    if (type == 'L') {
        copy_long_name(tar, tar->path, size);
        ahead->path = true;
    } else if (type == 'K') {
        copy_long_name(tar, tar->link, size);
        ahead->link = true;
    }
    if (type != 'x')
        return; // records for all that follow are comments and owners, and nobody asks for them here
    for (uint64_t at = tar->offset, end = at + size; at < end;) {
        struct record record = read_record(tar, at, end);
        take_record(tar, ahead, &record);
        at = record.end;
    }
}

void tar_take_holes(struct tar *tar, const struct tar_ahead *ahead)
{
    tar->has_holes = ahead->holes && tar->kind == TAR_FILE;
    tar->real_size = tar->has_holes ? ahead->real_size : tar->size;
    if (tar->has_holes && (ahead->major != 1 || ahead->minor != 0 || !ahead->real))
        tar_refuse(tar, "a file with holes in another way than that of pax 1.0");
}
