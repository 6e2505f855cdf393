// One of a crew, without any device: says who it is, and its words.
#include "../crew/crew.h"

int guest_main(const struct boot_info *boot)
{
    if (!introduce("cook", boot->cmdline))
        return EXIT_USAGE;
    console_print("SUCCESS\n");
    return EXIT_OK;
}
