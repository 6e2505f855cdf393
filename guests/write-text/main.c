// Must die: writes to its own code.
#include "guest.h"

int guest_main(const struct boot_info *boot)
{
    (void)boot;
    volatile char *code = (volatile char *)(uint64_t)&guest_main;
    check(*code == *code, "code can be read"); // the segment is R+X: only the write may fault
    console_print("writing to .text\n");
    *code = 0;
    console_print("still alive\n");
    return EXIT_FAILED;
}
