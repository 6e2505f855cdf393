// Thread variables in two blocks, switched by hand. With the argument "none": the use of one before any block exists,
// which must fault because the runtime starts with FS base 0.
#include "guest.h"

static _Thread_local uint64_t number = 0x1122334455667788;
static _Thread_local char text[] = "initial";
static _Thread_local uint8_t zeroed[100];
static _Thread_local uint64_t aligned __attribute__((aligned(64))) = 7;

static char memory[2][1024];
static struct words words;

// Each test in a function that is not inlined, so that no address of a variable survives a switch.
__attribute__((noinline)) static void check_initial(const char *which)
{
    say("block %s\n", which);
    check(number == 0x1122334455667788, "the number has its initial value");
    check(same_text(text, "initial"), "the text has its initial value");
    check(all_zero(zeroed, zeroed + sizeof zeroed), "what has no initial value is zero");
    check(aligned == 7 && address_of(&aligned) % 64 == 0, "an aligned variable is aligned");
}

__attribute__((noinline)) static void change(uint64_t value)
{
    number = value;
    text[0] = 'I';
    memset(zeroed, (int)value, sizeof zeroed);
    aligned = value;
}

__attribute__((noinline)) static bool changed_to(uint64_t value)
{
    return number == value && same_text(text, "Initial") && zeroed[0] == value && zeroed[99] == value && aligned == value;
}

int guest_main(const struct boot_info *boot)
{
    words_start(&words, boot->cmdline);
    const char *word = words_next(&words);
    if (word != NULL && same_text(word, "none")) {
        console_print("using a thread variable without a block\n");
        change(1);
        return EXIT_FAILED;
    }

    memset(memory, 0xee, sizeof memory); // so that zeros are seen to be written
    check(tls_block_size() <= sizeof memory[0], "the blocks are large enough");
    void *first = tls_prepare(memory[0]);
    void *second = tls_prepare(memory[1] + 1); // blocks need no alignment of their own

    check(tls_switch(first) == 0, "switch to the first block");
    check_initial("1");
    change(11);
    check(tls_switch(second) == 0, "switch to the second block");
    check_initial("2");
    change(22);
    check(tls_switch(first) == 0, "switch back to the first block");
    check(changed_to(11), "the first block kept its values");
    check(tls_switch((void *)0x8000000000000000) < 0, "a non-canonical address is refused");
    check(changed_to(11), "a refused switch changes nothing");
    check(tls_switch(second) == 0, "switch back to the second block");
    check(changed_to(22), "the second block kept its values");

    console_print("SUCCESS\n");
    return EXIT_OK;
}
