// A guest's own code as an ordinary Linux program: no launcher, no filter, everything else as it is. What a guest's figures are compared
// with, linked with the sources of that guest and of its runtime.
//
//   plain COMMAND-LINE [block NAME PATH SECTOR-SIZE | net NAME PATH]...
#include <err.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "abi.h"

_Noreturn void guest_start(const struct boot_info *boot);

static struct {
    struct manifest manifest;
    struct manifest_entry entries[MANIFEST_MAX_ENTRIES];
} wired = {.manifest = {MANIFEST_VERSION, 1}, .entries = {{.type = DEVICE_RESERVED}}};

static struct manifest_entry *add(const char *name, uint32_t type, int fd)
{
    if (wired.manifest.entries == MANIFEST_MAX_ENTRIES)
        errx(1, "too many devices");
    struct manifest_entry *entry = &wired.entries[wired.manifest.entries++];
    snprintf(entry->name, sizeof entry->name, "%s", name);
    entry->type = type;
    entry->b.host_fd = fd;
    entry->attached = 1;
    return entry;
}

static void add_block(const char *name, const char *path, const char *sector)
{
    int fd = open(path, O_RDWR | O_CLOEXEC);
    off_t size = fd < 0 ? -1 : lseek(fd, 0, SEEK_END);
    if (size < 0)
        err(1, "%s", path);
    struct manifest_entry *entry = add(name, DEVICE_BLOCK, fd);
    entry->u.block.capacity = (uint64_t)size;
    entry->u.block.block_size = (uint16_t)atoi(sector);
}

static void add_net(const char *name, const char *path, int epoll)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
    int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    int buffer = 1024 * 1024; // as a launcher asks for
    setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &buffer, sizeof buffer);
    if (connect(fd, (struct sockaddr *)&address, sizeof address) != 0 || fcntl(fd, F_SETFL, O_NONBLOCK) != 0)
        err(1, "%s", path);
    struct epoll_event event = {.events = EPOLLIN, .data.u64 = wired.manifest.entries};
    struct manifest_entry *entry = add(name, DEVICE_NET, fd);
    memcpy(entry->u.net.mac, "\x02\x00\x00\x00\x00\x02", 6);
    entry->u.net.mtu = 1500;
    if (epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) != 0)
        err(1, "epoll_ctl");
}

int main(int argc, char **argv)
{
    int epoll = epoll_create1(EPOLL_CLOEXEC);
    int timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    struct epoll_event event = {.events = EPOLLIN, .data.u64 = TIMER_EVENT};
    if (argc < 2 || epoll < 0 || timer < 0 || epoll_ctl(epoll, EPOLL_CTL_ADD, timer, &event) != 0)
        err(1, "starting");
    for (int i = 2; i < argc;) {
        if (i + 3 < argc && strcmp(argv[i], "block") == 0) {
            add_block(argv[i + 1], argv[i + 2], argv[i + 3]);
            i += 4;
        } else if (i + 2 < argc && strcmp(argv[i], "net") == 0) {
            add_net(argv[i + 1], argv[i + 2], epoll);
            i += 3;
        } else {
            errx(64, "what is %s?", argv[i]);
        }
    }
    struct boot_info boot = {
        .mem_size = UINT64_MAX, // nobody touches it; it only has to be more than the program's addresses
        .cmdline = argv[1],
        .manifest = &wired.manifest,
        .epoll_fd = epoll,
        .timer_fd = timer,
    };
    guest_start(&boot);
}
