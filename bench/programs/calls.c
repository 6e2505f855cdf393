// A guest for the bench: makes one call of Solo5's API again and again.
//
//   calls read DEVICE COUNT      calls write DEVICE COUNT       sector by sector, around and around
//   calls console SIZE COUNT     so many bytes at a time
#include "devices.h"

static struct words words;
static uint8_t bytes[BLOCK_SIZE_MAX];

static _Noreturn void usage(void)
{
    console_print("usage: calls read|write DEVICE COUNT | console SIZE COUNT\n");
    guest_exit(EXIT_USAGE);
}

static uint64_t next_number(void)
{
    uint64_t number;
    const char *word = words_next(&words);
    if (word == NULL || !parse_number(word, 10, &number))
        usage();
    return number;
}

typedef enum result transfer(unsigned handle, uint64_t offset, void *sector, size_t size);

static enum result write_sector(unsigned handle, uint64_t offset, void *sector, size_t size)
{
    return block_write(handle, offset, sector, size);
}

static void move_sectors(transfer *move)
{
    const char *name = words_next(&words);
    if (name == NULL)
        usage();
    struct block disk = block_require(name);
    uint64_t count = next_number();
    uint64_t sectors = disk.capacity / disk.block_size;
    for (uint64_t i = 0, sector = 0; i < count; i++) {
        check(move(disk.handle, sector * disk.block_size, bytes, disk.block_size) == RESULT_OK, "a sector is moved");
        sector = sector + 1 == sectors ? 0 : sector + 1;
    }
}

static void print_lines(void)
{
    uint64_t size = next_number();
    uint64_t count = next_number();
    if (size > sizeof bytes)
        usage();
    memset(bytes, '\n', size);
    for (uint64_t i = 0; i < count; i++)
        console_write(bytes, size);
}

int guest_main(const struct boot_info *boot)
{
    devices_start(boot);
    words_start(&words, boot->cmdline);
    const char *word = words_next(&words);
    if (word == NULL)
        usage();
    if (same_text(word, "read"))
        move_sectors(block_read);
    else if (same_text(word, "write"))
        move_sectors(write_sector);
    else if (same_text(word, "console"))
        print_lines();
    else
        usage();
    return EXIT_OK;
}
