// Floating point, compared bit by bit, and the processor state that it needs.
#include "guest.h"
#include "system-calls.h"

typedef float float4 __attribute__((vector_size(16)));
typedef double double2 __attribute__((vector_size(16)));
typedef uint32_t uint4 __attribute__((vector_size(16)));

enum { MXCSR_STATUS = 0x3f, MXCSR_DEFAULT = 0x1f80, X87_DEFAULT = 0x37f };

static uint32_t bits_of_float(float value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

static uint64_t bits_of_double(double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

static void check_control_words(void)
{
    uint32_t mxcsr;
    uint16_t x87;
    __asm__ volatile("stmxcsr %0" : "=m"(mxcsr));
    __asm__ volatile("fnstcw %0" : "=m"(x87));
    check((mxcsr & ~(uint32_t)MXCSR_STATUS) == MXCSR_DEFAULT, "SSE rounds to nearest and masks all exceptions");
    check(x87 == X87_DEFAULT, "x87 rounds to nearest, with all its precision");
}

static void check_scalars(void)
{
    volatile float one = 1.0f, three = 3.0f, big = 16777216.0f;
    volatile double tenth = 0.1, fifth = 0.2, two = 2.0, tiny = 0x1p-1022;
    check(bits_of_float(one / three) == 0x3eaaaaab, "1/3 as float");
    check(bits_of_float(big + one) == 0x4b800000, "2^24 + 1 as float is a tie, rounded to even");
    check(bits_of_double(tenth + fifth) == 0x3fd3333333333334, "0.1 + 0.2");
    check(bits_of_double(tiny / two) == 0x0008000000000000, "a subnormal number is not flushed to zero");
    double root;
    __asm__("sqrtsd %1, %0" : "=x"(root) : "x"((double)two));
    check(bits_of_double(root) == 0x3ff6a09e667f3bcd, "the square root of 2");
    check((int)(-(float)three / (float)two) == -1, "conversion to an integer cuts towards zero");
}

static void check_vectors(void)
{
    volatile float4 a = {1.5f, -2.25f, 1e10f, 0.1f};
    volatile float4 b = {2.0f, 4.0f, 1e-10f, 0.1f};
    float4 product = a * b;
    uint4 bits;
    memcpy(&bits, &product, sizeof bits);
    check(bits[0] == 0x40400000 && bits[1] == 0xc1100000, "packed float products that are exact");
    check(bits[2] == 0x3f800000 && bits[3] == 0x3c23d70b, "packed float products that are rounded");
    volatile double2 c = {1.0, 1e16}, d = {0x1p-53, 1.0};
    double2 sum = c + d;
    check(bits_of_double(sum[0]) == 0x3ff0000000000000, "1 + 2^-53 is a tie, rounded to even");
    check(bits_of_double(sum[1]) == 0x4341c37937e08000, "1e16 + 1");
}

static void check_long_double(void)
{
    volatile long double one = 1.0L, step = 0x1p-63L;
    volatile long double sum = one + step;
    check(sum > one && sum - one == step, "x87 keeps 64 bits");
}

// The registers are the guest's own: neither a system call nor another process on this processor may change them.
static void check_registers_over_a_wait(const struct boot_info *boot)
{
    static const uint8_t pattern[16] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};
    uint8_t after[2][16];
    uint8_t event[12];
    long result = SYS_EPOLL_PWAIT;
    // One statement from load to store, so that no code of the compiler's comes in between.
    __asm__ volatile("movups %[pattern], %%xmm0\n\t"
                     "movups %[pattern], %%xmm15\n\t"
                     "movl $20, %%r10d\n\t" // milliseconds; no timer is armed
                     "xorl %%r8d, %%r8d\n\t"
                     "syscall\n\t"
                     "movups %%xmm0, %[low]\n\t"
                     "movups %%xmm15, %[high]"
                     : "+a"(result), [low] "=m"(after[0]), [high] "=m"(after[1])
                     : "D"((uint64_t)boot->epoll_fd), "S"(event), "d"(1ul), [pattern] "m"(pattern)
                     : "rcx", "r8", "r10", "r11", "memory", "xmm0", "xmm15");
    check(result == 0, "a wait without a timer ends by itself");
    for (unsigned i = 0; i < sizeof pattern; i++)
        check(after[0][i] == pattern[i] && after[1][i] == pattern[i], "vector registers outlive a wait");
}

// Compilers put vectors on the stack with instructions that fault unless the stack is aligned.
__attribute__((noinline)) static void check_stack(const struct boot_info *boot)
{
    volatile float4 on_stack = {1, 2, 3, 4};
    check(address_of(&on_stack) % 16 == 0, "a vector on the stack is aligned");
    __asm__ volatile("movaps %0, %%xmm0" : : "m"(on_stack) : "xmm0");
    check(guest_entry_stack == boot->mem_size - 8, "the stack starts 8 bytes below the end of memory");
}

int guest_main(const struct boot_info *boot)
{
    check_control_words();
    check_scalars();
    check_vectors();
    check_long_double();
    check_registers_over_a_wait(boot);
    check_stack(boot);
    console_print("SUCCESS\n");
    return EXIT_OK;
}
