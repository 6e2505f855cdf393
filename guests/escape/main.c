// Tries what a guest must not be able to do, one attempt a run, because most of them are deadly.
//
//   escape list    prints every attempt with the endings that are right for it
//   escape NAME    makes that attempt: prints its name, and ESCAPED with status 1 if it succeeds
#include "attempts.h"

struct block disk = {.fd = -1};
struct net network = {.fd = -1};
const struct boot_info *boot_info;
uint8_t buffer[2 * BLOCK_SIZE_MAX];

static struct words words;
static const char *wish; // NULL: list them

bool is_allowed(uint64_t number)
{
    static const uint16_t always[] = {SYS_WRITE, SYS_ARCH_PRCTL, SYS_CLOCK_GETTIME, SYS_EXIT_GROUP, SYS_EPOLL_PWAIT, SYS_TIMERFD_SETTIME};
    for (unsigned i = 0; i < sizeof always / sizeof *always; i++) {
        if (always[i] == number)
            return true;
    }
    return (network.fd >= 0 && number == SYS_READ) || (disk.fd >= 0 && (number == SYS_PREAD64 || number == SYS_PWRITE64));
}

bool wanted(const char *name, const char *endings)
{
    if (wish == NULL)
        say("%s %s\n", endings, name);
    else if (same_text(wish, name)) {
        say("attempt %s\n", name);
        return true;
    }
    return false;
}

bool wanted_number(const char *prefix, uint64_t number, const char *endings)
{
    char name[64];
    char digits[20];
    unsigned count = 0;
    size_t length = strlen(prefix);
    do {
        digits[count++] = (char)('0' + number % 10);
        number /= 10;
    } while (number > 0);
    if (length + 1 + count >= sizeof name)
        guest_abort("a name is too long");
    memcpy(name, prefix, length);
    name[length++] = '-';
    while (count > 0)
        name[length++] = digits[--count];
    name[length] = 0;
    return wanted(name, endings);
}

_Noreturn void refused(const char *why)
{
    say("refused: %s\n", why);
    guest_exit(EXIT_OK);
}

_Noreturn void escaped(const char *what)
{
    say("ESCAPED: %s\n", what);
    guest_exit(EXIT_FAILED);
}

_Noreturn void report(long result)
{
    if (result < 0 && result >= -4095) {
        say("refused: errno %d\n", -(int)result);
        guest_exit(EXIT_OK);
    }
    say("ESCAPED: the call returned 0x%lx\n", (uint64_t)result);
    guest_exit(EXIT_FAILED);
}

static _Noreturn void make(struct call call)
{
    const uint64_t *a = call.arguments;
    report(system_call(call.number, a[0], a[1], a[2], a[3], a[4], a[5]));
}

void attempt(const char *name, const char *endings, struct call call)
{
    if (wanted(name, endings))
        make(call);
}

void attempt_number(const char *prefix, uint64_t number, const char *endings, struct call call)
{
    if (wanted_number(prefix, number, endings))
        make(call);
}

int guest_main(const struct boot_info *boot)
{
    devices_start(boot);
    boot_info = boot;
    words_start(&words, boot->cmdline);
    wish = words_next(&words);
    if (wish == NULL) {
        console_print("usage: escape list | escape NAME\n");
        return EXIT_USAGE;
    }
    if (same_text(wish, "list"))
        wish = NULL;
    block_acquire("storage", &disk);
    net_acquire("service", &network);

    attempt_numbers();
    attempt_calls();
    attempt_descriptors();
    attempt_blocks();
    attempt_networks();
    attempt_waits();
    attempt_pointers();
    attempt_gates();
    attempt_instructions();
    attempt_launcher();
    attempt_leftovers();
    attempt_parts();
    if (wish == NULL)
        return EXIT_OK;
    console_print("there is no attempt of that name\n");
    return EXIT_USAGE;
}
