// A TCP client: fetches, or tries which addresses answer. README.md has the arguments and how it ends.
#include "client.h"

static struct words words;
static struct fetch fetch;
static uint64_t patience;
static char attempts[COMMAND_LINE_SIZE];
static struct tcp connections[CONNECTIONS];
static uint8_t memory[CONNECTIONS][2 * BUFFER_SIZE];

static _Noreturn void usage(void)
{
    console_print("usage: tcp-client --fetch=HOST:PORT[/PATH] [--raw] [--upload=BYTES] [--expect=SHA-256]\n"
                  "       tcp-client --try=HOST:PORT,...\n"
                  "       [--patience=SECONDS] [--ipv4=ADDRESS/BITS] [--ipv4-gateway=ADDRESS] [--dns-servers=ADDRESS] [--name=NAME]\n");
    guest_exit(EXIT_USAGE);
}

static void keep(char *to, size_t size, const char *text)
{
    size_t length = strlen(text);
    if (length == 0 || length >= size)
        usage();
    memcpy(to, text, length + 1);
}

static void read_wishes(const char *line)
{
    words_start(&words, line);
    for (const char *word = words_next(&words); word != NULL; word = words_next(&words)) {
        const char *value;
        if ((value = value_of(word, "--fetch=")) != NULL)
            keep(fetch.target, sizeof fetch.target, value);
        else if ((value = value_of(word, "--try=")) != NULL)
            keep(attempts, sizeof attempts, value);
        else if ((value = value_of(word, "--expect=")) != NULL)
            keep(fetch.expected, sizeof fetch.expected, value);
        else if ((value = value_of(word, "--upload=")) != NULL && parse_number(value, 10, &fetch.upload))
            fetch.uploads = true;
        else if ((value = value_of(word, "--patience=")) != NULL && parse_number(value, 10, &patience) && patience > 0)
            continue;
        else if (same_text(word, "--raw"))
            fetch.raw = true;
        else if (!host_option(word))
            usage();
    }
    if (words.unterminated || (fetch.target[0] == 0) == (attempts[0] == 0))
        usage();
}

int resolve_endpoint(char *text, uint32_t *address, uint16_t *port)
{
    uint64_t number;
    char *colon = text;
    while (*colon != 0 && *colon != ':')
        colon++;
    if (*colon == 0 || colon == text || !parse_number(colon + 1, 10, &number) || number < 1 || number > 65535)
        usage();
    *colon = 0;
    *port = (uint16_t)number;
    enum dns_answer answer = dns_resolve(text, address);
    if (answer != DNS_FOUND)
        say("%s: %s\n", text, dns_why(answer));
    return answer == DNS_FOUND ? EXIT_OK : EXIT_NO_NAME;
}

int guest_main(const struct boot_info *boot)
{
    devices_start(boot);
    read_wishes(boot->cmdline);
    tcp_start(connections, CONNECTIONS, memory[0], BUFFER_SIZE, BUFFER_SIZE);
    host_start("service", "tcp-client");
    console_print("READY\n");
    int status = attempts[0] != 0 ? try_all(attempts, patience) : fetch_all(&fetch, patience);
    if (status == EXIT_OK)
        console_print("SUCCESS\n");
    return status;
}
