// Must die: runs code that lies in .data, or with an argument in bss, heap, stack or the page of the boot information
// (boot). "text" runs the same code where it may run, to show that nothing else is wrong with it.
#include "guest.h"

enum { RETURN = 0xc3 }; // the machine instruction

static volatile uint8_t in_data[16] = {RETURN};
static volatile uint8_t in_bss[16];
static struct words words;

__asm__(".pushsection .text.in_text, \"ax\"\nin_text: ret\n.popsection");
extern const char in_text[];

int guest_main(const struct boot_info *boot)
{
    volatile uint8_t in_stack[16] = {RETURN};
    volatile uint8_t *heap = (volatile uint8_t *)_end;
    volatile uint8_t *low = (volatile uint8_t *)0x13800; // behind the command line
    in_bss[0] = RETURN;
    heap[0] = RETURN;
    low[0] = RETURN;

    words_start(&words, boot->cmdline);
    const char *word = words_next(&words);
    uint64_t target;
    if (word == NULL)
        target = (uint64_t)in_data;
    else if (same_text(word, "bss"))
        target = (uint64_t)in_bss;
    else if (same_text(word, "heap"))
        target = (uint64_t)heap;
    else if (same_text(word, "stack"))
        target = (uint64_t)in_stack;
    else if (same_text(word, "boot"))
        target = (uint64_t)low;
    else if (same_text(word, "text"))
        target = (uint64_t)in_text;
    else {
        console_print("usage: exec-data [bss|heap|stack|boot|text]\n");
        return EXIT_USAGE;
    }
    console_print("running a piece of code\n");
    __asm__ volatile("call *%0" : : "r"(target) : "memory");
    console_print("still alive\n");
    return EXIT_FAILED;
}
