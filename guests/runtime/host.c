#include "host.h"
#include "dhcp.h"
#include "ethernet.h"
#include "ipv4.h"

enum { TYPE_IPV4 = 0x0800, TYPE_ARP = 0x0806 };
enum { BATCH = 64 }; // frames that are handled before the guest and the timers have their turn
enum { NAME_SIZE = 64 };

#define LONGEST (3600 * SECOND) // sleep; the timer takes no deadline that never comes

struct host host;
static char name[NAME_SIZE];

static _Noreturn void refuse(const char *word)
{
    say("no sense in %s\n", word);
    guest_exit(EXIT_USAGE);
}

const char *value_of(const char *word, const char *start)
{
    while (*start != 0) {
        if (*word++ != *start++)
            return NULL;
    }
    return word;
}

bool parse_ipv4(const char *text, uint32_t *address)
{
    uint8_t bytes[4];
    if (!parse_address(text, bytes))
        return false;
    *address = get32(bytes);
    return true;
}

static char *find(char *text, char wanted)
{
    while (*text != 0 && *text != wanted)
        text++;
    return *text == wanted ? text : NULL;
}

bool parse_endpoint(char *text, uint32_t *address, uint16_t *port)
{
    char *colon = find(text, ':');
    uint64_t number;
    if (colon == NULL || !parse_number(colon + 1, 10, &number) || number < 1 || number > 65535)
        return false;
    *colon = 0;
    *port = (uint16_t)number;
    return parse_ipv4(text, address);
}

static bool copy(char *to, size_t size, const char *from)
{
    size_t length = strlen(from);
    if (length >= size)
        return false;
    memcpy(to, from, length + 1);
    return true;
}

static bool parse_network(const char *text, uint32_t *address, uint32_t *mask)
{
    char copied[20];
    uint64_t bits;
    if (!copy(copied, sizeof copied, text))
        return false;
    char *slash = find(copied, '/');
    if (slash == NULL || !parse_number(slash + 1, 10, &bits) || bits < 1 || bits > 32)
        return false;
    *slash = 0;
    *mask = UINT32_MAX << (32 - bits);
    return parse_ipv4(copied, address) && *address != 0;
}

bool host_option(const char *word)
{
    const char *value;
    bool good;
    if ((value = value_of(word, "--ipv4=")) != NULL) {
        good = parse_network(value, &host.address, &host.mask);
    } else if ((value = value_of(word, "--ipv4-gateway=")) != NULL) {
        good = parse_ipv4(value, &host.router);
    } else if ((value = value_of(word, "--dns-servers=")) != NULL) {
        char first[16] = "";
        size_t length = 0;
        while (value[length] != 0 && value[length] != ',')
            length++;
        good = length < sizeof first;
        if (good)
            memcpy(first, value, length);
        good = good && parse_ipv4(first, &host.name_server);
    } else if ((value = value_of(word, "--name=")) != NULL) {
        good = *value != 0 && copy(name, sizeof name, value);
    } else {
        return false;
    }
    if (!good)
        refuse(word);
    return true;
}

void host_start(const char *device, const char *default_name)
{
    host.name = name[0] != 0 ? name : default_name;
    host.net = net_require(device);
    host.now = clock_monotonic();
    if (host.address == 0)
        dhcp_require();
    uint8_t bytes[4];
    put32(bytes, host.address);
    say_station(device, &host.net, bytes);
}

uint32_t host_random(void)
{
    static uint64_t state;
    if (state == 0)
        state = __builtin_ia32_rdtsc() ^ (uint64_t)get32(host.net.mac + 2) << 32;
    state = state * 6364136223846793005u + 1442695040888963407u; // Knuth's
    return (uint32_t)(state >> 32);
}

enum sent host_send(const uint8_t *frame, size_t length)
{
    return net_write(host.net.handle, frame, length) == RESULT_OK ? SENT : SENT_FULL;
}

static void input(const uint8_t *frame, size_t length)
{
    if (length < ETHERNET_HEADER)
        return;
    bool for_all = (frame[0] & 1) != 0;
    if (!for_all && !same_bytes(frame, host.net.mac, 6))
        return;
    unsigned type = get16(frame + 12);
    if (type == TYPE_IPV4)
        ipv4_input(frame + ETHERNET_HEADER, length - ETHERNET_HEADER);
    else if (type == TYPE_ARP)
        arp_input(frame, length);
}

static bool receive(void)
{
    static uint8_t in[2 + FRAME_MAX] __attribute__((aligned(64))); // as `out` in ipv4.c
    unsigned count = 0;
    for (; count < BATCH; count++) {
        size_t length;
        if (net_read(host.net.handle, in + 2, FRAME_MAX, &length) != RESULT_OK)
            break;
        if (count == 0)
            host.now = clock_monotonic();
        input(in + 2, length);
    }
    return count > 0;
}

static uint64_t timers(void)
{
    return earlier(earlier(arp_timers(), tcp_timers()), dhcp_timers());
}

void host_wait(uint64_t deadline)
{
    tcp_flush();
    if (!receive()) {
        host.now = clock_monotonic();
        uint64_t until = earlier(earlier(deadline, timers()), host.now + LONGEST);
        if (host.now < until)
            yield_until(until);
        host.now = clock_monotonic();
        receive();
    }
    timers();
}
