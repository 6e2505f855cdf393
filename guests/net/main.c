// A station on a network: answers ARP and echo requests, and otherwise waits for its device without using the processor.
//
//   net [address A.B.C.D] [limit [N]] [verify [N]] [quit]
//
// Its address is 10.0.0.2 unless told otherwise. With limit, it ends after N echoes (100000); with verify also (10000), and each must
// carry a time of 16 bytes and then the bytes de ad be ef, again and again, as `ping -p deadbeef` sends them; with quit, an echo that
// carries "quit" there ends it (`ping -p 71756974`).
#include "ethernet.h"

enum { LIMIT = 100000, VERIFY = 10000, TIME_SIZE = 16 };

static struct {
    struct station station;
    uint64_t limit; // 0: none
    bool verify;
    bool quit;
} wish = {.station.ip = {10, 0, 0, 2}};

static struct words words;
static uint8_t frame[FRAME_MAX];

static _Noreturn void usage(void)
{
    console_print("usage: net [address A.B.C.D] [limit [N]] [verify [N]] [quit]\n");
    guest_exit(EXIT_USAGE);
}

static void read_wishes(const char *line)
{
    bool countable = false; // the word before may have a number behind it
    words_start(&words, line);
    for (const char *word = words_next(&words); word != NULL; word = words_next(&words)) {
        uint64_t number;
        if (countable && parse_number(word, 10, &number) && number > 0) {
            wish.limit = number;
            countable = false;
            continue;
        }
        countable = true;
        if (same_text(word, "limit")) {
            wish.limit = LIMIT;
        } else if (same_text(word, "verify")) {
            wish.limit = VERIFY;
            wish.verify = true;
        } else if (same_text(word, "quit")) {
            wish.quit = true;
            countable = false;
        } else if (same_text(word, "address")) {
            word = words_next(&words);
            if (word == NULL || !parse_address(word, wish.station.ip))
                usage();
            countable = false;
        } else {
            usage();
        }
    }
    if (words.unterminated)
        usage();
}

static bool carries(const char *pattern, size_t at_least)
{
    size_t length;
    const uint8_t *payload = echo_payload(frame, &length);
    if (length < TIME_SIZE + at_least)
        return false;
    for (size_t i = TIME_SIZE; i < length; i++) {
        if (payload[i] != (uint8_t)pattern[(i - TIME_SIZE) % 4])
            return false;
    }
    return true;
}

int guest_main(const struct boot_info *boot)
{
    devices_start(boot);
    read_wishes(boot->cmdline);
    struct net net = net_require("service");
    memcpy(wish.station.mac, net.mac, sizeof net.mac);
    say_station("service", &net, wish.station.ip);
    console_print("READY\n");

    uint64_t echoes = 0, lost = 0;
    for (bool done = false; !done;) {
        size_t length;
        enum result result = net_read(net.handle, frame, sizeof frame, &length);
        // A network that fails is none of ours to judge: Solo5's bindings do not tell it from one where nothing comes either.
        if (result == RESULT_AGAIN || result == RESULT_UNSPECIFIED) {
            yield_until(clock_monotonic() + 3600000000000ul);
            continue;
        }
        check(result == RESULT_OK, "a frame is read");
        enum request request = ethernet_answer(&wish.station, frame, length);
        if (request == REQUEST_NONE)
            continue;
        if (request == REQUEST_ECHO) {
            echoes++;
            check(!wish.verify || carries("\xde\xad\xbe\xef", 1), "an echo carries the pattern");
            done = echoes == wish.limit || (wish.quit && carries("quit", 4));
        }
        // Where the other end does not keep up, an answer is lost as on any network.
        if (net_write(net.handle, frame, length) != RESULT_OK)
            lost++;
    }
    if (lost > 0)
        say("%lu answers lost\n", lost);
    say("%lu echoes\nSUCCESS\n", echoes);
    return EXIT_OK;
}
