// From the tender's jump to guest_main() and out again.
#include "guest.h"
#include "system-calls.h"

_Noreturn void guest_exit(int status)
{
    for (;;) {
        system_call(SYS_EXIT_GROUP, (uint64_t)status, 0, 0, 0, 0, 0);
    }
}

_Noreturn void guest_abort(const char *why)
{
    say("ABORT: %s\n", why);
    guest_exit(EXIT_ABORTED);
}

// Called by code that the compiler adds to functions with buffers.
_Noreturn void __stack_chk_fail(void)
{
    guest_abort("the stack is corrupted");
}

void check(bool holds, const char *what)
{
    if (!holds) {
        say("FAILED: %s\n", what);
        guest_exit(EXIT_FAILED);
    }
}

void time_start(const struct boot_info *boot);

_Noreturn void guest_start(const struct boot_info *boot)
{
    if (boot->mem_size < (uint64_t)_end || boot->kernel_end > boot->mem_size)
        guest_abort("the boot information gives less memory than the image takes");
    if (!manifest_is_sound(boot->manifest))
        guest_abort("the manifest from the tender is not valid");
    time_start(boot);
    guest_exit(guest_main(boot));
}
