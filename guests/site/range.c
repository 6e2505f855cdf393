// Parts of a file (RFC 9110, 14). One part is served; who asks for several gets all of it, as whoever asks in a way that makes no sense.
#include "site.h"

// Digits up to something else, which is where `at` is left. False where there are none.
static bool take_number(const char **at, uint64_t *value)
{
    const char *start = *at;
    *value = 0;
    for (; **at >= '0' && **at <= '9'; ++*at) {
        if (__builtin_mul_overflow(*value, 10, value) || __builtin_add_overflow(*value, (uint64_t)(**at - '0'), value))
            *value = UINT64_MAX; // behind the end of everything
    }
    return *at > start;
}

enum range parse_range(const char *value, uint64_t size, uint64_t *at, uint64_t *length)
{
    uint64_t first, last;
    const char *rest = value_of(value, "bytes=");
    if (rest == NULL)
        return RANGE_WHOLE;
    bool has_first = take_number(&rest, &first);
    if (*rest++ != '-')
        return RANGE_WHOLE;
    bool has_last = take_number(&rest, &last);
    if (*rest != 0 || !(has_first || has_last) || (has_first && has_last && last < first))
        return RANGE_WHOLE;
    if (!has_first) { // the last bytes
        *length = last < size ? last : size;
        *at = size - *length;
        return *length > 0 ? RANGE_PART : RANGE_IMPOSSIBLE;
    }
    if (first >= size)
        return RANGE_IMPOSSIBLE;
    *at = first;
    *length = (has_last && last < size ? last + 1 : size) - first;
    return RANGE_PART;
}
