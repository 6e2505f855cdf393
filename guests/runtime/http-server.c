// Connections of an HTTP server: requests one after the other, and who is given up.
#include "http.h"

#define PATIENCE (60 * SECOND) // with a client that neither sends nor takes anything
#define PATIENCE_WHEN_FULL (2 * SECOND) // with one that has never asked anything, while others want its place
#define LAST_WORDS (2 * SECOND)

static const struct http_service *service;
static uint64_t requests;
static struct tcp *asked_to_quit;

bool http_ends_head(const char *head, size_t length)
{
    return length >= 2 && head[length - 1] == '\n' &&
           (head[length - 2] == '\n' || (length >= 3 && head[length - 2] == '\r' && head[length - 3] == '\n'));
}

// True once the empty line has come, with all of the head in `head`; behind it the next request may follow at once, which stays where it
// is. False when more has to come, or the head is full.
static bool read_head(struct http_client *client)
{
    size_t length;
    const uint8_t *bytes;
    while ((bytes = tcp_received(client->tcp, &length)), length > 0 && client->head_length < HTTP_HEAD_MAX - 1) {
        uint8_t byte = *bytes;
        tcp_take(client->tcp, 1);
        if (client->head_length == 0 && (byte == '\r' || byte == '\n'))
            continue; // RFC 9112, 2.2: empty lines in front are passed over
        client->head[client->head_length++] = byte == 0 ? '\r' : (char)byte; // a NUL is as wrong as a return in the midst of a line
        if (http_ends_head(client->head, client->head_length)) {
            client->head[client->head_length] = 0;
            return true;
        }
    }
    return false;
}

static void prepare_answer(struct http_client *client, bool with_body, bool close)
{
    client->answer.with_body = with_body;
    client->answer.close = close;
    client->answer.quit = false;
    client->doing = ANSWERS;
}

static void begin_answer(struct http_client *client)
{
    requests++;
    prepare_answer(client, client->request.method != HTTP_HEAD, client->request.close);
    service->answer(client);
}

static void fail(struct http_client *client, unsigned status)
{
    prepare_answer(client, true, true);
    http_say(&client->answer, status, "this makes no sense here\n");
}

// Each of these three does as much as it can and says whether there is more to do at once.
static bool go_on_with_head(struct http_client *client)
{
    static const char go_on[] = "HTTP/1.1 100 Continue\r\n\r\n";
    if (!read_head(client)) {
        if (client->head_length < HTTP_HEAD_MAX - 1)
            return false;
        fail(client, HTTP_HEAD_TOO_LARGE);
        return true;
    }
    unsigned status = http_parse(client->head, &client->request);
    client->head_length = 0;
    if (status != 0) {
        fail(client, status);
        return true;
    }
    if (client->request.waits && client->request.length > 0)
        tcp_write(client->tcp, go_on, sizeof go_on - 1);
    if (service->begin != NULL)
        service->begin(client);
    client->body_left = client->request.length;
    client->doing = READS_BODY;
    return true;
}

static bool go_on_with_body(struct http_client *client)
{
    while (client->body_left > 0) {
        size_t length;
        const uint8_t *bytes = tcp_received(client->tcp, &length);
        if (length == 0)
            return false;
        if (length > client->body_left)
            length = (size_t)client->body_left;
        if (service->body != NULL)
            service->body(client, bytes, length);
        tcp_take(client->tcp, length);
        client->body_left -= length;
        client->since = host.now;
    }
    begin_answer(client);
    return true;
}

static void leave(struct http_client *client)
{
    tcp_release(client->tcp);
    client->tcp = NULL;
}

static bool go_on_with_answer(struct http_client *client)
{
    enum http_sending sending = http_send(&client->answer, client->tcp);
    if (sending == HTTP_BROKEN)
        tcp_abort(client->tcp); // a length has been promised
    if (sending != HTTP_SENT)
        return false;
    if (client->answer.quit) {
        asked_to_quit = client->tcp;
        tcp_finish(client->tcp);
    }
    if (client->answer.close)
        leave(client);
    client->doing = READS_HEAD;
    client->answered = true;
    client->since = host.now;
    return !client->answer.close;
}

static void serve(struct http_client *client)
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
    struct http_client *client = &service->clients[tcp - service->connections];
    client->tcp = tcp;
    client->doing = READS_HEAD;
    client->answered = false;
    client->head_length = 0;
    client->since = host.now;
}

// Nothing has been asked that is not answered.
static bool is_idle(const struct http_client *client)
{
    return client->doing == READS_HEAD && client->head_length == 0;
}

static void lose_patience(struct http_client *client)
{
    // What is on its way moves on by itself: as long as the peer takes it, no time runs.
    if (client->doing == ANSWERS && !tcp_is_over(client->tcp) && client->tcp->una != client->last_una) {
        client->last_una = client->tcp->una;
        client->since = host.now;
    }
    if (host.now < client->since + PATIENCE)
        return;
    if (is_idle(client))
        leave(client);
    else
        tcp_abort(client->tcp);
}

static uint64_t serve_all(void)
{
    uint64_t next = NEVER;
    for (struct http_client *client = service->clients; client < service->clients + service->count; client++) {
        if (client->tcp != NULL)
            lose_patience(client);
        if (client->tcp != NULL)
            serve(client);
        if (client->tcp != NULL && client->since + PATIENCE < next)
            next = client->since + PATIENCE;
    }
    return next;
}

// When one may go that has nothing to ask for: at once, where it had an answer before.
static uint64_t goes_at(const struct http_client *client)
{
    return client->answered ? client->since : client->since + PATIENCE_WHEN_FULL;
}

// Browsers keep connections that they may never use again. When all places are taken, the client that has been idle for longest gives way to
// whoever comes next. The result is when to look again.
static uint64_t make_room(void)
{
    struct http_client *idlest = NULL;
    for (struct http_client *client = service->clients; client < service->clients + service->count; client++) {
        if (client->tcp == NULL)
            return NEVER;
        if (is_idle(client) && (idlest == NULL || goes_at(client) < goes_at(idlest)))
            idlest = client;
    }
    if (idlest == NULL)
        return NEVER;
    if (host.now < goes_at(idlest))
        return goes_at(idlest);
    leave(idlest);
    return NEVER;
}

static void say_goodbye(void)
{
    uint64_t end = host.now + LAST_WORDS;
    while (host.now < end && asked_to_quit->state != TCP_FIN_WAIT_2 && !tcp_is_over(asked_to_quit))
        host_wait(end);
}

uint64_t http_serve(const struct http_service *what)
{
    uint64_t until = NEVER;
    service = what;
    while (asked_to_quit == NULL) {
        host_wait(until);
        for (struct tcp *tcp = tcp_accept(); tcp != NULL; tcp = tcp_accept())
            begin(tcp);
        until = serve_all();
        uint64_t room = make_room();
        if (room < until)
            until = room;
    }
    say_goodbye();
    return requests;
}
