// Other ways into the kernel than the syscall instruction of a 64-bit program: each leads to other numbers or to another architecture.
#include "attempts.h"

// An i386 call: the numbers mean something else there (4 is write), and a filter that does not look at the architecture takes them for its own.
static void attempt_i386(long number)
{
    if (!wanted_number("i386", (uint64_t)number, KILLED "/" FAULT))
        return;
    long result;
    __asm__ volatile("int $0x80" : "=a"(result) : "a"(number), "b"(1), "c"(buffer), "d"(1), "S"(0), "D"(0) : "memory", "r8", "r9", "r10", "r11");
    report((int32_t)result);
}

static void attempt_sysenter(void)
{
    if (!wanted("sysenter", KILLED "/" FAULT))
        return;
    // The kernel takes rbp for the stack of the caller, and returns to an address of its own choice.
    __asm__ volatile("movq %%rsp, %%rbp\nsysenter" : : "a"(20), "b"(1), "c"(buffer), "d"(1) : "memory");
    escaped("sysenter came back");
}

// A far return into 32-bit code of this very image, which lies low enough for it, and a far jump back if the call does not kill.
__asm__(".pushsection .text.in_32_bits, \"ax\"\n"
        ".code32\n"
        "int_in_32_bits: movl $20, %eax\n" // getpid
        "int $0x80\n"
        "ljmp $0x33, $in_64_bits\n"
        "syscall_in_32_bits: movl $20, %eax\n"
        "syscall\n"
        "ljmp $0x33, $in_64_bits\n"
        ".code64\n"
        "in_64_bits: andq $-16, %rsp\n"
        "call came_back_from_32_bits\n"
        ".popsection");
extern const char int_in_32_bits[], syscall_in_32_bits[];

__attribute__((used)) static void came_back_from_32_bits(void)
{
    escaped("32-bit code came back");
}

static void attempt_32_bits(const char *name, const char *code)
{
    enum { USER_CODE_32 = 0x23 };
    if (!wanted(name, KILLED "/" FAULT))
        return;
    __asm__ volatile("pushq %0\npushq %1\nlretq" : : "r"((uint64_t)USER_CODE_32), "r"(code) : "memory");
    __builtin_unreachable();
}

// The three calls of the vsyscall page, which has a fixed address in every process and which a process cannot unmap.
static void attempt_vsyscall(uint64_t number)
{
    if (!wanted_number("vsyscall", number, KILLED "/" FAULT))
        return;
    long (*entry)(void *, void *, void *) = (long (*)(void *, void *, void *))(VSYSCALL_ADDRESS + 1024 * number);
    report(entry(buffer, NULL, NULL));
}

void attempt_gates(void)
{
    static const uint16_t numbers[] = {0, 1, 2, 3, 4, 5, 6, 11, 17, 18, 20, 45, 90, 102, 120, 125, 158, 192,
                                       228, 231, 252, 265, 281, 286, 319, 325, 354, 358, 384};
    for (unsigned i = 0; i < sizeof numbers / sizeof *numbers; i++)
        attempt_i386(numbers[i]);
    attempt_sysenter();
    attempt_32_bits("int-0x80-in-32-bits", int_in_32_bits);
    attempt_32_bits("syscall-in-32-bits", syscall_in_32_bits);
    for (uint64_t number = 0; number < 4; number++)
        attempt_vsyscall(number);
}
