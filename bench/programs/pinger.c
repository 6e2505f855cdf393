// The other end of a guest's network, for the bench: listens on a SOCK_SEQPACKET socket, asks ARP for the guest's address, and keeps a number of
// echoes on their way until all have come back. Prints READY when it can be connected to, and at the end the nanoseconds that it all took.
//
//   pinger PATH IN-FLIGHT SIZE COUNT      SIZE: bytes that an echo carries
//
// Answers are counted, and looked at as far as their length and their number: that they are right is for tests.
#include <err.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

enum { HEADERS = 14 + 20 + 8, AT_IP = 14, AT_ICMP = 34, AT_CHECKSUM = AT_ICMP + 2, AT_SEQUENCE = AT_ICMP + 6 };
enum { PATIENCE = 10000, LARGEST = 65549 }; // milliseconds; bytes of a frame

static const uint8_t own_mac[6] = {0x02, 0xfe, 0xed, 0xc0, 0xff, 0xee}, own_ip[4] = {10, 0, 0, 1}, guest_ip[4] = {10, 0, 0, 2};
static uint8_t frame[LARGEST], answer[LARGEST];
static int guest;

static unsigned checksum(const uint8_t *at, size_t length)
{
    uint64_t sum = 0;
    for (size_t i = 0; i + 1 < length; i += 2)
        sum += (unsigned)at[i] << 8 | at[i + 1];
    if (length % 2 != 0)
        sum += (unsigned)at[length - 1] << 8;
    while (sum > 0xffff)
        sum = (sum & 0xffff) + (sum >> 16);
    return ~(unsigned)sum & 0xffff;
}

static void put16(uint8_t *at, unsigned value)
{
    at[0] = (uint8_t)(value >> 8);
    at[1] = (uint8_t)value;
}

static void send_frame(size_t length)
{
    if (send(guest, frame, length, MSG_NOSIGNAL) != (ssize_t)length)
        err(1, "sending");
}

static size_t receive_frame(void)
{
    ssize_t got = recv(guest, answer, sizeof answer, 0); // the socket has a time limit
    if (got <= 0)
        err(1, got == 0 ? "the guest is gone" : "no answer");
    return (size_t)got;
}

static void connect_guest(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
    int listener = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    if (bind(listener, (struct sockaddr *)&address, sizeof address) != 0 || listen(listener, 1) != 0)
        err(1, "%s", path);
    puts("READY");
    fflush(stdout);
    struct pollfd ready = {listener, POLLIN, 0};
    if (poll(&ready, 1, PATIENCE) != 1)
        errx(1, "nobody connects");
    guest = accept(listener, NULL, NULL);
    unlink(path);
    close(listener);
    struct timeval limit = {PATIENCE / 1000, 0};
    int buffer = 1024 * 1024;
    setsockopt(guest, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    setsockopt(guest, SOL_SOCKET, SO_SNDBUF, &buffer, sizeof buffer);
}

// Leaves the headers of an echo request to the guest in `frame`.
static void find_guest(void)
{
    static const uint8_t kind[8] = {0, 1, 8, 0, 6, 4, 0, 1}; // Ethernet, IPv4, their lengths, a question
    memset(frame, 0xff, 6);
    memcpy(frame + 6, own_mac, 6);
    put16(frame + 12, 0x0806);
    memcpy(frame + 14, kind, 8);
    memcpy(frame + 22, own_mac, 6);
    memcpy(frame + 28, own_ip, 4);
    memset(frame + 32, 0, 6);
    memcpy(frame + 38, guest_ip, 4);
    send_frame(42);
    do
        receive_frame();
    while (answer[12] != 8 || answer[13] != 6);
    memcpy(frame, answer + 6, 6);
}

static void prepare_echo(size_t size)
{
    put16(frame + 12, 0x0800);
    memset(frame + AT_IP, 0, HEADERS - AT_IP + size);
    frame[AT_IP] = 0x45;
    put16(frame + AT_IP + 2, (unsigned)(20 + 8 + size));
    frame[AT_IP + 8] = 64;
    frame[AT_IP + 9] = 1;
    memcpy(frame + AT_IP + 12, own_ip, 4);
    memcpy(frame + AT_IP + 16, guest_ip, 4);
    put16(frame + AT_IP + 10, checksum(frame + AT_IP, 20));
    frame[AT_ICMP] = 8;
    put16(frame + AT_ICMP + 4, 0x5117);
    for (size_t i = 0; i < size; i++)
        frame[HEADERS + i] = (uint8_t)i;
}

// Only the number changes from echo to echo, so a sum over the rest is kept, and the peer's time is not measured with the guest's.
static void send_echo(unsigned number, unsigned rest, size_t size)
{
    number &= 0xffff;
    unsigned sum = rest + number;
    put16(frame + AT_SEQUENCE, number);
    put16(frame + AT_CHECKSUM, ~(sum + (sum >> 16)) & 0xffff);
    send_frame(HEADERS + size);
}

static void check_answer(unsigned number, size_t length, size_t size)
{
    bool mine = length == HEADERS + size && answer[AT_ICMP] == 0;
    if (!mine || answer[AT_SEQUENCE] != (number >> 8 & 0xff) || answer[AT_SEQUENCE + 1] != (number & 0xff))
        errx(1, "answer %u is no answer", number);
}

static uint64_t now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

static unsigned next_number(const char *text, unsigned most)
{
    char *end;
    unsigned long number = strtoul(text, &end, 10);
    if (*end != 0 || number == 0 || number > most)
        errx(64, "%s is no number from 1 to %u", text, most);
    return (unsigned)number;
}

int main(int argc, char **argv)
{
    if (argc != 5)
        errx(64, "usage: pinger PATH IN-FLIGHT SIZE COUNT");
    unsigned in_flight = next_number(argv[2], 256);
    size_t size = next_number(argv[3], 65000);
    unsigned count = next_number(argv[4], 1u << 30);
    connect_guest(argv[1]);
    find_guest();
    prepare_echo(size);
    unsigned rest = ~checksum(frame + AT_ICMP, 8 + size) & 0xffff;

    uint64_t start = now();
    for (unsigned sent = 0, answered = 0; answered < count; answered++) {
        for (; sent < count && sent - answered < in_flight; sent++)
            send_echo(sent, rest, size);
        check_answer(answered, receive_frame(), size);
    }
    printf("%llu\n", (unsigned long long)(now() - start));
    return 0;
}
