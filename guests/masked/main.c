// Must die: waits with every signal blocked, so that nothing but SIGKILL could end it. The call and its descriptor are allowed; the mask
// is not.
#include "guest.h"
#include "system-calls.h"

static uint64_t every_signal = ~0ul;
static uint8_t events[12];

int guest_main(const struct boot_info *boot)
{
    console_print("waiting with a mask\n");
    system_call(SYS_EPOLL_PWAIT, (uint64_t)boot->epoll_fd, (uint64_t)events, 1, 0, (uint64_t)&every_signal, 8);
    console_print("still alive\n");
    return EXIT_FAILED;
}
