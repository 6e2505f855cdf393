// A text that is put together piece by piece, in room of a fixed size. What does not fit is a mistake of the guest's own, and ends it.
#ifndef TEXT_H
#define TEXT_H

#include "guest.h"

struct text {
    char *bytes;
    size_t size;
    size_t length;
};

void text_put(struct text *text, const char *piece);
void text_put_byte(struct text *text, char byte);
void text_put_number(struct text *text, uint64_t value);
// With a NUL behind it, that is not counted.
const char *text_of(struct text *text);

#endif
