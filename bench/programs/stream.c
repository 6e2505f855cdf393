// A guest for the bench: discards what comes to TCP port 9 and finishes when its peer has, sends without end on port 19, and sends datagrams to
// UDP port 7 back.
#include "tcp.h"
#include "udp.h"

enum { CONNECTIONS = 4, BUFFER = 1 << 20, DISCARD = 9, CHARGEN = 19, ECHO = 7 };

static struct tcp connections[CONNECTIONS];
static uint8_t memory[CONNECTIONS][2 * BUFFER];

static void echo(const struct datagram *datagram)
{
    memcpy(udp_payload(), datagram->bytes, datagram->length);
    udp_send(ECHO, datagram->source, datagram->source_port, datagram->length);
}

static void discard(struct tcp *tcp)
{
    size_t length;
    do {
        tcp_received(tcp, &length);
        tcp_take(tcp, length);
    } while (length > 0);
    if (tcp_at_end(tcp))
        tcp_finish(tcp);
}

// What is in the buffer is good enough.
static void generate(struct tcp *tcp)
{
    size_t length;
    do {
        tcp_room(tcp, &length);
        tcp_put(tcp, length);
    } while (length > 0);
}

int guest_main(const struct boot_info *boot)
{
    static struct tcp *open[CONNECTIONS];
    devices_start(boot);
    tcp_start(connections, CONNECTIONS, memory[0], BUFFER, BUFFER);
    tcp_listen(DISCARD);
    tcp_listen(CHARGEN);
    udp_bind(ECHO, echo);
    host_start("service", "stream");
    console_print("READY\n");
    for (;;) {
        host_wait(NEVER);
        for (struct tcp *tcp = tcp_accept(); tcp != NULL; tcp = tcp_accept())
            open[tcp - connections] = tcp;
        for (unsigned i = 0; i < CONNECTIONS; i++) {
            if (open[i] == NULL)
                continue;
            if (tcp_is_over(open[i])) {
                tcp_release(open[i]);
                open[i] = NULL;
            } else if (open[i]->local_port == DISCARD) {
                discard(open[i]);
            } else {
                generate(open[i]);
            }
        }
    }
}
