#include "guest.h"

void words_start(struct words *words, const char *line)
{
    words->at = line;
    words->unterminated = false;
}

// One word, perhaps empty, from a place where no space is. False when the line ends too early.
static bool take(struct words *words)
{
    bool quoted = false;
    size_t length = 0;
    for (; *words->at != 0 && (quoted || *words->at != ' '); words->at++) {
        if (*words->at == '"') {
            quoted = !quoted;
            continue;
        }
        if (*words->at == '\\')
            words->at++;
        if (*words->at == 0)
            return false;
        if (length == sizeof words->word - 1)
            guest_abort("a word of the command line is longer than a command line may be");
        words->word[length++] = *words->at;
    }
    words->word[length] = 0;
    return !quoted;
}

const char *words_next(struct words *words)
{
    while (!words->unterminated) {
        while (*words->at == ' ')
            words->at++;
        if (*words->at == 0)
            return NULL;
        words->unterminated = !take(words);
        if (!words->unterminated && words->word[0] != 0)
            return words->word;
    }
    return NULL;
}
