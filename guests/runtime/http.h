// HTTP/1.1 (RFC 9110 and 9112) for guests that serve: requests are read, answers sent, connections kept and given up. What is answered is the
// guest's.
#ifndef HTTP_H
#define HTTP_H

#include "tcp.h"
#include "text.h"

enum { HTTP_HEAD_MAX = 4096, HTTP_TEXT_MAX = 2048 };

enum http_method { HTTP_GET, HTTP_HEAD, HTTP_PUT, HTTP_POST, HTTP_OTHER };

enum http_status {
    HTTP_OK = 200,
    HTTP_PARTIAL_CONTENT = 206,
    HTTP_MOVED_PERMANENTLY = 301,
    HTTP_BAD_REQUEST = 400,
    HTTP_NOT_FOUND = 404,
    HTTP_METHOD_NOT_ALLOWED = 405,
    HTTP_RANGE_NOT_SATISFIABLE = 416,
    HTTP_HEAD_TOO_LARGE = 431,
    HTTP_NOT_IMPLEMENTED = 501,
    HTTP_VERSION_NOT_SUPPORTED = 505,
};

const char *http_reason(enum http_status status);
const char *http_method_name(enum http_method method);

// Its texts lie in the head that was parsed.
struct http_request {
    enum http_method method;
    const char *path;  // as it came, from its first slash on
    const char *range; // the value of "Range"; "" where there is none, or a condition that no answer of ours can fulfil
    uint64_t length;   // of the body
    bool close;        // no other request may follow
    bool waits;        // for "100 Continue" before it sends its body
};

// The status of the answer where it is not worth going on with, else 0. `head` is what stands in front of the empty line, that line
// included, with a NUL behind it; it is changed.
unsigned http_parse(char *head, struct http_request *request);
// The last two or three bytes are the empty line behind a head.
bool http_ends_head(const char *head, size_t length);

// What follows a head and is too long for a text.
struct http_body {
    // Writes that many bytes from that place on; false when they cannot be had any more, which breaks the connection off.
    bool (*write)(const struct http_body *body, uint64_t at, uint8_t *to, size_t length);
    const void *from;
    uint64_t at;
    uint64_t left;
};

struct http_answer {
    struct text text; // the head, and a short body
    size_t text_sent;
    struct http_body body; // then, the rest
    enum http_status status;
    bool with_body; // not for HEAD
    bool close;     // the connection, afterwards
    bool quit;      // the guest, afterwards
    char room[HTTP_TEXT_MAX];
};

// An answer is begun, given headers, and has its head ended by one of the two that follow.
void http_begin(struct http_answer *answer, enum http_status status);
void http_header(struct http_answer *answer, const char *name, const char *value);
void http_end_with_text(struct http_answer *answer, const char *type, const char *text);
void http_end_with_body(struct http_answer *answer, const char *type, struct http_body body);
// All of it, in plain text.
void http_say(struct http_answer *answer, enum http_status status, const char *text);
// The last answer of all.
void http_quit(struct http_answer *answer);

enum http_sending { HTTP_SENT, HTTP_WAITS_FOR_ROOM, HTTP_BROKEN };
enum http_sending http_send(struct http_answer *answer, struct tcp *tcp);

struct http_client {
    struct tcp *tcp; // NULL: none
    enum { READS_HEAD, READS_BODY, ANSWERS } doing;
    uint64_t since;    // when it was last seen to do something
    uint32_t last_una; // of an answer, what the client had taken
    bool answered;     // once at least
    char head[HTTP_HEAD_MAX];
    size_t head_length;
    struct http_request request;
    uint64_t body_left;
    struct http_answer answer;
};

struct http_service {
    struct tcp *connections; // those of tcp_start()
    struct http_client *clients; // as many
    unsigned count;
    // Called for each request: when its head has been read, for each piece of its body, and when all of it has come. The first two may be NULL.
    void (*begin)(struct http_client *client);
    void (*body)(struct http_client *client, const uint8_t *bytes, size_t length);
    void (*answer)(struct http_client *client);
};

// Serves those who connect to the ports of tcp_listen() until an answer has asked to quit, and returns how many requests there were.
uint64_t http_serve(const struct http_service *service);

#endif
