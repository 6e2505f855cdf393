// UDP (RFC 768).
#ifndef UDP_H
#define UDP_H

#include "host.h"

enum { UDP_HEADER = 8, UDP_MAX = 65535 - 20 - UDP_HEADER };

struct datagram {
    uint32_t source;
    uint32_t destination;
    uint16_t source_port;
    uint16_t port; // ours
    const uint8_t *bytes;
    size_t length;
};

// Called for each datagram to that port; it is only there during the call. NULL takes no more of them.
void udp_bind(uint16_t port, void (*receive)(const struct datagram *datagram));

// What is to be sent is written where udp_payload() says, up to UDP_MAX bytes. False where the device or the network takes nothing.
uint8_t *udp_payload(void);
bool udp_send(uint16_t port, uint32_t destination, uint16_t destination_port, size_t length);

#endif
