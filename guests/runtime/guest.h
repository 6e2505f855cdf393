// The runtime of our test guests: all that a main.c may use. There is no libc underneath.
#ifndef GUEST_H
#define GUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "abi.h"

// Written by each guest. The return value is the exit status (its lowest 8 bits, as everywhere on Linux).
int guest_main(const struct boot_info *boot);

enum {
    EXIT_OK = 0,
    EXIT_FAILED = 1,
    EXIT_USAGE = 64, // what MirageOS guests use for arguments that make no sense
    EXIT_ABORTED = 255,
};

enum { PAGE_SIZE = 4096 };

// start.S, start.c
extern uint64_t guest_entry_stack; // the stack pointer as the tender left it
_Noreturn void guest_exit(int status);
_Noreturn void guest_abort(const char *why); // prints "ABORT: why", status 255
// Prints "FAILED: what" and exits with status 1 unless `holds`.
void check(bool holds, const char *what);

// console.c. A write that the host refuses is given up silently: a guest must run on without a console.
void console_write(const void *bytes, size_t length);
void console_print(const char *text);
// A line or a part of one, at most 1 KiB: %s %c %d %u %x, %lu and %lx for 64 bits, %%.
__attribute__((format(printf, 1, 2))) void say(const char *format, ...);

// string.c
void *memcpy(void *restrict to, const void *restrict from, size_t length);
void *memset(void *to, int byte, size_t length);
size_t strlen(const char *text);
bool same_text(const char *a, const char *b);
// The same, whatever the case of their letters is (ASCII).
bool same_word(const char *a, const char *b);
char lower_case(char c);
bool all_zero(const void *from, const void *end);
// The whole text must be a number that fits in 64 bits; base 10 or 16, no sign, no prefix.
bool parse_number(const char *text, unsigned base, uint64_t *value);

// What the compiler believes to know about an address (its alignment, above all) is no test: this makes it forget.
static inline uint64_t address_of(const volatile void *object)
{
    uint64_t address = (uint64_t)object;
    __asm__("" : "+r"(address));
    return address;
}

static inline uint64_t align_down(uint64_t value, uint64_t alignment)
{
    return value & ~(alignment - 1);
}

static inline uint64_t align_up(uint64_t value, uint64_t alignment)
{
    return align_down(value + alignment - 1, alignment);
}

// words.c: the words of the command line, by the grammar of MirageOS. A space separates, a backslash takes the next
// character literally anywhere, double quotes group, empty words vanish.
enum { COMMAND_LINE_SIZE = 8192 }; // with its NUL: what an spt tender reserves

struct words {
    const char *at;
    bool unterminated; // the line ended inside quotes or after a backslash
    char word[COMMAND_LINE_SIZE];
};

void words_start(struct words *words, const char *line);
// The next word, valid until the next call; NULL at the end and when the line turns out to be unterminated.
const char *words_next(struct words *words);

// time.c: nanoseconds
uint64_t clock_monotonic(void);
uint64_t clock_wall(void);
// Sleeps until the monotonic clock has reached the deadline or a net device has something to read.
// Result: a bit per ready handle, 0 when it was the deadline.
uint64_t yield_until(uint64_t deadline);
void sleep_ms(uint64_t milliseconds);

// manifest.c: the handle (1 to 63) of an attached device, 0 if there is none of that name and type
unsigned manifest_find(const struct manifest *manifest, const char *name, uint32_t type);
bool manifest_is_sound(const struct manifest *manifest);

// tls.c: blocks for thread variables. `memory` has tls_block_size() bytes; the result is what tls_switch() takes.
size_t tls_block_size(void);
void *tls_prepare(void *memory);
long tls_switch(const void *thread_pointer); // 0, or the error of arch_prctl

// spt.lds
extern char _stext[], _etext[], _erodata[], _sdata[], _edata[], _ebss[], _end[];
extern const char _stdata[], _ltdata[], _ltbss[], _atls[]; // the last three are sizes: only their addresses mean something

#endif
