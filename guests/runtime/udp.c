#include "udp.h"
#include "ipv4.h"

enum { BINDINGS = 4 };
enum { AT_SOURCE = 0, AT_DESTINATION = 2, AT_LENGTH = 4, AT_CHECKSUM = 6 };

static struct binding {
    uint16_t port;
    void (*receive)(const struct datagram *datagram); // NULL: free
} bindings[BINDINGS];

static struct binding *binding_of(uint16_t port)
{
    for (struct binding *binding = bindings; binding < bindings + BINDINGS; binding++) {
        if (binding->receive != NULL && binding->port == port)
            return binding;
    }
    return NULL;
}

void udp_bind(uint16_t port, void (*receive)(const struct datagram *datagram))
{
    struct binding *binding = binding_of(port);
    for (struct binding *other = bindings; binding == NULL && other < bindings + BINDINGS; other++) {
        if (other->receive == NULL)
            binding = other;
    }
    check(binding != NULL, "there is room for another UDP port");
    *binding = (struct binding){port, receive};
}

uint8_t *udp_payload(void)
{
    return ipv4_payload() + UDP_HEADER;
}

bool udp_send(uint16_t port, uint32_t destination, uint16_t destination_port, size_t length)
{
    uint8_t *udp = ipv4_payload();
    put16(udp + AT_SOURCE, port);
    put16(udp + AT_DESTINATION, destination_port);
    put16(udp + AT_LENGTH, (unsigned)(UDP_HEADER + length));
    put16(udp + AT_CHECKSUM, 0);
    unsigned sum = transport_checksum(host.address, destination, PROTOCOL_UDP, udp, UDP_HEADER + length);
    put16(udp + AT_CHECKSUM, sum == 0 ? 0xffff : sum); // 0 says that there is none
    return ipv4_send(destination, PROTOCOL_UDP, UDP_HEADER + length) == SENT;
}

void udp_input(const struct packet *packet)
{
    const uint8_t *udp = packet->bytes;
    if (packet->length < UDP_HEADER)
        return;
    size_t length = get16(udp + AT_LENGTH);
    if (length < UDP_HEADER || length > packet->length)
        return;
    if (get16(udp + AT_CHECKSUM) != 0 &&
        transport_checksum(packet->source, packet->destination, PROTOCOL_UDP, udp, length) != 0)
        return;

    uint16_t port = (uint16_t)get16(udp + AT_DESTINATION);
    struct binding *binding = binding_of(port);
    if (binding == NULL) {
        if (host.address != 0 && packet->destination == host.address)
            icmp_unreachable(packet, PORT_UNREACHABLE);
        return;
    }
    struct datagram datagram = {packet->source, packet->destination,       (uint16_t)get16(udp + AT_SOURCE),
                                port,           udp + UDP_HEADER, length - UDP_HEADER};
    binding->receive(&datagram);
}
