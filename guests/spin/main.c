// Runs until it is killed, without using the processor.
#include "guest.h"

int guest_main(const struct boot_info *boot)
{
    (void)boot;
    console_print("READY\n");
    for (;;)
        sleep_ms(3600000);
}
