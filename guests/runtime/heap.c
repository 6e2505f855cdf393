#include "heap.h"

enum { STACK_ROOM = 1 << 18 }; // at the top of memory: nothing guards it, and no guest comes near this

static uint64_t next, end;

void heap_start(const struct boot_info *boot)
{
    next = address_of(_end);
    end = boot->mem_size > STACK_ROOM ? align_down(boot->mem_size - STACK_ROOM, 8) : 0;
}

void *heap_take(size_t size)
{
    uint64_t whole = align_up(size, 8);
    if (whole < size || next > end || whole > end - next)
        return NULL;
    void *taken = (void *)next;
    next += whole;
    return taken;
}
