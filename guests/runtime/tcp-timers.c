// What time does to connections.
#include "tcp-parts.h"

enum { TRIES_TO_OPEN = 4, TRIES = 9 };

// Runs while something is on its way, or while the window is closed to something that waits.
void tcp_restart_timer(struct tcp *tcp)
{
    bool waits = tcp->next != tcp->una || tcp->send.length > 0;
    tcp->timer = waits ? host.now + earlier(tcp->timeout << tcp->tries, TIMEOUT_MAX) : NEVER;
}

static void expire(struct tcp *tcp)
{
    if (tcp->state == TCP_TIME_WAIT) {
        tcp_close(tcp, TCP_FINISHED);
        return;
    }
    if (tcp->state == TCP_FIN_WAIT_2) {
        tcp_abort(tcp);
        return;
    }
    bool opening = tcp->state == TCP_SYN_SENT || tcp->state == TCP_SYN_RECEIVED;
    if (tcp->tries == (opening ? TRIES_TO_OPEN : TRIES)) {
        tcp_abort(tcp);
        tcp->end = TCP_TIMED_OUT;
        return;
    }
    tcp->tries++;
    if (tcp->next == tcp->una)
        tcp_probe(tcp);
    else
        tcp_retransmit(tcp);
    tcp_restart_timer(tcp);
}

uint64_t tcp_timers(void)
{
    uint64_t next = tcp_retry_at;
    for (struct tcp *tcp = tcp_first; tcp < tcp_end_of_all; tcp++) {
        if (host.now >= tcp->timer)
            expire(tcp);
        if (host.now >= tcp->acknowledge_at)
            tcp->acknowledge = true;
        if (tcp->acknowledge)
            tcp_output(tcp);
        next = earlier(next, earlier(tcp->timer, tcp->acknowledge_at));
    }
    return next;
}

void tcp_flush(void)
{
    tcp_retry_at = NEVER;
    for (struct tcp *tcp = tcp_first; tcp < tcp_end_of_all; tcp++) {
        if (tcp->holder == NOBODY)
            ring_drop(&tcp->receive, tcp->receive.length); // nobody reads it
        if (tcp->state != TCP_CLOSED)
            tcp_output(tcp);
    }
}
