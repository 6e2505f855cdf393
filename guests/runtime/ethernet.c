#include "ethernet.h"

#include "wire.h"

// Offsets in a frame. An IPv4 header with options is not understood, so ICMP always begins at the same place.
enum {
    AT_DESTINATION = 0,
    AT_SOURCE = 6,
    AT_TYPE = 12,
    AT_ARP = 14,
    ARP_SIZE = 28,
    AT_ARP_OPERATION = AT_ARP + 6,
    AT_ARP_SENDER = AT_ARP + 8, // MAC, then IP
    AT_ARP_TARGET = AT_ARP + 18,
    AT_IP = 14,
    AT_IP_LENGTH = AT_IP + 2,
    AT_IP_FRAGMENT = AT_IP + 6,
    AT_IP_PROTOCOL = AT_IP + 9,
    AT_IP_SOURCE = AT_IP + 12,
    AT_IP_DESTINATION = AT_IP + 16,
    IP_HEADER = 20,
    AT_ICMP = AT_IP + IP_HEADER,
    AT_ICMP_CHECKSUM = AT_ICMP + 2,
    ICMP_HEADER = 8,
};

enum { TYPE_ARP = 0x0806, TYPE_IPV4 = 0x0800, PROTOCOL_ICMP = 1, ECHO_REQUEST = 8, ECHO_REPLY = 0 };
enum { IP_MORE_FRAGMENTS = 0x2000, IP_FRAGMENT_OFFSET = 0x1fff };
enum { ARP_ASKS = 1, ARP_ANSWERS = 2 };

static bool is_broadcast(const uint8_t *mac)
{
    static const uint8_t everybody[6] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
    return same_bytes(mac, everybody, 6);
}

static void answer_sender(const struct station *station, uint8_t *frame)
{
    memcpy(frame + AT_DESTINATION, frame + AT_SOURCE, 6);
    memcpy(frame + AT_SOURCE, station->mac, 6);
}

static bool asks_for(const struct station *station, const uint8_t *frame, size_t length)
{
    static const uint8_t ethernet_and_ipv4[6] = {0, 1, 8, 0, 6, 4}; // kinds of address, and how long each is
    return length >= AT_ARP + ARP_SIZE && same_bytes(frame + AT_ARP, ethernet_and_ipv4, 6) &&
           get16(frame + AT_ARP_OPERATION) == ARP_ASKS && same_bytes(frame + AT_ARP_TARGET + 6, station->ip, 4);
}

static enum request answer_arp(const struct station *station, uint8_t *frame, size_t length)
{
    if (!asks_for(station, frame, length))
        return REQUEST_NONE;
    answer_sender(station, frame);
    put16(frame + AT_ARP_OPERATION, ARP_ANSWERS);
    memcpy(frame + AT_ARP_TARGET, frame + AT_ARP_SENDER, 10);
    memcpy(frame + AT_ARP_SENDER, station->mac, 6);
    memcpy(frame + AT_ARP_SENDER + 6, station->ip, 4);
    return REQUEST_ARP;
}

// A whole datagram for this station, with what its header says in accord with what has come. A short one may have been padded.
static bool is_icmp_for(const struct station *station, const uint8_t *frame, size_t length)
{
    return length >= AT_ICMP + ICMP_HEADER && frame[AT_IP] == 0x45 && checksum(frame + AT_IP, IP_HEADER) == 0 &&
           get16(frame + AT_IP_LENGTH) >= IP_HEADER + ICMP_HEADER && get16(frame + AT_IP_LENGTH) <= length - AT_IP &&
           (get16(frame + AT_IP_FRAGMENT) & (IP_MORE_FRAGMENTS | IP_FRAGMENT_OFFSET)) == 0 &&
           frame[AT_IP_PROTOCOL] == PROTOCOL_ICMP && same_bytes(frame + AT_IP_DESTINATION, station->ip, 4);
}

static enum request answer_echo(const struct station *station, uint8_t *frame, size_t length)
{
    if (!is_icmp_for(station, frame, length))
        return REQUEST_NONE;
    size_t icmp_length = get16(frame + AT_IP_LENGTH) - IP_HEADER;
    if (frame[AT_ICMP] != ECHO_REQUEST || frame[AT_ICMP + 1] != 0 || checksum(frame + AT_ICMP, icmp_length) != 0)
        return REQUEST_NONE;
    answer_sender(station, frame);
    memcpy(frame + AT_IP_DESTINATION, frame + AT_IP_SOURCE, 4); // two addresses change places, so the header's sum stays
    memcpy(frame + AT_IP_SOURCE, station->ip, 4);
    frame[AT_ICMP] = ECHO_REPLY;
    put16(frame + AT_ICMP_CHECKSUM, 0);
    put16(frame + AT_ICMP_CHECKSUM, checksum(frame + AT_ICMP, icmp_length));
    return REQUEST_ECHO;
}

enum request ethernet_answer(const struct station *station, uint8_t *frame, size_t length)
{
    if (length < ETHERNET_HEADER)
        return REQUEST_NONE;
    if (!same_bytes(frame + AT_DESTINATION, station->mac, 6) && !is_broadcast(frame + AT_DESTINATION))
        return REQUEST_NONE;
    switch (get16(frame + AT_TYPE)) {
    case TYPE_ARP:
        return answer_arp(station, frame, length);
    case TYPE_IPV4:
        return answer_echo(station, frame, length);
    default:
        return REQUEST_NONE;
    }
}

const uint8_t *echo_payload(const uint8_t *frame, size_t *length)
{
    *length = get16(frame + AT_IP_LENGTH) - IP_HEADER - ICMP_HEADER;
    return frame + AT_ICMP + ICMP_HEADER;
}

bool parse_address(const char *text, uint8_t ip[4])
{
    for (unsigned i = 0; i < 4; i++) {
        unsigned part = 0, digits = 0;
        for (; *text >= '0' && *text <= '9' && digits < 3; text++, digits++)
            part = part * 10 + (unsigned)(*text - '0');
        if (digits == 0 || part > 255 || *text != (i < 3 ? '.' : 0))
            return false;
        ip[i] = (uint8_t)part;
        text++;
    }
    return true;
}

static void put_hex(char *to, uint8_t byte)
{
    to[0] = "0123456789abcdef"[byte >> 4];
    to[1] = "0123456789abcdef"[byte & 15];
}

void say_station(const char *name, const struct net *net, const uint8_t ip[4])
{
    char mac[] = "00:00:00:00:00:00";
    for (unsigned i = 0; i < 6; i++)
        put_hex(mac + 3 * i, net->mac[i]);
    say("%s: address %u.%u.%u.%u, MAC %s, MTU %lu\n", name, ip[0], ip[1], ip[2], ip[3], mac, (uint64_t)net->mtu);
}
