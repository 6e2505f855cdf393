// The memory between a guest's image and its stack, handed out piece by piece and never taken back.
#ifndef HEAP_H
#define HEAP_H

#include "guest.h"

void heap_start(const struct boot_info *boot);
// Zeroed, at a multiple of 8. NULL when there is no more.
void *heap_take(size_t size);

#endif
