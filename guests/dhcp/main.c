// A DHCP client that prints its lease, and then ends or stays.
//
//   dhcp [--resolve=NAME] [--renew=N] [--name=NAME] [--ipv4=ADDRESS/BITS --dns-servers=ADDRESS]
//
// With --resolve, it asks for the address of that name and prints it; where there is none it ends with 2, where nobody answers with 3. With
// --renew, it keeps its lease until that has been renewed, or got anew, N times, prints it each time, and is pinged meanwhile.
#include "dhcp.h"
#include "dns.h"

enum { EXIT_UNKNOWN = 2, EXIT_UNANSWERED = 3, NAME_SIZE = 256 };

static struct words words;
static char name[NAME_SIZE];
static uint64_t renewals;

static _Noreturn void usage(void)
{
    console_print("usage: dhcp [--resolve=NAME] [--renew=N] [--name=NAME] [--ipv4=ADDRESS/BITS --dns-servers=ADDRESS]\n");
    guest_exit(EXIT_USAGE);
}

static void read_wishes(const char *line)
{
    words_start(&words, line);
    for (const char *word = words_next(&words); word != NULL; word = words_next(&words)) {
        const char *value;
        if ((value = value_of(word, "--resolve=")) != NULL && strlen(value) < NAME_SIZE)
            memcpy(name, value, strlen(value) + 1);
        else if ((value = value_of(word, "--renew=")) != NULL ? !parse_number(value, 10, &renewals) : !host_option(word))
            usage();
    }
    if (words.unterminated)
        usage();
}

static int resolve(void)
{
    uint32_t address;
    enum dns_answer answer = dns_resolve(name, &address);
    if (answer != DNS_FOUND) {
        say("%s: %s\n", name, dns_why(answer));
        return answer == DNS_UNKNOWN ? EXIT_UNKNOWN : EXIT_UNANSWERED;
    }
    say("%s: %u.%u.%u.%u\n", name, ADDRESS_PARTS(address));
    return EXIT_OK;
}

int guest_main(const struct boot_info *boot)
{
    devices_start(boot);
    read_wishes(boot->cmdline);
    host_start("service", "dhcp");
    console_print("READY\n");
    for (unsigned seen = dhcp_leases(); renewals > 0;) {
        host_wait(NEVER);
        if (dhcp_leases() == seen)
            continue;
        seen = dhcp_leases();
        dhcp_say_lease();
        renewals--;
    }
    int status = name[0] != 0 ? resolve() : EXIT_OK;
    if (status == EXIT_OK)
        console_print("SUCCESS\n");
    return status;
}
