// A DHCP client (RFC 2131): keeps the host's address while host_wait() runs.
#ifndef DHCP_H
#define DHCP_H

#include "host.h"

// Gets a lease and prints it. Ends the guest with "FAILED: ..." when nobody gives one.
void dhcp_require(void);

// How often a lease has been given: once, and then each time that it is renewed or another takes its place.
unsigned dhcp_leases(void);
void dhcp_say_lease(void);

#endif
