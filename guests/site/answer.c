// What is served: files of the archive as they are, and a few pages about what is not there.
#include "site.h"

enum {
    PAGE_MAX = 256 + 2 * 5 * TITLE_SIZE, // of a page that is made here: the title stands there twice, and "&amp;" is five letters long
    NAME_MAX = 800,                      // of a name in a header: one of 255 bytes, with each of them encoded
    HEADERS_MAX = 256,                   // besides
    LOG_MAX = 256,                       // of a path on the console
};

_Static_assert(PAGE_MAX + NAME_MAX + HEADERS_MAX <= HTTP_TEXT_MAX, "an answer has room");

static char room[PAGE_MAX];

static void put_escaped(struct text *text, const char *from)
{
    for (; *from != 0; from++) {
        switch (*from) {
        case '&':
            text_put(text, "&amp;");
            break;
        case '<':
            text_put(text, "&lt;");
            break;
        case '>':
            text_put(text, "&gt;");
            break;
        default:
            text_put_byte(text, *from);
        }
    }
}

static const char *page_about(enum http_status status)
{
    struct text text = {.bytes = room, .size = sizeof room};
    text_put(&text, "<!DOCTYPE html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n<title>");
    text_put(&text, http_reason(status));
    text_put(&text, " &ndash; ");
    put_escaped(&text, wishes.title);
    text_put(&text, "</title>\n<h1>");
    text_put(&text, http_reason(status));
    text_put(&text, "</h1>\n<p>");
    put_escaped(&text, wishes.title);
    text_put(&text, "\n</html>\n");
    return text_of(&text);
}

static void end_with_page(struct http_answer *answer)
{
    http_end_with_text(answer, "text/html; charset=utf-8", page_about(answer->status));
}

static bool write_file(const struct http_body *body, uint64_t at, uint8_t *to, size_t length)
{
    return tar_read(&disk, body->from, at, to, length);
}

static void send_part(struct http_answer *answer, const struct node *node, const char *type, uint64_t at, uint64_t length)
{
    http_end_with_body(answer, type, (struct http_body){.write = write_file, .from = &node->of.file, .at = at, .left = length});
}

static void put_content_range(struct http_answer *answer, uint64_t size, uint64_t at, uint64_t length)
{
    struct text text = {.bytes = room, .size = sizeof room};
    text_put(&text, "bytes ");
    if (length > 0) {
        text_put_number(&text, at);
        text_put(&text, "-");
        text_put_number(&text, at + length - 1);
    } else {
        text_put(&text, "*");
    }
    text_put(&text, "/");
    text_put_number(&text, size);
    http_header(answer, "Content-Range", text_of(&text));
}

static void send_file(struct http_client *client, const struct node *node, const char *path)
{
    struct http_answer *answer = &client->answer;
    uint64_t size = node->of.file.size, at, length;
    const char *wanted = client->request.method == HTTP_GET ? client->request.range : "";
    switch (parse_range(wanted, size, &at, &length)) {
    case RANGE_PART:
        http_begin(answer, HTTP_PARTIAL_CONTENT);
        put_content_range(answer, size, at, length);
        break;
    case RANGE_IMPOSSIBLE:
        http_begin(answer, HTTP_RANGE_NOT_SATISFIABLE);
        put_content_range(answer, size, 0, 0);
        end_with_page(answer);
        return;
    case RANGE_WHOLE:
        http_begin(answer, HTTP_OK);
        at = 0;
        length = size;
    }
    http_header(answer, "Accept-Ranges", "bytes");
    send_part(answer, node, type_of(path), at, length);
}

static void send_nothing(struct http_answer *answer)
{
    const struct node *node = index_find("404.html");
    http_begin(answer, HTTP_NOT_FOUND);
    if (node != NULL && node->kind == FILE_NODE)
        send_part(answer, node, type_of(".html"), 0, node->of.file.size);
    else
        end_with_page(answer);
}

static bool ends_in(const char *path, const char *ending)
{
    size_t length = strlen(path), wanted = strlen(ending);
    return length >= wanted && same_text(path + length - wanted, ending);
}

// What browsers take for the inside of a directory: links in its index count from there.
static bool is_inside(const char *path)
{
    return ends_in(path, "/") || ends_in(path, "/.") || ends_in(path, "/..");
}

// To the same name with a slash behind it, as seen from where it is: that is right behind a proxy, too.
static void send_inside(struct http_answer *answer, const char *path)
{
    static char name[NAME_MAX];
    struct text text = {.bytes = name, .size = sizeof name - 1};
    text_put(&text, "./"); // or a name with a colon would be taken for a scheme
    if (!encode_name(path, &text)) {
        send_nothing(answer);
        return;
    }
    http_begin(answer, HTTP_MOVED_PERMANENTLY);
    text.size = sizeof name;
    http_header(answer, "Location", text_of(&text));
    end_with_page(answer);
}

static void send_index(struct http_client *client, char *path)
{
    static const char index[] = "/index.html";
    size_t length = strlen(path);
    const struct node *node = NULL;
    if (length + sizeof index <= TAR_NAME_SIZE) {
        memcpy(path + length, index, sizeof index);
        node = index_find(path);
    }
    if (node != NULL && node->kind == FILE_NODE)
        send_file(client, node, path);
    else
        send_nothing(&client->answer);
}

static void send_path(struct http_client *client, char *path)
{
    const struct node *node = index_find(path);
    if (node == NULL || (node->kind != DIRECTORY_NODE && is_inside(path)))
        send_nothing(&client->answer);
    else if (node->kind == FILE_NODE)
        send_file(client, node, path);
    else if (is_inside(path))
        send_index(client, path);
    else
        send_inside(&client->answer, path);
}

static void answer(struct http_client *client)
{
    static char path[TAR_NAME_SIZE];
    const struct http_request *request = &client->request;
    if (request->method != HTTP_GET && request->method != HTTP_HEAD) {
        http_begin(&client->answer, HTTP_METHOD_NOT_ALLOWED);
        http_header(&client->answer, "Allow", "GET, HEAD");
        end_with_page(&client->answer);
    } else if (!decode_path(request->path, path)) {
        http_begin(&client->answer, HTTP_BAD_REQUEST);
        end_with_page(&client->answer);
    } else if (wishes.quit[0] != 0 && same_text(path, wishes.quit)) {
        http_quit(&client->answer);
    } else {
        send_path(client, path);
    }
}

// As it came, but for what a terminal might take for something else.
static const char *printable(const char *path)
{
    static char shown[LOG_MAX];
    size_t length = 0;
    for (; path[length] != 0 && length < sizeof shown - 1; length++)
        shown[length] = path[length] > ' ' && path[length] <= '~' ? path[length] : '?';
    shown[length] = 0;
    return shown;
}

void answer_request(struct http_client *client)
{
    answer(client);
    if (wishes.verbose)
        say("%s %s: %u\n", http_method_name(client->request.method), printable(client->request.path), client->answer.status);
}
