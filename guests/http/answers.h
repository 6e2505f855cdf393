// What the server has.
#ifndef ANSWERS_H
#define ANSWERS_H

#include "http.h"

enum { CONNECTIONS = 64 };

extern struct http_client clients[CONNECTIONS];

void begin_upload(struct http_client *client);
void take_upload(struct http_client *client, const uint8_t *bytes, size_t length);
void answer_request(struct http_client *client);

#endif
