// Writes as many bytes as its argument says, in writes of 4 KiB, then SUCCESS. README.md describes the pattern, so that
// a reader can tell what is missing. Short writes are continued; any error ends with status 2. That includes EAGAIN:
// a guest cannot wait for its console, so a console that refuses is the host's mistake and must show.
#include "guest.h"
#include "system-calls.h"

enum { LINE_SIZE = 64, CHUNK_SIZE = 4096, EXIT_WRITE_FAILED = 2 };

static char chunk[CHUNK_SIZE];
static struct words words;

static void fill_line(char *line, uint64_t number)
{
    static const char letters[52] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
    uint64_t rest = number;
    for (unsigned i = 10; i > 0; i--, rest /= 10)
        line[i - 1] = (char)('0' + rest % 10);
    line[10] = ' ';
    for (unsigned i = 0; i < 52; i++)
        line[11 + i] = letters[(number + i) % 52];
    line[LINE_SIZE - 1] = '\n';
}

static void write_all(const char *bytes, size_t length)
{
    while (length > 0) {
        long written = system_call(SYS_WRITE, 1, (uint64_t)bytes, length, 0, 0, 0);
        if (written == -ERROR_EINTR)
            continue;
        if (written <= 0)
            guest_exit(EXIT_WRITE_FAILED);
        bytes += written;
        length -= (size_t)written;
    }
}

int guest_main(const struct boot_info *boot)
{
    uint64_t total;
    words_start(&words, boot->cmdline);
    const char *word = words_next(&words);
    if (word == NULL || !parse_number(word, 10, &total)) {
        console_print("usage: output BYTES\n");
        return EXIT_USAGE;
    }
    for (uint64_t done = 0; done < total; done += CHUNK_SIZE) {
        for (unsigned i = 0; i < CHUNK_SIZE; i += LINE_SIZE)
            fill_line(chunk + i, (done + i) / LINE_SIZE);
        write_all(chunk, total - done < CHUNK_SIZE ? total - done : CHUNK_SIZE);
    }
    if (total % LINE_SIZE != 0)
        write_all("\n", 1);
    write_all("SUCCESS\n", 8);
    return EXIT_OK;
}
