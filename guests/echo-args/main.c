// Prints each word of its command line on a line of its own.
#include "guest.h"

static struct words words;

int guest_main(const struct boot_info *boot)
{
    const char *word;
    words_start(&words, boot->cmdline);
    while (words_next(&words) != NULL)
        continue;
    if (words.unterminated) { // found out before anything is printed
        console_print("the command line ends inside quotes or after a backslash\n");
        return EXIT_USAGE;
    }
    words_start(&words, boot->cmdline);
    while ((word = words_next(&words)) != NULL) {
        console_print(word);
        console_print("\n");
    }
    return EXIT_OK;
}
