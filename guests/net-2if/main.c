// Two stations on two networks in one guest, 10.0.0.2 at service0 and 10.1.0.2 at service1. Each device is read only when a yield has named
// it, so a wrong bit in the ready set is a device that nobody answers for.
//
//   net-2if [N]    ends when each has answered N echoes (50000)
#include "ethernet.h"

enum { DEVICES = 2, LIMIT = 50000 };

static struct words words;
static uint8_t frame[FRAME_MAX];
static struct {
    struct net net;
    struct station station;
    uint64_t echoes;
} interfaces[DEVICES];

static void answer_all(unsigned i)
{
    size_t length;
    enum result result;
    while ((result = net_read(interfaces[i].net.handle, frame, sizeof frame, &length)) == RESULT_OK) {
        enum request request = ethernet_answer(&interfaces[i].station, frame, length);
        if (request == REQUEST_NONE)
            continue;
        interfaces[i].echoes += request == REQUEST_ECHO;
        check(net_write(interfaces[i].net.handle, frame, length) == RESULT_OK, "an answer is written");
    }
    check(result == RESULT_AGAIN, "a frame is read");
}

static void start(unsigned i, const char *name)
{
    struct net net = net_require(name);
    interfaces[i].net = net;
    memcpy(interfaces[i].station.mac, net.mac, sizeof net.mac);
    memcpy(interfaces[i].station.ip, (uint8_t[]){10, (uint8_t)i, 0, 2}, 4);
    say_station(name, &net, interfaces[i].station.ip);
}

int guest_main(const struct boot_info *boot)
{
    devices_start(boot);
    uint64_t limit = LIMIT;
    words_start(&words, boot->cmdline);
    const char *word = words_next(&words);
    if (word != NULL && !parse_number(word, 10, &limit)) {
        console_print("usage: net-2if [N]\n");
        return EXIT_USAGE;
    }
    start(0, "service0");
    start(1, "service1");
    check(interfaces[0].net.fd != interfaces[1].net.fd, "two devices have two descriptors");
    console_print("READY\n");

    while (interfaces[0].echoes < limit || interfaces[1].echoes < limit) {
        uint64_t ready = yield_until(clock_monotonic() + 3600000000000ul);
        uint64_t known = 0;
        for (unsigned i = 0; i < DEVICES; i++) {
            uint64_t bit = 1ul << interfaces[i].net.handle;
            known |= bit;
            if (ready & bit)
                answer_all(i);
        }
        check((ready & ~known) == 0, "only network devices are ready");
    }
    say("%lu and %lu echoes\nSUCCESS\n", interfaces[0].echoes, interfaces[1].echoes);
    return EXIT_OK;
}
