// The clocks move and a yield lasts until its deadline. Nothing is said about being late: a busy machine is late.
#include "guest.h"

#define MILLISECOND 1000000ul
#define START_OF_2024 1704067200000000000ul

int guest_main(const struct boot_info *boot)
{
    (void)boot;
    uint64_t wall = clock_wall();
    uint64_t start = clock_monotonic();
    check(wall >= START_OF_2024, "the wall clock is not before 2024");

    uint64_t last = start;
    for (unsigned i = 0; i < 1000; i++) {
        uint64_t now = clock_monotonic();
        check(now >= last, "the monotonic clock never goes back");
        last = now;
    }

    for (unsigned i = 1; i <= 3; i++) {
        uint64_t deadline = clock_monotonic() + 100 * MILLISECOND;
        check(yield_until(deadline) == 0, "a guest without devices has none that is ready");
        check(clock_monotonic() >= deadline, "a yield does not end before its deadline");
        say("yield %u\n", i);
    }

    // These would hang if the deadline were taken as relative, or a zero disarmed the timer.
    yield_until(0);
    yield_until(start);
    console_print("past deadlines\n");

    check(clock_monotonic() - start >= 300 * MILLISECOND, "three yields are seen on the monotonic clock");
    check(clock_wall() > wall, "the wall clock moves");
    console_print("SUCCESS\n");
    return EXIT_OK;
}
