// Memory as a C program may expect it: .data filled, .bss and everything behind it zero, segments where the boot
// information says.
#include "guest.h"

enum { HEAP_LOOK = 64 << 20 }; // the start of the heap is enough: reading gigabytes would only take time

static char in_data[] = "in .data";
static uint64_t numbers[3] = {0x0123456789abcdef, 42, ~0ul};
static uint64_t *pointer = &numbers[1];
static char in_bss[3 * PAGE_SIZE + 5];
static const char in_rodata[] = "in .rodata";

// From the image to below the stack in use, a word of each page.
static bool heap_is_zero(void)
{
    uint64_t stack = align_down((uint64_t)__builtin_frame_address(0), PAGE_SIZE) - PAGE_SIZE;
    uint64_t end = (uint64_t)_end + HEAP_LOOK < stack ? (uint64_t)_end + HEAP_LOOK : stack;
    for (uint64_t at = (uint64_t)_end; at < end; at += PAGE_SIZE) {
        if (*(const volatile uint64_t *)at != 0)
            return false;
    }
    return true;
}

int guest_main(const struct boot_info *boot)
{
    const char *page_end = (const char *)align_up((uint64_t)_edata, PAGE_SIZE);

    check(same_text(in_data, "in .data"), ".data holds its text");
    check(numbers[0] == 0x0123456789abcdef && numbers[2] == ~0ul, ".data holds its numbers");
    check(pointer == &numbers[1] && *pointer == 42, ".data holds its pointer");
    check(same_text(in_rodata, "in .rodata"), ".rodata holds its text");

    // In the file other bytes follow .data; a loader that maps whole pages must wipe them.
    check(page_end > _edata, "the last page of .data has a tail");
    check(all_zero(_edata, page_end), "the tail of the last page of .data is zero");
    check(all_zero(in_bss, in_bss + sizeof in_bss), ".bss is zero");
    check(all_zero(_ebss, _end), "the tail of the last page of .bss is zero");
    check(heap_is_zero(), "the memory behind .bss is zero");

    in_data[0]++;
    pointer = &numbers[0];
    (*pointer)++;
    memset(in_bss, 0xa5, sizeof in_bss);
    check(same_text(in_data, "jn .data") && numbers[0] == 0x0123456789abcdf0, ".data can be written");
    check(in_bss[0] == '\xa5' && in_bss[sizeof in_bss - 1] == '\xa5', ".bss can be written");
    memset(_edata, 0x5a, (size_t)(page_end - _edata));
    check(page_end[-1] == 0x5a, "the tail of the last page of .data can be written");

    check(boot->kernel_end == (uint64_t)page_end, "kernel_end is the end of .data, without .bss");
    check(address_of(boot) == 0x11000, "the boot information is at 0x11000");

    console_print("SUCCESS\n");
    return EXIT_OK;
}
