// Overruns a buffer on the stack. The canary must catch it before the function returns.
#include "guest.h"

static volatile size_t too_much = 64; // volatile, so that the compiler does not see it coming

__attribute__((noinline)) static void overrun(void)
{
    char buffer[16];
    for (size_t i = 0; i < too_much; i++)
        ((volatile char *)buffer)[i] = 'x';
}

int guest_main(const struct boot_info *boot)
{
    (void)boot;
    console_print("overrunning a buffer\n");
    overrun();
    console_print("nobody noticed\n");
    return EXIT_FAILED;
}
