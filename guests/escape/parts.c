// A disk that is a part of the guest's own file: the launcher has it mapped, read-only, and code beside the executor reads it for the guest, entered by
// a signal of the filter (docs/spec/launcher.md). The guest may look at all of that and jump into it; it must not gain a thing by it.
#include "attempts.h"

enum { RT_SIGRETURN = 15, GETPID_CALL = 39, SYS_SECCOMP_CODE = 1, CODE_32 = 0x23, CODE_64 = 0x33 };
#define ALL_SIGNALS -1ul

// What the kernel puts on the stack for a handler: the address that it returns to, a struct ucontext, a struct siginfo (Linux, sigcontext.h).
struct frame {
    uint64_t return_address;
    struct {
        uint64_t flags, link, stack[3];
        uint64_t r8, r9, r10, r11, r12, r13, r14, r15, rdi, rsi, rbp, rbx, rdx, rax, rcx, rsp, rip, rflags, segments, error, trap, old_mask, cr2;
        void *floating_point;
        uint64_t reserved[8], mask;
    } context;
    struct {
        int32_t signal, error, code, padding;
    } info;
};

static uint8_t floating_point[4096] __attribute__((aligned(64)));
static uint8_t forged_stack[4096] __attribute__((aligned(16)));
static struct frame forged __attribute__((aligned(16)));

bool disk_is_part(void)
{
    return disk.fd >= NEVER_OPEN;
}

static uint64_t end_of_part(void)
{
    return PARTS_ADDRESS + disk.capacity;
}

__attribute__((used)) static void came_back_forged(void)
{
    escaped("a forged frame led back");
}

// Makes whatever call rax says; or has arrived, in code of either width.
__asm__(".pushsection .text.forged_call, \"ax\"\n"
        "forged_call: syscall\n"
        "arrived: andq $-16, %rsp\n"
        "call came_back_forged\n"
        ".code32\n"
        "arrived_in_32_bits: ljmp $0x33, $arrived\n"
        ".code64\n"
        ".popsection");
extern const char forged_call[], arrived[], arrived_in_32_bits[];

// As the kernel would have made it for a read of `length` bytes to `to`, after which the guest goes on at `rip`.
static struct frame *forge(uint64_t to, uint64_t length, const char *rip)
{
    forged = (struct frame){
        .context = {.flags = 1, .rsi = to, .rdx = length, .rsp = (uint64_t)forged_stack + sizeof forged_stack - 8, .rip = (uint64_t)rip,
                    .rflags = 2, .segments = CODE_64, .floating_point = floating_point},
        .info = {.signal = 31, .code = SYS_SECCOMP_CODE},
    };
    *(uint32_t *)(floating_point + 24) = 0x1f80; // MXCSR: no exceptions
    return &forged;
}

static uint64_t find_handler(void)
{
    return find_bytes(find_launcher(), "\x83\x7e\x08\x01\x75", 5); // its first instruction looks at si_code
}

static _Noreturn void enter(uint64_t target, struct frame *frame)
{
    __asm__ volatile("movq %0, %%rsp\njmp *%1" : : "r"(frame), "r"(target), "D"(31), "S"(&frame->info), "d"(&frame->context) : "memory");
    __builtin_unreachable();
}

static void attempt_frames(void)
{
    uint64_t to = (uint64_t)buffer;
    // The handler gives rax the length: so the call that comes next is one of the guest's choice.
    if (wanted("handler-leads-to-getpid", KILLED))
        enter(find_handler(), forge(to, GETPID_CALL, forged_call));
    if (wanted("handler-leads-to-sigreturn", KILLED))
        enter(find_handler(), forge(to, RT_SIGRETURN, forged_call));
    if (wanted("handler-writes-to-launcher", FAULT))
        enter(find_handler(), forge(find_launcher().start, 512, forged_call));
    if (wanted("handler-writes-to-part", FAULT))
        enter(find_handler(), forge(PARTS_ADDRESS, 512, forged_call));
    if (wanted("handler-writes-to-kernel", FAULT))
        enter(find_handler(), forge(KERNEL_ADDRESS, 512, forged_call));
    if (wanted("handler-reads-far-away", FAULT)) {
        struct frame *frame = forge(to, 512, forged_call);
        frame->context.r10 = 1ul << 62;
        enter(find_handler(), frame);
    }
    if (wanted("handler-reads-another-part", FAULT)) {
        struct frame *frame = forge(to, 512, forged_call);
        frame->info.error = 1 << 24; // far behind the addresses that it has
        enter(find_handler(), frame);
    }
    if (wanted("handler-with-bad-floating-point", FAULT)) {
        struct frame *frame = forge(to, 512, forged_call);
        memset(floating_point + 512, 0xff, 64); // what no processor takes for a header of XSAVE
        enter(find_handler(), frame);
    }
    if (wanted("handler-of-another-signal", KILLED)) {
        struct frame *frame = forge(to, 512, forged_call);
        frame->info.code = 0;
        enter(find_handler(), frame);
    }
}

// Forged for the kernel itself: into 32-bit code, with every signal blocked. The call is what must not be there.
static void attempt_sigreturn(const char *name, uint64_t segments, const char *rip, uint64_t mask)
{
    if (!wanted(name, KILLED))
        return;
    struct frame *frame = forge(0, 0, rip);
    frame->context.rax = GETPID_CALL;
    frame->context.segments = segments;
    frame->context.mask = mask;
    // The kernel expects that the return address has been taken already.
    __asm__ volatile("movq %0, %%rsp\nsyscall\nud2" : : "r"((uint64_t)frame + 8), "a"(RT_SIGRETURN) : "memory");
    __builtin_unreachable();
}

static void attempt_memory(void)
{
    uint64_t part = PARTS_ADDRESS, end = end_of_part(), stack = HANDLER_STACK_ADDRESS;
    if (wanted("part-write", FAULT)) {
        *(volatile uint8_t *)part = 0;
        escaped("the part can be written");
    }
    if (wanted("part-execute", FAULT)) {
        ((void (*)(void))(end - 1))(); // whoever starts this has put the instruction ret there
        escaped("the part can be executed");
    }
    if (wanted("part-read-before", FAULT)) {
        (void)*(const volatile uint8_t *)(part - 1);
        escaped("more of the file is mapped, before the part");
    }
    if (wanted("part-read-behind", FAULT)) {
        (void)*(const volatile uint8_t *)end;
        escaped("more of the file is mapped, behind the part");
    }
    if (wanted("handler-stack-execute", FAULT)) {
        *(volatile uint8_t *)stack = 0xc3; // ret
        ((void (*)(void))stack)();
        escaped("the handler's stack can be executed");
    }
    if (wanted("handler-stack-behind", FAULT)) {
        (void)*(const volatile uint8_t *)(stack + HANDLER_STACK_SIZE);
        escaped("more is mapped behind the handler's stack");
    }
    if (wanted("handler-stack-leftovers", REFUSED)) {
        if (!all_zero((const void *)stack, (const void *)(stack + HANDLER_STACK_SIZE)))
            escaped("something is in the handler's stack");
        refused("there are none");
    }
    attempt("part-write-by-kernel", REFUSED, CALL(SYS_CLOCK_GETTIME, 1, part));
    attempt("part-mprotect", KILLED, CALL(10, part, PAGE_SIZE, 3));
    attempt("part-munmap", KILLED, CALL(11, part, PAGE_SIZE));
    attempt("part-mremap", KILLED, CALL(25, part, PAGE_SIZE, 2 * PAGE_SIZE, 1));
    attempt("part-map-over", KILLED, CALL(9, part, PAGE_SIZE, 3, 0x32, -1ul));
    attempt("handler-stack-mprotect", KILLED, CALL(10, stack, PAGE_SIZE, 7));
    attempt("handler-stack-replace", KILLED, CALL(131, (uint64_t)buffer, 0)); // sigaltstack
    attempt("handler-replace", KILLED, CALL(13, 31, (uint64_t)buffer, 0, 8)); // rt_sigaction
    attempt("handler-block", KILLED, CALL(14, 0, (uint64_t)buffer, 0, 8));    // rt_sigprocmask
}

// The signal has come once and its frame is still there: what is forbidden is so as before.
static void attempt_afterwards(const char *name, long number)
{
    if (!wanted(name, KILLED))
        return;
    check(block_read(disk.handle, 0, buffer, disk.block_size) == RESULT_OK, "a block is read");
    report(system_call(number, 1, 0, 0, 0, 0, 0));
}

static void attempt_reads(void)
{
    uint64_t fd = (uint64_t)disk.fd, size = disk.block_size, stack_end = HANDLER_STACK_ADDRESS + HANDLER_STACK_SIZE;
    attempt("part-read-to-part", FAULT, CALL(SYS_PREAD64, fd, PARTS_ADDRESS, size, 0));
    if (wanted("part-read-to-launcher", FAULT))
        report(system_call(SYS_PREAD64, fd, find_launcher().start, size, 0, 0, 0));
    // Over the frame that the handler is about to go back by: zeroes for an address, and for all the rest.
    attempt("part-read-over-frame", FAULT, CALL(SYS_PREAD64, fd, stack_end - size, size, 0));
    // The other ways to read that a descriptor has.
    attempt("part-readv", KILLED, CALL(19, fd, (uint64_t)buffer, 1));
    attempt("part-preadv", KILLED, CALL(295, fd, (uint64_t)buffer, 1));
    attempt("part-lseek", KILLED, CALL(8, fd, 0, 0));
    attempt("part-fstat", KILLED, CALL(5, fd, (uint64_t)buffer));
    attempt("part-sendfile", KILLED, CALL(40, 1, fd, 0, 1));
    attempt_afterwards("part-then-getpid", GETPID_CALL);
    attempt_afterwards("part-then-sigreturn", RT_SIGRETURN);
    attempt_afterwards("part-then-dup", 32);
}

void attempt_parts(void)
{
    attempt_sigreturn("sigreturn", CODE_64, arrived, 0);
    attempt_sigreturn("sigreturn-to-32-bits", CODE_32, arrived_in_32_bits, 0);
    attempt_sigreturn("sigreturn-deaf", CODE_64, arrived, ALL_SIGNALS);
    if (!disk_is_part())
        return;
    attempt_memory();
    attempt_reads();
    attempt_frames();
}
