// Sends back every datagram that comes to port 7 of its network, `service` (RFC 862), also such as come in fragments; one that says
// "quit", with or without a line feed, ends it.
//
//   udp-echo [--ipv4=ADDRESS/BITS] [--ipv4-gateway=ADDRESS] [--name=NAME]
#include "udp.h"

enum { PORT = 7 };

static struct words words;
static uint64_t count, lost;
static bool done;

static bool says_quit(const struct datagram *datagram)
{
    size_t length = datagram->length;
    if (length > 0 && datagram->bytes[length - 1] == '\n')
        length--;
    return length == 4 && same_bytes(datagram->bytes, (const uint8_t *)"quit", 4);
}

static void echo(const struct datagram *datagram)
{
    // Two such services that answer each other would never stop.
    if (datagram->source_port == PORT)
        return;
    memcpy(udp_payload(), datagram->bytes, datagram->length);
    count++;
    if (!udp_send(PORT, datagram->source, datagram->source_port, datagram->length))
        lost++;
    done = says_quit(datagram);
}

int guest_main(const struct boot_info *boot)
{
    devices_start(boot);
    words_start(&words, boot->cmdline);
    for (const char *word = words_next(&words); word != NULL; word = words_next(&words)) {
        if (!host_option(word)) {
            console_print("usage: udp-echo [--ipv4=ADDRESS/BITS] [--ipv4-gateway=ADDRESS] [--name=NAME]\n");
            return EXIT_USAGE;
        }
    }
    if (words.unterminated)
        return EXIT_USAGE;
    udp_bind(PORT, echo);
    host_start("service", "udp-echo");
    console_print("READY\n");
    while (!done)
        host_wait(NEVER);
    if (lost > 0)
        say("%lu answers lost\n", lost);
    say("%lu datagrams\nSUCCESS\n", count);
    return EXIT_OK;
}
