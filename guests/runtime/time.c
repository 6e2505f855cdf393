#include "guest.h"
#include "system-calls.h"

enum { CLOCK_WALL = 0, CLOCK_MONOTONIC = 1 }; // numbers of clock_gettime
enum { TIMER_ABSOLUTE = 1 };

#define SECOND 1000000000ul

struct moment {
    uint64_t seconds;
    uint64_t nanoseconds;
};

struct timer_setting {
    struct moment interval;
    struct moment first;
};

struct __attribute__((packed)) epoll_event { // packed on x86-64 only: 12 bytes
    uint32_t events;
    uint64_t data;
};

static int32_t epoll_fd;
static int32_t timer_fd;

void time_start(const struct boot_info *boot)
{
    epoll_fd = boot->epoll_fd;
    timer_fd = boot->timer_fd;
}

static uint64_t read_clock(int clock)
{
    struct moment now;
    if (system_call(SYS_CLOCK_GETTIME, (uint64_t)clock, (uint64_t)&now, 0, 0, 0, 0) != 0)
        guest_abort("clock_gettime failed");
    return now.seconds * SECOND + now.nanoseconds;
}

uint64_t clock_monotonic(void)
{
    return read_clock(CLOCK_MONOTONIC);
}

uint64_t clock_wall(void)
{
    return read_clock(CLOCK_WALL);
}

uint64_t yield_until(uint64_t deadline)
{
    static struct epoll_event events[MANIFEST_MAX_ENTRIES];
    // A time of zero would disarm the timer, and the wait below has no other end: the lowest bit is always set.
    struct timer_setting setting = {.first = {deadline / SECOND, (deadline % SECOND) | 1}};
    if (system_call(SYS_TIMERFD_SETTIME, (uint64_t)timer_fd, TIMER_ABSOLUTE, (uint64_t)&setting, 0, 0, 0) != 0)
        guest_abort("timerfd_settime failed");

    long count;
    do {
        count = system_call(SYS_EPOLL_PWAIT, (uint64_t)epoll_fd, (uint64_t)events, MANIFEST_MAX_ENTRIES, (uint64_t)-1, 0, 0);
    } while (count == -ERROR_EINTR);
    if (count < 1)
        guest_abort("epoll_pwait failed");

    uint64_t ready = 0;
    for (long i = 0; i < count; i++) {
        if (events[i].data == TIMER_EVENT)
            continue;
        if (events[i].data >= MANIFEST_MAX_ENTRIES)
            guest_abort("epoll_pwait names something that is no device");
        ready |= 1ul << events[i].data;
    }
    return ready;
}

void sleep_ms(uint64_t milliseconds)
{
    uint64_t deadline = clock_monotonic() + milliseconds * 1000000;
    while (clock_monotonic() < deadline)
        yield_until(deadline);
}
