// Must die: makes a system call that is outside the policy, dup(1), or the one whose number is its argument.
#include "guest.h"
#include "system-calls.h"

enum { SYS_DUP = 32 };

static struct words words;

int guest_main(const struct boot_info *boot)
{
    uint64_t number = SYS_DUP;
    words_start(&words, boot->cmdline);
    const char *word = words_next(&words);
    if (word != NULL && !parse_number(word, 10, &number)) {
        console_print("usage: forbidden [NUMBER]\n");
        return EXIT_USAGE;
    }
    say("system call %lu\n", number);
    system_call((long)number, 1, 0, 0, 0, 0, 0);
    console_print("still alive\n");
    return EXIT_FAILED;
}
