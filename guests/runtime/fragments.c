// Puts fragments together (RFC 791, section 3.2), two packets at a time. Where fragments overlap, what came first stays.
#include "ipv4.h"

enum { PLACES = 2, BLOCK = 8, BLOCKS = (IP_PAYLOAD_MAX + BLOCK - 1) / BLOCK, MORE_FRAGMENTS = 0x2000 };

#define PATIENCE (15 * SECOND) // RFC 791 begins with that

static struct place {
    uint8_t key[11]; // identification, protocol, addresses
    uint64_t until;  // 0: free
    size_t length;   // of the whole packet; 0 until its last fragment has come
    size_t end;      // of what has come
    size_t blocks;   // how many have come
    uint8_t come[(BLOCKS + 7) / 8];
    uint8_t header[IP_HEADER]; // of any fragment: those fields that anybody looks at are the same
    uint8_t bytes[BLOCKS * BLOCK];
} places[PLACES];

static struct place *place_of(const uint8_t key[11])
{
    struct place *oldest = &places[0];
    for (struct place *place = places; place < places + PLACES; place++) {
        if (place->until > host.now && same_bytes(place->key, key, sizeof place->key))
            return place;
        if (place->until < oldest->until)
            oldest = place;
    }
    oldest->until = host.now + PATIENCE;
    oldest->length = oldest->end = oldest->blocks = 0;
    __builtin_memcpy(oldest->key, key, sizeof oldest->key);
    memset(oldest->come, 0, sizeof oldest->come);
    return oldest;
}

static void keep_block(struct place *place, size_t number, const uint8_t *bytes, size_t length)
{
    uint8_t bit = (uint8_t)(1u << (number % 8));
    if ((place->come[number / 8] & bit) != 0)
        return;
    place->come[number / 8] |= bit;
    place->blocks++;
    memcpy(place->bytes + number * BLOCK, bytes, length);
}

void fragment_input(const struct packet *packet)
{
    unsigned word = get16(packet->header + 6);
    size_t at = (word & 0x1fffu) * BLOCK;
    bool last = (word & MORE_FRAGMENTS) == 0;
    if (packet->length == 0 || at + packet->length > IP_PAYLOAD_MAX || (!last && packet->length % BLOCK != 0))
        return;

    uint8_t key[11];
    __builtin_memcpy(key, packet->header + 4, 2);
    key[2] = packet->header[9];
    __builtin_memcpy(key + 3, packet->header + 12, 8);
    struct place *place = place_of(key);
    __builtin_memcpy(place->header, packet->header, IP_HEADER);
    for (size_t i = 0; i < packet->length; i += BLOCK) {
        size_t left = packet->length - i;
        keep_block(place, (at + i) / BLOCK, packet->bytes + i, left < BLOCK ? left : BLOCK);
    }
    if (at + packet->length > place->end)
        place->end = at + packet->length;
    if (last)
        place->length = at + packet->length;
    if (place->length == 0 || place->blocks < (place->length + BLOCK - 1) / BLOCK)
        return;
    place->until = 0;
    if (place->end != place->length) // something lies behind the last one: this has never been one packet
        return;
    struct packet whole = {packet->source, packet->destination, place->header, place->bytes, place->length};
    ipv4_dispatch(key[2], &whole);
}
