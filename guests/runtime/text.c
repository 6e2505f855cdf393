#include "text.h"

void text_put_byte(struct text *text, char byte)
{
    check(text->length < text->size, "a text has room");
    text->bytes[text->length++] = byte;
}

void text_put(struct text *text, const char *piece)
{
    size_t length = strlen(piece);
    check(length <= text->size - text->length, "a text has room");
    memcpy(text->bytes + text->length, piece, length);
    text->length += length;
}

void text_put_number(struct text *text, uint64_t value)
{
    char digits[21];
    char *at = digits + sizeof digits - 1;
    *at = 0;
    do {
        *--at = (char)('0' + value % 10);
        value /= 10;
    } while (value > 0);
    text_put(text, at);
}

const char *text_of(struct text *text)
{
    check(text->length < text->size, "a text has room");
    text->bytes[text->length] = 0;
    return text->bytes;
}
