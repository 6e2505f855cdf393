// Memory that the guest was given: of the host's, nothing may be left in it. What is above the launcher is for the guest `scan` to look at.
#include "attempts.h"

#define LOWEST 0x10000ul
#define BOOT_INFO 0x11000ul

static void require_zero(uint64_t from, uint64_t end, const char *what)
{
    if (!all_zero((const void *)from, (const void *)end))
        escaped(what);
}

// Of each entry, what its type has no meaning for.
static void require_clean_entry(const struct manifest_entry *entry)
{
    uint64_t start = (uint64_t)entry, end = start + sizeof *entry;
    uint64_t meaning = entry->type == DEVICE_BLOCK ? 10 : entry->type == DEVICE_NET ? 8 : 0; // bytes of the union
    uint64_t descriptor = entry->type == DEVICE_RESERVED ? 0 : 4;
    require_zero(start + strlen(entry->name), start + MANIFEST_NAME_SIZE, "something is behind a device's name");
    require_zero(start + 72 + meaning, start + 88, "something is behind a device's properties");
    require_zero(start + 88 + descriptor, start + 96, "something is behind a device's descriptor");
    require_zero(start + 97, end, "something is behind a device's entry");
}

void attempt_leftovers(void)
{
    if (wanted("leftovers-low", REFUSED)) {
        const char *line = boot_info->cmdline;
        require_zero(LOWEST, BOOT_INFO, "something is below the boot information");
        require_zero((uint64_t)line + strlen(line), (uint64_t)_stext, "something is behind the command line");
        refused("there are none");
    }
    if (wanted("leftovers-manifest", REFUSED)) {
        for (unsigned i = 0; i < boot_info->manifest->entries; i++)
            require_clean_entry(&boot_info->manifest->e[i]);
        refused("there are none");
    }
    if (wanted("leftovers-heap", REFUSED)) {
        uint64_t own_stack = align_down((uint64_t)__builtin_frame_address(0), PAGE_SIZE) - PAGE_SIZE;
        require_zero((uint64_t)_end, own_stack, "something is in the heap");
        refused("there are none");
    }
    if (wanted("leftovers-stack", REFUSED)) {
        require_zero(guest_entry_stack, boot_info->mem_size, "something is above the first stack pointer");
        refused("there are none");
    }
}
