#include "devices.h"
#include "system-calls.h"

static const struct manifest *manifest;

void devices_start(const struct boot_info *boot)
{
    manifest = boot->manifest;
}

static const struct manifest_entry *entry_of(unsigned handle, uint32_t type)
{
    bool known = handle >= 1 && handle < manifest->entries && manifest->e[handle].type == type;
    return known ? &manifest->e[handle] : NULL;
}

enum result block_acquire(const char *name, struct block *block)
{
    unsigned handle = manifest_find(manifest, name, DEVICE_BLOCK);
    if (handle == 0)
        return RESULT_INVALID;
    const struct manifest_entry *entry = &manifest->e[handle];
    *block = (struct block){handle, entry->b.host_fd, entry->u.block.capacity, entry->u.block.block_size};
    return RESULT_OK;
}

enum result net_acquire(const char *name, struct net *net)
{
    unsigned handle = manifest_find(manifest, name, DEVICE_NET);
    if (handle == 0)
        return RESULT_INVALID;
    const struct manifest_entry *entry = &manifest->e[handle];
    *net = (struct net){.handle = handle, .fd = entry->b.host_fd, .mtu = entry->u.net.mtu};
    memcpy(net->mac, entry->u.net.mac, sizeof net->mac);
    return RESULT_OK;
}

struct block block_require(const char *name)
{
    struct block block;
    check(block_acquire(name, &block) == RESULT_OK, "the block device is declared");
    check(block.block_size >= 512 && block.block_size <= BLOCK_SIZE_MAX, "the block size is from 512 to 32768");
    check(block.capacity >= block.block_size && block.capacity % block.block_size == 0, "the capacity is in whole blocks");
    return block;
}

struct net net_require(const char *name)
{
    struct net net;
    check(net_acquire(name, &net) == RESULT_OK, "the network device is declared");
    check(net.mtu > 0, "the device has an MTU");
    check((net.mac[0] & 1) == 0 && !all_zero(net.mac, net.mac + 6), "the device has an address of one station");
    return net;
}

static bool is_one_block(const struct manifest_entry *entry, uint64_t offset, size_t size)
{
    uint64_t block_size = entry->u.block.block_size;
    return size == block_size && offset % block_size == 0 && offset <= entry->u.block.capacity - block_size;
}

enum result block_read(unsigned handle, uint64_t offset, void *bytes, size_t size)
{
    const struct manifest_entry *entry = entry_of(handle, DEVICE_BLOCK);
    if (entry == NULL || !is_one_block(entry, offset, size))
        return RESULT_INVALID;
    long got = system_call(SYS_PREAD64, (uint64_t)entry->b.host_fd, (uint64_t)bytes, size, offset, 0, 0);
    return got == (long)size ? RESULT_OK : RESULT_UNSPECIFIED;
}

enum result block_write(unsigned handle, uint64_t offset, const void *bytes, size_t size)
{
    const struct manifest_entry *entry = entry_of(handle, DEVICE_BLOCK);
    if (entry == NULL || !is_one_block(entry, offset, size))
        return RESULT_INVALID;
    long put = system_call(SYS_PWRITE64, (uint64_t)entry->b.host_fd, (uint64_t)bytes, size, offset, 0, 0);
    return put == (long)size ? RESULT_OK : RESULT_UNSPECIFIED;
}

// A device whose other end has gone reads as nothing, for ever: as in Solo5's bindings that is "again", so a guest that waits for such a
// device waits in vain and without a pause. It is for the host not to let that happen.
enum result net_read(unsigned handle, void *frame, size_t size, size_t *length)
{
    const struct manifest_entry *entry = entry_of(handle, DEVICE_NET);
    if (entry == NULL)
        return RESULT_INVALID;
    long got = system_call(SYS_READ, (uint64_t)entry->b.host_fd, (uint64_t)frame, size, 0, 0, 0);
    if (got == 0 || got == -ERROR_EAGAIN)
        return RESULT_AGAIN;
    if (got < 0)
        return RESULT_UNSPECIFIED;
    *length = (size_t)got;
    return RESULT_OK;
}

enum result net_write(unsigned handle, const void *frame, size_t length)
{
    const struct manifest_entry *entry = entry_of(handle, DEVICE_NET);
    if (entry == NULL)
        return RESULT_INVALID;
    long put = system_call(SYS_WRITE, (uint64_t)entry->b.host_fd, (uint64_t)frame, length, 0, 0, 0);
    return put == (long)length ? RESULT_OK : RESULT_UNSPECIFIED;
}
