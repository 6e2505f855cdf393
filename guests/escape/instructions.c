// Instructions that are the kernel's, interrupts, and addresses where no code of the guest's is.
#include "attempts.h"

#define MUST_FAULT(name, assembler)                                                                                                        \
    if (wanted(name, FAULT)) {                                                                                                             \
        __asm__ volatile(assembler : : : "memory", "rax", "rbx", "rcx", "rdx");                                                            \
        escaped("the instruction came back");                                                                                              \
    }

static void attempt_privileged(void)
{
    MUST_FAULT("hlt", "hlt")
    MUST_FAULT("cli", "cli")
    MUST_FAULT("in", "movw $0x60, %%dx\ninb %%dx, %%al")
    MUST_FAULT("out", "movw $0x80, %%dx\noutb %%al, %%dx")
    MUST_FAULT("rdmsr", "movl $0xc0000080, %%ecx\nrdmsr")
    MUST_FAULT("wrmsr", "movl $0xc0000080, %%ecx\nxorl %%eax, %%eax\nxorl %%edx, %%edx\nwrmsr")
    MUST_FAULT("read-cr3", "movq %%cr3, %%rax")
    MUST_FAULT("write-cr0", "xorl %%eax, %%eax\nmovq %%rax, %%cr0")
    MUST_FAULT("write-dr7", "xorl %%eax, %%eax\nmovq %%rax, %%dr7")
    MUST_FAULT("lgdt", "lgdt buffer")
    MUST_FAULT("lidt", "lidt buffer")
    MUST_FAULT("ltr", "movw $0x40, %%ax\nltr %%ax")
    MUST_FAULT("clts", "clts")
    MUST_FAULT("invlpg", "invlpg buffer")
    MUST_FAULT("wbinvd", "wbinvd")
    MUST_FAULT("swapgs", "swapgs")
    MUST_FAULT("sysretq", "xorl %%ecx, %%ecx\nsysretq")
    MUST_FAULT("iretq-to-kernel", "pushq $0x18\npushq $0x1000\npushq $2\npushq $0x10\npushq $_stext\niretq")
    MUST_FAULT("far-return-to-kernel", "pushq $0x10\npushq $_stext\nlretq")
    MUST_FAULT("trap-flag", "pushfq\norq $0x100, (%%rsp)\npopfq\nnop")
}

static void attempt_interrupts(void)
{
    MUST_FAULT("int-0x01", "int $0x01")
    MUST_FAULT("int-0x02", "int $0x02")
    MUST_FAULT("int-0x03", "int $0x03")
    MUST_FAULT("int-0x04", "int $0x04")
    MUST_FAULT("int-0x08", "int $0x08")
    MUST_FAULT("int-0x0e", "int $0x0e")
    MUST_FAULT("int-0x12", "int $0x12")
    MUST_FAULT("int-0x20", "int $0x20")
    MUST_FAULT("int-0x2e", "int $0x2e")
    MUST_FAULT("int-0x81", "int $0x81")
    MUST_FAULT("int-0xec", "int $0xec")
    MUST_FAULT("int-0xff", "int $0xff")
}

static void attempt_jump(const char *name, uint64_t address)
{
    if (!wanted(name, FAULT))
        return;
    __asm__ volatile("call *%0" : : "r"(address) : "memory");
    escaped("the jump came back");
}

// What the processor keeps for a thread besides its registers: of the host's, nothing must be there.
static void attempt_gs_base(void)
{
    if (!wanted("gs-base", FAULT "/" REFUSED))
        return;
    uint64_t base;
    __asm__ volatile("rdgsbase %0" : "=r"(base));
    if (base != 0)
        escaped("GS has a base of the host's");
    refused("GS has no base");
}

void attempt_instructions(void)
{
    attempt_privileged();
    attempt_interrupts();
    attempt_jump("jump-to-0", 0);
    attempt_jump("jump-to-boot-information", 0x11000);
    attempt_jump("jump-to-data", (uint64_t)buffer);
    attempt_jump("jump-behind-memory", boot_info->mem_size);
    attempt_jump("jump-to-setup", SETUP_ADDRESS);
    attempt_jump("jump-to-kernel", KERNEL_ADDRESS);
    attempt_jump("jump-to-nowhere", NOT_CANONICAL);
    attempt_gs_base();
}
