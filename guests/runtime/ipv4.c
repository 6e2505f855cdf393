// IPv4 (RFC 791): headers without options out, options in passed over.
#include "ipv4.h"

enum { TYPE_IPV4 = 0x0800, TIME_TO_LIVE = 64 };
enum { MORE_FRAGMENTS = 0x2000, FRAGMENT_OFFSET = 0x1fff };

// The frame that is being written. Two bytes in front, so that what is behind the Ethernet header is aligned.
static uint8_t out[2 + ETHERNET_HEADER + IP_HEADER + IP_PAYLOAD_MAX] __attribute__((aligned(64)));

uint8_t *ipv4_payload(void)
{
    return out + 2 + ETHERNET_HEADER + IP_HEADER;
}

uint32_t ipv4_next_hop(uint32_t destination)
{
    bool near = destination == BROADCAST || ((destination ^ host.address) & host.mask) == 0;
    return near ? destination : host.router;
}

static enum sent send_part(uint32_t next_hop, uint8_t *payload, size_t length, const uint8_t header[IP_HEADER], unsigned fragment)
{
    uint8_t *ip = payload - IP_HEADER;
    __builtin_memcpy(ip, header, IP_HEADER);
    put16(ip + 2, (unsigned)(IP_HEADER + length));
    put16(ip + 6, fragment);
    put16(ip + 10, checksum(ip, IP_HEADER));
    put16(ip - 2, TYPE_IPV4);
    return arp_send(next_hop, ip - ETHERNET_HEADER, ETHERNET_HEADER + IP_HEADER + length);
}

enum sent ipv4_send(uint32_t destination, unsigned protocol, size_t length)
{
    static uint16_t identification;
    uint32_t next_hop = ipv4_next_hop(destination);
    if (next_hop == 0)
        return SENT_NOWHERE;

    uint8_t header[IP_HEADER] = {0x45, [8] = TIME_TO_LIVE, [9] = (uint8_t)protocol};
    put16(header + 4, ++identification);
    put32(header + 12, host.address);
    put32(header + 16, destination);

    // Fragments go out from the first to the last, so each header may take the place of bytes that have been sent.
    size_t most = host.net.mtu - IP_HEADER, at = 0;
    uint8_t *payload = ipv4_payload();
    for (size_t part = most & ~7ul; length - at > most; at += part) {
        enum sent sent = send_part(next_hop, payload + at, part, header, MORE_FRAGMENTS | (unsigned)(at / 8));
        if (sent != SENT)
            return sent;
    }
    return send_part(next_hop, payload + at, length - at, header, (unsigned)(at / 8));
}

// While there is no address yet, whatever reaches this station may be the lease.
static bool is_for_us(uint32_t destination)
{
    return host.address == 0 || destination == host.address || destination == BROADCAST ||
           destination == (host.address | ~host.mask);
}

void ipv4_dispatch(unsigned protocol, const struct packet *packet)
{
    if (protocol == PROTOCOL_TCP)
        tcp_input(packet);
    else if (protocol == PROTOCOL_UDP)
        udp_input(packet);
    else if (protocol == PROTOCOL_ICMP)
        icmp_input(packet);
}

void ipv4_input(const uint8_t *bytes, size_t length)
{
    if (length < IP_HEADER || bytes[0] >> 4 != 4)
        return;
    size_t header = (bytes[0] & 15u) * 4, total = get16(bytes + 2); // a short frame is padded, so the header's length counts
    if (header < IP_HEADER || total < header || total > length || checksum(bytes, header) != 0)
        return;
    struct packet packet = {get32(bytes + 12), get32(bytes + 16), bytes, bytes + header, total - header};
    if (!is_for_us(packet.destination))
        return;
    if ((get16(bytes + 6) & (MORE_FRAGMENTS | FRAGMENT_OFFSET)) != 0)
        fragment_input(&packet);
    else
        ipv4_dispatch(bytes[9], &packet);
}
