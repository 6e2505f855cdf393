// Must die: a system call through the 32-bit gate, with a number and a first argument that the policy allows on
// x86-64 (write to 1), but that mean exit(1) on i386. A filter that does not look at the architecture lets it through.
#include "guest.h"

int guest_main(const struct boot_info *boot)
{
    (void)boot;
    console_print("an i386 system call\n");
    __asm__ volatile("int $0x80" : : "a"(1), "b"(1), "c"(0), "d"(0) : "memory");
    console_print("still alive\n");
    return EXIT_FAILED;
}
