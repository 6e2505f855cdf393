// Generated from native/handler-x86_64.S by tools/generate-native.ts: edit that, not this.

/** The handler, an instruction a line: its bytes, what they say, and why they are there. */
export const HANDLER: readonly string[] = [
  // _start:
  '837e0801', // cmp dword ptr [rsi + 8], 1 - si_code: 1 is SYS_SECCOMP, the filter; all else is a signal that somebody sent
  '7576', // jne deadly - which must end the guest, as it ends any other
  '8b4604', // mov eax, [rsi + 4] - si_errno: the number that stands in the filter's answer says which part
  '488d0d78000000', // lea rcx, [rip + parts] - where the addresses begin
  '488b34c1', // mov rsi, [rcx + rax * 8] - the address of the part
  '48037238', // add rsi, [rdx + 56] - the guest's r10: the offset, which is inside the part
  '488b7a70', // mov rdi, [rdx + 112] - its rsi: the buffer; a bad one is a fault, here as anywhere else in the guest
  '488b8a88000000', // mov rcx, [rdx + 136] - its rdx: the length of a sector
  '48898a90000000', // mov [rdx + 144], rcx - its rax: all of it has been read
  '48c1e903', // shr rcx, 3 - every sector is a multiple of eight bytes
  'f348a5', // rep movsq - the kernel has cleared the direction flag
  '488b8ae0000000', // mov rcx, [rdx + 224] - the guest's floating-point state; the kernel has cleared the processor's
  'f60201', // test byte ptr [rdx], 1 - UC_FP_XSTATE: is it all that XSAVE keeps?
  '7410', // jz legacy - not on a processor without XSAVE
  'b8ffffffff', // mov eax, -1 - every component that the system uses...
  'baffffffff', // mov edx, -1 - ...in both halves of the mask
  '480fae29', // xrstor64 [rcx] - as rt_sigreturn would
  'eb04', // jmp return - the rest is general registers
  // legacy:
  '480fae09', // fxrstor64 [rcx] - x87 and SSE are all there is
  // return:
  '4883c430', // add rsp, 48 - to the guest's r8: the return address, then 40 bytes of the ucontext
  '4158', // pop r8 - in the frame's order
  '4159', // pop r9 - likewise
  '415a', // pop r10 - likewise
  '415b', // pop r11 - likewise: the flags, as the kernel leaves them here
  '415c', // pop r12 - likewise
  '415d', // pop r13 - likewise
  '415e', // pop r14 - likewise
  '415f', // pop r15 - likewise
  '5f', // pop rdi - likewise
  '5e', // pop rsi - likewise
  '5d', // pop rbp - likewise
  '5b', // pop rbx - likewise
  '5a', // pop rdx - likewise
  '58', // pop rax - the length, from above
  '488b4c2410', // mov rcx, [rsp + 16] - rip, which system calls leave in rcx, so a guest has nothing of its own there
  'ff742418', // push [rsp + 24] - rflags, over what has been taken already
  '9d', // popfq - direction flag and all; what comes now changes none
  '488b642408', // mov rsp, [rsp + 8] - the guest's stack
  'ffe1', // jmp rcx - behind its system call
  // deadly:
  'b80f000000', // mov eax, 15 - rt_sigreturn: like any call without a rule, the end by SIGSYS
  '0f05', // syscall - the kernel does it
  '0f0b', // ud2 - not reached: nothing may run on from here
  '0f1f00', // .balign 8
  // parts:
]

/** Where the addresses of the parts follow: behind the last byte. */
export const PARTS_OFFSET = 136
