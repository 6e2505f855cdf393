// The system calls that the spt policy allows, and nothing above them. A result from -4095 to -1 is a negated errno.
#ifndef SYSTEM_CALLS_H
#define SYSTEM_CALLS_H

#include <stdint.h>

enum {
    SYS_READ = 0,
    SYS_WRITE = 1,
    SYS_PREAD64 = 17,
    SYS_PWRITE64 = 18,
    SYS_ARCH_PRCTL = 158,
    SYS_CLOCK_GETTIME = 228,
    SYS_EXIT_GROUP = 231,
    SYS_EPOLL_PWAIT = 281,
    SYS_TIMERFD_SETTIME = 286,
};

enum { ERROR_EINTR = 4, ERROR_EAGAIN = 11, ERROR_EFAULT = 14, ERROR_EINVAL = 22 };

static inline long system_call(long number, uint64_t a, uint64_t b, uint64_t c, uint64_t d, uint64_t e, uint64_t f)
{
    register uint64_t r10 __asm__("r10") = d;
    register uint64_t r8 __asm__("r8") = e;
    register uint64_t r9 __asm__("r9") = f;
    long result;
    __asm__ volatile("syscall"
                     : "=a"(result)
                     : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
                     : "rcx", "r11", "memory");
    return result;
}

#endif
