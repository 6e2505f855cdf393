// What a segment does to a connection (RFC 9293, section 3.10.7).
#include "tcp-parts.h"

enum { OPTION_END = 0, OPTION_NOTHING = 1, OPTION_MSS = 2, OPTION_WINDOW_SCALE = 3, SHIFT_MAX = 14, MSS_MIN = 64 };
enum { INITIAL_SEGMENTS = 10 }; // RFC 6928

static bool decode(const struct packet *packet, struct segment *segment)
{
    const uint8_t *header = packet->bytes;
    if (packet->length < TCP_HEADER)
        return false;
    size_t offset = (size_t)(header[AT_OFFSET] >> 4) * 4;
    if (offset < TCP_HEADER || offset > packet->length || host.address == 0 || packet->destination != host.address ||
        transport_checksum(packet->source, packet->destination, PROTOCOL_TCP, header, packet->length) != 0)
        return false;
    *segment = (struct segment){
        .address = packet->source,
        .port = (uint16_t)get16(header + AT_SOURCE_PORT),
        .local_port = (uint16_t)get16(header + AT_DESTINATION_PORT),
        .sequence = get32(header + AT_SEQUENCE),
        .acknowledged = get32(header + AT_ACKNOWLEDGED),
        .window = get16(header + AT_WINDOW),
        .flags = header[AT_FLAGS],
        .options = header + TCP_HEADER,
        .options_length = offset - TCP_HEADER,
        .bytes = header + offset,
        .length = (uint32_t)(packet->length - offset),
    };
    return true;
}

static struct tcp *find(uint32_t address, uint16_t port, uint16_t local_port)
{
    for (struct tcp *tcp = tcp_first; tcp < tcp_end_of_all; tcp++) {
        if (tcp->state != TCP_CLOSED && tcp->remote_port == port && tcp->local_port == local_port &&
            tcp->remote_address == address)
            return tcp;
    }
    return NULL;
}

// Those of a SYN: the largest segment, and by how much windows are scaled. What is cut off or does not fit is passed over.
static void read_options(struct tcp *tcp, const struct segment *segment)
{
    const uint8_t *at = segment->options, *end = at + segment->options_length;
    bool scales = false;
    while (at < end && *at != OPTION_END) {
        if (*at == OPTION_NOTHING) {
            at++;
            continue;
        }
        if (end - at < 2 || at[1] < 2 || at[1] > end - at)
            break;
        if (at[0] == OPTION_MSS && at[1] == 4) {
            uint32_t mss = get16(at + 2);
            tcp->mss = least(mss > MSS_MIN ? mss : MSS_MIN, tcp_own_mss());
        } else if (at[0] == OPTION_WINDOW_SCALE && at[1] == 3) {
            scales = true;
            tcp->window_shift = at[2] < SHIFT_MAX ? at[2] : SHIFT_MAX;
        }
        at += at[1];
    }
    tcp->scales = scales;
    if (!scales)
        tcp->window_shift = tcp->receive_shift = 0;
}

static void hear_syn(struct tcp *tcp, const struct segment *segment)
{
    read_options(tcp, segment);
    tcp->expected = tcp->edge = segment->sequence + 1;
    tcp->window = segment->window; // never scaled beside a SYN
    tcp->window_seq = segment->sequence;
    tcp->window_ack = segment->acknowledged;
    tcp->congestion_window = INITIAL_SEGMENTS * tcp->mss;
}

static void open_passively(const struct segment *segment)
{
    struct tcp *tcp = tcp_take_place();
    if (tcp == NULL)
        return; // it will ask again
    tcp_prepare(tcp, TCP_SYN_RECEIVED, segment->address, segment->port, segment->local_port);
    tcp->holder = LISTENER;
    hear_syn(tcp, segment);
    tcp_output(tcp);
}

static void hear_answer_to_syn(struct tcp *tcp, const struct segment *segment)
{
    bool acknowledges = (segment->flags & ACK) != 0;
    if (acknowledges && segment->acknowledged != tcp->una + 1) {
        if ((segment->flags & RST) == 0)
            tcp_send_reset(segment);
        return;
    }
    if ((segment->flags & RST) != 0) {
        if (acknowledges)
            tcp_close(tcp, TCP_REFUSED);
        return;
    }
    if ((segment->flags & SYN) == 0)
        return;
    hear_syn(tcp, segment);
    if (!acknowledges) { // both sides have asked at the same time
        tcp->state = TCP_SYN_RECEIVED;
        tcp->next = tcp->una;
        return;
    }
    tcp_establish(tcp, segment);
    tcp->acknowledge = true;
}

static void hear_reset(struct tcp *tcp, const struct segment *segment)
{
    if (segment->sequence == tcp->expected)
        tcp_close(tcp, tcp->state == TCP_TIME_WAIT ? TCP_FINISHED : TCP_RESET);
    else
        tcp->acknowledge = true; // RFC 5961: who means it has the right number next time
}

static void hear(struct tcp *tcp, const struct segment *segment)
{
    if (tcp->state == TCP_SYN_SENT) {
        hear_answer_to_syn(tcp, segment);
        return;
    }
    if (!tcp_is_acceptable(tcp, segment)) {
        if ((segment->flags & RST) != 0)
            return;
        tcp->acknowledge = true;
        // Bytes in front of a closed window cannot be taken, but what comes with them counts.
        if (segment->sequence == tcp->expected && (segment->flags & ACK) != 0 && tcp->state >= TCP_ESTABLISHED)
            tcp_hear_acknowledgement(tcp, segment);
        return;
    }
    if ((segment->flags & RST) != 0) {
        hear_reset(tcp, segment);
        return;
    }
    if ((segment->flags & SYN) != 0) {
        tcp->acknowledge = true;
        return;
    }
    if ((segment->flags & ACK) == 0)
        return;
    if (tcp->state == TCP_SYN_RECEIVED) {
        if (segment->acknowledged != tcp->una + 1) {
            tcp_send_reset(segment);
            return;
        }
        tcp_establish(tcp, segment);
    } else if (!tcp_hear_acknowledgement(tcp, segment) || tcp->state == TCP_CLOSED) {
        return;
    }
    tcp_hear_bytes(tcp, segment);
}

void tcp_input(const struct packet *packet)
{
    struct segment segment;
    if (!decode(packet, &segment))
        return;
    bool opens = (segment.flags & (SYN | ACK | RST | FIN)) == SYN;
    struct tcp *tcp = find(segment.address, segment.port, segment.local_port);
    if (tcp != NULL && tcp->state == TCP_TIME_WAIT && opens && before(tcp->expected, segment.sequence)) {
        tcp_close(tcp, TCP_FINISHED); // the same ports again
        tcp = NULL;
    }
    if (tcp != NULL)
        hear(tcp, &segment);
    else if (opens && tcp_listens(segment.local_port))
        open_passively(&segment);
    else if ((segment.flags & RST) == 0)
        tcp_send_reset(&segment);
}

void tcp_undeliverable(const struct packet *head)
{
    struct tcp *tcp = find(head->destination, (uint16_t)get16(head->bytes + AT_DESTINATION_PORT),
                           (uint16_t)get16(head->bytes + AT_SOURCE_PORT));
    // While a connection stands, it is news of a moment: what is sent again will tell (RFC 1122, 4.2.3.9).
    if (tcp != NULL && tcp->state == TCP_SYN_SENT && get32(head->bytes + AT_SEQUENCE) == tcp->una)
        tcp_close(tcp, TCP_UNREACHABLE);
}

void tcp_no_station(uint32_t next_hop)
{
    for (struct tcp *tcp = tcp_first; tcp < tcp_end_of_all; tcp++) {
        if (tcp->state == TCP_SYN_SENT && ipv4_next_hop(tcp->remote_address) == next_hop)
            tcp_close(tcp, TCP_UNREACHABLE);
    }
}
