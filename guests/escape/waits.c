// The calls for clocks, waiting and thread variables, with arguments that their rules do not have.
#include "attempts.h"

enum { EVENT_WORDS = 64, EVERY_SIGNAL_SIZE = 8 };

static uint64_t events[EVENT_WORDS], every_signal = ~0ul;
static uint64_t at_once[4] = {0, 0, 0, 1}, too_many_nanoseconds[4] = {0, 1000000000, 0, 1000000000};

static void attempt_clocks(void)
{
    uint64_t at = (uint64_t)buffer;
    for (uint64_t clock = 2; clock <= 20; clock++)
        attempt_number("clock", clock, KILLED, CALL(SYS_CLOCK_GETTIME, clock, at));
    for (uint64_t below = 1; below <= 24; below++) // processor clocks of processes, and clocks that are descriptors
        attempt_number("clock-minus", below, KILLED, CALL(SYS_CLOCK_GETTIME, -below, at));
    attempt("clock-0-bit-32", KILLED, CALL(SYS_CLOCK_GETTIME, 1ul << 32, at));
    attempt("clock-1-bit-63", KILLED, CALL(SYS_CLOCK_GETTIME, 1ul << 63 | 1, at));
    attempt("clock_settime", KILLED, CALL(227, 0, (uint64_t)too_many_nanoseconds));
    attempt("clock_adjtime", KILLED, CALL(305, 0, at));
    attempt("clock_nanosleep", KILLED, CALL(230, 1, 0, (uint64_t)at_once, 0));
}

static void attempt_epoll(void)
{
    uint64_t fd = (uint64_t)boot_info->epoll_fd, at = (uint64_t)events, mask = (uint64_t)&every_signal;
    attempt("epoll-mask", KILLED, CALL(SYS_EPOLL_PWAIT, fd, at, 1, 0, mask, EVERY_SIGNAL_SIZE));
    attempt("epoll-mask-bit-32", KILLED, CALL(SYS_EPOLL_PWAIT, fd, at, 1, 0, 1ul << 32, EVERY_SIGNAL_SIZE));
    attempt("epoll-no-events", REFUSED, CALL(SYS_EPOLL_PWAIT, fd, at, 0, 0));
    attempt("epoll-minus-1-events", REFUSED, CALL(SYS_EPOLL_PWAIT, fd, at, -1ul, 0));
    attempt("epoll-events-in-kernel", REFUSED, CALL(SYS_EPOLL_PWAIT, fd, KERNEL_ADDRESS, 1, 0));
    attempt("epoll_wait", KILLED, CALL(232, fd, at, 1, 0));
    attempt("epoll_pwait2", KILLED, CALL(441, fd, at, 1, (uint64_t)at_once, 0, 8));
    attempt("epoll_create1", KILLED, CALL(291, 0));
    attempt("epoll_ctl-add-stdin", KILLED, CALL(233, fd, 1, 0, at));
    attempt("epoll_ctl-remove-timer", KILLED, CALL(233, fd, 2, (uint64_t)boot_info->timer_fd, at));
    attempt("epoll-read", KILLED, CALL(SYS_READ, fd, at, 8));
    attempt("epoll-ioctl", KILLED, CALL(16, fd, 0x40088a01, at));
}

static void attempt_timer(void)
{
    uint64_t fd = (uint64_t)boot_info->timer_fd, at = (uint64_t)at_once;
    attempt("timer-read", KILLED, CALL(SYS_READ, fd, (uint64_t)buffer, 8));
    attempt("timer-ioctl", KILLED, CALL(16, fd, 0x40085400, (uint64_t)buffer));
    attempt("timerfd_create", KILLED, CALL(283, 0, 0));
    attempt("timerfd_gettime", KILLED, CALL(287, fd, (uint64_t)buffer));
    attempt("timer-no-setting", REFUSED, CALL(SYS_TIMERFD_SETTIME, fd, 0, 0, 0));
    attempt("timer-impossible-flags", REFUSED, CALL(SYS_TIMERFD_SETTIME, fd, 1ul << 30, at, 0));
    attempt("timer-impossible-time", REFUSED, CALL(SYS_TIMERFD_SETTIME, fd, 0, (uint64_t)too_many_nanoseconds, 0));
    attempt("timer_create", KILLED, CALL(222, 0, 0, (uint64_t)buffer));
}

static void attempt_thread_pointer(void)
{
    enum { SET_FS = 0x1002 };
    static const uint16_t others[] = {0x1001, 0x1003, 0x1004, 0x1011, 0x1012, 0x1021, 0x1022, 0x1023, 0x1024, 0x1025,
                                      0x2001, 0x2002, 0x2003, 0x4001, 0x4002, 0x4003, 0x5001, 0x5002, 0x5003, 0x5004, 0x5005};
    for (unsigned i = 0; i < sizeof others / sizeof *others; i++)
        attempt_number("arch_prctl", others[i], KILLED, CALL(SYS_ARCH_PRCTL, others[i], (uint64_t)buffer));
    attempt("arch_prctl-bit-32", KILLED, CALL(SYS_ARCH_PRCTL, SET_FS | 1ul << 32, (uint64_t)buffer));
    attempt("fs-in-kernel", REFUSED, CALL(SYS_ARCH_PRCTL, SET_FS, KERNEL_ADDRESS));
    attempt("fs-not-canonical", REFUSED, CALL(SYS_ARCH_PRCTL, SET_FS, NOT_CANONICAL));
}

void attempt_waits(void)
{
    attempt_clocks();
    attempt_epoll();
    attempt_timer();
    attempt_thread_pointer();
}
