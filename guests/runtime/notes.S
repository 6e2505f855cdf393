# What makes the file recognisable as a unikernel for the Solo5 spt target (Solo5's elf_abi.h). The manifest note is
# generated from manifest.json.

        # Executed on a Linux host by mistake, the file asks for an interpreter that does not exist. The slash at the
        # end keeps it so even if somebody makes a file of that name.
        .section .interp, "a", @progbits
        .balign 8
        .asciz  "/nonexistent/solo5/"
        .balign 8

        # OpenBSD's kernel looks for a note with its name before it looks at the interpreter.
        .section .note.solo5.not_openbsd, "a", @note
        .balign 4
        .long   8, 4, 1
        .asciz  "OpenBSD"
        .long   0

        .section .note.solo5.abi, "a", @note
        .balign 4
        .long   6, 16
        .ascii  "ABI1"
        .ascii  "Solo5\0\0\0"
        .long   2                               # target: spt
        .long   2                               # version of the ABI
        .long   0, 0                            # reserved

        .section .note.GNU-stack, "", @progbits
