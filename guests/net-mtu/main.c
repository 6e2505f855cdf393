// The largest frame a device takes. Without arguments it prints the MTU and sends one frame of that size to everybody: the host must take
// it whole. With `echo`, it then answers until it has answered an echo in a frame of just that size, as 10.0.0.2.
#include "ethernet.h"

enum { TYPE_EXPERIMENT = 0x88b5 }; // for local use (IEEE 802, Local Experimental EtherType 1)

static struct words words;
static uint8_t frame[FRAME_MAX];

static void send_largest(const struct net *net)
{
    size_t length = ETHERNET_HEADER + net->mtu;
    for (size_t i = ETHERNET_HEADER; i < length; i++)
        frame[i] = (uint8_t)i;
    memset(frame, 0xff, 6);
    memcpy(frame + 6, net->mac, 6);
    frame[12] = TYPE_EXPERIMENT >> 8;
    frame[13] = TYPE_EXPERIMENT & 0xff;
    check(net_write(net->handle, frame, length) == RESULT_OK, "the largest frame is written");
}

static void answer_largest(const struct net *net)
{
    struct station station = {.ip = {10, 0, 0, 2}};
    memcpy(station.mac, net->mac, sizeof station.mac);
    for (;;) {
        size_t length;
        enum result result = net_read(net->handle, frame, sizeof frame, &length);
        if (result == RESULT_AGAIN) {
            yield_until(clock_monotonic() + 3600000000000ul);
            continue;
        }
        check(result == RESULT_OK, "a frame is read");
        check(length <= ETHERNET_HEADER + net->mtu, "no frame is larger than the MTU says");
        enum request request = ethernet_answer(&station, frame, length);
        if (request != REQUEST_NONE)
            check(net_write(net->handle, frame, length) == RESULT_OK, "an answer is written");
        if (request == REQUEST_ECHO && length == ETHERNET_HEADER + net->mtu)
            return;
    }
}

int guest_main(const struct boot_info *boot)
{
    devices_start(boot);
    words_start(&words, boot->cmdline);
    const char *word = words_next(&words);
    if (word != NULL && !same_text(word, "echo")) {
        console_print("usage: net-mtu [echo]\n");
        return EXIT_USAGE;
    }
    struct net net = net_require("service");
    say("MTU is %lu\n", (uint64_t)net.mtu);
    console_print("READY\n");
    send_largest(&net);
    if (word != NULL)
        answer_largest(&net);
    console_print("SUCCESS\n");
    return EXIT_OK;
}
