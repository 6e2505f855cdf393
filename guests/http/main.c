// An HTTP/1.1 server on port 80 of its network, `service`.
//
//   http [--ipv4=ADDRESS/BITS] [--ipv4-gateway=ADDRESS] [--name=NAME]
//
//   /          a page                      /big       1 MiB of the pattern (runtime/pattern.h)
//   /count     how often this was asked    /bytes/N   N bytes of it
//   /client    address and port of whom it sees as its client
//   /upload    PUT or POST: the number of bytes, and their SHA-256
//   /quit      says goodbye, and ends with SUCCESS
#include "answers.h"

enum { RECEIVE_SIZE = 1 << 16, SEND_SIZE = 1 << 17, PORT = 80 };

static struct tcp connections[CONNECTIONS];
static uint8_t memory[CONNECTIONS][RECEIVE_SIZE + SEND_SIZE];
static struct words words;

int guest_main(const struct boot_info *boot)
{
    devices_start(boot);
    words_start(&words, boot->cmdline);
    for (const char *word = words_next(&words); word != NULL; word = words_next(&words)) {
        if (!host_option(word)) {
            console_print("usage: http [--ipv4=ADDRESS/BITS] [--ipv4-gateway=ADDRESS] [--name=NAME]\n");
            return EXIT_USAGE;
        }
    }
    if (words.unterminated)
        return EXIT_USAGE;
    tcp_start(connections, CONNECTIONS, memory[0], RECEIVE_SIZE, SEND_SIZE);
    tcp_listen(PORT);
    host_start("service", "http");
    console_print("READY\n");
    uint64_t requests = http_serve(&(struct http_service){
        .connections = connections,
        .clients = clients,
        .count = CONNECTIONS,
        .begin = begin_upload,
        .body = take_upload,
        .answer = answer_request,
    });
    say("%lu requests\nSUCCESS\n", requests);
    return EXIT_OK;
}
