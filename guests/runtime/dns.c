#include "dns.h"
#include "udp.h"

enum { DNS_PORT = 53, HEADER = 12, QUERY_MAX = HEADER + 255 + 4, LABEL_MAX = 63, TRIES = 6 };
enum { ANSWER = 0x8000, WANTS_RECURSION = 0x0100, RESULT = 0x000f, NO_SUCH_NAME = 3 };
enum { TYPE_A = 1, CLASS_INTERNET = 1 };

static uint8_t query[QUERY_MAX];
static size_t query_length;
static uint16_t query_port;
static bool answered;
static enum dns_answer result;
static uint32_t result_address;

// A name as a row of labels, each with its length in front. False when it is none.
static bool write_query(const char *name)
{
    uint8_t *at = query + HEADER, *last = query + QUERY_MAX - 6; // in front of the empty label, the type and the class
    memset(query, 0, HEADER);
    put16(query, host_random() & 0xffff);
    put16(query + 2, WANTS_RECURSION);
    put16(query + 4, 1); // question
    while (*name != 0) {
        size_t length = 0;
        while (name[length] != 0 && name[length] != '.')
            length++;
        if (length == 0 || length > LABEL_MAX || length + 1 > (size_t)(last - at))
            return false;
        *at++ = (uint8_t)length;
        memcpy(at, name, length);
        at += length;
        name += length + (name[length] == '.');
    }
    if (at == query + HEADER)
        return false;
    *at++ = 0;
    put16(at, TYPE_A);
    put16(at + 2, CLASS_INTERNET);
    query_length = (size_t)(at + 4 - query);
    return true;
}

// Behind a name, which ends with an empty label or with a pointer to the rest of it; NULL when the message ends in it.
static const uint8_t *behind_name(const uint8_t *at, const uint8_t *end)
{
    while (at < end) {
        unsigned length = *at;
        if (length >= 0xc0)
            return end - at >= 2 ? at + 2 : NULL;
        if (length == 0)
            return at + 1;
        if (length > LABEL_MAX || (size_t)(end - at) <= length)
            return NULL;
        at += 1 + length;
    }
    return NULL;
}

// The first address among the answers: those in front of it are the aliases that led there.
static enum dns_answer find_address(const uint8_t *message, size_t length)
{
    const uint8_t *at = message + query_length, *end = message + length;
    for (unsigned count = get16(message + 6); count > 0; count--) {
        at = behind_name(at, end);
        if (at == NULL || end - at < 10 || get16(at + 8) > end - at - 10)
            return DNS_FAILED;
        size_t size = get16(at + 8);
        if (get16(at) == TYPE_A && get16(at + 2) == CLASS_INTERNET && size == 4) {
            result_address = get32(at + 10);
            return DNS_FOUND;
        }
        at += 10 + size;
    }
    return DNS_UNKNOWN;
}

static void receive(const struct datagram *datagram)
{
    const uint8_t *message = datagram->bytes;
    bool ours = !answered && datagram->source == host.name_server && datagram->source_port == DNS_PORT &&
                datagram->length >= query_length && get16(message) == get16(query) &&
                (get16(message + 2) & ANSWER) != 0 && get16(message + 4) == 1 &&
                same_bytes(message + HEADER, query + HEADER, query_length - HEADER);
    if (!ours)
        return;
    unsigned code = get16(message + 2) & RESULT;
    answered = true;
    result = code == 0 ? find_address(message, datagram->length) : code == NO_SUCH_NAME ? DNS_UNKNOWN : DNS_FAILED;
}

enum dns_answer dns_resolve(const char *name, uint32_t *address)
{
    if (parse_ipv4(name, address))
        return DNS_FOUND;
    if (host.name_server == 0 || !write_query(name))
        return DNS_FAILED;
    query_port = (uint16_t)(49152 + host_random() % 16384);
    udp_bind(query_port, receive);
    answered = false;
    for (unsigned tries = 0; tries < TRIES && !answered; tries++) {
        memcpy(udp_payload(), query, query_length);
        udp_send(query_port, host.name_server, DNS_PORT, query_length);
        uint64_t until = host.now + (SECOND << tries / 2); // 14 seconds in all
        while (!answered && host.now < until)
            host_wait(until);
    }
    udp_bind(query_port, NULL);
    *address = result_address;
    return answered ? result : DNS_FAILED;
}

const char *dns_why(enum dns_answer answer)
{
    return answer == DNS_FOUND ? "found" : answer == DNS_UNKNOWN ? "unknown name" : "no answer";
}
