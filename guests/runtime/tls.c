// Thread variables as the x86-64 ELF ABI lays them out (variant II): the block ends where FS points, and the word there
// holds its own address. Which thread is running is the guest's own business; the host only sets FS.
#include "guest.h"
#include "system-calls.h"

enum { ARCH_SET_FS = 0x1002 };

// The linker gives offsets down from the thread pointer, with the size of all variables rounded up to their alignment.
static size_t variables_size(void)
{
    return align_up((size_t)_ltdata + (size_t)_ltbss, (size_t)_atls);
}

static size_t alignment(void)
{
    return (size_t)_atls > sizeof(void *) ? (size_t)_atls : sizeof(void *);
}

size_t tls_block_size(void)
{
    return alignment() - 1 + variables_size() + sizeof(void *);
}

void *tls_prepare(void *memory)
{
    char *pointer = (char *)align_up((uint64_t)memory + variables_size(), alignment());
    char *variables = pointer - variables_size();
    memcpy(variables, _stdata, (size_t)_ltdata);
    memset(variables + (size_t)_ltdata, 0, variables_size() - (size_t)_ltdata);
    *(void **)pointer = pointer;
    return pointer;
}

long tls_switch(const void *thread_pointer)
{
    return system_call(SYS_ARCH_PRCTL, ARCH_SET_FS, (uint64_t)thread_pointer, 0, 0, 0, 0);
}
