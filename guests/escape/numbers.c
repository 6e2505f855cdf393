// Every number that a system call could have, and some that it could not.
#include "attempts.h"

enum { LAST_NUMBER = 600, X32_BIT = 0x40000000, X32_FIRST = 512, X32_LAST = 547 };
enum { URETPROBE = 335, UPROBE = 336 };

// Arguments of all ones: no rule allows them, whatever the call.
#define ALL_ONES -1, -1, -1, -1, -1, -1

static const char *endings_of(uint64_t number)
{
    // Linux 6.14 and newer never show these two to a filter. Outside of the kernel's own trampolines they do nothing: SIGILL, ENXIO.
    if (number == URETPROBE || number == UPROBE)
        return KILLED "/" FAULT "/" REFUSED;
    return number == SYS_EXIT_GROUP ? ENDS : KILLED;
}

void attempt_numbers(void)
{
    for (uint64_t number = 0; number <= LAST_NUMBER; number++)
        attempt_number("call", number, endings_of(number), CALL((long)number, ALL_ONES));

    static const uint16_t some[] = {0, 1, 2, 9, 10, 17, 18, 39, 56, 57, 59, 62, 101, 157, 158, 228, 257, 281, 286, 317, 425};
    for (unsigned i = 0; i < sizeof some / sizeof *some; i++) {
        long number = some[i];
        attempt_number("call-bit-31", (uint64_t)number, KILLED, CALL(number | 1l << 31, ALL_ONES));
        attempt_number("call-bit-32", (uint64_t)number, KILLED, CALL(number | 1l << 32, ALL_ONES));
        attempt_number("call-bit-63", (uint64_t)number, KILLED, CALL((long)((uint64_t)number | 1ul << 63), ALL_ONES));
    }
    attempt("call-minus-1", KILLED, CALL(-1, ALL_ONES));

    // An x32 call has the same architecture word and the same numbers under one more bit. These arguments would be allowed.
    for (unsigned number = 0; number <= X32_LAST; number++) {
        if (is_allowed(number) || number >= X32_FIRST)
            attempt_number("x32", number, KILLED, CALL(X32_BIT | (long)number, 1, (uint64_t)buffer, 1));
    }
}
