// The first guest to try: says what it was given.
#include "guest.h"

int guest_main(const struct boot_info *boot)
{
    console_print("Hello from a unikernel.\ncommand line: ");
    console_print(boot->cmdline); // may be longer than say() takes
    say("\nmemory: %lu MiB\nSUCCESS\n", boot->mem_size >> 20);
    return EXIT_OK;
}
