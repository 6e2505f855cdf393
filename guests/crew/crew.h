// What the members of a crew have in common: captain and cook are two programs for one artefact.
#ifndef CREW_H
#define CREW_H

#include "guest.h"

// Prints who it is and the words of its command line, a line each. False where the line ends inside quotes.
static bool introduce(const char *who, const char *command_line)
{
    static struct words words;
    say("I am the %s.\n", who);
    words_start(&words, command_line);
    for (const char *word = words_next(&words); word != NULL; word = words_next(&words)) {
        console_print("word: ");
        console_print(word);
        console_print("\n");
    }
    return !words.unterminated;
}

#endif
