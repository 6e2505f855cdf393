// TCP (RFC 9293): several connections at once, opened by either side. What a guest sees of a connection are two rings of bytes and how it
// stands; nothing here waits, host_wait() does.
#ifndef TCP_H
#define TCP_H

#include "host.h"

enum tcp_state {
    TCP_CLOSED,
    TCP_SYN_SENT,
    TCP_SYN_RECEIVED,
    TCP_ESTABLISHED,
    TCP_FIN_WAIT_1,
    TCP_FIN_WAIT_2,
    TCP_CLOSE_WAIT,
    TCP_CLOSING,
    TCP_LAST_ACK,
    TCP_TIME_WAIT,
};

enum tcp_end {
    TCP_OPEN,        // it has not ended
    TCP_FINISHED,    // both sides have said all
    TCP_REFUSED,     // the other side does not want it
    TCP_RESET,       // the other side has broken it off
    TCP_TIMED_OUT,   // nothing is answered any more
    TCP_UNREACHABLE, // there is no way, or somebody on the way says so
    TCP_ABORTED,     // by us
};

// `size` is a power of two. The guest sees what is in it, and what is free, in up to two pieces.
struct ring {
    uint8_t *bytes;
    uint32_t size;
    uint32_t start;
    uint32_t length;
};

enum { TCP_BLOCKS = 16 };

struct tcp {
    enum tcp_state state;
    enum tcp_end end;
    enum { NOBODY, LISTENER, GUEST } holder; // who still has to look at it

    uint32_t remote_address;
    uint16_t remote_port;
    uint16_t local_port;

    // Sequence numbers grow modulo 2^32. Sent: what is acknowledged ends at `una`, where the ring begins.
    struct ring send;
    uint32_t una;
    uint32_t next;        // what is sent next
    uint32_t max;         // behind the last that has ever been sent: after a timeout, next is less
    uint32_t window;      // the peer takes so much from una on
    uint32_t window_seq;  // of the segment that said so, and what it acknowledged
    uint32_t window_ack;
    uint32_t mss;         // the largest segment that the peer and the device take
    bool scales;          // windows are scaled, since both sides have said by how much
    uint8_t window_shift; // of the peer's windows
    bool finishing;       // the guest has no more to send

    uint32_t congestion_window;
    uint32_t threshold; // of slow start
    uint32_t recover;   // fast recovery lasts until this is acknowledged
    bool recovering;
    unsigned duplicates; // acknowledgements of nothing new in a row

    uint64_t timer; // NEVER: off. Of retransmission, of a closed window, or of how long a state may last
    uint64_t timeout;
    unsigned tries;
    uint64_t smoothed; // round-trip time, and how it varies; 0: not measured yet
    uint64_t variation;
    uint64_t timed_at; // 0: nothing is being timed
    uint32_t timed;

    // Received: what is in order ends at `expected`; behind it lie blocks that came early, in the free part of the ring.
    struct ring receive;
    uint32_t expected;
    uint32_t edge;         // the peer has been told that it may send up to here
    uint8_t receive_shift; // of our windows
    bool peer_finished;
    struct block_of_bytes {
        uint32_t start;
        uint32_t end;
    } blocks[TCP_BLOCKS];
    unsigned block_count;

    bool acknowledge; // at once
    unsigned unacknowledged; // segments
    uint64_t acknowledge_at; // NEVER: nothing is owed
};

// First of all: connections, and `size` bytes (a power of two) of `memory` for each to receive in, and as many to send from.
void tcp_start(struct tcp *connections, unsigned count, uint8_t *memory, uint32_t receive_size, uint32_t send_size);

void tcp_listen(uint16_t port);
// A connection that has come in; NULL if there is none.
struct tcp *tcp_accept(void);
// NULL when all connections are in use.
struct tcp *tcp_connect(uint32_t address, uint16_t port);

// Neither still to be opened nor over: bytes may go both ways, as far as neither side has finished.
bool tcp_is_up(const struct tcp *tcp);
// The connection is over; `end` says why.
bool tcp_is_over(const struct tcp *tcp);
// The peer has finished, and all it sent has been taken.
bool tcp_at_end(const struct tcp *tcp);
// All has been acknowledged.
bool tcp_all_sent(const struct tcp *tcp);

// What has come, as much of it as lies together; and that so much of it has been dealt with.
const uint8_t *tcp_received(const struct tcp *tcp, size_t *length);
void tcp_take(struct tcp *tcp, size_t length);

// Room to write to, as much as lies together; and that so much of it has been written. Or both at once, as far as there is room.
uint8_t *tcp_room(const struct tcp *tcp, size_t *length);
void tcp_put(struct tcp *tcp, size_t length);
size_t tcp_write(struct tcp *tcp, const void *bytes, size_t length);

// No more will be sent.
void tcp_finish(struct tcp *tcp);
void tcp_abort(struct tcp *tcp);
// The guest will not look at the connection again. It finishes by itself, and what still comes is thrown away.
void tcp_release(struct tcp *tcp);
// All connections, at once: the address is no longer ours.
void tcp_abandon_all(void);

const char *tcp_why(enum tcp_end end);

#endif
