// Descriptors that are not the guest's, and its own with bits above the 32 that the kernel looks at.
#include "attempts.h"

enum { ALL_BELOW = 40, LAST = 1024 };

static uint64_t one_event[3]; // room for a struct epoll_event
static uint64_t no_time[4]; // a struct itimerspec: disarms

// All small ones, then those around powers of two.
static bool is_chosen(uint64_t fd)
{
    return fd < ALL_BELOW || (fd & (fd - 1)) == 0 || (fd & (fd + 1)) == 0;
}

static void attempt_descriptor(uint64_t fd)
{
    uint64_t at = (uint64_t)buffer;
    if (fd != 1 && (int32_t)fd != network.fd)
        attempt_number("write-fd", fd, KILLED, CALL(SYS_WRITE, fd, at, 1));
    if ((int32_t)fd != network.fd)
        attempt_number("read-fd", fd, KILLED, CALL(SYS_READ, fd, at, 1));
    if ((int32_t)fd != disk.fd) {
        uint64_t size = disk.fd < 0 ? 512 : disk.block_size;
        attempt_number("pread-fd", fd, KILLED, CALL(SYS_PREAD64, fd, at, size, 0));
        attempt_number("pwrite-fd", fd, KILLED, CALL(SYS_PWRITE64, fd, at, size, 0));
    }
    if ((int32_t)fd != boot_info->epoll_fd)
        attempt_number("epoll-fd", fd, KILLED, CALL(SYS_EPOLL_PWAIT, fd, (uint64_t)one_event, 1, 0, 0, 0));
    if ((int32_t)fd != boot_info->timer_fd)
        attempt_number("timer-fd", fd, KILLED, CALL(SYS_TIMERFD_SETTIME, fd, 0, (uint64_t)no_time, 0));
}

// The kernel takes the lower half for the descriptor: a filter that does the same is right by luck only.
static void attempt_high_bits(unsigned bit)
{
    uint64_t at = (uint64_t)buffer, high = 1ul << bit;
    attempt_number("write-fd-bit", bit, KILLED, CALL(SYS_WRITE, 1 | high, at, 1));
    attempt_number("epoll-fd-bit", bit, KILLED, CALL(SYS_EPOLL_PWAIT, (uint64_t)boot_info->epoll_fd | high, (uint64_t)one_event, 1));
    attempt_number("timer-fd-bit", bit, KILLED, CALL(SYS_TIMERFD_SETTIME, (uint64_t)boot_info->timer_fd | high, 0, (uint64_t)no_time));
    if (network.fd >= 0) {
        uint64_t fd = (uint64_t)network.fd | high;
        attempt_number("net-read-fd-bit", bit, KILLED, CALL(SYS_READ, fd, at, sizeof buffer));
        attempt_number("net-write-fd-bit", bit, KILLED, CALL(SYS_WRITE, fd, at, 60));
    }
    if (disk.fd >= 0) {
        uint64_t fd = (uint64_t)disk.fd | high;
        attempt_number("pread-fd-bit", bit, KILLED, CALL(SYS_PREAD64, fd, at, disk.block_size, 0));
        attempt_number("pwrite-fd-bit", bit, KILLED, CALL(SYS_PWRITE64, fd, at, disk.block_size, 0));
    }
}

void attempt_descriptors(void)
{
    for (uint64_t fd = 0; fd <= LAST; fd++) {
        if (is_chosen(fd))
            attempt_descriptor(fd);
    }
    for (uint64_t handle = 0; handle < 4; handle++)
        attempt_descriptor(NEVER_OPEN + handle);
    attempt_descriptor(0x7fffffff);
    attempt_descriptor(0xffffffff);
    attempt_descriptor(0xffffff9c); // AT_FDCWD
    attempt_high_bits(32);
    attempt_high_bits(40);
    attempt_high_bits(63);
}
