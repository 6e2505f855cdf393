// Every device that the manifest declares, whichever they are, at once. Disks: each is written and read at both ends, and none is another.
// Networks: a frame goes out at each, the peer sends it back as it came, and then the ready set of a yield must name all of them; it must go
// on naming each that has not been read, and none that has. With the word `readonly` the disks hold already what would have been written.
#include "devices.h"

enum { FRAME_SIZE = 60, PATIENCE = 20 }; // the shortest frame without its checksum; seconds

static const struct manifest *manifest;
static uint8_t bytes[BLOCK_SIZE_MAX], got[BLOCK_SIZE_MAX];

static bool is(unsigned handle, uint32_t type)
{
    return manifest->e[handle].type == type;
}

static void fill(unsigned handle, uint64_t number, uint64_t size)
{
    for (uint64_t i = 0; i < size; i += 8)
        *(uint64_t *)(bytes + i) = ((uint64_t)handle << 48 | number << 16 | i) * 0x9e3779b97f4a7c15ul;
}

static void write_ends(unsigned handle, const struct block *block)
{
    uint64_t ends[] = {0, block->capacity - block->block_size};
    for (unsigned i = 0; i < 2; i++) {
        fill(handle, ends[i], block->block_size);
        check(block_write(handle, ends[i], bytes, block->block_size) == RESULT_OK, "a block is written");
    }
}

static void read_ends(unsigned handle, const struct block *block)
{
    uint64_t ends[] = {0, block->capacity - block->block_size};
    for (unsigned i = 0; i < 2; i++) {
        fill(handle, ends[i], block->block_size);
        check(block_read(handle, ends[i], got, block->block_size) == RESULT_OK, "a block is read");
        for (uint64_t at = 0; at < block->block_size; at++)
            check(got[at] == bytes[at], "a block reads as it was written, on each disk");
    }
}

// All are written before the first is read: a disk that is another would have been overwritten.
static unsigned check_blocks(bool writes)
{
    unsigned count = 0;
    for (unsigned pass = writes ? 0 : 1; pass < 2; pass++) {
        for (unsigned handle = 1; handle < manifest->entries; handle++) {
            if (!is(handle, DEVICE_BLOCK))
                continue;
            struct block block = block_require(manifest->e[handle].name);
            check(block.handle == handle, "the handle of a disk is its place in the manifest");
            check(block_read(handle, block.capacity, got, block.block_size) == RESULT_INVALID, "a disk ends at its capacity");
            (pass == 0 ? write_ends : read_ends)(handle, &block);
            count += pass;
        }
    }
    return count;
}

static void make_frame(unsigned handle, const struct net *net)
{
    memset(bytes, (int)handle, FRAME_SIZE);
    memset(bytes, 0xff, 6);
    memcpy(bytes + 6, net->mac, 6);
    bytes[12] = 0x88; // an EtherType for local use
    bytes[13] = 0xb5;
}

static uint64_t send_to_all(void)
{
    uint64_t all = 0;
    for (unsigned handle = 1; handle < manifest->entries; handle++) {
        if (!is(handle, DEVICE_NET))
            continue;
        struct net net = net_require(manifest->e[handle].name);
        check(net.handle == handle, "the handle of a network is its place in the manifest");
        make_frame(handle, &net);
        check(net_write(handle, bytes, FRAME_SIZE) == RESULT_OK, "a frame is written");
        all |= 1ul << handle;
    }
    return all;
}

static void read_own_frame(unsigned handle)
{
    struct net net = net_require(manifest->e[handle].name);
    size_t length = 0;
    make_frame(handle, &net);
    check(net_read(handle, got, sizeof got, &length) == RESULT_OK, "a frame is read where one is ready");
    check(length == FRAME_SIZE, "a frame comes back in its length");
    for (unsigned i = 0; i < FRAME_SIZE; i++)
        check(got[i] == bytes[i], "a frame comes back on the network it was sent to");
    check(net_read(handle, got, sizeof got, &length) == RESULT_AGAIN, "there is no second frame");
}

static unsigned check_networks(void)
{
    uint64_t waiting = send_to_all();
    uint64_t deadline = clock_monotonic() + PATIENCE * 1000000000ul;
    unsigned count = 0;
    uint64_t ready = 0;
    while (ready != waiting) {
        ready = yield_until(deadline);
        check((ready & ~waiting) == 0, "what is ready is a network");
        check(ready != 0, "all networks are ready in time");
    }

    for (unsigned handle = 1; handle < manifest->entries; handle++) {
        if (!is(handle, DEVICE_NET))
            continue;
        read_own_frame(handle);
        waiting &= ~(1ul << handle);
        check(yield_until(0) == waiting, "those that have not been read stay ready, and no other");
        count++;
    }
    uint64_t soon = clock_monotonic() + 50000000;
    check(yield_until(soon) == 0 && clock_monotonic() >= soon, "with nothing to read, a yield lasts until its deadline");
    return count;
}

int guest_main(const struct boot_info *boot)
{
    devices_start(boot);
    manifest = boot->manifest;
    struct words words;
    words_start(&words, boot->cmdline);
    const char *word = words_next(&words);
    console_print("READY\n");
    unsigned blocks = check_blocks(word == NULL || !same_text(word, "readonly"));
    unsigned networks = check_networks();
    say("%u disks, %u networks\nSUCCESS\n", blocks, networks);
    return EXIT_OK;
}
