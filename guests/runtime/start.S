# Entry from the tender: a jump, not a call. RDI is the boot information, RSP is mem_size - 8, which looks to a C
# function like the stack just after a call; every other register is garbage.

        .section .text.start, "ax", @progbits
        .globl  _start
        .type   _start, @function
_start:
        cld
        xorl    %ebp, %ebp                      # the outermost frame
        movq    %rdi, %rbx                      # survives the system call
        movq    %rsp, guest_entry_stack(%rip)

        # FS base 0: a thread variable used without a TLS block faults instead of reading the tender's memory.
        movl    $158, %eax                      # arch_prctl
        movl    $0x1002, %edi                   # ARCH_SET_FS
        xorl    %esi, %esi
        syscall

        # No source of randomness is allowed, so the canary comes from the cycle counter. Its lowest byte stays zero:
        # a string copied over the end of a buffer stops there.
        rdtsc
        shlq    $32, %rdx
        orq     %rdx, %rax
        shlq    $8, %rax
        movq    %rax, __stack_chk_guard(%rip)

        subq    $8, %rsp                        # 16-aligned before the call
        movq    %rbx, %rdi
        call    guest_start
        ud2
        .size   _start, . - _start

        .section .data.start, "aw", @progbits
        .balign 8
        .globl  guest_entry_stack, __stack_chk_guard
guest_entry_stack:
        .quad   0
__stack_chk_guard:
        .quad   0

        .section .note.GNU-stack, "", @progbits
