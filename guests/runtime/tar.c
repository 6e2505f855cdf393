// Headers of tar (POSIX.1-2017, pax, “ustar Interchange Format”), and what stands in front of them. They come from anywhere.
#include "tar-parts.h"

enum {
    AT_NAME = 0,
    AT_SIZE = 124,
    AT_SUM = 148,
    AT_TYPE = 156,
    AT_LINK = 157,
    AT_MAGIC = 257,
    AT_PREFIX = 345,
    NAME_FIELD = 100,
    SIZE_FIELD = 12,
    SUM_FIELD = 8,
    PREFIX_FIELD = 155,
};

void tar_start(struct tar *tar, struct disk *disk, const char *name)
{
    tar->disk = disk;
    tar->name = name;
    tar->next = 0;
}

_Noreturn void tar_refuse(const struct tar *tar, const char *why)
{
    say("ABORT: %s: the archive, at byte %lu: %s\n", tar->name, tar->header, why);
    guest_exit(EXIT_ABORTED);
}

void tar_bytes(const struct tar *tar, uint64_t at, void *to, size_t length)
{
    if (!disk_read(tar->disk, at, to, length))
        tar_refuse(tar, "the disk cannot be read");
}

static uint64_t octal(const struct tar *tar, const uint8_t *field, size_t length)
{
    uint64_t value = 0;
    size_t i = 0;
    while (i < length && field[i] == ' ')
        i++;
    for (; i < length && field[i] != ' ' && field[i] != 0; i++) {
        if (field[i] < '0' || field[i] > '7')
            tar_refuse(tar, "a number of its header is none");
        value = value << 3 | (uint64_t)(field[i] - '0'); // at most twelve digits
    }
    return value;
}

// Octal digits, or the way of GNU: a set bit in front, and the number itself.
static uint64_t number(const struct tar *tar, const uint8_t *field, size_t length)
{
    if ((field[0] & 0x80) == 0)
        return octal(tar, field, length);
    uint64_t value = field[0] & 0x7f;
    for (size_t i = 1; i < length; i++) {
        if (value >> 56 != 0)
            tar_refuse(tar, "a number of its header is more than 64 bits");
        value = value << 8 | field[i];
    }
    return value;
}

// Of all bytes, those of the checksum itself taken as blanks. Some old programs have added up signed characters.
static void check_sum(const struct tar *tar, const uint8_t *header)
{
    uint64_t stored = octal(tar, header + AT_SUM, SUM_FIELD), sum = 0, negative = 0;
    for (size_t i = 0; i < TAR_BLOCK; i++) {
        bool in_sum = i >= AT_SUM && i < AT_SUM + SUM_FIELD;
        sum += in_sum ? ' ' : header[i];
        negative += !in_sum && header[i] >= 0x80;
    }
    if (stored != sum && stored != sum - 256 * negative)
        tar_refuse(tar, "the checksum of its header is wrong");
}

static size_t field_length(const uint8_t *field, size_t size)
{
    size_t length = 0;
    while (length < size && field[length] != 0)
        length++;
    return length;
}

static void copy_name(char *to, const uint8_t *field, size_t size)
{
    size_t length = field_length(field, size);
    memcpy(to, field, length);
    to[length] = 0;
}

static bool has_prefix(const uint8_t *header)
{
    return same_bytes(header + AT_MAGIC, (const uint8_t *)"ustar\0" "00", 8); // GNU's older format has other fields there
}

static void copy_path(char *to, const uint8_t *header)
{
    size_t length = has_prefix(header) ? field_length(header + AT_PREFIX, PREFIX_FIELD) : 0;
    if (length > 0) {
        memcpy(to, header + AT_PREFIX, length);
        to[length++] = '/';
    }
    copy_name(to + length, header + AT_NAME, NAME_FIELD);
}

static bool ends_in_slash(const char *path)
{
    size_t length = strlen(path);
    return length > 0 && path[length - 1] == '/';
}

static enum tar_kind kind_of(const struct tar *tar, char type)
{
    switch (type) {
    case 0:
    case '0':
    case '7':
        // Before there was a type for them, directories were files whose names end in a slash.
        return ends_in_slash(tar->path) && tar->size == 0 ? TAR_DIRECTORY : TAR_FILE;
    case '1':
        return TAR_HARD_LINK;
    case '2':
        return TAR_SYMBOLIC_LINK;
    case '5':
        return TAR_DIRECTORY;
    case '3': // devices
    case '4':
    case '6': // pipes
    case 'V': // the name of the whole archive
        return TAR_OTHER;
    case 'S':
        tar_refuse(tar, "a file with holes in GNU's old way: make the archive with `tar --format=pax`");
    default:
        tar_refuse(tar, "no kind of file that is known");
    }
}

// Such entries may carry a size that means nothing.
static bool holds_nothing(char type)
{
    return type >= '2' && type <= '6';
}

static bool read_header(struct tar *tar, uint8_t header[TAR_BLOCK])
{
    tar->header = tar->next;
    if (tar->disk->block.capacity - tar->header < TAR_BLOCK)
        tar_refuse(tar, "the disk ends without the two blocks of zeroes that end an archive");
    tar_bytes(tar, tar->header, header, TAR_BLOCK);
    tar->next += TAR_BLOCK;
    if (!all_zero(header, header + TAR_BLOCK))
        return true;
    if (tar->disk->block.capacity - tar->next < TAR_BLOCK)
        tar_refuse(tar, "the disk ends behind the first of the two blocks of zeroes that end an archive");
    tar_bytes(tar, tar->next, header, TAR_BLOCK);
    if (!all_zero(header, header + TAR_BLOCK))
        tar_refuse(tar, "a single block of zeroes, where two end an archive");
    return false;
}

// What belongs to the header fills whole blocks.
static void pass_over(struct tar *tar, uint64_t size)
{
    uint64_t left = tar->disk->block.capacity - tar->next;
    if (size > left || align_up(size, TAR_BLOCK) > left)
        tar_refuse(tar, "its contents end behind the end of the disk");
    tar->next += align_up(size, TAR_BLOCK);
}

bool tar_next(struct tar *tar)
{
    static uint8_t header[TAR_BLOCK];
    struct tar_ahead ahead = {0};
    tar->path[0] = tar->link[0] = 0;
    while (read_header(tar, header)) {
        check_sum(tar, header);
        char type = (char)header[AT_TYPE];
        uint64_t size = number(tar, header + AT_SIZE, SIZE_FIELD);
        tar->offset = tar->next;
        if (type == 'x' || type == 'g' || type == 'L' || type == 'K') {
            pass_over(tar, size);
            tar_look_ahead(tar, &ahead, type, size);
            continue;
        }
        if (!ahead.path)
            copy_path(tar->path, header);
        if (!ahead.link)
            copy_name(tar->link, header + AT_LINK, NAME_FIELD);
        tar->size = holds_nothing(type) ? 0 : ahead.size ? ahead.bytes : size;
        pass_over(tar, tar->size);
        tar->kind = kind_of(tar, type);
        tar_take_holes(tar, &ahead);
        return true;
    }
    return false;
}

void tar_clean_path(const struct tar *tar, char *path)
{
    char *to = path;
    for (const char *from = path; *from != 0;) {
        size_t length = 0;
        while (from[length] != 0 && from[length] != '/')
            length++;
        bool is_dot = length == 1 && from[0] == '.';
        if (length == 2 && from[0] == '.' && from[1] == '.')
            tar_refuse(tar, "its path leads out of a directory by `..`");
        if (length > 0 && !is_dot) {
            if (to != path)
                *to++ = '/';
            for (size_t i = 0; i < length; i++) // the places overlap
                *to++ = from[i];
        }
        from += from[length] == '/' ? length + 1 : length;
    }
    *to = 0;
}
