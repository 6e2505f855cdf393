// What a segment does to a connection (RFC 9293, section 3.10.7).
#include "tcp-parts.h"

enum { OPTION_END = 0, OPTION_NOTHING = 1, OPTION_MSS = 2, OPTION_WINDOW_SCALE = 3, SHIFT_MAX = 14, MSS_MIN = 64 };
enum { DUPLICATES_OF_A_LOSS = 3, INITIAL_SEGMENTS = 10, PROBES_KEPT = 5 };

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

static void measure(struct tcp *tcp)
{
    if (tcp->timed_at == 0 || before(tcp->una, tcp->timed))
        return;
    uint64_t time = host.now - tcp->timed_at + 1; // 0 would mean that nothing has been measured
    tcp->timed_at = 0;
    if (tcp->smoothed == 0) { // RFC 6298
        tcp->smoothed = time;
        tcp->variation = time / 2;
    } else {
        uint64_t difference = time > tcp->smoothed ? time - tcp->smoothed : tcp->smoothed - time;
        tcp->variation = (3 * tcp->variation + difference) / 4;
        tcp->smoothed = (7 * tcp->smoothed + time) / 8;
    }
    uint64_t timeout = tcp->smoothed + 4 * tcp->variation;
    tcp->timeout = timeout < TIMEOUT_MIN ? TIMEOUT_MIN : earlier(timeout, TIMEOUT_MAX);
}

static void note_acknowledged(struct tcp *tcp, uint32_t acknowledged)
{
    tcp->una = acknowledged;
    if (before(tcp->next, tcp->una))
        tcp->next = tcp->una;
    tcp->tries = 0;
    measure(tcp);
    tcp->timer = NEVER;
    tcp_restart_timer(tcp);
}

// An answer to our SYN, or to our SYN and ACK.
static void establish(struct tcp *tcp, const struct segment *segment)
{
    note_acknowledged(tcp, tcp->una + 1);
    tcp->state = TCP_ESTABLISHED;
    tcp->window = segment->window << ((segment->flags & SYN) != 0 ? 0 : tcp->window_shift);
    tcp->window_seq = segment->sequence;
    tcp->window_ack = segment->acknowledged;
}

// Reno with NewReno's recovery (RFC 5681, RFC 6582).
static void grow(struct tcp *tcp, uint32_t bytes)
{
    tcp->duplicates = 0;
    if (tcp->recovering && before(tcp->una, tcp->recover)) { // the next hole
        tcp->congestion_window -= least(bytes, tcp->congestion_window - tcp->mss);
        tcp->congestion_window += tcp->mss;
        tcp_resend_first(tcp);
        return;
    }
    if (tcp->recovering) {
        tcp->recovering = false;
        tcp->congestion_window = tcp->threshold;
    } else if (tcp->congestion_window < tcp->threshold) {
        tcp->congestion_window += least(bytes, 2 * tcp->mss);
    } else {
        tcp->congestion_window += tcp->mss * tcp->mss / tcp->congestion_window + 1;
    }
    tcp->congestion_window = least(tcp->congestion_window, 2 * tcp->send.size + 2 * tcp->mss);
}

static void hear_duplicate(struct tcp *tcp)
{
    tcp->duplicates++;
    if (tcp->recovering) {
        tcp->congestion_window += tcp->mss;
    } else if (tcp->duplicates == DUPLICATES_OF_A_LOSS && !before(tcp->una, tcp->recover)) {
        uint32_t half = (tcp->max - tcp->una) / 2;
        tcp->threshold = half > 2 * tcp->mss ? half : 2 * tcp->mss;
        tcp->congestion_window = tcp->threshold + DUPLICATES_OF_A_LOSS * tcp->mss;
        tcp->recovering = true;
        tcp->recover = tcp->max;
        tcp_resend_first(tcp);
    }
}

static void enter_time_wait(struct tcp *tcp)
{
    tcp->state = TCP_TIME_WAIT;
    tcp->end = TCP_FINISHED;
    tcp->timer = host.now + TIME_WAIT_LASTS;
}

static void hear_our_fin_acknowledged(struct tcp *tcp)
{
    if (tcp->state == TCP_FIN_WAIT_1) {
        tcp->state = TCP_FIN_WAIT_2;
        tcp->timer = tcp->holder == NOBODY ? host.now + HALF_CLOSED_LASTS : NEVER;
    } else if (tcp->state == TCP_CLOSING) {
        enter_time_wait(tcp);
    } else if (tcp->state == TCP_LAST_ACK) {
        tcp_close(tcp, TCP_FINISHED);
    }
}

static void hear_window(struct tcp *tcp, const struct segment *segment)
{
    bool newer = before(tcp->window_seq, segment->sequence) ||
                 (tcp->window_seq == segment->sequence && !before(segment->acknowledged, tcp->window_ack));
    if (!newer)
        return;
    bool was_closed = tcp->window == 0;
    tcp->window = segment->window << tcp->window_shift;
    tcp->window_seq = segment->sequence;
    tcp->window_ack = segment->acknowledged;
    if (tcp->next == tcp->una) { // the peer lives: it may keep its window closed for as long as it likes
        tcp->tries = tcp->tries < PROBES_KEPT ? tcp->tries : PROBES_KEPT;
        if (was_closed && tcp->window > 0) {
            tcp->tries = 0;
            tcp->timer = NEVER;
        }
    }
}

// False when the segment acknowledges what has never been sent.
static bool hear_acknowledgement(struct tcp *tcp, const struct segment *segment)
{
    uint32_t bytes = segment->acknowledged - tcp->una;
    if (before(tcp->max, segment->acknowledged)) {
        tcp->acknowledge = true;
        return false;
    }
    if (before(segment->acknowledged, tcp->una))
        return true; // old
    if (bytes == 0) {
        bool duplicate = segment->length == 0 && tcp->max != tcp->una && (segment->flags & FIN) == 0 &&
                         segment->window << tcp->window_shift == tcp->window;
        if (duplicate)
            hear_duplicate(tcp);
    } else {
        bool fin = bytes > tcp->send.length;
        ring_drop(&tcp->send, least(bytes, tcp->send.length));
        note_acknowledged(tcp, segment->acknowledged);
        grow(tcp, bytes);
        if (fin)
            hear_our_fin_acknowledged(tcp);
    }
    if (tcp->state != TCP_CLOSED)
        hear_window(tcp, segment);
    return true;
}

// Keeps the order, and makes one of blocks that touch. Where there are too many, the new one is forgotten: it will be sent again.
static void note_block(struct tcp *tcp, uint32_t start, uint32_t end)
{
    unsigned first = 0;
    while (first < tcp->block_count && before(tcp->blocks[first].end, start))
        first++;
    unsigned behind = first;
    for (; behind < tcp->block_count && !before(end, tcp->blocks[behind].start); behind++) {
        if (before(tcp->blocks[behind].start, start))
            start = tcp->blocks[behind].start;
        if (before(end, tcp->blocks[behind].end))
            end = tcp->blocks[behind].end;
    }
    if (behind == first && tcp->block_count == TCP_BLOCKS)
        return;
    // The new one takes the place of those from `first` to `behind`.
    unsigned rest = tcp->block_count - behind;
    struct block_of_bytes moved[TCP_BLOCKS];
    memcpy(moved, tcp->blocks + behind, rest * sizeof *moved);
    tcp->blocks[first] = (struct block_of_bytes){start, end};
    memcpy(tcp->blocks + first + 1, moved, rest * sizeof *moved);
    tcp->block_count = first + 1 + rest;
}

// What is in order up to `end` now, with the blocks that it has reached.
static void advance(struct tcp *tcp, uint32_t end)
{
    unsigned reached = 0;
    for (; reached < tcp->block_count && !before(end, tcp->blocks[reached].start); reached++) {
        if (before(end, tcp->blocks[reached].end))
            end = tcp->blocks[reached].end;
    }
    for (unsigned i = reached; i < tcp->block_count; i++)
        tcp->blocks[i - reached] = tcp->blocks[i];
    tcp->block_count -= reached;
    tcp->receive.length += end - tcp->expected;
    tcp->expected = end;
}

static void hear_fin(struct tcp *tcp)
{
    tcp->expected++;
    tcp->peer_finished = true;
    tcp->acknowledge = true;
    if (tcp->state == TCP_ESTABLISHED)
        tcp->state = TCP_CLOSE_WAIT;
    else if (tcp->state == TCP_FIN_WAIT_1)
        tcp->state = TCP_CLOSING;
    else if (tcp->state == TCP_FIN_WAIT_2)
        enter_time_wait(tcp);
}

// The part of a segment's bytes that is new and fits.
static void hear_bytes(struct tcp *tcp, const struct segment *segment)
{
    bool fin = (segment->flags & FIN) != 0;
    if ((segment->length == 0 && !fin) || tcp->peer_finished) {
        tcp->acknowledge |= segment->length > 0 || fin; // it has not heard that we have it
        return;
    }
    uint32_t start = segment->sequence, end = start + segment->length;
    uint32_t limit = tcp->expected + (tcp->receive.size - tcp->receive.length);
    if (before(end, tcp->expected) || before(limit, start) || (end == tcp->expected && !fin)) {
        tcp->acknowledge = true;
        return;
    }
    if (before(limit, end)) {
        end = limit;
        fin = false;
    }
    uint32_t known = before(start, tcp->expected) ? tcp->expected - start : 0;
    start += known;
    ring_copy_in(&tcp->receive, tcp->receive.length + (start - tcp->expected), segment->bytes + known, end - start);
    if (start != tcp->expected) {
        if (start != end)
            note_block(tcp, start, end);
        tcp->acknowledge = true; // so that the peer hears of the hole
        return;
    }
    bool had_blocks = tcp->block_count > 0;
    advance(tcp, end);
    tcp->acknowledge |= had_blocks;
    if (fin && tcp->expected == segment->sequence + segment->length) {
        hear_fin(tcp);
        return;
    }
    if (tcp->unacknowledged++ == 0)
        tcp->acknowledge_at = host.now + DELAYED_ACKNOWLEDGEMENT;
}

// RFC 9293, 3.10.7.4: something of it lies between what is expected and what has been offered.
static bool is_acceptable(const struct tcp *tcp, const struct segment *segment)
{
    uint32_t length = segment->length + ((segment->flags & FIN) != 0) + ((segment->flags & SYN) != 0);
    uint32_t end = segment->sequence + length;
    uint32_t edge = before(tcp->edge, tcp->expected) ? tcp->expected : tcp->edge;
    if (length == 0)
        return !before(segment->sequence, tcp->expected) && !before(edge, segment->sequence);
    return before(tcp->expected, end) && before(segment->sequence, edge);
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
    establish(tcp, segment);
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
    if (!is_acceptable(tcp, segment)) {
        if ((segment->flags & RST) != 0)
            return;
        tcp->acknowledge = true;
        // Bytes in front of a closed window cannot be taken, but what comes with them counts.
        if (segment->sequence == tcp->expected && (segment->flags & ACK) != 0 && tcp->state >= TCP_ESTABLISHED)
            hear_acknowledgement(tcp, segment);
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
        establish(tcp, segment);
    } else if (!hear_acknowledgement(tcp, segment) || tcp->state == TCP_CLOSED) {
        return;
    }
    hear_bytes(tcp, segment);
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
