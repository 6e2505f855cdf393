// Must die: writes to a constant.
#include "guest.h"

static const char constant[] = "constant";

int guest_main(const struct boot_info *boot)
{
    (void)boot;
    volatile char *target = (volatile char *)(uint64_t)constant;
    check(*target == 'c', "a constant can be read");
    console_print("writing to .rodata\n");
    *target = 'C';
    console_print("still alive\n");
    return EXIT_FAILED;
}
