// Between the protocols of a host: how ARP, ICMP, UDP and TCP get packets and send them. Guests use host.h, udp.h and tcp.h.
#ifndef IPV4_H
#define IPV4_H

#include "host.h"

enum { IP_HEADER = 20, IP_PAYLOAD_MAX = 65535 - IP_HEADER };
enum { PROTOCOL_ICMP = 1, PROTOCOL_TCP = 6, PROTOCOL_UDP = 17 };

#define BROADCAST 0xffffffffu

enum sent {
    SENT,         // or kept until it is known which station is the next, or lost: what networks do
    SENT_FULL,    // the device takes nothing now
    SENT_NOWHERE, // there is no way to that address
};

struct packet {
    uint32_t source;
    uint32_t destination;
    const uint8_t *header; // of IP, as it came
    const uint8_t *bytes;  // behind it
    size_t length;
};

// ipv4.c. A packet is written where ipv4_payload() says and sent at once: there is one such place. It is sent in fragments where it is too
// long for the device.
uint8_t *ipv4_payload(void);
enum sent ipv4_send(uint32_t destination, unsigned protocol, size_t length);
// Which station of our network gets packets for the address; 0 where there is no way.
uint32_t ipv4_next_hop(uint32_t destination);
void ipv4_input(const uint8_t *bytes, size_t length);
void ipv4_dispatch(unsigned protocol, const struct packet *packet);

// fragments.c
void fragment_input(const struct packet *packet);

// arp.c. `frame` begins with the Ethernet header, of which this fills the addresses.
enum sent arp_send(uint32_t next_hop, uint8_t *frame, size_t length);
void arp_input(const uint8_t *frame, size_t length);
uint64_t arp_timers(void); // like all functions of this name: does what is due, and says when to call it again

// host.c: a whole frame to the device.
enum sent host_send(const uint8_t *frame, size_t length);

// icmp.c
void icmp_input(const struct packet *packet);
enum { PORT_UNREACHABLE = 3 };
void icmp_unreachable(const struct packet *packet, unsigned code);

// What the others do with their packets, and with the news that one of theirs cannot be delivered: `head` is what came back of it.
void udp_input(const struct packet *packet);
void tcp_input(const struct packet *packet);
void tcp_undeliverable(const struct packet *head);
// Nobody on our network answers for that address.
void tcp_no_station(uint32_t next_hop);
void tcp_flush(void);
uint64_t tcp_timers(void);
uint64_t dhcp_timers(void);

static inline uint64_t earlier(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

#endif
