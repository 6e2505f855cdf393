// ICMP (RFC 792): answers echo requests, hears and says that something is unreachable.
#include "ipv4.h"

enum { ECHO_REPLY = 0, UNREACHABLE = 3, ECHO_REQUEST = 8, ICMP_HEADER = 8, QUOTED = 8 };

static void send_icmp(uint32_t destination, size_t length)
{
    uint8_t *icmp = ipv4_payload();
    put16(icmp + 2, 0);
    put16(icmp + 2, checksum(icmp, length));
    ipv4_send(destination, PROTOCOL_ICMP, length);
}

static void answer_echo(const struct packet *packet)
{
    uint8_t *icmp = ipv4_payload();
    memcpy(icmp, packet->bytes, packet->length);
    icmp[0] = ECHO_REPLY;
    send_icmp(packet->source, packet->length);
}

// Behind the header comes the head of the packet that could not be delivered.
static void hear_unreachable(const struct packet *packet)
{
    const uint8_t *ip = packet->bytes + ICMP_HEADER;
    size_t length = packet->length - ICMP_HEADER;
    if (length < IP_HEADER + QUOTED || ip[0] != 0x45 || ip[9] != PROTOCOL_TCP || get32(ip + 12) != host.address)
        return;
    struct packet head = {get32(ip + 12), get32(ip + 16), ip, ip + IP_HEADER, length - IP_HEADER};
    tcp_undeliverable(&head);
}

void icmp_input(const struct packet *packet)
{
    if (packet->length < ICMP_HEADER || host.address == 0 || packet->destination != host.address ||
        checksum(packet->bytes, packet->length) != 0)
        return;
    if (packet->bytes[0] == ECHO_REQUEST && packet->bytes[1] == 0)
        answer_echo(packet);
    else if (packet->bytes[0] == UNREACHABLE)
        hear_unreachable(packet);
}

void icmp_unreachable(const struct packet *packet, unsigned code)
{
    uint8_t *icmp = ipv4_payload();
    size_t quoted = packet->length < QUOTED ? packet->length : QUOTED;
    memset(icmp, 0, ICMP_HEADER);
    icmp[0] = UNREACHABLE;
    icmp[1] = (uint8_t)code;
    // The header may have options, which are left out: nobody needs them to find his packet.
    memcpy(icmp + ICMP_HEADER, packet->header, IP_HEADER);
    memcpy(icmp + ICMP_HEADER + IP_HEADER, packet->bytes, quoted);
    icmp[ICMP_HEADER] = 0x45;
    send_icmp(packet->source, ICMP_HEADER + IP_HEADER + quoted);
}
