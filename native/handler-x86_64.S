# The handler: reads a sector for a guest whose block device is a part of its artefact's file. The part is mapped, so there is no descriptor to
# read from: the guest's bindings make the system call pread64 all the same, with a number that is never open, the filter answers
# with SECCOMP_RET_TRAP, and the kernel enters this code (SIGSYS). It copies the sector and goes back as if the call had been made. Only
# launchers with such a device have it (docs/spec/launcher.md); the filter has made sure of length, offset and number.
#
# It goes back without rt_sigreturn, so no rule of the filter has to allow that: it takes every register out of the frame itself. Neither the
# signal mask (SA_NODEFER) nor the alternate stack (known by rsp alone) is changed by its entry, so there is nothing else to restore.
#
# src/launcher/handler.generated.ts holds these instructions as bytes; the addresses of the parts follow its last byte.
#
# On entry (Linux, arch/x86/include/uapi/asm/{sigcontext,ucontext}.h and asm-generic/siginfo.h): rsi the siginfo, rdx the ucontext, which
# begins 8 bytes above rsp. In it: flags @0, r8 to r15 @40, rdi @104, rsi @112, rbp @120, rbx @128, rdx @136, rax @144, rcx @152,
# rsp @160, rip @168, rflags @176, the address of the floating-point state @224.

        .intel_syntax noprefix
        .text
        .globl  _start
_start:
        cmp     dword ptr [rsi + 8], 1          # si_code: 1 is SYS_SECCOMP, the filter; all else is a signal that somebody sent
        jne     deadly                          # which must end the guest, as it ends any other
        mov     eax, [rsi + 4]                  # si_errno: the number that stands in the filter's answer says which part
        lea     rcx, [rip + parts]              # where the addresses begin
        mov     rsi, [rcx + rax * 8]            # the address of the part
        add     rsi, [rdx + 56]                 # the guest's r10: the offset, which is inside the part
        mov     rdi, [rdx + 112]                # its rsi: the buffer; a bad one is a fault, here as anywhere else in the guest
        mov     rcx, [rdx + 136]                # its rdx: the length of a sector
        mov     [rdx + 144], rcx                # its rax: all of it has been read
        shr     rcx, 3                          # every sector is a multiple of eight bytes
        rep movsq                               # the kernel has cleared the direction flag
        mov     rcx, [rdx + 224]                # the guest's floating-point state; the kernel has cleared the processor's
        test    byte ptr [rdx], 1               # UC_FP_XSTATE: is it all that XSAVE keeps?
        jz      legacy                          # not on a processor without XSAVE
        mov     eax, -1                         # every component that the system uses...
        mov     edx, -1                         # ...in both halves of the mask
        xrstor64 [rcx]                          # as rt_sigreturn would
        jmp     return                          # the rest is general registers
legacy:
        fxrstor64 [rcx]                         # x87 and SSE are all there is
return:
        add     rsp, 48                         # to the guest's r8: the return address, then 40 bytes of the ucontext
        pop     r8                              # in the frame's order
        pop     r9                              # likewise
        pop     r10                             # likewise
        pop     r11                             # likewise: the flags, as the kernel leaves them here
        pop     r12                             # likewise
        pop     r13                             # likewise
        pop     r14                             # likewise
        pop     r15                             # likewise
        pop     rdi                             # likewise
        pop     rsi                             # likewise
        pop     rbp                             # likewise
        pop     rbx                             # likewise
        pop     rdx                             # likewise
        pop     rax                             # the length, from above
        mov     rcx, [rsp + 16]                 # rip, which system calls leave in rcx, so a guest has nothing of its own there
        push    [rsp + 24]                      # rflags, over what has been taken already
        popfq                                   # direction flag and all; what comes now changes none
        mov     rsp, [rsp + 8]                  # the guest's stack
        jmp     rcx                             # behind its system call

deadly:
        mov     eax, 15                         # rt_sigreturn: like any call without a rule, the end by SIGSYS
        syscall                                 # the kernel does it
        ud2                                     # not reached: nothing may run on from here

        .balign 8
# The address of each part follows, eight bytes each, in the order of the numbers that the filter answers with.
parts:
