// Serves the files of a tar archive, which is its disk `files`, by HTTP/1.1 on its network `service`.
//
//   site [--port=80] [--title=TEXT] [--quit=PATH] [--verbose] [--ipv4=ADDRESS/BITS] [--ipv4-gateway=ADDRESS] [--name=NAME]
#include "site.h"

#include "heap.h"

enum { CONNECTIONS = 128, RECEIVE_SIZE = 1 << 14, SEND_SIZE = 1 << 17 };

struct wishes wishes = {.title = "site", .port = 80};
struct disk disk;

static struct tcp connections[CONNECTIONS];
static struct http_client clients[CONNECTIONS];
static uint8_t memory[CONNECTIONS][RECEIVE_SIZE + SEND_SIZE];
static struct words words;

static bool copy(char *to, size_t size, const char *from)
{
    size_t length = strlen(from);
    if (length == 0 || length >= size)
        return false;
    memcpy(to, from, length + 1);
    return true;
}

static bool read_port(const char *text)
{
    uint64_t number;
    if (!parse_number(text, 10, &number) || number < 1 || number > 65535)
        return false;
    wishes.port = (uint16_t)number;
    return true;
}

static bool read_word(const char *word)
{
    const char *value;
    if ((value = value_of(word, "--title=")) != NULL)
        return copy(wishes.title, sizeof wishes.title, value);
    if ((value = value_of(word, "--quit=")) != NULL)
        return *value == '/' && copy(wishes.quit, sizeof wishes.quit, value);
    if ((value = value_of(word, "--port=")) != NULL)
        return read_port(value);
    if (same_text(word, "--verbose"))
        return wishes.verbose = true;
    return host_option(word);
}

static bool read_wishes(const char *line)
{
    words_start(&words, line);
    for (const char *word = words_next(&words); word != NULL; word = words_next(&words)) {
        if (!read_word(word))
            return false;
    }
    return !words.unterminated;
}

int guest_main(const struct boot_info *boot)
{
    devices_start(boot);
    heap_start(boot);
    if (!read_wishes(boot->cmdline)) {
        console_print("usage: site [--port=80] [--title=TEXT] [--quit=PATH] [--verbose]\n"
                      "       [--ipv4=ADDRESS/BITS] [--ipv4-gateway=ADDRESS] [--name=NAME]\n");
        return EXIT_USAGE;
    }
    disk_open(&disk, "files");
    index_build(&disk, "files");
    struct index_counts counts = index_counts();
    say("files: %lu files of %lu bytes, %lu directories, %lu symbolic links\n", counts.files, counts.bytes,
        counts.directories, counts.links);
    tcp_start(connections, CONNECTIONS, memory[0], RECEIVE_SIZE, SEND_SIZE);
    tcp_listen(wishes.port);
    host_start("service", "site");
    console_print("READY\n");
    uint64_t requests = http_serve(&(struct http_service){
        .connections = connections, .clients = clients, .count = CONNECTIONS, .answer = answer_request});
    say("%lu requests\nSUCCESS\n", requests);
    return EXIT_OK;
}
