// Ends with the number on its command line.
#include "guest.h"

static struct words words;

int guest_main(const struct boot_info *boot)
{
    words_start(&words, boot->cmdline);
    const char *word = words_next(&words);
    uint64_t status;
    if (word == NULL || !parse_number(word, 10, &status)) {
        console_print("usage: exit-status NUMBER\n");
        return EXIT_USAGE;
    }
    return (int)status;
}
