// A large image. Looks at samples of it; with the argument "all" at every word; with "idle" it touches every page and
// then yields until it is killed, to be measured.
#include "guest.h"

enum { READONLY_PAGES = 2048, WRITABLE_PAGES = 512, PAGE_WORDS = PAGE_SIZE / 4, SAMPLE_STEP = 61 };

// image.S
extern const volatile uint32_t pattern_readonly[READONLY_PAGES][PAGE_WORDS];
extern volatile uint32_t pattern_writable[WRITABLE_PAGES][PAGE_WORDS];

static struct words words;

static bool page_holds(const volatile uint32_t *page, uint32_t word, bool whole)
{
    for (unsigned i = 0; i < PAGE_WORDS; i += whole ? 1 : PAGE_WORDS - 1) { // otherwise the first and the last word
        if (page[i] != word)
            return false;
    }
    return true;
}

static unsigned check_pages(unsigned step, bool whole)
{
    unsigned count = 0;
    for (unsigned i = 0; i < READONLY_PAGES; i += step, count++)
        check(page_holds(pattern_readonly[i], 0x51000000 + i, whole), "a page of .rodata holds its pattern");
    for (unsigned i = 0; i < WRITABLE_PAGES; i += step, count++)
        check(page_holds(pattern_writable[i], 0x5d000000 + i, whole), "a page of .data holds its pattern");
    check(page_holds(pattern_readonly[READONLY_PAGES - 1], 0x51000000 + READONLY_PAGES - 1, whole), "the end of .rodata");
    check(page_holds(pattern_writable[WRITABLE_PAGES - 1], 0x5d000000 + WRITABLE_PAGES - 1, whole), "the end of .data");
    return count;
}

static void check_writing(void)
{
    for (unsigned i = 0; i < WRITABLE_PAGES; i += SAMPLE_STEP)
        pattern_writable[i][7] = ~i;
    for (unsigned i = 0; i < WRITABLE_PAGES; i += SAMPLE_STEP) {
        check(pattern_writable[i][7] == ~i, "a page of .data keeps what is written");
        check(pattern_writable[i][6] == 0x5d000000 + i && pattern_writable[i][8] == 0x5d000000 + i, "and only that");
    }
}

int guest_main(const struct boot_info *boot)
{
    words_start(&words, boot->cmdline);
    const char *word = words_next(&words);
    if (word == NULL) {
        say("%u pages looked at\n", check_pages(SAMPLE_STEP, false));
        check_writing();
    } else if (same_text(word, "all")) {
        say("%u pages looked at\n", check_pages(1, true));
        check_writing();
    } else if (same_text(word, "idle")) {
        check_pages(1, false);
        console_print("READY\n");
        for (;;)
            sleep_ms(3600000);
    } else {
        console_print("usage: large [all|idle]\n");
        return EXIT_USAGE;
    }
    console_print("SUCCESS\n");
    return EXIT_OK;
}
