// Between the parts of the HTTP server: a request that has been read, and the answer that is to be sent.
#ifndef HTTP_H
#define HTTP_H

#include "sha256.h"
#include "tcp.h"

enum { HEAD_MAX = 4096, TEXT_MAX = 512 };

enum method { METHOD_GET, METHOD_HEAD, METHOD_PUT, METHOD_POST, METHOD_OTHER };

struct request {
    enum method method;
    const char *path; // in the head that was parsed
    uint64_t length;  // of the body
    bool close;       // no other request may follow
    bool waits;       // for "100 Continue" before it sends its body
};

// The status of the answer where it is not worth going on with, else 0. `head` is what stands in front of the empty line, that line
// included, with a NUL behind it; it is changed.
unsigned request_parse(char *head, struct request *request);

struct answer {
    char text[TEXT_MAX]; // the head, and a short body
    size_t text_length;
    size_t text_sent;
    const char *page; // then, what is always the same
    size_t page_left;
    uint64_t pattern_left; // then so much of the pattern
    uint64_t pattern_at;
    bool close;
    bool quit;
};

// What stands at the request's path. The request's body has been taken: `digest` is its SHA-256, in hexadecimal.
void answer_request(struct answer *answer, const struct request *request, const struct tcp *client, const char *digest);
void answer_error(struct answer *answer, unsigned status);
// False while there is no room for the rest of it.
bool answer_send(struct answer *answer, struct tcp *tcp);

#endif
