// Paths of URLs (RFC 3986).
#include "site.h"

static int digit_of(char c)
{
    char low = lower_case(c);
    if (c >= '0' && c <= '9')
        return c - '0';
    return low >= 'a' && low <= 'f' ? low - 'a' + 10 : -1;
}

bool decode_path(const char *path, char *to)
{
    size_t length = 0;
    for (; *path != 0 && *path != '?' && *path != '#'; path++) {
        char byte = *path;
        if (byte == '%') {
            int high = digit_of(path[1]), low = high < 0 ? -1 : digit_of(path[2]);
            if (low < 0)
                return false;
            byte = (char)(high << 4 | low);
            path += 2;
        }
        if (byte == 0 || length == TAR_NAME_SIZE - 1)
            return false;
        to[length++] = byte;
    }
    to[length] = 0;
    return true;
}

static bool is_plain(char c)
{
    char low = lower_case(c);
    return (c >= '0' && c <= '9') || (low >= 'a' && low <= 'z') || c == '-' || c == '.' || c == '_' || c == '~';
}

bool encode_name(const char *path, struct text *to)
{
    const char *name = path;
    for (const char *at = path; *at != 0; at++) {
        if (*at == '/')
            name = at + 1;
    }
    if (3 * strlen(name) + 1 > to->size - to->length)
        return false;
    for (; *name != 0; name++) {
        uint8_t byte = (uint8_t)*name;
        if (is_plain(*name)) {
            text_put_byte(to, *name);
            continue;
        }
        text_put_byte(to, '%');
        text_put_byte(to, "0123456789ABCDEF"[byte >> 4]);
        text_put_byte(to, "0123456789ABCDEF"[byte & 15]);
    }
    text_put_byte(to, '/');
    return true;
}
