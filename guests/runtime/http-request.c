// The head of an HTTP/1.1 request (RFC 9112). It comes from anybody, and is read no further than it makes sense.
#include "http.h"

struct headers {
    bool host;
    bool length_known;
    bool closes;
    bool keeps;
    bool range_if; // a range is asked for on a condition
};

// Cuts the text at the first of that character and returns what is behind it; NULL when there is none.
static char *cut(char *text, char at)
{
    for (; *text != 0; text++) {
        if (*text == at) {
            *text = 0;
            return text + 1;
        }
    }
    return NULL;
}

// Cuts a line off, with the return in front of its end.
static char *cut_line(char *line)
{
    char *next = cut(line, '\n');
    size_t length = strlen(line);
    if (next != NULL && length > 0 && line[length - 1] == '\r')
        line[length - 1] = 0;
    return next;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

static char *trim(char *text)
{
    while (is_blank(*text))
        text++;
    size_t length = strlen(text);
    while (length > 0 && is_blank(text[length - 1]))
        text[--length] = 0;
    return text;
}

static bool has_controls(const char *text)
{
    for (; *text != 0; text++) {
        if (((unsigned char)*text < ' ' && *text != '\t') || *text == 0x7f)
            return true;
    }
    return false;
}

static const char *const method_names[] = {"GET", "HEAD", "PUT", "POST"};

const char *http_method_name(enum http_method method)
{
    return method == HTTP_OTHER ? "another method" : method_names[method];
}

static enum http_method method_of(const char *word)
{
    for (unsigned i = 0; i < sizeof method_names / sizeof *method_names; i++) {
        if (same_text(word, method_names[i]))
            return (enum http_method)i;
    }
    return HTTP_OTHER;
}

// "/x" as it is, or "http://host/x", which a client sends that takes us for a proxy.
static const char *path_of(const char *target)
{
    const char *scheme = "http://";
    if (*target == '/')
        return target;
    for (; *scheme != 0; scheme++, target++) {
        if (lower_case(*target) != *scheme)
            return NULL;
    }
    while (*target != 0 && *target != '/')
        target++;
    return *target == '/' ? target : "/";
}

static unsigned parse_request_line(char *line, struct http_request *request, bool *is_1_0)
{
    char *target = cut(line, ' ');
    char *version = target == NULL ? NULL : cut(target, ' ');
    if (version == NULL || *line == 0 || has_controls(target))
        return HTTP_BAD_REQUEST;
    request->method = method_of(line);
    request->path = path_of(target);
    *is_1_0 = same_text(version, "HTTP/1.0");
    if (request->path == NULL)
        return HTTP_BAD_REQUEST;
    return *is_1_0 || same_text(version, "HTTP/1.1") ? 0 : HTTP_VERSION_NOT_SUPPORTED;
}

// A list of words with commas between them.
static void parse_connection(char *value, struct headers *headers)
{
    while (value != NULL) {
        char *next = cut(value, ',');
        char *word = trim(value);
        headers->closes |= same_word(word, "close");
        headers->keeps |= same_word(word, "keep-alive");
        value = next;
    }
}

static unsigned parse_length(const char *value, struct http_request *request, struct headers *headers)
{
    uint64_t length;
    if (!parse_number(value, 10, &length) || (headers->length_known && length != request->length))
        return HTTP_BAD_REQUEST;
    request->length = length;
    headers->length_known = true;
    return 0;
}

static unsigned parse_header(char *line, struct http_request *request, struct headers *headers)
{
    char *value = cut(line, ':');
    // A blank in front of the colon, or at the start: who reads it in another way would see another request.
    if (value == NULL || *line == 0 || is_blank(*line) || is_blank(line[strlen(line) - 1]) || has_controls(value))
        return HTTP_BAD_REQUEST;
    value = trim(value);
    if (same_word(line, "Host")) {
        if (headers->host)
            return HTTP_BAD_REQUEST;
        headers->host = true;
    } else if (same_word(line, "Connection")) {
        parse_connection(value, headers);
    } else if (same_word(line, "Content-Length")) {
        return parse_length(value, request, headers);
    } else if (same_word(line, "Transfer-Encoding")) {
        return HTTP_NOT_IMPLEMENTED;
    } else if (same_word(line, "Expect")) {
        request->waits = same_word(value, "100-continue");
    } else if (same_word(line, "Range")) {
        request->range = value;
    } else if (same_word(line, "If-Range")) {
        headers->range_if = true;
    }
    return 0;
}

unsigned http_parse(char *head, struct http_request *request)
{
    struct headers headers = {0};
    bool is_1_0 = false;
    *request = (struct http_request){.range = ""};
    char *line = head, *next = cut_line(line);
    unsigned status = parse_request_line(line, request, &is_1_0);
    for (line = next; status == 0 && line != NULL && (next = cut_line(line), *line != 0); line = next)
        status = parse_header(line, request, &headers);
    if (status == 0 && !headers.host && !is_1_0)
        status = HTTP_BAD_REQUEST;
    if (headers.range_if)
        request->range = ""; // the condition is a mark that an answer has carried, and none of ours does
    request->close = headers.closes || (is_1_0 && !headers.keeps);
    return status;
}
