#include "guest.h"
#include "system-calls.h"

#include <stdarg.h>

enum { SAY_SIZE = 1024 };

struct line {
    char bytes[SAY_SIZE];
    size_t length;
};

void console_write(const void *bytes, size_t length)
{
    const char *at = bytes;
    while (length > 0) {
        long written = system_call(SYS_WRITE, 1, (uint64_t)at, length, 0, 0, 0);
        if (written == -ERROR_EINTR)
            continue;
        if (written <= 0)
            return;
        at += written;
        length -= (size_t)written;
    }
}

void console_print(const char *text)
{
    console_write(text, strlen(text));
}

// What does not fit is cut: a message must not write behind its buffer.
static void put(struct line *line, char byte)
{
    if (line->length < SAY_SIZE)
        line->bytes[line->length++] = byte;
}

static void put_number(struct line *line, uint64_t value, unsigned base)
{
    char digits[20];
    unsigned count = 0;
    do {
        digits[count++] = "0123456789abcdef"[value % base];
        value /= base;
    } while (value > 0);
    while (count > 0)
        put(line, digits[--count]);
}

static void put_signed(struct line *line, int value)
{
    if (value < 0)
        put(line, '-');
    put_number(line, value < 0 ? -(uint64_t)value : (uint64_t)value, 10);
}

void say(const char *format, ...)
{
    struct line line = {.length = 0};
    va_list values;
    va_start(values, format);
    for (const char *at = format; *at != 0; at++) {
        if (*at != '%') {
            put(&line, *at);
            continue;
        }
        bool wide = *++at == 'l';
        if (wide)
            at++;
        switch (*at) {
        case 's':
            for (const char *text = va_arg(values, const char *); *text != 0; text++)
                put(&line, *text);
            break;
        case 'c':
            put(&line, (char)va_arg(values, int));
            break;
        case 'd':
            put_signed(&line, va_arg(values, int));
            break;
        case 'u':
        case 'x':
            put_number(&line, wide ? va_arg(values, uint64_t) : va_arg(values, unsigned), *at == 'u' ? 10 : 16);
            break;
        default:
            put(&line, *at);
        }
    }
    va_end(values);
    console_write(line.bytes, line.length);
}
