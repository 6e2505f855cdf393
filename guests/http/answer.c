// What the server has, and how it says so.
#include "http.h"
#include "pattern.h"

enum { OK = 200, NOT_FOUND = 404, METHOD_NOT_ALLOWED = 405, BIG = 1 << 20 };

static const char page[] = "<!DOCTYPE html>\n"
                           "<html lang=\"en\">\n"
                           "<title>A unikernel on a slipway</title>\n"
                           "<h1>It floats.</h1>\n"
                           "<p>This page comes from a unikernel with a TCP/IP of its own.\n"
                           "</html>\n";

static void put(struct answer *answer, const char *text)
{
    size_t length = strlen(text);
    check(length <= TEXT_MAX - answer->text_length, "a head has room");
    memcpy(answer->text + answer->text_length, text, length);
    answer->text_length += length;
}

static void put_number(struct answer *answer, uint64_t value)
{
    char digits[21];
    char *at = digits + sizeof digits - 1;
    *at = 0;
    do {
        *--at = (char)('0' + value % 10);
        value /= 10;
    } while (value > 0);
    put(answer, at);
}

static const char *reason(unsigned status)
{
    switch (status) {
    case OK:
        return "OK";
    case 400:
        return "Bad Request";
    case NOT_FOUND:
        return "Not Found";
    case METHOD_NOT_ALLOWED:
        return "Method Not Allowed";
    case 431:
        return "Request Header Fields Too Large";
    case 501:
        return "Not Implemented";
    default:
        return "HTTP Version Not Supported";
    }
}

static void put_head(struct answer *answer, unsigned status, const char *type, uint64_t length)
{
    put(answer, "HTTP/1.1 ");
    put_number(answer, status);
    put(answer, " ");
    put(answer, reason(status));
    put(answer, "\r\nContent-Type: ");
    put(answer, type);
    put(answer, "\r\nContent-Length: ");
    put_number(answer, length);
    if (status == METHOD_NOT_ALLOWED)
        put(answer, "\r\nAllow: GET, HEAD, PUT, POST");
    put(answer, answer->close ? "\r\nConnection: close\r\n\r\n" : "\r\n\r\n");
}

static void put_text(struct answer *answer, unsigned status, const char *text, bool with_body)
{
    put_head(answer, status, "text/plain", strlen(text));
    if (with_body)
        put(answer, text);
}

static void put_pattern(struct answer *answer, uint64_t length, bool with_body)
{
    put_head(answer, OK, "application/octet-stream", length);
    if (with_body)
        answer->pattern_left = length;
}

// The number behind "/bytes/".
static bool is_bytes(const char *path, uint64_t *length)
{
    for (const char *start = "/bytes/"; *start != 0; start++, path++) {
        if (*path != *start)
            return false;
    }
    return parse_number(path, 10, length);
}

// Short texts are put together in an answer that nobody sends: its head comes later, when the length is known.
static const char *text_of(struct answer *text)
{
    text->text[text->text_length] = 0;
    return text->text;
}

static const char *client_text(const struct tcp *client)
{
    static struct answer text;
    text.text_length = 0;
    for (unsigned i = 0; i < 4; i++) {
        put(&text, i == 0 ? "" : ".");
        put_number(&text, client->remote_address >> (24 - 8 * i) & 255);
    }
    put(&text, ":");
    put_number(&text, client->remote_port);
    put(&text, "\n");
    return text_of(&text);
}

static const char *upload_text(uint64_t length, const char *digest)
{
    static struct answer text;
    text.text_length = 0;
    put_number(&text, length);
    put(&text, " bytes, SHA-256 ");
    put(&text, digest);
    put(&text, "\n");
    return text_of(&text);
}

static const char *count_text(void)
{
    static struct answer text;
    static uint64_t count;
    text.text_length = 0;
    put_number(&text, ++count);
    put(&text, "\n");
    return text_of(&text);
}

static void start(struct answer *answer, bool close)
{
    answer->text_length = answer->text_sent = answer->page_left = 0;
    answer->pattern_left = answer->pattern_at = 0;
    answer->close = close;
    answer->quit = false;
}

void answer_request(struct answer *answer, const struct request *request, const struct tcp *client, const char *digest)
{
    const char *path = request->path;
    bool reads = request->method == METHOD_GET || request->method == METHOD_HEAD, with_body = request->method != METHOD_HEAD;
    bool quits = same_text(path, "/quit");
    uint64_t length;
    start(answer, request->close || (quits && reads));
    if (same_text(path, "/upload") && (request->method == METHOD_PUT || request->method == METHOD_POST)) {
        put_text(answer, OK, upload_text(request->length, digest), true);
    } else if (!reads) {
        put_text(answer, METHOD_NOT_ALLOWED, "this is not done here\n", true);
    } else if (same_text(path, "/")) {
        put_head(answer, OK, "text/html", sizeof page - 1);
        answer->page = page;
        answer->page_left = with_body ? sizeof page - 1 : 0;
    } else if (same_text(path, "/count")) {
        put_text(answer, OK, count_text(), with_body);
    } else if (same_text(path, "/client")) {
        put_text(answer, OK, client_text(client), with_body);
    } else if (same_text(path, "/big")) {
        put_pattern(answer, BIG, with_body);
    } else if (is_bytes(path, &length)) {
        put_pattern(answer, length, with_body);
    } else if (quits) {
        put_text(answer, OK, "goodbye\n", with_body);
        answer->quit = true;
    } else {
        put_text(answer, NOT_FOUND, "there is no such page\n", with_body);
    }
}

void answer_error(struct answer *answer, unsigned status)
{
    start(answer, true);
    put_text(answer, status, "this makes no sense here\n", true);
}

bool answer_send(struct answer *answer, struct tcp *tcp)
{
    answer->text_sent += tcp_write(tcp, answer->text + answer->text_sent, answer->text_length - answer->text_sent);
    if (answer->text_sent < answer->text_length)
        return false;
    size_t done = tcp_write(tcp, answer->page, answer->page_left);
    answer->page += done;
    answer->page_left -= done;
    while (answer->pattern_left > 0) {
        size_t room;
        uint8_t *to = tcp_room(tcp, &room);
        if (room > answer->pattern_left)
            room = answer->pattern_left;
        if (room == 0)
            return false;
        pattern_write(answer->pattern_at, to, room);
        tcp_put(tcp, room);
        answer->pattern_at += room;
        answer->pattern_left -= room;
    }
    return answer->page_left == 0;
}
