#include "guest.h"

// In assembler, because the compiler recognises such loops and would replace them by a call of the very function.
void *memcpy(void *restrict to, const void *restrict from, size_t length)
{
    void *at = to;
    __asm__ volatile("rep movsb" : "+D"(at), "+S"(from), "+c"(length) : : "memory");
    return to;
}

void *memset(void *to, int byte, size_t length)
{
    void *at = to;
    __asm__ volatile("rep stosb" : "+D"(at), "+c"(length) : "a"(byte) : "memory");
    return to;
}

size_t strlen(const char *text)
{
    size_t length = 0;
    while (((const volatile char *)text)[length] != 0) // volatile, or this loop becomes a call of strlen
        length++;
    return length;
}

bool same_text(const char *a, const char *b)
{
    while (*a != 0 && *a == *b) {
        a++;
        b++;
    }
    return *a == *b;
}

char lower_case(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

bool same_word(const char *a, const char *b)
{
    while (*a != 0 && lower_case(*a) == lower_case(*b)) {
        a++;
        b++;
    }
    return lower_case(*a) == lower_case(*b);
}

bool all_zero(const void *from, const void *end)
{
    for (const char *at = from; at < (const char *)end; at++) {
        if (*at != 0)
            return false;
    }
    return true;
}

static unsigned digit_of(char c)
{
    if (c >= '0' && c <= '9')
        return (unsigned)(c - '0');
    if (c >= 'a' && c <= 'f')
        return (unsigned)(c - 'a') + 10;
    if (c >= 'A' && c <= 'F')
        return (unsigned)(c - 'A') + 10;
    return 99; // in no base
}

bool parse_number(const char *text, unsigned base, uint64_t *value)
{
    uint64_t sum = 0;
    if (*text == 0)
        return false;
    for (; *text != 0; text++) {
        unsigned digit = digit_of(*text);
        if (digit >= base || __builtin_mul_overflow(sum, base, &sum) || __builtin_add_overflow(sum, digit, &sum))
            return false;
    }
    *value = sum;
    return true;
}
