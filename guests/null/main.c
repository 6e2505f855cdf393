// Must die: writes where no memory is. At address 0, or at the hexadecimal address in its argument, or with "top" at
// the first byte behind its memory.
#include "guest.h"

static struct words words;

int guest_main(const struct boot_info *boot)
{
    uint64_t address = 0;
    words_start(&words, boot->cmdline);
    const char *word = words_next(&words);
    if (word != NULL && same_text(word, "top")) {
        address = boot->mem_size;
    } else if (word != NULL && !parse_number(word, 16, &address)) {
        console_print("usage: null [ADDRESS|top]\n");
        return EXIT_USAGE;
    }
    console_print("writing where no memory is\n");
    __asm__ volatile("movb $1, (%0)" : : "r"(address) : "memory"); // in C the compiler may do what it likes with it
    console_print("still alive\n");
    return EXIT_FAILED;
}
