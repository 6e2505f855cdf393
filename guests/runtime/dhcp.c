#include "dhcp.h"
#include "ipv4.h"
#include "tcp.h"
#include "udp.h"

enum { CLIENT_PORT = 68, SERVER_PORT = 67 };
enum { AT_XID = 4, AT_CLIENT = 12, AT_YOURS = 16, AT_MAC = 28, AT_COOKIE = 236, AT_OPTIONS = 240, MESSAGE_MIN = 300 };
enum { ASKS = 1, ANSWERS = 2, ETHERNET = 1 };
enum { DISCOVER = 1, OFFER = 2, REQUEST = 3, ACKNOWLEDGED = 5, REFUSED = 6 };
enum {
    OPTION_MASK = 1,
    OPTION_ROUTER = 3,
    OPTION_NAME_SERVER = 6,
    OPTION_HOST_NAME = 12,
    OPTION_ADDRESS = 50,
    OPTION_LEASE = 51,
    OPTION_TYPE = 53,
    OPTION_SERVER = 54,
    OPTION_WISHES = 55,
    OPTION_T1 = 58,
    OPTION_T2 = 59,
    OPTION_CLIENT = 61,
    OPTION_END = 255,
};

#define COOKIE 0x63825363u
#define PATIENCE (60 * SECOND)
#define FOR_EVER 0xffffffffu

struct offer {
    unsigned type;
    uint32_t address;
    uint32_t server;
    uint32_t mask;
    uint32_t router;
    uint32_t name_server;
    uint32_t seconds; // how long it lasts, and after how many to ask again: the server, and then anybody
    uint32_t t1;
    uint32_t t2;
};

static enum { OFF, SELECTING, REQUESTING, BOUND, RENEWING, REBINDING } state;
static struct offer offered;
static uint32_t xid;
static uint64_t again_at = NEVER; // the next message, or what is next for the lease
static uint64_t pause;    // until the message after it
static uint64_t bound_at;
static unsigned leases;
static uint32_t own_router, own_name_server; // of the command line, which counts for more

static uint8_t *put_option(uint8_t *at, unsigned option, const void *value, size_t length)
{
    *at++ = (uint8_t)option;
    *at++ = (uint8_t)length;
    memcpy(at, value, length);
    return at + length;
}

static uint8_t *put_address(uint8_t *at, unsigned option, uint32_t address)
{
    uint8_t bytes[4];
    put32(bytes, address);
    return put_option(at, option, bytes, sizeof bytes);
}

static void send_message(unsigned type)
{
    static const uint8_t wishes[] = {OPTION_MASK, OPTION_ROUTER, OPTION_NAME_SERVER, OPTION_LEASE, OPTION_T1, OPTION_T2};
    uint8_t *message = udp_payload();
    memset(message, 0, MESSAGE_MIN);
    message[0] = ASKS;
    message[1] = ETHERNET;
    message[2] = 6; // how long such an address is
    put32(message + AT_XID, xid);
    put32(message + AT_CLIENT, host.address);
    __builtin_memcpy(message + AT_MAC, host.net.mac, 6);
    put32(message + AT_COOKIE, COOKIE);

    uint8_t type_byte = (uint8_t)type, identifier[7] = {ETHERNET};
    __builtin_memcpy(identifier + 1, host.net.mac, 6);
    uint8_t *at = put_option(message + AT_OPTIONS, OPTION_TYPE, &type_byte, 1);
    at = put_option(at, OPTION_CLIENT, identifier, sizeof identifier);
    if (state == REQUESTING) {
        at = put_address(at, OPTION_ADDRESS, offered.address);
        at = put_address(at, OPTION_SERVER, offered.server);
    }
    at = put_option(at, OPTION_HOST_NAME, host.name, strlen(host.name));
    at = put_option(at, OPTION_WISHES, wishes, sizeof wishes);
    *at++ = OPTION_END;
    size_t length = (size_t)(at - message);
    udp_send(CLIENT_PORT, state == RENEWING ? offered.server : BROADCAST, SERVER_PORT,
             length < MESSAGE_MIN ? MESSAGE_MIN : length);
}

static void discover(void)
{
    state = SELECTING;
    xid = host_random();
    pause = SECOND;
    again_at = host.now;
}

static void take_option(struct offer *offer, unsigned option, const uint8_t *value, size_t length)
{
    if (option == OPTION_TYPE && length == 1)
        offer->type = value[0];
    if (length < 4)
        return;
    uint32_t number = get32(value); // of several addresses the first
    switch (option) {
    case OPTION_MASK:
        offer->mask = number;
        break;
    case OPTION_ROUTER:
        offer->router = number;
        break;
    case OPTION_NAME_SERVER:
        offer->name_server = number;
        break;
    case OPTION_LEASE:
        offer->seconds = number;
        break;
    case OPTION_SERVER:
        offer->server = number;
        break;
    case OPTION_T1:
        offer->t1 = number;
        break;
    case OPTION_T2:
        offer->t2 = number;
        break;
    }
}

// False unless it is an answer to us. Options that are continued in other fields (option 52) are not looked for there.
static bool decode(const struct datagram *datagram, struct offer *offer)
{
    const uint8_t *message = datagram->bytes;
    if (datagram->length < AT_OPTIONS || message[0] != ANSWERS || get32(message + AT_XID) != xid ||
        !same_bytes(message + AT_MAC, host.net.mac, 6) || get32(message + AT_COOKIE) != COOKIE)
        return false;
    *offer = (struct offer){.address = get32(message + AT_YOURS), .mask = 0xffffff00u};
    const uint8_t *at = message + AT_OPTIONS, *end = message + datagram->length;
    while (at < end && *at != OPTION_END) {
        if (*at == 0) { // fills up
            at++;
            continue;
        }
        if (end - at < 2 || at[1] > end - at - 2)
            return false;
        take_option(offer, at[0], at + 2, at[1]);
        at += 2 + at[1];
    }
    return true;
}

static void bind(const struct offer *offer)
{
    offered = *offer;
    if (offered.seconds == FOR_EVER)
        offered.t1 = offered.t2 = FOR_EVER;
    if (offered.t1 == 0 || offered.t1 > offered.seconds)
        offered.t1 = offered.seconds / 2;
    if (offered.t2 < offered.t1 || offered.t2 > offered.seconds)
        offered.t2 = (uint32_t)((uint64_t)offered.seconds * 7 / 8);
    state = BOUND;
    leases++;
    bound_at = host.now;
    again_at = bound_at + offered.t1 * SECOND;
    host.address = offered.address;
    host.mask = offered.mask;
    host.router = own_router != 0 ? own_router : offered.router;
    host.name_server = own_name_server != 0 ? own_name_server : offered.name_server;
}

static void receive(const struct datagram *datagram)
{
    struct offer offer;
    if (datagram->source_port != SERVER_PORT || !decode(datagram, &offer))
        return;
    if (state == SELECTING && offer.type == OFFER && offer.address != 0 && offer.server != 0) {
        offered = offer;
        state = REQUESTING;
        pause = SECOND;
        again_at = host.now;
    } else if (state >= REQUESTING && state != BOUND && offer.type == ACKNOWLEDGED && offer.address != 0) {
        offer.server = offered.server;
        bind(&offer);
    } else if (state >= REQUESTING && state != BOUND && offer.type == REFUSED) {
        again_at = 0;
        state = OFF; // from the start, when the timers are looked at
    }
}

static void lose_address(void)
{
    tcp_abandon_all();
    host.address = 0;
    discover();
}

// Once the lease runs out, each message comes when half of the time that is left has gone, but not within a minute (RFC 2131, 4.4.5).
static void renew(void)
{
    uint64_t t2 = bound_at + offered.t2 * SECOND, end = bound_at + offered.seconds * SECOND;
    if (host.now >= end) {
        lose_address();
        return;
    }
    if (state == BOUND)
        xid = host_random();
    state = host.now < t2 ? RENEWING : REBINDING;
    send_message(REQUEST);
    uint64_t limit = state == RENEWING ? t2 : end, half = (limit - host.now) / 2;
    again_at = earlier(limit, host.now + (half > 60 * SECOND ? half : 60 * SECOND));
}

static void ask(void)
{
    send_message(state == SELECTING ? DISCOVER : REQUEST);
    again_at = host.now + pause;
    pause = earlier(2 * pause, 16 * SECOND);
    if (state == REQUESTING && pause == 16 * SECOND)
        discover(); // the one that has made the offer is gone
}

uint64_t dhcp_timers(void)
{
    if (again_at == NEVER || host.now < again_at)
        return again_at;
    if (state == OFF)
        lose_address();
    if (state == SELECTING || state == REQUESTING)
        ask();
    else
        renew();
    return again_at;
}

unsigned dhcp_leases(void)
{
    return leases;
}

void dhcp_say_lease(void)
{
    say("lease: address %u.%u.%u.%u, mask %u.%u.%u.%u, router %u.%u.%u.%u, DNS %u.%u.%u.%u, ", ADDRESS_PARTS(offered.address),
        ADDRESS_PARTS(offered.mask), ADDRESS_PARTS(offered.router), ADDRESS_PARTS(offered.name_server));
    say("%u seconds, from %u.%u.%u.%u\n", offered.seconds, ADDRESS_PARTS(offered.server));
}

void dhcp_require(void)
{
    uint64_t until = host.now + PATIENCE;
    udp_bind(CLIENT_PORT, receive);
    own_router = host.router;
    own_name_server = host.name_server;
    discover();
    while (state != BOUND) {
        check(host.now < until, "a DHCP server gives a lease");
        host_wait(until);
    }
    dhcp_say_lease();
}
