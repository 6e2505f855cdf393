// What the server has, and how it says so.
#include "answers.h"
#include "pattern.h"
#include "sha256.h"

enum { BIG = 1 << 20 };

static const char page[] = "<!DOCTYPE html>\n"
                           "<html lang=\"en\">\n"
                           "<title>A unikernel on a slipway</title>\n"
                           "<h1>It floats.</h1>\n"
                           "<p>This page comes from a unikernel with a TCP/IP of its own.\n"
                           "</html>\n";

struct http_client clients[CONNECTIONS];
static struct sha256 uploads[CONNECTIONS];
static char room[256];

void begin_upload(struct http_client *client)
{
    sha256_start(&uploads[client - clients]);
}

void take_upload(struct http_client *client, const uint8_t *bytes, size_t length)
{
    sha256_add(&uploads[client - clients], bytes, length);
}

static bool write_pattern(const struct http_body *body, uint64_t at, uint8_t *to, size_t length)
{
    (void)body;
    pattern_write(at, to, length);
    return true;
}

static void send_pattern(struct http_answer *answer, uint64_t length)
{
    http_begin(answer, HTTP_OK);
    http_end_with_body(answer, "application/octet-stream", (struct http_body){.write = write_pattern, .left = length});
}

static struct text new_text(void)
{
    return (struct text){.bytes = room, .size = sizeof room};
}

static const char *client_text(const struct tcp *client)
{
    struct text text = new_text();
    for (unsigned i = 0; i < 4; i++) {
        text_put(&text, i == 0 ? "" : ".");
        text_put_number(&text, client->remote_address >> (24 - 8 * i) & 255);
    }
    text_put(&text, ":");
    text_put_number(&text, client->remote_port);
    text_put(&text, "\n");
    return text_of(&text);
}

static const char *upload_text(const struct http_client *client)
{
    struct text text = new_text();
    char digest[SHA256_TEXT_SIZE];
    sha256_finish(&uploads[client - clients], digest);
    text_put_number(&text, client->request.length);
    text_put(&text, " bytes, SHA-256 ");
    text_put(&text, digest);
    text_put(&text, "\n");
    return text_of(&text);
}

static const char *count_text(void)
{
    static uint64_t count;
    struct text text = new_text();
    text_put_number(&text, ++count);
    text_put(&text, "\n");
    return text_of(&text);
}

static void refuse_method(struct http_answer *answer)
{
    http_begin(answer, HTTP_METHOD_NOT_ALLOWED);
    http_header(answer, "Allow", "GET, HEAD, PUT, POST");
    http_end_with_text(answer, "text/plain", "this is not done here\n");
}

static void send_page(struct http_answer *answer)
{
    http_begin(answer, HTTP_OK);
    http_end_with_text(answer, "text/html", page);
}

void answer_request(struct http_client *client)
{
    struct http_answer *answer = &client->answer;
    const char *path = client->request.path, *number = value_of(path, "/bytes/");
    enum http_method method = client->request.method;
    uint64_t length;
    if (same_text(path, "/upload") && (method == HTTP_PUT || method == HTTP_POST)) {
        http_say(answer, HTTP_OK, upload_text(client));
    } else if (method != HTTP_GET && method != HTTP_HEAD) {
        refuse_method(answer);
    } else if (same_text(path, "/")) {
        send_page(answer);
    } else if (same_text(path, "/count")) {
        http_say(answer, HTTP_OK, count_text());
    } else if (same_text(path, "/client")) {
        http_say(answer, HTTP_OK, client_text(client->tcp));
    } else if (same_text(path, "/big")) {
        send_pattern(answer, BIG);
    } else if (number != NULL && parse_number(number, 10, &length)) {
        send_pattern(answer, length);
    } else if (same_text(path, "/quit")) {
        http_quit(answer);
    } else {
        http_say(answer, HTTP_NOT_FOUND, "there is no such page\n");
    }
}
