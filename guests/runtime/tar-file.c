// The contents of files in an archive, also of those with holes (GNU tar's manual, “Storing Sparse Files”, version 1.0): what there is between the
// holes lies one behind the other, and in front of it a map in decimal lines: how many pieces, then the place and the length of each.
#include "heap.h"
#include "tar-parts.h"

enum { LINE_MAX = 20 };

struct map {
    const struct tar *tar;
    uint64_t at;
    uint64_t end;
};

static uint64_t next_number(struct map *map)
{
    char digits[LINE_MAX + 1];
    size_t count = 0;
    uint64_t value;
    for (;;) {
        char byte;
        if (map->at == map->end)
            tar_refuse(map->tar, "the map of its holes ends too early");
        tar_bytes(map->tar, map->at++, &byte, 1);
        if (byte == '\n')
            break;
        if (count == LINE_MAX)
            tar_refuse(map->tar, "the map of its holes is no list of numbers");
        digits[count++] = byte;
    }
    digits[count] = 0;
    if (!parse_number(digits, 10, &value))
        tar_refuse(map->tar, "the map of its holes is no list of numbers");
    return value;
}

// Pieces follow each other, in the file and on the disk.
static void read_pieces(struct map *map, struct tar_piece *pieces, uint64_t count)
{
    const struct tar *tar = map->tar;
    uint64_t end = 0, held = 0;
    for (uint64_t i = 0; i < count; i++) {
        uint64_t at = next_number(map), length = next_number(map);
        if (at < end || at > tar->real_size || length > tar->real_size - at || length > tar->size - held)
            tar_refuse(tar, "the map of its holes does not fit the file");
        pieces[i] = (struct tar_piece){.at = at, .length = length, .offset = held};
        end = at + length;
        held += length;
    }
    uint64_t start = align_up(map->at - tar->offset, TAR_BLOCK); // the map fills whole blocks
    if (start > tar->size || held > tar->size - start)
        tar_refuse(tar, "the map of its holes does not fit the file");
    for (uint64_t i = 0; i < count; i++)
        pieces[i].offset += tar->offset + start;
}

struct tar_file tar_file_of(const struct tar *tar)
{
    struct tar_file file = {.offset = tar->offset, .size = tar->size};
    if (!tar->has_holes)
        return file;
    struct map map = {.tar = tar, .at = tar->offset, .end = tar->offset + tar->size};
    uint64_t count = next_number(&map);
    if (count > tar->size) // a line takes more than a byte: so the product below cannot wrap
        tar_refuse(tar, "the map of its holes ends too early");
    struct tar_piece *pieces = heap_take((size_t)count * sizeof *pieces);
    if (pieces == NULL)
        tar_refuse(tar, "the map of its holes takes more memory than there is: give the guest more, as with --mem 1G");
    read_pieces(&map, pieces, count);
    file.size = tar->real_size;
    file.pieces = pieces;
    file.piece_count = count;
    return file;
}

// The first piece that ends behind that place; the number of pieces where there is none.
static uint64_t find_piece(const struct tar_file *file, uint64_t at)
{
    uint64_t low = 0, high = file->piece_count;
    while (low < high) {
        uint64_t middle = low + (high - low) / 2;
        if (file->pieces[middle].at + file->pieces[middle].length > at)
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

bool tar_read(struct disk *disk, const struct tar_file *file, uint64_t at, uint8_t *to, size_t length)
{
    if (file->pieces == NULL)
        return disk_read(disk, file->offset + at, to, length);
    for (uint64_t i = find_piece(file, at); length > 0; ) {
        const struct tar_piece *piece = i < file->piece_count ? &file->pieces[i] : NULL;
        bool in_piece = piece != NULL && at >= piece->at;
        uint64_t end = piece == NULL ? UINT64_MAX : in_piece ? piece->at + piece->length : piece->at;
        size_t part = length < end - at ? length : (size_t)(end - at);
        if (!in_piece)
            memset(to, 0, part);
        else if (!disk_read(disk, piece->offset + (at - piece->at), to, part))
            return false;
        at += part;
        to += part;
        length -= part;
        if (in_piece && at == end)
            i++;
    }
    return true;
}
