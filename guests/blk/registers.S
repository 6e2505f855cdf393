# void read_with_registers(struct registers *): a read during which every register of a program has a value of its own (registers.h).

        .set    OLD, 0
        .set    BEFORE, 8
        .set    AFTER, 16
        .set    COMPONENTS, 24
        .set    FD, 32
        .set    BUFFER, 40
        .set    SIZE, 48
        .set    OFFSET, 56
        .set    GIVEN, 64                       # rbx, rbp, r8, r9, r12, r13, r14, r15, flags
        .set    MARK, 136
        .set    FOUND, 144                      # the same, then rdi, rsi, rdx, r10, rax, two words below the stack
        .set    STACK, 272
        .set    FOUND_STACK, 280

        .section .text.read_with_registers, "ax", @progbits
        .globl  read_with_registers
        .type   read_with_registers, @function
read_with_registers:
        pushfq
        pushq   %rbx
        pushq   %rbp
        pushq   %r12
        pushq   %r13
        pushq   %r14
        pushq   %r15
        movq    %rsp, STACK(%rdi)
        movq    %rdi, current(%rip)

        movl    COMPONENTS(%rdi), %eax
        movl    COMPONENTS + 4(%rdi), %edx
        movq    OLD(%rdi), %rcx
        movq    BEFORE(%rdi), %rsi
        testl   %eax, %eax
        jz      1f
        xsave64 (%rcx)
        xrstor64 (%rsi)
        jmp     2f
1:      fxsave64 (%rcx)                         # a processor without XSAVE
        fxrstor64 (%rsi)
2:
        movq    MARK(%rdi), %rax                # a function without calls may keep variables below its stack pointer
        movq    %rax, -8(%rsp)
        movq    %rax, -128(%rsp)
        movq    %rsp, %rcx
        leaq    -256(%rsp), %rsp
        pushq   GIVEN + 64(%rdi)
        popfq
        movq    %rcx, %rsp
        movq    GIVEN(%rdi), %rbx
        movq    GIVEN + 8(%rdi), %rbp
        movq    GIVEN + 16(%rdi), %r8
        movq    GIVEN + 24(%rdi), %r9
        movq    GIVEN + 32(%rdi), %r12
        movq    GIVEN + 40(%rdi), %r13
        movq    GIVEN + 48(%rdi), %r14
        movq    GIVEN + 56(%rdi), %r15
        movq    BUFFER(%rdi), %rsi
        movq    SIZE(%rdi), %rdx
        movq    OFFSET(%rdi), %r10
        movl    $17, %eax                       # pread64
        movq    FD(%rdi), %rdi
        syscall

        movq    current(%rip), %rcx             # a system call leaves nothing in rcx and r11 that anybody could want
        movq    %rbx, FOUND(%rcx)
        movq    %rbp, FOUND + 8(%rcx)
        movq    %r8, FOUND + 16(%rcx)
        movq    %r9, FOUND + 24(%rcx)
        movq    %r12, FOUND + 32(%rcx)
        movq    %r13, FOUND + 40(%rcx)
        movq    %r14, FOUND + 48(%rcx)
        movq    %r15, FOUND + 56(%rcx)
        movq    %rdi, FOUND + 72(%rcx)
        movq    %rsi, FOUND + 80(%rcx)
        movq    %rdx, FOUND + 88(%rcx)
        movq    %r10, FOUND + 96(%rcx)
        movq    %rax, FOUND + 104(%rcx)
        movq    STACK(%rcx), %rax
        movq    %rsp, FOUND_STACK(%rcx)
        movq    %rax, %rsp
        movq    -8(%rsp), %rax
        movq    %rax, FOUND + 112(%rcx)
        movq    -128(%rsp), %rax
        movq    %rax, FOUND + 120(%rcx)
        pushfq
        popq    FOUND + 64(%rcx)
        cld

        movl    COMPONENTS(%rcx), %eax
        movl    COMPONENTS + 4(%rcx), %edx
        movq    AFTER(%rcx), %rsi
        movq    OLD(%rcx), %rcx
        testl   %eax, %eax
        jz      3f
        xsave64 (%rsi)
        xrstor64 (%rcx)
        jmp     4f
3:      fxsave64 (%rsi)
        fxrstor64 (%rcx)
4:      popq    %r15
        popq    %r14
        popq    %r13
        popq    %r12
        popq    %rbp
        popq    %rbx
        popfq
        ret
        .size   read_with_registers, . - read_with_registers

        .section .bss.current, "aw", @nobits
        .balign 8
current:
        .skip   8

        .section .note.GNU-stack, "", @progbits
