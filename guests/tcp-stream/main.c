// The ends of streams, to measure a network with: as fast as it can, with a look at every byte.
//
//   tcp-stream source|sink|echo --listen=PORT|--connect=ADDRESS:PORT [--bytes=N] [--count=N]
//              [--ipv4=ADDRESS/BITS] [--ipv4-gateway=ADDRESS] [--name=NAME]
//
// A source sends N bytes of the pattern (runtime/pattern.h; 1 GiB without --bytes), a sink takes the pattern until its peer has finished, and
// echo sends back what comes. Each ends with SUCCESS when --count connections (1) are over and all was as it should be. One that connects
// begins them all at once.
#include "pattern.h"
#include "tcp.h"

enum { CONNECTIONS = 16, BUFFER_SIZE = 1 << 20 };

static enum { SOURCE, SINK, ECHO } role;
static uint16_t listen_port, connect_port;
static uint32_t connect_address;
static uint64_t bytes = 1ul << 30, wanted = 1;

struct stream {
    struct tcp *tcp; // NULL: none
    uint64_t sent;
    uint64_t received;
    uint64_t start;
};

static struct tcp connections[CONNECTIONS];
static struct stream streams[CONNECTIONS];
static uint8_t memory[CONNECTIONS][2 * BUFFER_SIZE] __attribute__((aligned(64)));
static struct words words;
static uint64_t over;

static _Noreturn void usage(void)
{
    console_print("usage: tcp-stream source|sink|echo --listen=PORT|--connect=ADDRESS:PORT [--bytes=N] [--count=N]\n"
                  "       [--ipv4=ADDRESS/BITS] [--ipv4-gateway=ADDRESS] [--name=NAME]\n");
    guest_exit(EXIT_USAGE);
}

static bool read_endpoint(const char *value)
{
    char text[32];
    size_t length = strlen(value);
    if (length >= sizeof text)
        return false;
    memcpy(text, value, length + 1);
    return parse_endpoint(text, &connect_address, &connect_port);
}

static bool read_port(const char *value)
{
    uint64_t number;
    bool good = parse_number(value, 10, &number) && number >= 1 && number <= 65535;
    listen_port = good ? (uint16_t)number : 0;
    return good;
}

static bool read_word(const char *word, bool *has_role)
{
    static const char *const roles[] = {[SOURCE] = "source", [SINK] = "sink", [ECHO] = "echo"};
    for (unsigned i = 0; i < sizeof roles / sizeof *roles; i++) {
        if (same_text(word, roles[i])) {
            role = i;
            *has_role = true;
            return true;
        }
    }
    const char *value;
    if ((value = value_of(word, "--listen=")) != NULL)
        return read_port(value);
    if ((value = value_of(word, "--connect=")) != NULL)
        return read_endpoint(value);
    if ((value = value_of(word, "--bytes=")) != NULL)
        return parse_number(value, 10, &bytes);
    if ((value = value_of(word, "--count=")) != NULL)
        return parse_number(value, 10, &wanted) && wanted > 0;
    return host_option(word);
}

static void read_wishes(const char *line)
{
    bool has_role = false;
    words_start(&words, line);
    for (const char *word = words_next(&words); word != NULL; word = words_next(&words)) {
        if (!read_word(word, &has_role))
            usage();
    }
    if (words.unterminated || !has_role || (listen_port == 0) == (connect_port == 0) || (connect_port != 0 && wanted > CONNECTIONS))
        usage();
}

static void begin(struct tcp *tcp)
{
    streams[tcp - connections] = (struct stream){.tcp = tcp, .start = host.now};
}

static void go_on_as_source(struct stream *stream)
{
    while (stream->sent < bytes) {
        size_t room;
        uint8_t *to = tcp_room(stream->tcp, &room);
        if (room > bytes - stream->sent)
            room = (size_t)(bytes - stream->sent);
        if (room == 0)
            return;
        pattern_write(stream->sent, to, room);
        tcp_put(stream->tcp, room);
        stream->sent += room;
    }
    tcp_finish(stream->tcp);
}

static void go_on_as_sink(struct stream *stream)
{
    size_t length;
    const uint8_t *from;
    while ((from = tcp_received(stream->tcp, &length)), length > 0) {
        check(pattern_matches(stream->received, from, length), "what comes is the pattern");
        tcp_take(stream->tcp, length);
        stream->received += length;
    }
    if (tcp_at_end(stream->tcp))
        tcp_finish(stream->tcp);
}

static void go_on_as_echo(struct stream *stream)
{
    size_t length, done;
    const uint8_t *from;
    while ((from = tcp_received(stream->tcp, &length)), (done = tcp_write(stream->tcp, from, length)) > 0) {
        tcp_take(stream->tcp, done);
        stream->received += done;
        stream->sent += done;
    }
    if (tcp_at_end(stream->tcp))
        tcp_finish(stream->tcp);
}

// The peer of a source says by finishing that it has all, so the time counts until then.
static void end(struct stream *stream)
{
    uint64_t time = host.now - stream->start, all = stream->sent + stream->received;
    bool fine = stream->tcp->end == TCP_FINISHED && (role != SOURCE || stream->sent == bytes);
    say("%lu bytes sent, %lu received, %lu us, %lu Mbit/s: %s\n", stream->sent, stream->received, time / 1000,
        all * 8000 / (time + 1), tcp_why(stream->tcp->end));
    check(fine, "a stream ends as it should");
    tcp_release(stream->tcp);
    stream->tcp = NULL;
    over++;
}

static void go_on(struct stream *stream)
{
    static void (*const go_on_as[])(struct stream *) = {
        [SOURCE] = go_on_as_source, [SINK] = go_on_as_sink, [ECHO] = go_on_as_echo};
    go_on_as[role](stream);
    if (tcp_is_over(stream->tcp))
        end(stream);
}

int guest_main(const struct boot_info *boot)
{
    devices_start(boot);
    read_wishes(boot->cmdline);
    tcp_start(connections, CONNECTIONS, memory[0], BUFFER_SIZE, BUFFER_SIZE);
    if (listen_port != 0)
        tcp_listen(listen_port);
    host_start("service", "tcp-stream");
    console_print("READY\n");
    for (uint64_t i = 0; connect_port != 0 && i < wanted; i++)
        begin(tcp_connect(connect_address, connect_port));

    while (over < wanted) {
        host_wait(NEVER);
        for (struct tcp *tcp = tcp_accept(); tcp != NULL; tcp = tcp_accept())
            begin(tcp);
        for (struct stream *stream = streams; stream < streams + CONNECTIONS; stream++) {
            if (stream->tcp != NULL)
                go_on(stream);
        }
    }
    host_wait(host.now); // the last acknowledgement
    console_print("SUCCESS\n");
    return EXIT_OK;
}
