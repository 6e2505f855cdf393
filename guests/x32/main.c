// Must die: an allowed system call by its x32 number. A filter that looks at the low bits only would let it through.
#include "guest.h"
#include "system-calls.h"

enum { X32_BIT = 0x40000000 };

int guest_main(const struct boot_info *boot)
{
    (void)boot;
    console_print("an x32 system call\n");
    system_call(X32_BIT | SYS_WRITE, 1, (uint64_t) "written\n", 8, 0, 0, 0);
    console_print("still alive\n");
    return EXIT_FAILED;
}
