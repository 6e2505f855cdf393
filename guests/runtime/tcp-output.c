// What a connection sends, and when.
#include "tcp-parts.h"

enum { OPTION_MSS = 2, OPTION_NOTHING = 1, OPTION_WINDOW_SCALE = 3, SYN_OPTIONS = 8 };

#define RETRY_AFTER (500 * 1000ul) // the device has no way to say that it takes frames again

uint64_t tcp_retry_at = NEVER;

static enum sent send_header(uint8_t *header, uint32_t address, size_t length)
{
    put16(header + AT_SUM, 0);
    put16(header + AT_SUM + 2, 0); // nothing is urgent
    put16(header + AT_SUM, transport_checksum(host.address, address, PROTOCOL_TCP, header, length));
    return ipv4_send(address, PROTOCOL_TCP, length);
}

// The window moves on only in steps that are worth a segment (RFC 9293, 3.8.6.2.2), and never back.
static uint32_t step(const struct tcp *tcp)
{
    return least(tcp->receive.size / 2, tcp_own_mss());
}

static uint32_t free_edge(const struct tcp *tcp)
{
    uint32_t most = 0xffffu << tcp->receive_shift;
    return tcp->expected + least(tcp->receive.size - tcp->receive.length, most);
}

static uint32_t offered_window(struct tcp *tcp)
{
    uint32_t edge = free_edge(tcp);
    if ((int32_t)(edge - tcp->edge) >= (int32_t)step(tcp))
        tcp->edge = edge;
    return before(tcp->expected, tcp->edge) ? tcp->edge - tcp->expected : 0; // a FIN may lie behind the edge
}

static void write_syn_options(struct tcp *tcp, uint8_t *options)
{
    options[0] = OPTION_MSS;
    options[1] = 4;
    put16(options + 2, tcp_own_mss());
    options[4] = OPTION_NOTHING;
    options[5] = OPTION_WINDOW_SCALE;
    options[6] = 3;
    options[7] = tcp->receive_shift;
}

// Bytes that are in the ring, from that number on. False when the device does not take it.
static bool send_segment(struct tcp *tcp, uint32_t sequence, uint32_t length, unsigned flags)
{
    uint8_t *header = ipv4_payload();
    uint32_t options = 0;
    uint32_t window = offered_window(tcp);
    if ((flags & SYN) != 0) {
        window = least(window, 0xffff); // a window beside a SYN is never scaled
        options = tcp->scales ? SYN_OPTIONS : 4; // the first of them is four bytes long
        write_syn_options(tcp, header + TCP_HEADER);
    } else {
        window >>= tcp->receive_shift;
        ring_copy_out(&tcp->send, sequence - tcp->una, header + TCP_HEADER, length);
    }
    put16(header + AT_SOURCE_PORT, tcp->local_port);
    put16(header + AT_DESTINATION_PORT, tcp->remote_port);
    put32(header + AT_SEQUENCE, sequence);
    put32(header + AT_ACKNOWLEDGED, (flags & ACK) != 0 ? tcp->expected : 0);
    header[AT_OFFSET] = (uint8_t)((TCP_HEADER + options) / 4 << 4);
    header[AT_FLAGS] = (uint8_t)flags;
    put16(header + AT_WINDOW, window);

    enum sent sent = send_header(header, tcp->remote_address, TCP_HEADER + options + length);
    if (sent == SENT_FULL) {
        tcp_retry_at = host.now + RETRY_AFTER;
        return false;
    }
    if (sent == SENT_NOWHERE && tcp->state == TCP_SYN_SENT)
        tcp_close(tcp, TCP_UNREACHABLE);
    tcp->acknowledge = false;
    tcp->unacknowledged = 0;
    tcp->acknowledge_at = NEVER;
    return sent == SENT;
}

static void open(struct tcp *tcp)
{
    if (tcp->next != tcp->una)
        return;
    if (!send_segment(tcp, tcp->una, 0, tcp->state == TCP_SYN_SENT ? SYN : SYN | ACK))
        return;
    tcp->next = tcp->max = tcp->una + 1;
    if (tcp->tries == 0) {
        tcp->timed_at = host.now;
        tcp->timed = tcp->next;
    }
    tcp_restart_timer(tcp);
}

static void note_sent(struct tcp *tcp, uint32_t length)
{
    bool again = tcp->next != tcp->max;
    bool first = tcp->next == tcp->una;
    tcp->next += length;
    if (before(tcp->max, tcp->next))
        tcp->max = tcp->next;
    if (!again && tcp->timed_at == 0) { // what is sent again is never timed (Karn)
        tcp->timed_at = host.now;
        tcp->timed = tcp->next;
    }
    if (first || tcp->timer == NEVER)
        tcp_restart_timer(tcp);
}

static void note_finished(struct tcp *tcp)
{
    if (tcp->state == TCP_ESTABLISHED)
        tcp->state = TCP_FIN_WAIT_1;
    else if (tcp->state == TCP_CLOSE_WAIT)
        tcp->state = TCP_LAST_ACK;
}

// A segment of what has not been sent yet, as far as the windows allow. False when there is none to send.
static bool send_next(struct tcp *tcp)
{
    uint32_t on_its_way = tcp->next - tcp->una;
    if (on_its_way > tcp->send.length)
        return false; // the FIN, too
    uint32_t limited_transmit = tcp->recovering ? 0 : least(tcp->duplicates, 2) * tcp->mss; // RFC 3042
    uint32_t limit = least(tcp->window, tcp->congestion_window + limited_transmit);
    uint32_t unsent = tcp->send.length - on_its_way;
    uint32_t length = least(least(unsent, tcp->mss), limit > on_its_way ? limit - on_its_way : 0);
    bool fin = tcp->finishing && length == unsent;
    if (length == 0 && !fin)
        return false;
    // A small segment waits for more room while something is on its way, and for more bytes where the guest surely has them, since its ring
    // is full.
    bool more = length < unsent || tcp->send.length == tcp->send.size;
    if (length < tcp->mss && !fin && more && on_its_way > 0)
        return false;
    unsigned flags = ACK | (fin ? FIN : 0) | (length > 0 && length == unsent ? PSH : 0);
    if (!send_segment(tcp, tcp->next, length, flags))
        return false;
    note_sent(tcp, length + (fin ? 1 : 0));
    if (fin)
        note_finished(tcp);
    return true;
}

// The guest has taken so much that the peer should hear of it.
static bool has_opened(const struct tcp *tcp)
{
    uint32_t enough = least(tcp->receive.size / 2, 2 * tcp_own_mss());
    return (int32_t)(free_edge(tcp) - tcp->edge) >= (int32_t)enough && !tcp->peer_finished;
}

void tcp_output(struct tcp *tcp)
{
    if (tcp->state == TCP_CLOSED)
        return;
    if (tcp->state == TCP_SYN_SENT || tcp->state == TCP_SYN_RECEIVED) {
        open(tcp);
        return;
    }
    if (tcp->state != TCP_TIME_WAIT) {
        while (send_next(tcp))
            continue;
        if (tcp->timer == NEVER && tcp->state != TCP_FIN_WAIT_2)
            tcp_restart_timer(tcp); // the window is closed
    }
    if (tcp->acknowledge || tcp->unacknowledged >= 2 || has_opened(tcp))
        send_segment(tcp, tcp->next, 0, ACK);
}

void tcp_retransmit(struct tcp *tcp)
{
    uint32_t on_its_way = tcp->max - tcp->una;
    tcp->next = tcp->una;
    tcp->timed_at = 0;
    tcp->duplicates = 0;
    tcp->recovering = false;
    tcp->recover = tcp->max; // what comes twice now is no sign of another loss
    uint32_t half = on_its_way / 2;
    tcp->threshold = half > 2 * tcp->mss ? half : 2 * tcp->mss;
    tcp->congestion_window = tcp->mss;
    tcp_output(tcp);
}

void tcp_resend_first(struct tcp *tcp)
{
    uint32_t length = least(tcp->send.length, tcp->mss);
    bool fin = tcp->finishing && length == tcp->send.length && tcp->max - tcp->una > length;
    tcp->timed_at = 0;
    send_segment(tcp, tcp->una, length, ACK | (fin ? FIN : 0));
}

// A number that the peer has acknowledged long ago, which makes it say what its window is.
void tcp_probe(struct tcp *tcp)
{
    send_segment(tcp, tcp->una - 1, 0, ACK);
}

void tcp_send_reset(const struct segment *segment)
{
    uint8_t *header = ipv4_payload();
    bool answers = (segment->flags & ACK) != 0;
    uint32_t length = segment->length + ((segment->flags & SYN) != 0) + ((segment->flags & FIN) != 0);
    put16(header + AT_SOURCE_PORT, segment->local_port);
    put16(header + AT_DESTINATION_PORT, segment->port);
    put32(header + AT_SEQUENCE, answers ? segment->acknowledged : 0);
    put32(header + AT_ACKNOWLEDGED, answers ? 0 : segment->sequence + length);
    header[AT_OFFSET] = TCP_HEADER / 4 << 4;
    header[AT_FLAGS] = answers ? RST : RST | ACK;
    put16(header + AT_WINDOW, 0);
    send_header(header, segment->address, TCP_HEADER);
}

void tcp_send_own_reset(struct tcp *tcp)
{
    send_segment(tcp, tcp->next, 0, RST | ACK);
}
