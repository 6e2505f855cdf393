// Fetches something from a server, or sends it the pattern, by HTTP/1.0 or as it is, and says what came.
#include "client.h"
#include "http.h"
#include "pattern.h"

enum { HEAD_MAX = 8192 };

static struct {
    struct tcp *tcp;
    const char *request; // what is left of it
    size_t request_left;
    uint64_t sent; // of the pattern
    char head[HEAD_MAX];
    size_t head_length;
    bool in_body;
    unsigned status;
    uint64_t announced; // bytes of the body
    bool is_announced;
    uint64_t received;
    struct sha256 sha;
} now;

static char room[2 * TARGET_SIZE];
static struct text request = {.bytes = room, .size = sizeof room};

// Cuts the path off the target.
static void write_request(struct fetch *fetch)
{
    char *slash = fetch->target;
    while (*slash != 0 && *slash != '/')
        slash++;
    char *path = *slash == 0 ? "/" : slash;
    if (!fetch->raw) {
        text_put(&request, fetch->uploads ? "POST " : "GET ");
        text_put(&request, path);
        text_put(&request, " HTTP/1.0\r\nHost: ");
        *slash = 0;
        text_put(&request, fetch->target);
        if (fetch->uploads) {
            text_put(&request, "\r\nContent-Type: application/octet-stream\r\nContent-Length: ");
            text_put_number(&request, fetch->upload);
        }
        text_put(&request, "\r\n\r\n");
    }
    *slash = 0;
    now.request = request.bytes;
    now.request_left = request.length;
}

static void send_more(const struct fetch *fetch)
{
    size_t done = tcp_write(now.tcp, now.request, now.request_left);
    now.request += done;
    now.request_left -= done;
    while (now.request_left == 0 && now.sent < fetch->upload) {
        size_t room;
        uint8_t *to = tcp_room(now.tcp, &room);
        if (room == 0)
            return;
        if (room > fetch->upload - now.sent)
            room = (size_t)(fetch->upload - now.sent);
        pattern_write(now.sent, to, room);
        tcp_put(now.tcp, room);
        now.sent += room;
    }
    // Who talks HTTP keeps its side open until it has its answer: there are servers that take its end for the end of both.
    if (fetch->raw && now.sent == fetch->upload)
        tcp_finish(now.tcp);
}

static const char *header_value(const char *line, const char *name)
{
    for (; *name != 0; name++, line++) {
        if (lower_case(*line) != *name)
            return NULL;
    }
    while (*line == ' ')
        line++;
    return line;
}

static void read_head(void)
{
    char *line = now.head;
    while (*line != 0) {
        char *end = line;
        while (*end != 0 && *end != '\r' && *end != '\n')
            end++;
        char *next = end;
        while (*next == '\r' || *next == '\n')
            next++;
        *end = 0;
        const char *value = header_value(line, "content-length:");
        if (value != NULL)
            now.is_announced = parse_number(value, 10, &now.announced);
        if ((value = header_value(line, "http/1.")) != NULL && *value != 0 && value[1] == ' ') {
            char digits[4] = {value[2], value[2] != 0 ? value[3] : 0, value[2] != 0 && value[3] != 0 ? value[4] : 0};
            uint64_t status;
            now.status = parse_number(digits, 10, &status) ? (unsigned)status : 0;
        }
        line = next;
    }
}

// How many of the bytes belong to the head.
static size_t take_head(const uint8_t *bytes, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        check(now.head_length < HEAD_MAX - 1, "the head of the answer is no longer than 8 KiB");
        now.head[now.head_length++] = (char)bytes[i];
        if (http_ends_head(now.head, now.head_length)) {
            now.head[now.head_length] = 0;
            now.in_body = true;
            read_head();
            return i + 1;
        }
    }
    return length;
}

static void receive_more(void)
{
    size_t length;
    for (const uint8_t *bytes = tcp_received(now.tcp, &length); length > 0; bytes = tcp_received(now.tcp, &length)) {
        size_t of_head = now.in_body ? 0 : take_head(bytes, length);
        sha256_add(&now.sha, bytes + of_head, length - of_head);
        now.received += length - of_head;
        tcp_take(now.tcp, length);
    }
}

static int exit_of(enum tcp_end end)
{
    switch (end) {
    case TCP_REFUSED:
        return EXIT_REFUSED;
    case TCP_TIMED_OUT:
        return EXIT_TIMED_OUT;
    case TCP_UNREACHABLE:
        return EXIT_UNREACHABLE;
    default:
        return EXIT_BROKEN;
    }
}

static bool has_all(const struct fetch *fetch)
{
    return tcp_at_end(now.tcp) || (!fetch->raw && now.in_body && now.is_announced && now.received >= now.announced);
}

// Says what has come, and whether that is what was wanted.
static int judge(const struct fetch *fetch, uint64_t time)
{
    char digest[SHA256_TEXT_SIZE];
    sha256_finish(&now.sha, digest);
    if (!fetch->raw)
        say("status %u\n", now.status);
    if (fetch->uploads)
        say("%lu bytes sent\n", now.sent);
    say("%lu bytes, SHA-256 %s\n%lu ms\n", now.received, digest, time / MILLISECOND);
    if (!fetch->raw && (now.status < 200 || now.status > 299))
        return EXIT_STATUS;
    if (!fetch->raw && now.is_announced && now.received != now.announced) {
        say("%lu bytes were announced\n", now.announced);
        return EXIT_BROKEN;
    }
    if (fetch->expected[0] != 0 && !same_text(digest, fetch->expected)) {
        say("another digest is expected: %s\n", fetch->expected);
        return EXIT_MISMATCH;
    }
    return EXIT_OK;
}

int fetch_all(struct fetch *fetch, uint64_t patience)
{
    uint32_t address;
    uint16_t port;
    write_request(fetch);
    int status = resolve_endpoint(fetch->target, &address, &port);
    if (status != EXIT_OK)
        return status;
    now.in_body = fetch->raw;
    sha256_start(&now.sha);
    uint64_t start = host.now, until = 0, seen = NEVER;
    now.tcp = tcp_connect(address, port);
    while (!has_all(fetch)) {
        uint64_t progress = now.received + now.head_length + now.sent - now.tcp->send.length + (now.tcp->state >= TCP_ESTABLISHED);
        if (progress != seen)
            until = host.now + (patience > 0 ? patience : PATIENCE_TO_FETCH) * SECOND;
        seen = progress;
        if (host.now >= until) {
            tcp_abort(now.tcp);
            now.tcp->end = TCP_TIMED_OUT;
        }
        if (now.tcp->state == TCP_CLOSED) {
            say("%u.%u.%u.%u:%u: %s after %lu bytes\n", ADDRESS_PARTS(address), port, tcp_why(now.tcp->end), now.received);
            return exit_of(now.tcp->end);
        }
        send_more(fetch);
        host_wait(until);
        receive_more();
    }
    status = judge(fetch, host.now - start);
    // What was sent is acknowledged before the guest is gone.
    tcp_finish(now.tcp);
    until = host.now + 2 * SECOND;
    while (host.now < until && now.tcp->state != TCP_FIN_WAIT_2 && !tcp_is_over(now.tcp))
        host_wait(until);
    host_wait(host.now); // the last acknowledgement
    return status;
}
