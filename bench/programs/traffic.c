// The ordinary end of what a bench does over a network. Prints the nanoseconds that it took, of `echo` the median of all.
//
//   traffic send ADDRESS PORT BYTES          sends, says that no more comes, and waits until the other end has said the same
//   traffic receive ADDRESS PORT BYTES       reads so many
//   traffic connect ADDRESS PORT COUNT       connects, says that no more comes, and waits for the end: one after the other
//   traffic echo ADDRESS PORT COUNT          sends a datagram of 64 bytes and waits until it is back: one after the other
//   traffic serve PORT                       the other end of `connect` and `echo`; prints READY
#include <arpa/inet.h>
#include <err.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { BUFFER = 256 * 1024, DATAGRAM = 64, PATIENCE = 5, LOST = 1000 };

static uint8_t buffer[BUFFER];
static struct sockaddr_in peer;

static uint64_t now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * 1000000000 + (uint64_t)time.tv_nsec;
}

static int connected(int type)
{
    int it = socket(AF_INET, type, 0);
    struct timeval patience = {.tv_sec = PATIENCE};
    if (it < 0 || setsockopt(it, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience) < 0)
        err(1, "socket");
    if (connect(it, (struct sockaddr *)&peer, sizeof peer) < 0)
        err(1, "connect");
    return it;
}

static void finish(int it)
{
    if (shutdown(it, SHUT_WR) < 0)
        err(1, "shutdown");
    ssize_t got;
    while ((got = read(it, buffer, sizeof buffer)) > 0)
        ;
    if (got < 0)
        err(1, "the end of the other side");
    close(it);
}

static void transfer(int sends, uint64_t bytes)
{
    int it = connected(SOCK_STREAM);
    while (bytes > 0) {
        size_t most = bytes < BUFFER ? bytes : BUFFER;
        ssize_t done = sends ? write(it, buffer, most) : read(it, buffer, most);
        if (done <= 0)
            err(1, sends ? "write" : "read");
        bytes -= (size_t)done;
    }
    if (sends)
        finish(it);
}

static int ascending(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

// A datagram may be lost, and is sent again after a second, which the median does not show.
static uint64_t echo(uint64_t count)
{
    int it = connected(SOCK_DGRAM);
    uint64_t *each = calloc(count, sizeof *each);
    if (each == NULL)
        err(1, "memory");
    for (uint64_t i = 0; i < count; i++) {
        uint64_t start = now();
        memcpy(buffer, &i, sizeof i);
        for (uint64_t got = UINT64_MAX; got != i;) {
            struct pollfd wait = {.fd = it, .events = POLLIN};
            if (send(it, buffer, DATAGRAM, 0) != DATAGRAM)
                err(1, "send");
            if (poll(&wait, 1, LOST) > 0 && recv(it, &got, sizeof got, 0) < 0)
                err(1, "recv");
        }
        each[i] = now() - start;
    }
    qsort(each, count, sizeof *each, ascending);
    return each[count / 2];
}

static int listening(int type)
{
    int it = socket(AF_INET, type, 0), on = 1;
    setsockopt(it, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(it, (struct sockaddr *)&peer, sizeof peer) < 0)
        err(1, "bind");
    return it;
}

static void serve(void)
{
    int datagrams = listening(SOCK_DGRAM), connections = listening(SOCK_STREAM);
    if (listen(connections, 1024) < 0)
        err(1, "listen");
    puts("READY");
    fflush(stdout);
    struct pollfd either[] = {{.fd = datagrams, .events = POLLIN}, {.fd = connections, .events = POLLIN}};
    while (poll(either, 2, -1) > 0) {
        struct sockaddr_in from;
        socklen_t size = sizeof from;
        if (either[0].revents != 0) {
            ssize_t got = recvfrom(datagrams, buffer, sizeof buffer, 0, (struct sockaddr *)&from, &size);
            if (got >= 0)
                sendto(datagrams, buffer, (size_t)got, 0, (struct sockaddr *)&from, size);
        }
        if (either[1].revents != 0) {
            int it = accept(connections, NULL, NULL);
            while (read(it, buffer, sizeof buffer) > 0)
                ;
            close(it);
        }
    }
    err(1, "poll");
}

int main(int count, char **words)
{
    if (count < 3)
        errx(2, "the head of traffic.c says how to use it");
    int serves = strcmp(words[1], "serve") == 0;
    if (!serves && count < 5)
        errx(2, "an address, a port and a number are wanted");
    peer.sin_family = AF_INET;
    peer.sin_port = htons((uint16_t)atoi(words[serves ? 2 : 3]));
    if (serves)
        serve();
    if (inet_pton(AF_INET, words[2], &peer.sin_addr) != 1)
        errx(2, "no address: %s", words[2]);
    uint64_t amount = strtoull(words[4], NULL, 10), start = now(), median = 0;
    if (strcmp(words[1], "echo") == 0)
        median = echo(amount);
    else if (strcmp(words[1], "connect") == 0)
        for (uint64_t i = 0; i < amount; i++)
            finish(connected(SOCK_STREAM));
    else
        transfer(strcmp(words[1], "send") == 0, amount);
    printf("%lu\n", median > 0 ? median : now() - start);
    return 0;
}
