// A read of a block during which nothing of the program's own may change but its buffer: whatever serves the read gives every register back.
#ifndef REGISTERS_H
#define REGISTERS_H

#include <stdint.h>

enum { GENERAL_REGISTERS = 9 };

// Laid out as registers.S knows it.
struct registers {
    void *old, *before, *after; // areas for XSAVE: the program's own state, what is loaded for the read, what is there after it
    uint64_t components;        // which XSAVE keeps; 0: FXSAVE has to do
    uint64_t fd, buffer, size, offset;
    uint64_t given[GENERAL_REGISTERS]; // rbx, rbp, r8, r9, r12 to r15, flags
    uint64_t mark;                     // lies below the stack pointer meanwhile, twice
    uint64_t found[GENERAL_REGISTERS];
    uint64_t rdi, rsi, rdx, r10, rax, marks[2];
    uint64_t stack, found_stack;
};

void read_with_registers(struct registers *registers);

// Reads the block at an offset that way and checks all that can be seen of it.
void check_registers(int fd, void *buffer, uint64_t size, uint64_t offset);

#endif
