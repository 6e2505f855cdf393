// An HTTP/1.1 server on port 80 of its network, `service`.
//
//   http [--ipv4=ADDRESS/BITS] [--ipv4-gateway=ADDRESS] [--name=NAME]
//
//   /          a page                      /big       1 MiB of the pattern (runtime/pattern.h)
//   /count     how often this was asked    /bytes/N   N bytes of it
//   /client    address and port of whom it sees as its client
//   /upload    PUT or POST: the number of bytes, and their SHA-256
//   /quit      says goodbye, and ends with SUCCESS
#include "http.h"

enum { CONNECTIONS = 64, RECEIVE_SIZE = 1 << 16, SEND_SIZE = 1 << 17, PORT = 80 };

#define PATIENCE (60 * SECOND) // with a client that neither sends nor takes anything
#define LAST_WORDS (2 * SECOND)

struct client {
    struct tcp *tcp; // NULL: none
    enum { READS_HEAD, READS_BODY, ANSWERS } doing;
    uint64_t until; // it is given up
    uint32_t last_una; // of an answer, what the client had taken
    char head[HEAD_MAX];
    size_t head_length;
    struct request request;
    uint64_t body_left;
    struct sha256 sha;
    struct answer answer;
};

static struct tcp connections[CONNECTIONS];
static struct client clients[CONNECTIONS];
static uint8_t memory[CONNECTIONS][RECEIVE_SIZE + SEND_SIZE];
static struct words words;
static uint64_t requests;
static struct tcp *asked_to_quit;

static bool ends_head(const char *head, size_t length)
{
    return length >= 2 && head[length - 1] == '\n' &&
           (head[length - 2] == '\n' || (length >= 3 && head[length - 2] == '\r' && head[length - 3] == '\n'));
}

// True once the empty line has come, with all of the head in `head`; behind it the next request may follow at once, which stays where it
// is. False when more has to come, or the head is full.
static bool read_head(struct client *client)
{
    size_t length;
    const uint8_t *bytes;
    while ((bytes = tcp_received(client->tcp, &length)), length > 0 && client->head_length < HEAD_MAX - 1) {
        uint8_t byte = *bytes;
        tcp_take(client->tcp, 1);
        if (client->head_length == 0 && (byte == '\r' || byte == '\n'))
            continue; // RFC 9112, 2.2: empty lines in front are passed over
        client->head[client->head_length++] = byte == 0 ? '\r' : (char)byte; // a NUL is as wrong as a return in the midst of a line
        if (ends_head(client->head, client->head_length)) {
            client->head[client->head_length] = 0;
            return true;
        }
    }
    return false;
}

static void begin_answer(struct client *client)
{
    char digest[SHA256_TEXT_SIZE];
    sha256_finish(&client->sha, digest);
    requests++;
    answer_request(&client->answer, &client->request, client->tcp, digest);
    client->doing = ANSWERS;
}

static void fail(struct client *client, unsigned status)
{
    answer_error(&client->answer, status);
    client->doing = ANSWERS;
}

// Each of these three does as much as it can and says whether there is more to do at once.
static bool go_on_with_head(struct client *client)
{
    static const char go_on[] = "HTTP/1.1 100 Continue\r\n\r\n";
    if (!read_head(client)) {
        if (client->head_length < HEAD_MAX - 1)
            return false;
        fail(client, 431);
        return true;
    }
    unsigned status = request_parse(client->head, &client->request);
    client->head_length = 0;
    if (status != 0) {
        fail(client, status);
        return true;
    }
    if (client->request.waits && client->request.length > 0)
        tcp_write(client->tcp, go_on, sizeof go_on - 1);
    sha256_start(&client->sha);
    client->body_left = client->request.length;
    client->doing = READS_BODY;
    return true;
}

static bool go_on_with_body(struct client *client)
{
    while (client->body_left > 0) {
        size_t length;
        const uint8_t *bytes = tcp_received(client->tcp, &length);
        if (length == 0)
            return false;
        if (length > client->body_left)
            length = client->body_left;
        sha256_add(&client->sha, bytes, length);
        tcp_take(client->tcp, length);
        client->body_left -= length;
        client->until = host.now + PATIENCE;
    }
    begin_answer(client);
    return true;
}

static void leave(struct client *client)
{
    tcp_release(client->tcp);
    client->tcp = NULL;
}

static bool go_on_with_answer(struct client *client)
{
    bool whole = answer_send(&client->answer, client->tcp);
    if (!whole)
        return false;
    if (client->answer.quit) {
        asked_to_quit = client->tcp;
        tcp_finish(client->tcp);
    }
    if (client->answer.close)
        leave(client);
    client->doing = READS_HEAD;
    client->until = host.now + PATIENCE;
    return !client->answer.close;
}

static void serve(struct client *client)
{
    for (bool more = true; more && client->tcp != NULL;) {
        switch (client->doing) {
        case READS_HEAD:
            more = go_on_with_head(client);
            break;
        case READS_BODY:
            more = go_on_with_body(client);
            break;
        case ANSWERS:
            more = go_on_with_answer(client);
            break;
        }
    }
    if (client->tcp == NULL)
        return;
    bool said_all = client->doing != ANSWERS && tcp_at_end(client->tcp);
    if (tcp_is_over(client->tcp) || said_all)
        leave(client);
}

static void begin(struct tcp *tcp)
{
    struct client *client = &clients[tcp - connections];
    client->tcp = tcp;
    client->doing = READS_HEAD;
    client->head_length = 0;
    client->until = host.now + PATIENCE;
}

static uint64_t serve_all(void)
{
    uint64_t next = NEVER;
    for (struct client *client = clients; client < clients + CONNECTIONS; client++) {
        if (client->tcp == NULL)
            continue;
        // What is on its way moves on by itself: as long as the peer takes it, no time runs.
        if (client->doing == ANSWERS && !tcp_is_over(client->tcp) && client->tcp->una != client->last_una) {
            client->last_una = client->tcp->una;
            client->until = host.now + PATIENCE;
        }
        if (host.now >= client->until)
            tcp_abort(client->tcp);
        serve(client);
        if (client->tcp != NULL && client->until < next)
            next = client->until;
    }
    return next;
}

int guest_main(const struct boot_info *boot)
{
    devices_start(boot);
    words_start(&words, boot->cmdline);
    for (const char *word = words_next(&words); word != NULL; word = words_next(&words)) {
        if (!host_option(word)) {
            console_print("usage: http [--ipv4=ADDRESS/BITS] [--ipv4-gateway=ADDRESS] [--name=NAME]\n");
            return EXIT_USAGE;
        }
    }
    if (words.unterminated)
        return EXIT_USAGE;
    tcp_start(connections, CONNECTIONS, memory[0], RECEIVE_SIZE, SEND_SIZE);
    tcp_listen(PORT);
    host_start("service", "http");
    console_print("READY\n");

    uint64_t until = NEVER;
    while (asked_to_quit == NULL) {
        host_wait(until);
        for (struct tcp *tcp = tcp_accept(); tcp != NULL; tcp = tcp_accept())
            begin(tcp);
        until = serve_all();
    }
    uint64_t end = host.now + LAST_WORDS;
    while (host.now < end && asked_to_quit->state != TCP_FIN_WAIT_2 && !tcp_is_over(asked_to_quit))
        host_wait(end);
    say("%lu requests\nSUCCESS\n", requests);
    return EXIT_OK;
}
