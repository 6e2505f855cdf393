// As much of Ethernet, ARP, IPv4 and ICMP as it takes to be pinged. Frames come from the peer and are believed no further than they are
// long.
#ifndef ETHERNET_H
#define ETHERNET_H

#include "devices.h"

enum { FRAME_MAX = ETHERNET_HEADER + MTU_MAX };

struct station {
    uint8_t mac[6];
    uint8_t ip[4];
};

enum request {
    REQUEST_NONE, // for somebody else, not understood, or damaged
    REQUEST_ARP,
    REQUEST_ECHO,
};

// Turns a request for this station into its answer, in place: the length stays. What is no such request is left alone.
enum request ethernet_answer(const struct station *station, uint8_t *frame, size_t length);

// What an echo carries, behind its header: valid once ethernet_answer() has said REQUEST_ECHO.
const uint8_t *echo_payload(const uint8_t *frame, size_t *length);

// "10.0.0.2"; false for anything else.
bool parse_address(const char *text, uint8_t ip[4]);

// Prints a line with the name, the addresses and the MTU of a device.
void say_station(const char *name, const struct net *net, const uint8_t ip[4]);

#endif
