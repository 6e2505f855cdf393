// Which addresses answer: several at a time, each for no longer than a few seconds.
#include "client.h"

struct attempt {
    const char *name;
    uint32_t address;
    uint16_t port;
    struct tcp *tcp; // NULL: the name is unknown
};

static bool is_decided(const struct attempt *attempt)
{
    return attempt->tcp == NULL || attempt->tcp->state == TCP_CLOSED || attempt->tcp->state >= TCP_ESTABLISHED;
}

static void report(const struct attempt *attempt)
{
    struct tcp *tcp = attempt->tcp;
    if (tcp == NULL)
        return; // it has been said
    const char *what = tcp->state >= TCP_ESTABLISHED ? "connected" : tcp->state == TCP_CLOSED ? tcp_why(tcp->end) : "timed out";
    say("%s:%u: %s\n", attempt->name, attempt->port, what);
    tcp_abort(tcp);
    tcp_release(tcp);
}

static void wait_for(const struct attempt *attempts, unsigned count, uint64_t until)
{
    for (bool decided = false; !decided && host.now < until;) {
        host_wait(until);
        decided = true;
        for (unsigned i = 0; i < count; i++)
            decided = decided && is_decided(&attempts[i]);
    }
}

// The next of the list, which is cut off it.
static char *next_of(char **list)
{
    char *first = *list, *end = first;
    while (*end != 0 && *end != ',')
        end++;
    *list = *end == 0 ? NULL : end + 1;
    *end = 0;
    return first;
}

int try_all(char *list, uint64_t patience)
{
    static struct attempt attempts[CONNECTIONS];
    while (list != NULL) {
        unsigned count = 0;
        while (list != NULL && count < CONNECTIONS) {
            struct attempt *attempt = &attempts[count++];
            char *text = next_of(&list);
            bool known = resolve_endpoint(text, &attempt->address, &attempt->port) == EXIT_OK;
            attempt->name = text;
            attempt->tcp = known ? tcp_connect(attempt->address, attempt->port) : NULL;
        }
        wait_for(attempts, count, host.now + (patience > 0 ? patience : PATIENCE_TO_TRY) * SECOND);
        for (unsigned i = 0; i < count; i++)
            report(&attempts[i]);
    }
    return EXIT_OK;
}
