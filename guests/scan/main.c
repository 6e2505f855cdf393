// The canary hunter. A test hides a marker in what must be gone once the guest runs (environment, arguments, paths);
// this guest looks for it in all the memory that it is told to read.
//
//   scan MS [START-END]... [#COMMENT]...
//
// Prints READY, waits MS milliseconds so that the test can look at /proc/PID/maps, then reads each range (hexadecimal,
// END excluded). Pages that cannot be read are passed over, so a range may be the whole region in which the host places
// something at random. A comment is ignored: a test uses it to plant the marker and see it found.
#include "guest.h"
#include "system-calls.h"

enum { MARKER_SIZE = 12, KEY = 0xa5 };
enum { IMPOSSIBLE_FLAG = 1 << 30 };

// The marker is never in this guest's own memory: not in the image, and not on the stack while it compares. Volatile,
// because the compiler would otherwise undo the mask beforehand.
static const volatile uint8_t masked[MARKER_SIZE] = {
    'S' ^ KEY, 'L' ^ KEY, 'I' ^ KEY, 'P' ^ KEY, 'W' ^ KEY, 'A' ^ KEY,
    'Y' ^ KEY, 'C' ^ KEY, 'A' ^ KEY, 'N' ^ KEY, 'R' ^ KEY, 'Y' ^ KEY,
};

static struct words words;
static int32_t timer_fd;
static uint64_t bytes_read, bytes_unreadable, found;

// Asks the kernel, which does not fault: it copies the timer setting before it looks at the flags, so EINVAL means
// that the memory could be read, and the timer is never touched.
static bool readable(uint64_t page)
{
    long result = system_call(SYS_TIMERFD_SETTIME, (uint64_t)timer_fd, IMPOSSIBLE_FLAG, page, 0, 0, 0);
    if (result != -ERROR_EFAULT && result != -ERROR_EINVAL)
        guest_abort("the question whether memory can be read was not understood");
    return result == -ERROR_EINVAL;
}

static bool is_marker(const volatile uint8_t *at)
{
    for (unsigned i = 0; i < MARKER_SIZE; i++) {
        if ((at[i] ^ KEY) != masked[i])
            return false;
    }
    return true;
}

static void search(uint64_t start, uint64_t end)
{
    uint8_t first = masked[0] ^ KEY;
    bytes_read += end - start;
    for (uint64_t at = start; at < end && end - at >= MARKER_SIZE; at++) {
        if (*(const volatile uint8_t *)at == first && is_marker((const volatile uint8_t *)at)) {
            say("found at 0x%lx\n", at);
            found++;
        }
    }
}

// Runs of readable pages are searched as a whole: a marker may lie across two pages.
static void scan(uint64_t start, uint64_t end)
{
    while (start < end) {
        bool can = readable(align_down(start, PAGE_SIZE));
        uint64_t stop = start;
        do {
            stop = align_down(stop, PAGE_SIZE) + PAGE_SIZE;
        } while (stop < end && readable(stop) == can);
        if (stop > end)
            stop = end;
        if (can) {
            search(start, stop);
        } else {
            bytes_unreadable += stop - start;
            say("unreadable 0x%lx-0x%lx\n", start, stop);
        }
        start = stop;
    }
}

static bool parse_range(char *word, uint64_t *start, uint64_t *end)
{
    for (char *at = word; *at != 0; at++) {
        if (*at == '-') {
            *at = 0;
            return parse_number(word, 16, start) && parse_number(at + 1, 16, end) && *start < *end && *end <= 1ul << 63;
        }
    }
    return false;
}

static _Noreturn void usage(void)
{
    console_print("usage: scan MS [START-END]... [#COMMENT]...\n");
    guest_exit(EXIT_USAGE);
}

int guest_main(const struct boot_info *boot)
{
    uint64_t wait, start, end;
    timer_fd = boot->timer_fd;
    words_start(&words, boot->cmdline);
    if (words_next(&words) == NULL || !parse_number(words.word, 10, &wait))
        usage();
    console_print("READY\n");
    sleep_ms(wait);

    while (words_next(&words) != NULL) {
        if (words.word[0] == '#') {
            memset(words.word, 0, sizeof words.word); // its copy here would be found a second time
            continue;
        }
        if (!parse_range(words.word, &start, &end))
            usage();
        scan(start, end);
    }
    say("%lu bytes read, %lu not readable\n", bytes_read, bytes_unreadable);
    if (found > 0)
        return EXIT_FAILED;
    console_print("clean\n");
    return EXIT_OK;
}
