# The executor: the only code of ours that runs beside a guest. It walks a table of records (docs/spec/launcher.md), makes the
# system call that each describes, leaves with status 125 the moment a result is not what the record demands, and at the
# end jumps into the guest. It decides nothing, allocates nothing and needs no stack: the stack is taken away while it runs.
#
# src/launcher/executor.generated.ts holds these instructions as bytes, line by line, so that nobody needs an assembler;
# tools/generate-native.ts makes it from this file and the gate compares the two.
#
# A record is 72 bytes: u16 number @0, u16 message length @2, u8 kind @4, u8 flags @5, u16 times @6, u64 arguments[6] @8,
# u64 expected @56, u64 message address @64. Kinds: 0 ignore, 1 expect, 2 any result >= 0, 3 compare memory, 4 enter.
#
# Registers kept throughout: rbx the record, r15 the initial stack pointer, ebp the record's kind, r14d repetitions left.

        .intel_syntax noprefix
        .text
        .globl  _start
_start:
        mov     r15, rsp                        # the kernel put argc, arguments and environment here: records may name it
        mov     rbx, [rip + table]              # the first record

next:
        movzx   ebp, byte ptr [rbx + 4]         # what this record demands
        movzx   r14d, word ptr [rbx + 6]        # how often the call is repeated (arguments[0] grows by one each time)
        mov     rdi, [rbx + 8]                  # arguments[0], or the address to compare, or the guest's first argument
        test    byte ptr [rbx + 5], 1           # flag 1: it is counted from the initial stack pointer, which is random
        jz      absolute                        # not set: the value stands as it is
        add     rdi, r15                        # the stack starts somewhere else each time
absolute:
        test    byte ptr [rbx + 5], 2           # flag 2: and rounded down to a page, as madvise wants it
        jz      placed                          # not set: leave the low bits alone
        and     rdi, -4096                      # the page that the initial stack pointer lies in
placed:
        test    byte ptr [rbx + 5], 8           # flag 8: it is the address of the value, which an earlier record stored
        jz      given                           # not set: it is the value
        mov     rdi, [rdi]                      # a process identifier, in practice
given:
        cmp     ebp, 3                          # 0 to 2 are system calls
        je      compare                         # 3 looks at memory
        ja      enter                           # 4 is the end of the table

call:
        movzx   eax, word ptr [rbx]             # the system call's number
        mov     rsi, [rbx + 16]                 # its arguments, in the kernel's order
        mov     rdx, [rbx + 24]                 # arguments[2]
        mov     r10, [rbx + 32]                 # arguments[3]: the kernel wants r10, since syscall takes rcx
        mov     r8, [rbx + 40]                  # arguments[4]
        mov     r9, [rbx + 48]                  # arguments[5]
        syscall                                 # clobbers rcx and r11 only, so rdi is still arguments[0] below
        cmp     ebp, 1                          # which of the three demands?
        jb      again                           # kind 0: whatever came back is fine
        je      exact                           # kind 1 has a value to compare with
        test    rax, rax                        # kind 2: errors are negative
        js      unmet                           # it is one
        test    byte ptr [rbx + 5], 16          # flag 16: a later record needs what only the kernel knows
        jz      again                           # not set: the value is of no use to anybody
        mov     rcx, [rbx + 56]                 # where it is to be kept
        mov     [rcx], rax                      # for a record with flag 8
        jmp     again                           # kind 2 is done
exact:
        cmp     rax, [rbx + 56]                 # kind 1: a descriptor or an address that must be this very one
        jne     unmet                           # a stray descriptor, say, shifted the numbers: do not go on
again:
        inc     rdi                             # the next signal number, in practice
        dec     r14d                            # one repetition less
        jnz     call                            # more to do: r10, rdx, rsi, r8 and r9 are loaded anew
advance:
        add     rbx, 72                         # the next record
        jmp     next                            # there always is one: enter ends the table

compare:
        mov     rax, [rdi]                      # kind 3: eight bytes of memory...
        and     rax, [rbx + 16]                 # ...under a mask...
        cmp     rax, [rbx + 24]                 # ...must have this value
        je      advance                         # as expected
        xor     eax, eax                        # no system call failed, so there is no errno to print

unmet:
        test    byte ptr [rbx + 5], 4           # flag 4: what is not as demanded is no failure but another way to go
        jz      fail                            # not set: this launcher ends here
        movzx   ecx, word ptr [rbx + 2]         # how many records to leave out, where others have the length of a message
        imul    ecx, ecx, 72                    # as bytes
        add     rbx, rcx                        # only ever forwards: no table can loop
        jmp     advance                         # the record after those

fail:
        mov     r12, rax                        # keep the result for the message
        lea     rsi, [rip + letter]             # out of band first, because a broken stderr may kill us: "F", not entered
        mov     edi, [rip + status]             # -1 where nobody listens; the kernel then answers EBADF, which is fine
        mov     edx, 1                          # one byte
        lea     r13, [rip + told]               # there is no stack, so the way back is kept in a register
        jmp     write                           # comes back through r13
told:
        mov     edi, 2                          # standard error
        mov     rsi, [rbx + 64]                 # the record's own message
        movzx   edx, word ptr [rbx + 2]         # its length; 0 prints nothing
        lea     r13, [rip + explained]          # where to go on
        jmp     write                           # comes back through r13
explained:
        neg     r12                             # -errno becomes errno
        lea     rax, [r12 - 1]                  # 1 to 999 becomes 0 to 998
        cmp     rax, 998                        # unsigned: not an errno (compare, or a descriptor out of order)?
        ja      finish                          # then the message is all
        lea     rsi, [rip + errno]              # the words before the number
        mov     edx, 8                          # their length
        lea     r13, [rip + number]             # where to go on
        jmp     write                           # comes back through r13
number:
        mov     r14d, 100                       # three decimal digits, one write each: there is no memory to build them in
digit:
        mov     eax, r12d                       # the number, or what is left of it
        cdq                                     # eax < 1000, so this clears edx
        div     r14d                            # the digit to eax, the rest to edx
        mov     r12d, edx                       # what is left for the next digit
        lea     rsi, [rip + digits]             # ten characters...
        add     rsi, rax                        # ...of which this is the one
        mov     edx, 1                          # one byte
        lea     r13, [rip + shown]              # where to go on
        jmp     write                           # comes back through r13
shown:
        mov     eax, r14d                       # the next lower power of ten
        cdq                                     # the upper half for div
        mov     ecx, 10                         # decimal
        div     ecx                             # 100, 10, 1, 0
        mov     r14d, eax                       # kept across the write
        test    eax, eax                        # 0: the units are out
        jnz     digit                           # the next digit
        lea     rsi, [rip + bracket]            # closes what errno opened
        mov     edx, 1                          # one byte
        lea     r13, [rip + finish]             # where to go on
        jmp     write                           # comes back through r13
finish:
        lea     rsi, [rip + newline]            # every message is one line
        mov     edx, 1                          # one byte
        lea     r13, [rip + leave]              # where to go on
write:
        mov     eax, 1                          # write(edi, rsi, edx); whether it succeeds changes nothing
        syscall                                 # the kernel does it
        jmp     r13                             # back to whoever asked
leave:
        mov     edi, 125                        # "Slipway failed before the guest ran"
        mov     eax, 231                        # exit_group
        syscall                                 # the kernel does it
        ud2                                     # not reached: nothing may run on from here

enter:
        mov     rsp, [rbx + 16]                 # kind 4: the guest's stack, and rdi already holds its boot information
        mov     rax, [rbx + 24]                 # the guest's entry
        xor     ecx, ecx                        # registers hold addresses of ours: the guest gets zeroes
        xor     edx, edx                        # likewise
        xor     ebx, ebx                        # likewise
        xor     ebp, ebp                        # likewise
        xor     esi, esi                        # likewise
        xor     r8d, r8d                        # likewise
        xor     r9d, r9d                        # likewise
        xor     r10d, r10d                      # likewise
        xor     r11d, r11d                      # likewise
        xor     r12d, r12d                      # likewise
        xor     r13d, r13d                      # likewise
        xor     r14d, r14d                      # likewise
        xor     r15d, r15d                      # likewise
        jmp     rax                             # from here the filter rules; rax keeps the entry, which the guest knows

digits: .ascii  "0123456789"
errno:  .ascii  " (errno "
bracket: .ascii ")"
newline: .ascii "\n"
letter: .ascii  "F"
        .balign 8
# What the composer fills in.
table:  .quad   0                               # address of the first record
status: .long   -1                              # descriptor for the letter above, or -1
        .long   0
