// What guests do with connections.
#include "tcp-parts.h"

enum { PORTS = 4, FIRST_OWN_PORT = 49152, OWN_PORTS = 16384 };

struct tcp *tcp_first;
struct tcp *tcp_end_of_all;
static uint16_t ports[PORTS];
static unsigned port_count;

void tcp_start(struct tcp *connections, unsigned count, uint8_t *memory, uint32_t receive_size, uint32_t send_size)
{
    tcp_first = connections;
    tcp_end_of_all = connections + count;
    for (struct tcp *tcp = tcp_first; tcp < tcp_end_of_all; tcp++) {
        tcp->receive = (struct ring){.bytes = memory, .size = receive_size};
        tcp->send = (struct ring){.bytes = memory + receive_size, .size = send_size};
        tcp->timer = tcp->acknowledge_at = NEVER;
        memory += receive_size + send_size;
    }
}

void tcp_listen(uint16_t port)
{
    check(port_count < PORTS, "there is room for another port to listen on");
    ports[port_count++] = port;
}

bool tcp_listens(uint16_t port)
{
    for (unsigned i = 0; i < port_count; i++) {
        if (ports[i] == port)
            return true;
    }
    return false;
}

// What gives way to a new connection, the one that is due first: those in which all has been said and heard except perhaps an end of it, and
// those that a peer has begun and not gone on with for a second.
static bool gives_way(const struct tcp *tcp)
{
    bool has_ended = tcp->state >= TCP_FIN_WAIT_1 && tcp->state != TCP_CLOSE_WAIT && tcp->send.length == 0;
    return tcp->holder != GUEST && (has_ended || (tcp->state == TCP_SYN_RECEIVED && tcp->tries > 0));
}

struct tcp *tcp_take_place(void)
{
    struct tcp *best = NULL;
    for (struct tcp *tcp = tcp_first; tcp < tcp_end_of_all; tcp++) {
        if (tcp->state == TCP_CLOSED && tcp->holder == NOBODY)
            return tcp;
        if (gives_way(tcp) && (best == NULL || tcp->timer < best->timer))
            best = tcp;
    }
    return best;
}

uint32_t tcp_own_mss(void)
{
    return (uint32_t)(least((uint32_t)host.net.mtu, 65535) - IP_HEADER - TCP_HEADER);
}

// Others than those of an earlier connection of the same addresses and ports, and none that a stranger knows.
static uint32_t first_number(uint32_t address, uint16_t port, uint16_t local_port)
{
    static uint32_t secret;
    if (secret == 0)
        secret = host_random() | 1;
    uint32_t hash = (address ^ secret) * 2654435761u;
    hash = (hash ^ (uint32_t)port << 16 ^ local_port) * 2654435761u;
    return hash + (uint32_t)(clock_monotonic() >> 2);
}

void tcp_prepare(struct tcp *tcp, enum tcp_state state, uint32_t address, uint16_t port, uint16_t local_port)
{
    struct ring send = {.bytes = tcp->send.bytes, .size = tcp->send.size};
    struct ring receive = {.bytes = tcp->receive.bytes, .size = tcp->receive.size};
    uint32_t first = first_number(address, port, local_port);
    *tcp = (struct tcp){
        .state = state,
        .remote_address = address,
        .remote_port = port,
        .local_port = local_port,
        .send = send,
        .una = first,
        .next = first,
        .max = first,
        .recover = first,
        .scales = true,
        .mss = least(DEFAULT_MSS, tcp_own_mss()),
        .threshold = UINT32_MAX,
        .timer = NEVER,
        .timeout = TIMEOUT_FIRST,
        .receive = receive,
        .acknowledge_at = NEVER,
    };
    while ((receive.size >> tcp->receive_shift) > 0xffff)
        tcp->receive_shift++;
}

static bool is_in_use(uint16_t local_port)
{
    for (struct tcp *tcp = tcp_first; tcp < tcp_end_of_all; tcp++) {
        if (tcp->state != TCP_CLOSED && tcp->local_port == local_port)
            return true;
    }
    return tcp_listens(local_port);
}

struct tcp *tcp_connect(uint32_t address, uint16_t port)
{
    static uint16_t last;
    struct tcp *tcp = tcp_take_place();
    if (tcp == NULL)
        return NULL;
    if (last == 0)
        last = (uint16_t)host_random();
    do
        last++;
    while (is_in_use((uint16_t)(FIRST_OWN_PORT + last % OWN_PORTS)));
    tcp_prepare(tcp, TCP_SYN_SENT, address, port, (uint16_t)(FIRST_OWN_PORT + last % OWN_PORTS));
    tcp->holder = GUEST;
    tcp_output(tcp);
    return tcp;
}

struct tcp *tcp_accept(void)
{
    for (struct tcp *tcp = tcp_first; tcp < tcp_end_of_all; tcp++) {
        if (tcp->holder == LISTENER && tcp->state >= TCP_ESTABLISHED) {
            tcp->holder = GUEST;
            return tcp;
        }
    }
    return NULL;
}

bool tcp_is_up(const struct tcp *tcp)
{
    return tcp->state >= TCP_ESTABLISHED && tcp->state != TCP_TIME_WAIT;
}

bool tcp_is_over(const struct tcp *tcp)
{
    return tcp->state == TCP_CLOSED || tcp->state == TCP_TIME_WAIT;
}

bool tcp_at_end(const struct tcp *tcp)
{
    return tcp->peer_finished && tcp->receive.length == 0;
}

bool tcp_all_sent(const struct tcp *tcp)
{
    return tcp->send.length == 0;
}

const uint8_t *tcp_received(const struct tcp *tcp, size_t *length)
{
    *length = least(tcp->receive.length, tcp->receive.size - tcp->receive.start);
    return tcp->receive.bytes + tcp->receive.start;
}

void tcp_take(struct tcp *tcp, size_t length)
{
    ring_drop(&tcp->receive, (uint32_t)length);
}

uint8_t *tcp_room(const struct tcp *tcp, size_t *length)
{
    uint32_t at = (tcp->send.start + tcp->send.length) & (tcp->send.size - 1);
    bool open = !tcp->finishing && tcp->state != TCP_CLOSED;
    *length = open ? least(tcp->send.size - tcp->send.length, tcp->send.size - at) : 0;
    return tcp->send.bytes + at;
}

void tcp_put(struct tcp *tcp, size_t length)
{
    tcp->send.length += (uint32_t)length;
}

size_t tcp_write(struct tcp *tcp, const void *bytes, size_t length)
{
    size_t done = 0;
    for (;;) {
        size_t room;
        uint8_t *to = tcp_room(tcp, &room);
        size_t part = length - done < room ? length - done : room;
        if (part == 0)
            return done;
        memcpy(to, (const uint8_t *)bytes + done, part);
        tcp_put(tcp, part);
        done += part;
    }
}

void tcp_finish(struct tcp *tcp)
{
    tcp->finishing = true;
}

void tcp_close(struct tcp *tcp, enum tcp_end end)
{
    tcp->state = TCP_CLOSED;
    tcp->end = end;
    tcp->timer = tcp->acknowledge_at = NEVER;
    tcp->acknowledge = false;
    tcp->unacknowledged = 0;
    if (tcp->holder == LISTENER)
        tcp->holder = NOBODY;
}

void tcp_abort(struct tcp *tcp)
{
    if (tcp->state == TCP_CLOSED)
        return;
    if (tcp->state != TCP_SYN_SENT && tcp->state != TCP_TIME_WAIT)
        tcp_send_own_reset(tcp);
    tcp_close(tcp, TCP_ABORTED);
}

void tcp_release(struct tcp *tcp)
{
    tcp->holder = NOBODY;
    if (tcp->state == TCP_SYN_SENT)
        tcp_close(tcp, TCP_ABORTED);
    tcp_finish(tcp);
    ring_drop(&tcp->receive, tcp->receive.length);
    if (tcp->state == TCP_FIN_WAIT_2)
        tcp->timer = host.now + HALF_CLOSED_LASTS;
}

void tcp_abandon_all(void)
{
    for (struct tcp *tcp = tcp_first; tcp < tcp_end_of_all; tcp++) {
        if (tcp->state != TCP_CLOSED)
            tcp_close(tcp, TCP_UNREACHABLE);
    }
}

const char *tcp_why(enum tcp_end end)
{
    static const char *const names[] = {
        [TCP_OPEN] = "open",           [TCP_FINISHED] = "finished",       [TCP_REFUSED] = "refused", [TCP_RESET] = "reset",
        [TCP_TIMED_OUT] = "timed out", [TCP_UNREACHABLE] = "unreachable", [TCP_ABORTED] = "aborted",
    };
    return names[end];
}
