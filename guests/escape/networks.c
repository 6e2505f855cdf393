// A network's calls in sizes that make no frame. What is sent is the guest's own business, so the filter lets any size through, and it is
// the kernel that must refuse.
#include "attempts.h"

void attempt_networks(void)
{
    if (network.fd < 0)
        return;
    uint64_t fd = (uint64_t)network.fd, at = (uint64_t)buffer;
    attempt("net-write-of-1g", REFUSED, CALL(SYS_WRITE, fd, at, 1ul << 30));
    attempt("net-write-of-minus-1", REFUSED, CALL(SYS_WRITE, fd, at, -1ul));
    attempt("net-read-of-minus-1", REFUSED, CALL(SYS_READ, fd, at, -1ul));
    attempt("net-write-of-nothing-there", REFUSED, CALL(SYS_WRITE, fd, 0, 60));
    attempt("net-write-of-kernel", REFUSED, CALL(SYS_WRITE, fd, KERNEL_ADDRESS, 60));
    attempt("net-write-of-setup", REFUSED, CALL(SYS_WRITE, fd, SETUP_ADDRESS, 60));
    attempt("net-pread", KILLED, CALL(SYS_PREAD64, fd, at, 512, 0));
    attempt("net-pwrite", KILLED, CALL(SYS_PWRITE64, fd, at, 512, 0));
}
