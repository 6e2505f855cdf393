// What a tender hands to a Solo5 spt guest, ABI version 2, as described by Solo5's spt_abi.h and mft_abi.h.
// All of it comes from outside the guest; start.c checks what the runtime relies on.
#ifndef ABI_H
#define ABI_H

#include <stdint.h>

enum {
    MANIFEST_VERSION = 1,
    MANIFEST_MAX_ENTRIES = 64, // a ready set is one 64-bit word, a bit per entry
    MANIFEST_NAME_SIZE = 68,   // with its terminating NUL
    DEVICE_BLOCK = 1,
    DEVICE_NET = 2,
    DEVICE_RESERVED = 1 << 30, // entry 0, so that no device ever has the handle 0
};

struct manifest_entry {
    char name[MANIFEST_NAME_SIZE];
    uint32_t type;
    union {
        struct {
            uint64_t capacity; // bytes
            uint16_t block_size;
        } block;
        struct {
            uint8_t mac[6];
            uint16_t mtu;
        } net;
    } u;
    union {
        int32_t host_fd; // the descriptor that the guest's own system calls use
        void *pointer;
    } b;
    uint8_t attached; // set by the tender; 0 in the file
};

// The index of an entry is the handle by which the guest knows the device.
struct manifest {
    uint32_t version;
    uint32_t entries; // with the reserved one
    struct manifest_entry e[];
};

struct boot_info {
    uint64_t mem_size;   // bytes from address 0
    uint64_t kernel_end; // end of the last file-backed segment, rounded up to its alignment; .bss lies behind it
    const char *cmdline;
    const struct manifest *manifest;
    int32_t epoll_fd; // holds the timer and every net device
    int32_t timer_fd;
};

#define TIMER_EVENT 0xfffffffeu // the timer's data word in the epoll set; a net device has its handle there

_Static_assert(sizeof(struct manifest_entry) == 104, "MFT1 entry");
_Static_assert(__builtin_offsetof(struct manifest_entry, u) == 72, "MFT1 entry");
_Static_assert(__builtin_offsetof(struct manifest_entry, b) == 88, "MFT1 entry");
_Static_assert(__builtin_offsetof(struct manifest_entry, attached) == 96, "MFT1 entry");
_Static_assert(__builtin_offsetof(struct manifest, e) == 8, "MFT1 header");
_Static_assert(sizeof(struct boot_info) == 40, "spt boot info");

#endif
