// A block device: what is written can be read again, and what is against the rules is refused.
//
//   blk               every tenth block and the last are written and read back; then the refusals
//   blk readonly      a write is refused and changes nothing, reads work
//   blk fill          writes a pattern to every block        blk compare   finds it there
//   blk bench N       writes and reads N blocks, around and around, without looking at them      blk read N   reads only
//   blk registers     a read gives back every register
//   blk hold          prints READY and sleeps, the device being its own
//   blk raw read|write OFFSET SIZE    the very system call, around the rules; prints its result
#include "devices.h"
#include "registers.h"
#include "system-calls.h"

static struct words words;
static struct block disk;
static uint8_t written[BLOCK_SIZE_MAX + 1], got[BLOCK_SIZE_MAX + 1];

// Every word of a block depends on the block and on its place: neither a block in the wrong place nor a shifted one passes.
static void fill(uint8_t *bytes, uint64_t number)
{
    for (uint64_t i = 0; i < disk.block_size; i += 8)
        *(uint64_t *)(bytes + i) = (number << 16 | i) * 0x9e3779b97f4a7c15ul;
}

static bool same_block(const uint8_t *a, const uint8_t *b)
{
    for (uint64_t i = 0; i < disk.block_size; i++) {
        if (a[i] != b[i])
            return false;
    }
    return true;
}

static void write_block(uint64_t number)
{
    fill(written, number);
    check(block_write(disk.handle, number * disk.block_size, written, disk.block_size) == RESULT_OK, "a block is written");
}

static void read_block(uint64_t number)
{
    memset(got, 0xaa, disk.block_size);
    check(block_read(disk.handle, number * disk.block_size, got, disk.block_size) == RESULT_OK, "a block is read");
}

static void compare_block(uint64_t number)
{
    fill(written, number);
    read_block(number);
    check(same_block(written, got), "a block reads as it was written");
}

static bool refused(uint64_t offset, size_t size)
{
    return block_write(disk.handle, offset, written, size) == RESULT_INVALID &&
           block_read(disk.handle, offset, got, size) == RESULT_INVALID;
}

static void check_refusals(void)
{
    struct block none;
    uint64_t size = disk.block_size;
    check(block_acquire("storag", &none) == RESULT_INVALID, "a device that is not declared is refused");
    check(block_read(0, 0, got, size) == RESULT_INVALID, "the handle 0 is refused");
    check(block_read(disk.handle + 1, 0, got, size) == RESULT_INVALID, "a handle behind the last is refused");
    check(refused(disk.capacity, size), "the block behind the last is refused");
    check(refused(disk.capacity + 10 * size, size), "a block far behind the last is refused");
    check(refused(-size, size), "an offset that would wrap is refused");
    check(refused(disk.capacity - size, 2 * size), "two blocks at the end are refused");
    check(refused(0, size - 1), "a byte less than a block is refused");
    check(refused(0, size + 1), "a byte more than a block is refused");
    check(refused(0, 0), "nothing at all is refused");
    check(refused(size - 1, size), "an offset a byte before a block is refused");
    check(refused(size / 2, size), "an offset in the middle of a block is refused");
}

static void check_all(uint64_t blocks)
{
    for (uint64_t number = 0; number < blocks; number += 10)
        write_block(number);
    write_block(blocks - 1);
    for (uint64_t number = 0; number < blocks; number += 10)
        compare_block(number);
    compare_block(blocks - 1);
    check_refusals();
    compare_block(0); // no refused write has left a trace
}

static void check_readonly(void)
{
    static uint8_t before[BLOCK_SIZE_MAX];
    read_block(0);
    memcpy(before, got, disk.block_size);
    for (uint64_t i = 0; i < disk.block_size; i++)
        written[i] = ~before[i];
    check(block_write(disk.handle, 0, written, disk.block_size) == RESULT_UNSPECIFIED, "the host refuses a write");
    read_block(0);
    check(same_block(before, got), "a refused write changes nothing");
    read_block(disk.capacity / disk.block_size - 1);
}

static void bench(uint64_t count, uint64_t blocks, bool writes)
{
    fill(written, 0);
    for (uint64_t i = 0; i < count; i++) {
        uint64_t offset = i % blocks * disk.block_size;
        bool done = (!writes || block_write(disk.handle, offset, written, disk.block_size) == RESULT_OK) &&
                    block_read(disk.handle, offset, got, disk.block_size) == RESULT_OK;
        check(done, writes ? "a block is written and read" : "a block is read");
    }
}

// The first block, and the last but one, which lies elsewhere; read again as anybody would.
static void check_reads(uint64_t blocks)
{
    static uint8_t plain[BLOCK_SIZE_MAX];
    for (uint64_t number = 0; number < blocks; number += blocks > 2 ? blocks - 2 : 1) {
        read_block(number);
        memcpy(plain, got, disk.block_size);
        memset(got, 0xaa, disk.block_size);
        check_registers(disk.fd, got, disk.block_size, number * disk.block_size);
        check(same_block(plain, got), "the block is the same");
    }
}

static _Noreturn void usage(void)
{
    console_print("usage: blk [readonly | fill | compare | bench N | read N | registers | hold | raw read|write OFFSET SIZE]\n");
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

static int raw(void)
{
    const char *word = words_next(&words);
    bool reads = word != NULL && same_text(word, "read");
    if (!reads && (word == NULL || !same_text(word, "write")))
        usage();
    uint64_t offset = next_number();
    uint64_t size = next_number();
    say("%s of %lu bytes at %lu\n", reads ? "read" : "write", size, offset);
    long result = system_call(reads ? SYS_PREAD64 : SYS_PWRITE64, (uint64_t)disk.fd, (uint64_t)got, size, offset, 0, 0);
    if (result < 0)
        say("errno %d\n", -(int)result);
    else
        say("%lu bytes\n", (uint64_t)result);
    console_print("still alive\n");
    return EXIT_FAILED;
}

int guest_main(const struct boot_info *boot)
{
    devices_start(boot);
    disk = block_require("storage");
    uint64_t blocks = disk.capacity / disk.block_size;

    words_start(&words, boot->cmdline);
    const char *word = words_next(&words);
    if (word != NULL && same_text(word, "raw"))
        return raw();
    say("storage: %lu blocks of %lu bytes\n", blocks, disk.block_size);
    if (word == NULL) {
        check_all(blocks);
    } else if (same_text(word, "readonly")) {
        check_readonly();
    } else if (same_text(word, "fill")) {
        for (uint64_t number = 0; number < blocks; number++)
            write_block(number);
    } else if (same_text(word, "compare")) {
        for (uint64_t number = 0; number < blocks; number++)
            compare_block(number);
    } else if (same_text(word, "bench")) {
        bench(next_number(), blocks, true);
    } else if (same_text(word, "read")) {
        bench(next_number(), blocks, false);
    } else if (same_text(word, "registers")) {
        check_reads(blocks);
    } else if (same_text(word, "hold")) {
        console_print("READY\n");
        for (;;)
            sleep_ms(3600000);
    } else {
        usage();
    }
    console_print("SUCCESS\n");
    return EXIT_OK;
}
