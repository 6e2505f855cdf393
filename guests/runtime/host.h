// A host on an IPv4 network, with one network device: what a guest needs to be on the network. It answers ARP and echo requests by itself.
// Nothing runs beside the guest: frames are handled and timers looked at while it is in host_wait(), and only there.
#ifndef HOST_H
#define HOST_H

#include "devices.h"
#include "wire.h"

// Addresses are numbers; 0 is none.
struct host {
    const char *name; // what DHCP servers are told
    struct net net;
    uint32_t address;
    uint32_t mask;
    uint32_t router;
    uint32_t name_server;
    uint64_t now; // the monotonic clock, when it was last looked at
};

extern struct host host;

#define MILLISECOND 1000000ul
#define SECOND 1000000000ul
#define NEVER UINT64_MAX

// Takes a word of the command line that is about addresses, under the names that MirageOS gives them: --ipv4=10.0.0.2/24,
// --ipv4-gateway=10.0.0.1, --dns-servers=10.0.0.1, --name=NAME. False for other words; ends the guest when there is no sense in it.
bool host_option(const char *word);

// What follows in a word that begins with `start`, else NULL: "--fetch=".
const char *value_of(const char *word, const char *start);

// Takes the device and gets an address: the one of the command line or, without one, a lease. Prints both. Ends the guest with
// "FAILED: ..." when there is nobody who gives one.
void host_start(const char *device, const char *name);

// Sends what there is to send, waits until frames have come or the deadline, handles them, looks at the timers. Returns early without a
// reason, so a guest looks at what it waits for and calls this again.
void host_wait(uint64_t deadline);

// Good enough to choose ports and identifiers, for nothing else.
uint32_t host_random(void);

// "10.0.0.2".
bool parse_ipv4(const char *text, uint32_t *address);
// "10.0.0.2:80"; `text` is changed.
bool parse_endpoint(char *text, uint32_t *address, uint16_t *port);

#endif
