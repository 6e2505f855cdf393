// ARP (RFC 826): which station has an address of our network.
#include "ipv4.h"

enum { ENTRIES = 16, TRIES = 3 };
enum { TYPE_ARP = 0x0806, ARP_SIZE = 28, ASKS = 1, ANSWERS = 2 };
enum { AT_OPERATION = 6, AT_SENDER = 8, AT_TARGET = 18 }; // each a MAC and an IPv4 address
enum { HELD_MAX = 1514 };

#define FRESH (60 * SECOND) // a station that is in use is asked again after that

// A station that is asked for again stays known until it has left all questions unanswered.
static struct entry {
    uint32_t address; // 0: free
    bool known;
    uint8_t mac[6];
    uint64_t ask_at;  // when the next question is due: of one that is known, when somebody wants it
    unsigned asked;   // questions since the last answer
    uint64_t used;
    size_t held_length;
    uint8_t held[HELD_MAX]; // the last frame that was to go there
} entries[ENTRIES];

static const uint8_t everybody[6] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
static const uint8_t ethernet_and_ipv4[6] = {0, 1, 8, 0, 6, 4}; // kinds of address, and how long each is

static void send_arp(unsigned operation, const uint8_t mac[6], uint32_t address)
{
    uint8_t frame[ETHERNET_HEADER + ARP_SIZE];
    uint8_t *arp = frame + ETHERNET_HEADER;
    __builtin_memcpy(frame, operation == ASKS ? everybody : mac, 6);
    __builtin_memcpy(frame + 6, host.net.mac, 6);
    put16(frame + 12, TYPE_ARP);
    __builtin_memcpy(arp, ethernet_and_ipv4, 6);
    put16(arp + AT_OPERATION, operation);
    __builtin_memcpy(arp + AT_SENDER, host.net.mac, 6);
    put32(arp + AT_SENDER + 6, host.address);
    __builtin_memcpy(arp + AT_TARGET, mac, 6);
    put32(arp + AT_TARGET + 6, address);
    host_send(frame, sizeof frame);
}

static void ask(struct entry *entry)
{
    static const uint8_t nobody[6];
    entry->asked++;
    entry->ask_at = host.now + SECOND;
    send_arp(ASKS, nobody, entry->address);
}

static struct entry *find(uint32_t address)
{
    for (struct entry *entry = entries; entry < entries + ENTRIES; entry++) {
        if (entry->address == address)
            return entry;
    }
    return NULL;
}

static struct entry *replace_oldest(uint32_t address)
{
    struct entry *oldest = &entries[0];
    for (struct entry *entry = entries; entry < entries + ENTRIES; entry++) {
        if (entry->used < oldest->used)
            oldest = entry;
    }
    oldest->address = address;
    oldest->known = false;
    oldest->asked = 0;
    oldest->used = host.now;
    oldest->held_length = 0;
    return oldest;
}

static void hold(struct entry *entry, const uint8_t *frame, size_t length)
{
    if (length > HELD_MAX)
        return; // lost; whoever needs it sends it again
    memcpy(entry->held, frame, length);
    entry->held_length = length;
}

enum sent arp_send(uint32_t next_hop, uint8_t *frame, size_t length)
{
    __builtin_memcpy(frame + 6, host.net.mac, 6);
    if (next_hop == BROADCAST || next_hop == (host.address | ~host.mask)) {
        __builtin_memcpy(frame, everybody, 6);
        return host_send(frame, length);
    }
    struct entry *entry = find(next_hop);
    if (entry == NULL) {
        entry = replace_oldest(next_hop);
        ask(entry);
    }
    entry->used = host.now;
    if (!entry->known) {
        hold(entry, frame, length);
        return SENT;
    }
    if (host.now >= entry->ask_at)
        ask(entry);
    __builtin_memcpy(frame, entry->mac, 6);
    return host_send(frame, length);
}

static void learn(struct entry *entry, const uint8_t mac[6])
{
    __builtin_memcpy(entry->mac, mac, 6);
    entry->known = true;
    entry->asked = 0;
    entry->ask_at = host.now + FRESH;
    if (entry->held_length == 0)
        return;
    __builtin_memcpy(entry->held, mac, 6);
    host_send(entry->held, entry->held_length);
    entry->held_length = 0;
}

// Who asks for us is about to talk to us, so it is worth remembering; other senders only where we know them already.
void arp_input(const uint8_t *frame, size_t length)
{
    const uint8_t *arp = frame + ETHERNET_HEADER;
    if (length < ETHERNET_HEADER + ARP_SIZE || !same_bytes(arp, ethernet_and_ipv4, 6))
        return;
    uint32_t sender = get32(arp + AT_SENDER + 6);
    bool for_us = host.address != 0 && get32(arp + AT_TARGET + 6) == host.address;
    if (sender != 0 && sender != host.address && (arp[AT_SENDER] & 1) == 0) {
        struct entry *entry = find(sender);
        if (entry == NULL && for_us)
            entry = replace_oldest(sender);
        if (entry != NULL)
            learn(entry, arp + AT_SENDER);
    }
    if (for_us && get16(arp + AT_OPERATION) == ASKS)
        send_arp(ANSWERS, arp + AT_SENDER, sender);
}

static void give_up(struct entry *entry)
{
    uint32_t address = entry->address;
    entry->address = 0;
    entry->used = 0;
    tcp_no_station(address);
}

uint64_t arp_timers(void)
{
    uint64_t next = NEVER;
    for (struct entry *entry = entries; entry < entries + ENTRIES; entry++) {
        if (entry->address == 0 || entry->asked == 0)
            continue;
        if (host.now >= entry->ask_at) {
            if (entry->asked == TRIES) {
                give_up(entry);
                continue;
            }
            ask(entry);
        }
        next = earlier(next, entry->ask_at);
    }
    return next;
}
