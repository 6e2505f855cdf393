// What a peer has received, and how much more it may be sent: round-trip times, windows, losses.
#include "tcp-parts.h"

enum { DUPLICATES_OF_A_LOSS = 3, PROBES_KEPT = 5 };

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

void tcp_establish(struct tcp *tcp, const struct segment *segment)
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

void tcp_enter_time_wait(struct tcp *tcp)
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
        tcp_enter_time_wait(tcp);
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

bool tcp_hear_acknowledgement(struct tcp *tcp, const struct segment *segment)
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
