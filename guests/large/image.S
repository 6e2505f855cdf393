# 10 MiB that no page of has the content of another, and that still compress to almost nothing: each page repeats one
# 32-bit word with the number of the page in it. main.c knows the two bases and counts.

        .macro  pages name, base, count
        .balign 4096
        .globl  \name
\name:
        number = 0
        .rept   \count
        .fill   1024, 4, \base + number
        number = number + 1
        .endr
        .endm

        .section .rodata.pattern, "a", @progbits
        pages   pattern_readonly, 0x51000000, 2048

        .section .data.pattern, "aw", @progbits
        pages   pattern_writable, 0x5d000000, 512

        .section .note.GNU-stack, "", @progbits
