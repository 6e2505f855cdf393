// What remains of the launcher in the guest's address space: a page or a few, with the executor and the end of its table. The guest may jump
// into it, wherever it likes and with records of its own; the filter must be the same for that code as for any other.
#include "attempts.h"

enum { IMPOSSIBLE_FLAG = 1 << 30 };
enum { GETPID = 39 };

// One entry of the launcher's table (docs/spec/launcher.md).
struct record {
    uint16_t number, message_length;
    uint8_t kind, flags;
    uint16_t times;
    uint64_t arguments[6];
    uint64_t expected, message;
};
enum { KIND_IGNORE, KIND_EXPECT, KIND_ANY, KIND_COMPARE, KIND_ENTER };

static uint8_t stack[4096];

// Asks the kernel, which does not fault: it copies the setting before it looks at the flags.
static bool readable(uint64_t page)
{
    return system_call(SYS_TIMERFD_SETTIME, (uint64_t)boot_info->timer_fd, IMPOSSIBLE_FLAG, page, 0, 0, 0) == -ERROR_EINVAL;
}

struct range find_launcher(void)
{
    struct range found = {0, 0};
    for (uint64_t page = SETUP_ADDRESS; page < LAUNCHER_END; page += PAGE_SIZE) {
        if (!readable(page))
            continue;
        if (found.start != 0 && page != found.end)
            escaped("the launcher has left more than one region");
        if (found.start == 0)
            found.start = page;
        found.end = page + PAGE_SIZE;
    }
    if (found.start == 0)
        guest_abort("there is no launcher where the specification has it");
    return found;
}

uint64_t find_bytes(struct range in, const char *bytes, size_t length)
{
    for (uint64_t at = in.start; at + length <= in.end; at++) {
        size_t i = 0;
        while (i < length && ((const char *)at)[i] == bytes[i])
            i++;
        if (i == length)
            return at;
    }
    guest_abort("the launcher's code is not what the specification says");
}

static void came_back(void)
{
    escaped("the launcher's code came back");
}

// A record that enters the guest again: where the executor goes when it has done what it was asked.
static struct record way_back(void)
{
    uint64_t top = align_down((uint64_t)stack + sizeof stack, 16) - 8;
    return (struct record){.kind = KIND_ENTER, .times = 1, .arguments = {0, top, (uint64_t)came_back}};
}

// Into the executor, with the registers that it keeps: rbx the record, ebp its kind, r14d the repetitions that are left.
static _Noreturn void jump(uint64_t target, uint64_t number, const void *record)
{
    __asm__ volatile("xorl %%ebp, %%ebp\n"
                     "movl $1, %%r14d\n"
                     "jmp *%%rcx"
                     :
                     : "a"(number), "b"(record), "c"(target), "D"(1), "S"(buffer), "d"(1)
                     : "memory");
    __builtin_unreachable();
}

// The executor's loop begins behind its first two instructions, ten bytes.
static uint64_t find_loop(struct range launcher)
{
    return find_bytes(launcher, "\x49\x89\xe7\x48\x8b\x1d", 6) + 10;
}

static void attempt_system_calls(void)
{
    static const uint16_t numbers[] = {0, 1, 2, 9, 10, 11, 13, 15, 39, 56, 57, 59, 62, 101, 157, 257, 317, 321, 425, 436};
    static struct record records[2];
    for (unsigned i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        if (is_allowed(numbers[i]) || !wanted_number("launcher-call", numbers[i], KILLED))
            continue;
        records[1] = way_back();
        struct range executor = {find_loop(find_launcher()), find_launcher().end};
        jump(find_bytes(executor, "\x0f\x05", 2), numbers[i], records);
    }
}

static void attempt_record(const char *name, const char *endings, struct record record)
{
    static struct record records[2];
    if (!wanted(name, endings))
        return;
    records[0] = record;
    records[1] = way_back();
    jump(find_loop(find_launcher()), 0, records);
}

static void attempt_records(void)
{
    uint64_t at = (uint64_t)buffer;
    attempt_record("launcher-record-getpid", KILLED, (struct record){.number = GETPID, .kind = KIND_IGNORE, .times = 1});
    attempt_record("launcher-record-mmap", KILLED,
                   (struct record){.number = 9, .kind = KIND_ANY, .times = 1, .arguments = {0, 4096, 7, 0x22, -1ul, 0}});
    attempt_record("launcher-record-write-stderr", KILLED,
                   (struct record){.number = SYS_WRITE, .kind = KIND_IGNORE, .times = 1, .arguments = {2, at, 1}});
    // From an allowed descriptor on to the next, by the executor's own counting.
    attempt_record("launcher-record-twice", KILLED,
                   (struct record){.number = SYS_WRITE, .kind = KIND_IGNORE, .times = 2, .arguments = {1, at, 0}});
    // What the executor does when a demand is not met: it writes to descriptors that are not the guest's.
    attempt_record("launcher-record-fails", KILLED,
                   (struct record){.number = SYS_CLOCK_GETTIME, .kind = KIND_EXPECT, .times = 1, .arguments = {1, at}, .expected = 1,
                                   .message = at, .message_length = 1});
    attempt_record("launcher-record-compares-setup", FAULT,
                   (struct record){.kind = KIND_COMPARE, .times = 1, .arguments = {SETUP_ADDRESS, -1ul, 0}});
    // The initial stack pointer is in no register any more, so this counts from an address of the guest's choice.
    attempt_record("launcher-record-on-stack", KILLED,
                   (struct record){.number = 28, .kind = KIND_IGNORE, .flags = 3, .times = 1, .arguments = {0, 4096, 4}});
}

void attempt_launcher(void)
{
    attempt_system_calls();
    attempt_records();
    if (wanted("launcher-start", KILLED "/" FAULT)) // its table begins in pages that are gone
        jump(find_loop(find_launcher()) - 10, 0, NULL);
    if (wanted("launcher-last-records", KILLED)) // those that set the filter, once more
        jump(find_loop(find_launcher()), 0, (void *)find_launcher().start);
    if (wanted("launcher-write", FAULT)) {
        *(volatile uint8_t *)find_launcher().start = 0;
        escaped("the launcher can be written");
    }
    if (wanted("launcher-write-by-kernel", REFUSED))
        report(system_call(SYS_CLOCK_GETTIME, 1, find_launcher().start, 0, 0, 0, 0));
    if (wanted("launcher-setup", FAULT)) {
        (void)*(const volatile uint8_t *)SETUP_ADDRESS;
        escaped("setup can be read");
    }
    if (wanted("launcher-is-small", REFUSED)) {
        struct range launcher = find_launcher();
        if (launcher.end - launcher.start > 16 * PAGE_SIZE)
            escaped("more of the launcher is left than a table and a filter can take");
        refused("nothing but its last part is there");
    }
}
