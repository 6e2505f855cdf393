// Between the files of TCP.
#ifndef TCP_PARTS_H
#define TCP_PARTS_H

#include "ipv4.h"
#include "tcp.h"

enum { TCP_HEADER = 20, DEFAULT_MSS = 536 };
enum { FIN = 1, SYN = 2, RST = 4, PSH = 8, ACK = 16 };
enum {
    AT_SOURCE_PORT = 0,
    AT_DESTINATION_PORT = 2,
    AT_SEQUENCE = 4,
    AT_ACKNOWLEDGED = 8,
    AT_OFFSET = 12,
    AT_FLAGS = 13,
    AT_WINDOW = 14,
    AT_SUM = 16,
};

#define TIMEOUT_MIN (200 * MILLISECOND) // more than peers wait before they acknowledge
#define TIMEOUT_FIRST (1 * SECOND)
#define TIMEOUT_MAX (30 * SECOND)
#define DELAYED_ACKNOWLEDGEMENT (20 * MILLISECOND) // of a single segment
#define TIME_WAIT_LASTS (1 * SECOND) // there are few connections, so little time
#define HALF_CLOSED_LASTS (20 * SECOND) // when the guest does not look at it any more

struct segment {
    uint32_t address;
    uint16_t port;
    uint16_t local_port;
    uint32_t sequence;
    uint32_t acknowledged;
    uint32_t window; // not scaled
    unsigned flags;
    const uint8_t *options;
    size_t options_length;
    const uint8_t *bytes;
    uint32_t length;
};

// a comes before b: they are less than 2^31 apart.
static inline bool before(uint32_t a, uint32_t b)
{
    return (int32_t)(a - b) < 0;
}

static inline uint32_t least(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

// tcp.c
extern struct tcp *tcp_first;
extern struct tcp *tcp_end_of_all;
bool tcp_listens(uint16_t port);
// One that is free, or that can be done without; NULL if there is none.
struct tcp *tcp_take_place(void);
// Ready to send its SYN.
void tcp_prepare(struct tcp *tcp, enum tcp_state state, uint32_t address, uint16_t port, uint16_t local_port);
void tcp_close(struct tcp *tcp, enum tcp_end end);
uint32_t tcp_own_mss(void);

// tcp-timers.c
void tcp_restart_timer(struct tcp *tcp);

// tcp-acknowledged.c
// With an answer to our SYN, or to our SYN and ACK.
void tcp_establish(struct tcp *tcp, const struct segment *segment);
// False when the segment acknowledges what has never been sent.
bool tcp_hear_acknowledgement(struct tcp *tcp, const struct segment *segment);
void tcp_enter_time_wait(struct tcp *tcp);

// tcp-received.c
// RFC 9293, 3.10.7.4: something of it lies between what is expected and what has been offered.
bool tcp_is_acceptable(const struct tcp *tcp, const struct segment *segment);
// Takes the part of the segment's bytes that is new and fits.
void tcp_hear_bytes(struct tcp *tcp, const struct segment *segment);

// tcp-output.c
void tcp_output(struct tcp *tcp);
void tcp_retransmit(struct tcp *tcp);
void tcp_resend_first(struct tcp *tcp);
void tcp_probe(struct tcp *tcp);
void tcp_send_reset(const struct segment *segment);
void tcp_send_own_reset(struct tcp *tcp);
// Since the device took nothing: when to try again.
extern uint64_t tcp_retry_at;

// rings
static inline void ring_copy_in(const struct ring *ring, uint32_t at, const uint8_t *bytes, uint32_t length)
{
    uint32_t from = (ring->start + at) & (ring->size - 1), first = least(length, ring->size - from);
    memcpy(ring->bytes + from, bytes, first);
    memcpy(ring->bytes, bytes + first, length - first);
}

static inline void ring_copy_out(const struct ring *ring, uint32_t at, uint8_t *bytes, uint32_t length)
{
    uint32_t from = (ring->start + at) & (ring->size - 1), first = least(length, ring->size - from);
    memcpy(bytes, ring->bytes + from, first);
    memcpy(bytes + first, ring->bytes, length - first);
}

static inline void ring_drop(struct ring *ring, uint32_t length)
{
    ring->start = (ring->start + length) & (ring->size - 1);
    ring->length -= length;
}

#endif
