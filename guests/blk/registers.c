#include "registers.h"
#include "guest.h"

enum { AREA_SIZE = 4096, LEGACY_SIZE = 512, X87_REGISTERS = 8 };
// XSAVE's components with registers that programs use: x87, SSE, AVX, AVX-512 in three.
enum { X87_AND_SSE = 3, KNOWN_COMPONENTS = 0xe7 };
enum { CONTROL_WORD = 0xf7f, MXCSR = 0x7fbf }; // all exceptions masked; rounds towards zero, as nothing does by default
enum { FLAGS = 0x200cd5 };                     // ID, OF, DF, SF, ZF, AF, PF, CF

static uint8_t old[AREA_SIZE] __attribute__((aligned(64)));
static uint8_t before[AREA_SIZE] __attribute__((aligned(64)));
static uint8_t after[AREA_SIZE] __attribute__((aligned(64)));

struct leaf {
    uint32_t a, b, c, d;
};

static struct leaf cpuid(uint32_t number, uint32_t index)
{
    struct leaf leaf;
    __asm__ volatile("cpuid" : "=a"(leaf.a), "=b"(leaf.b), "=c"(leaf.c), "=d"(leaf.d) : "a"(number), "c"(index));
    return leaf;
}

static uint64_t known_components(void)
{
    enum { OSXSAVE = 1 << 27 };
    if ((cpuid(1, 0).c & OSXSAVE) == 0)
        return 0;
    uint32_t low, high;
    __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    return low & KNOWN_COMPONENTS;
}

static void fill(uint8_t *bytes, uint64_t size, uint8_t first)
{
    for (uint64_t i = 0; i < size; i++)
        bytes[i] = (uint8_t)(first + i * 7);
}

static bool same(uint64_t from, uint64_t size)
{
    for (uint64_t i = from; i < from + size; i++) {
        if (before[i] != after[i])
            return false;
    }
    return true;
}

// Where a component lies that the first 512 bytes have no room for.
static struct leaf place_of(unsigned component)
{
    struct leaf place = cpuid(13, component);
    check(place.b >= LEGACY_SIZE + 64 && place.a <= AREA_SIZE && place.b <= AREA_SIZE - place.a, "a component of XSAVE is in its area");
    return place;
}

static void prepare(uint64_t components)
{
    *(uint16_t *)before = CONTROL_WORD;
    before[4] = 0xff; // none of the x87 registers is empty
    *(uint32_t *)(before + 24) = MXCSR;
    for (unsigned i = 0; i < X87_REGISTERS; i++) {
        fill(before + 32 + 16 * i, 7, (uint8_t)i);
        before[32 + 16 * i + 7] = 0x80;
        *(uint16_t *)(before + 32 + 16 * i + 8) = (uint16_t)(0x3fff + i);
    }
    fill(before + 160, 256, 3);
    *(uint64_t *)(before + LEGACY_SIZE) = components;
    for (unsigned i = 2; i < 8; i++) {
        if (components >> i & 1) {
            struct leaf place = place_of(i);
            fill(before + place.b, place.a, (uint8_t)(11 * i));
        }
    }
}

static void check_vectors(uint64_t components)
{
    check(same(0, 5), "the control, status and tag words of x87 are as they were");
    check(same(24, 4), "MXCSR is as it was");
    for (unsigned i = 0; i < X87_REGISTERS; i++)
        check(same(32 + 16 * i, 10), "an x87 register is as it was");
    check(same(160, 256), "the SSE registers are as they were");
    check((*(uint64_t *)(after + LEGACY_SIZE) & components) == components, "no component has gone back to its first state");
    for (unsigned i = 2; i < 8; i++) {
        if (components >> i & 1) {
            struct leaf place = place_of(i);
            check(same(place.b, place.a), "the registers of AVX are as they were");
        }
    }
}

void check_registers(int fd, void *buffer, uint64_t size, uint64_t offset)
{
    uint64_t components = known_components();
    check(components == 0 || (components & X87_AND_SSE) == X87_AND_SSE, "XSAVE keeps x87 and SSE");
    prepare(components);
    struct registers registers = {
        .old = old, .before = before, .after = after, .components = components,
        .fd = (uint64_t)fd, .buffer = (uint64_t)buffer, .size = size, .offset = offset,
        .mark = 0x0123456789abcdef,
    };
    for (unsigned i = 0; i < GENERAL_REGISTERS; i++)
        registers.given[i] = (i + 1) * 0x9e3779b97f4a7c15ul;
    registers.given[GENERAL_REGISTERS - 1] = FLAGS | 2;
    read_with_registers(&registers);
    check(registers.rax == size, "all of the block is read");
    for (unsigned i = 0; i < GENERAL_REGISTERS - 1; i++)
        check(registers.found[i] == registers.given[i], "a general register is as it was");
    check((registers.found[GENERAL_REGISTERS - 1] & FLAGS) == FLAGS, "the flags are as they were");
    check(registers.rdi == registers.fd && registers.rsi == registers.buffer && registers.rdx == size && registers.r10 == offset,
          "the arguments are as they were");
    check(registers.found_stack == registers.stack, "the stack pointer is as it was");
    check(registers.marks[0] == registers.mark && registers.marks[1] == registers.mark, "what lies below the stack pointer is as it was");
    check_vectors(components);
    say("components of XSAVE: %lx\n", components);
}
