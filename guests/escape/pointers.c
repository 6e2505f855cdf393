// The kernel as somebody who can be talked into it: pointers to what the guest itself may not read or write, in calls that are allowed.
#include "attempts.h"

static const struct {
    const char *reading, *writing;
    uint64_t address;
} places[] = {
    {"show-nothing", "write-nothing", 0},
    {"show-below", "write-below", 0xf000}, // the last page that is never mapped
    {"show-setup", "write-setup", SETUP_ADDRESS},
    {"show-staged", "write-staged", SETUP_ADDRESS + 0x100000},
    {"show-kernel", "write-kernel", KERNEL_ADDRESS},
    {"show-vsyscall", "write-vsyscall", VSYSCALL_ADDRESS},
    {"show-not-canonical", "write-not-canonical", NOT_CANONICAL},
    {"show-top", "write-top", -8ul},
};

static void attempt_place(const char *reading, const char *writing, uint64_t address)
{
    if (reading != NULL)
        attempt(reading, REFUSED, CALL(SYS_WRITE, 1, address, 8));
    attempt(writing, REFUSED, CALL(SYS_CLOCK_GETTIME, 1, address));
}

void attempt_pointers(void)
{
    for (unsigned i = 0; i < sizeof places / sizeof *places; i++)
        attempt_place(places[i].reading, places[i].writing, places[i].address);
    attempt_place("show-behind-memory", "write-behind-memory", boot_info->mem_size);
    attempt_place(NULL, "write-text", (uint64_t)_stext);
    attempt("show-minus-1-bytes", REFUSED, CALL(SYS_WRITE, 1, (uint64_t)buffer, -1ul));

    uint64_t timer = (uint64_t)boot_info->timer_fd, setting = (uint64_t)buffer;
    attempt("timer-old-to-text", REFUSED, CALL(SYS_TIMERFD_SETTIME, timer, 0, setting, (uint64_t)_stext));
    attempt("timer-old-to-kernel", REFUSED, CALL(SYS_TIMERFD_SETTIME, timer, 0, setting, KERNEL_ADDRESS));
    attempt("timer-new-from-setup", REFUSED, CALL(SYS_TIMERFD_SETTIME, timer, 0, SETUP_ADDRESS, 0));

    if (disk.fd < 0)
        return;
    uint64_t fd = (uint64_t)disk.fd, size = disk.block_size;
    const char *to_nowhere = disk_is_part() ? FAULT : REFUSED; // whoever reads is the guest itself then
    attempt("disk-read-to-text", to_nowhere, CALL(SYS_PREAD64, fd, (uint64_t)_stext, size, 0));
    attempt("disk-read-to-setup", to_nowhere, CALL(SYS_PREAD64, fd, SETUP_ADDRESS, size, 0));
    attempt("disk-read-to-kernel", to_nowhere, CALL(SYS_PREAD64, fd, KERNEL_ADDRESS, size, 0));
    attempt("disk-write-from-setup", REFUSED, CALL(SYS_PWRITE64, fd, SETUP_ADDRESS, size, 0));
    attempt("disk-write-from-kernel", REFUSED, CALL(SYS_PWRITE64, fd, KERNEL_ADDRESS, size, 0));
}
