// Answers: the head, and what follows it.
#include "http.h"

const char *http_reason(enum http_status status)
{
    switch (status) {
    case HTTP_OK:
        return "OK";
    case HTTP_PARTIAL_CONTENT:
        return "Partial Content";
    case HTTP_MOVED_PERMANENTLY:
        return "Moved Permanently";
    case HTTP_BAD_REQUEST:
        return "Bad Request";
    case HTTP_NOT_FOUND:
        return "Not Found";
    case HTTP_METHOD_NOT_ALLOWED:
        return "Method Not Allowed";
    case HTTP_RANGE_NOT_SATISFIABLE:
        return "Range Not Satisfiable";
    case HTTP_HEAD_TOO_LARGE:
        return "Request Header Fields Too Large";
    case HTTP_NOT_IMPLEMENTED:
        return "Not Implemented";
    case HTTP_VERSION_NOT_SUPPORTED:
        return "HTTP Version Not Supported";
    }
    return "";
}

void http_begin(struct http_answer *answer, enum http_status status)
{
    answer->text = (struct text){.bytes = answer->room, .size = sizeof answer->room};
    answer->text_sent = 0;
    answer->body.left = 0;
    answer->status = status;
    text_put(&answer->text, "HTTP/1.1 ");
    text_put_number(&answer->text, status);
    text_put(&answer->text, " ");
    text_put(&answer->text, http_reason(status));
    text_put(&answer->text, "\r\n");
}

void http_header(struct http_answer *answer, const char *name, const char *value)
{
    text_put(&answer->text, name);
    text_put(&answer->text, ": ");
    text_put(&answer->text, value);
    text_put(&answer->text, "\r\n");
}

static void end_head(struct http_answer *answer, const char *type, uint64_t length)
{
    http_header(answer, "Content-Type", type);
    text_put(&answer->text, "Content-Length: ");
    text_put_number(&answer->text, length);
    text_put(&answer->text, answer->close ? "\r\nConnection: close\r\n\r\n" : "\r\n\r\n");
}

void http_end_with_text(struct http_answer *answer, const char *type, const char *text)
{
    end_head(answer, type, strlen(text));
    if (answer->with_body)
        text_put(&answer->text, text);
}

void http_end_with_body(struct http_answer *answer, const char *type, struct http_body body)
{
    end_head(answer, type, body.left);
    answer->body = body;
    if (!answer->with_body)
        answer->body.left = 0;
}

void http_say(struct http_answer *answer, enum http_status status, const char *text)
{
    http_begin(answer, status);
    http_end_with_text(answer, "text/plain", text);
}

void http_quit(struct http_answer *answer)
{
    answer->close = answer->quit = true;
    http_say(answer, HTTP_OK, "goodbye\n");
}

enum http_sending http_send(struct http_answer *answer, struct tcp *tcp)
{
    struct http_body *body = &answer->body;
    answer->text_sent += tcp_write(tcp, answer->text.bytes + answer->text_sent, answer->text.length - answer->text_sent);
    if (answer->text_sent < answer->text.length)
        return HTTP_WAITS_FOR_ROOM;
    while (body->left > 0) {
        size_t room;
        uint8_t *to = tcp_room(tcp, &room);
        if (room > body->left)
            room = (size_t)body->left;
        if (room == 0)
            return HTTP_WAITS_FOR_ROOM;
        if (!body->write(body, body->at, to, room))
            return HTTP_BROKEN;
        tcp_put(tcp, room);
        body->at += room;
        body->left -= room;
    }
    return HTTP_SENT;
}
