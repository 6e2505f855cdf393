// What the files of this guest share: an attempt is a name, the endings that are right for it, and the deed.
#ifndef ATTEMPTS_H
#define ATTEMPTS_H

#include "devices.h"
#include "system-calls.h"

// The endings of an attempt that fails. README.md says which signals and statuses they mean.
#define KILLED "killed"   // by the filter
#define FAULT "fault"     // by the processor
#define REFUSED "refused" // by an error that changes nothing, or there was nothing to be had
#define ENDS "ends"       // the guest itself, as it may

struct call {
    long number;
    uint64_t arguments[6];
};

// Arguments that are not given are 0.
#define CALL(number, ...) ((struct call){number, {__VA_ARGS__}})

// True when the attempt is the one to be made now; the caller makes it and ends with one of the three below. `escape list` gets the
// name printed instead. The second form has a number behind the name.
bool wanted(const char *name, const char *endings);
bool wanted_number(const char *prefix, uint64_t number, const char *endings);

_Noreturn void refused(const char *why);
_Noreturn void escaped(const char *what);
_Noreturn void report(long result); // of a system call: an error is a refusal, all else an escape

// A system call that must not come back with anything but an error.
void attempt(const char *name, const char *endings, struct call call);
void attempt_number(const char *prefix, uint64_t number, const char *endings, struct call call);

// The devices, where the guest has any: otherwise their descriptors are -1.
extern struct block disk;
extern struct net network;
extern const struct boot_info *boot_info;

// Room to read into and to write from, larger than any block.
extern uint8_t buffer[2 * BLOCK_SIZE_MAX];

bool is_allowed(uint64_t number); // whether the policy has a rule for calls of this number

// Where things are that a guest must not touch.
#define SETUP_ADDRESS 0x200000000000ul // the launcher (docs/spec/launcher.md): setup's first byte, gone when a guest runs
#define LAUNCHER_END 0x200000200000ul  // behind everything that the launcher may have staged
#define HANDLER_STACK_ADDRESS 0x17fffff00000ul // and, where a disk is a part of this guest's file, what reads it
#define HANDLER_STACK_SIZE 0x10000ul
#define PARTS_ADDRESS 0x180000000000ul
#define NEVER_OPEN 0x7fffffc0 // the first of the numbers that stand for the descriptor of such a disk
#define KERNEL_ADDRESS 0xffffffff81000000ul
#define VSYSCALL_ADDRESS 0xffffffffff600000ul
#define NOT_CANONICAL 0x8000000000000000ul

bool disk_is_part(void); // whether the disk is a part of this guest's file

// What the launcher has left, and where in it some bytes are: an ABORT where there are none.
struct range {
    uint64_t start, end;
};
struct range find_launcher(void);
uint64_t find_bytes(struct range in, const char *bytes, size_t length);

// Each file's attempts, all of them in one go.
void attempt_numbers(void);
void attempt_calls(void);
void attempt_descriptors(void);
void attempt_blocks(void);
void attempt_networks(void);
void attempt_waits(void);
void attempt_pointers(void);
void attempt_gates(void);
void attempt_instructions(void);
void attempt_launcher(void);
void attempt_leftovers(void);
void attempt_parts(void);

#endif
