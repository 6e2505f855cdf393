// What has been received: in order, or early, which is kept until the rest is there.
#include "tcp-parts.h"

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
        tcp_enter_time_wait(tcp);
}

void tcp_hear_bytes(struct tcp *tcp, const struct segment *segment)
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

bool tcp_is_acceptable(const struct tcp *tcp, const struct segment *segment)
{
    uint32_t length = segment->length + ((segment->flags & FIN) != 0) + ((segment->flags & SYN) != 0);
    uint32_t end = segment->sequence + length;
    uint32_t edge = before(tcp->edge, tcp->expected) ? tcp->expected : tcp->edge;
    if (length == 0)
        return !before(segment->sequence, tcp->expected) && !before(edge, segment->sequence);
    return before(tcp->expected, end) && before(segment->sequence, edge);
}
