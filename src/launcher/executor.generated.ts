// Generated from native/executor-x86_64.S by tools/generate-native.ts: edit that, not this.

/** The executor, an instruction a line: its bytes, what they say, and why they are there. */
export const EXECUTOR: readonly string[] = [
  // _start:
  '4989e7', // mov r15, rsp - the kernel put argc, arguments and environment here: records may name it
  '488b1dbe010000', // mov rbx, [rip + table] - the first record
  // next:
  '0fb66b04', // movzx ebp, byte ptr [rbx + 4] - what this record demands
  '440fb77306', // movzx r14d, word ptr [rbx + 6] - how often the call is repeated (arguments[0] grows by one each time)
  '488b7b08', // mov rdi, [rbx + 8] - arguments[0], or the address to compare, or the guest's first argument
  'f6430501', // test byte ptr [rbx + 5], 1 - flag 1: it is counted from the initial stack pointer, which is random
  '7403', // jz absolute - not set: the value stands as it is
  '4c01ff', // add rdi, r15 - the stack starts somewhere else each time
  // absolute:
  'f6430502', // test byte ptr [rbx + 5], 2 - flag 2: and rounded down to a page, as madvise wants it
  '7407', // jz placed - not set: leave the low bits alone
  '4881e700f0ffff', // and rdi, -4096 - the page that the initial stack pointer lies in
  // placed:
  'f6430508', // test byte ptr [rbx + 5], 8 - flag 8: it is the address of the value, which an earlier record stored
  '7403', // jz given - not set: it is the value
  '488b3f', // mov rdi, [rdi] - a process identifier, in practice
  // given:
  '83fd03', // cmp ebp, 3 - 0 to 2 are system calls
  '744e', // je compare - 3 looks at memory
  '0f8742010000', // ja enter - 4 is the end of the table
  // call:
  '0fb703', // movzx eax, word ptr [rbx] - the system call's number
  '488b7310', // mov rsi, [rbx + 16] - its arguments, in the kernel's order
  '488b5318', // mov rdx, [rbx + 24] - arguments[2]
  '4c8b5320', // mov r10, [rbx + 32] - arguments[3]: the kernel wants r10, since syscall takes rcx
  '4c8b4328', // mov r8, [rbx + 40] - arguments[4]
  '4c8b4b30', // mov r9, [rbx + 48] - arguments[5]
  '0f05', // syscall - clobbers rcx and r11 only, so rdi is still arguments[0] below
  '83fd01', // cmp ebp, 1 - which of the three demands?
  '721c', // jb again - kind 0: whatever came back is fine
  '7414', // je exact - kind 1 has a value to compare with
  '4885c0', // test rax, rax - kind 2: errors are negative
  '7832', // js unmet - it is one
  'f6430510', // test byte ptr [rbx + 5], 16 - flag 16: a later record needs what only the kernel knows
  '740f', // jz again - not set: the value is of no use to anybody
  '488b4b38', // mov rcx, [rbx + 56] - where it is to be kept
  '488901', // mov [rcx], rax - for a record with flag 8
  'eb06', // jmp again - kind 2 is done
  // exact:
  '483b4338', // cmp rax, [rbx + 56] - kind 1: a descriptor or an address that must be this very one
  '751d', // jne unmet - a stray descriptor, say, shifted the numbers: do not go on
  // again:
  '48ffc7', // inc rdi - the next signal number, in practice
  '41ffce', // dec r14d - one repetition less
  '75be', // jnz call - more to do: r10, rdx, rsi, r8 and r9 are loaded anew
  // advance:
  '4883c348', // add rbx, 72 - the next record
  'eb81', // jmp next - there always is one: enter ends the table
  // compare:
  '488b07', // mov rax, [rdi] - kind 3: eight bytes of memory...
  '48234310', // and rax, [rbx + 16] - ...under a mask...
  '483b4318', // cmp rax, [rbx + 24] - ...must have this value
  '74ed', // je advance - as expected
  '31c0', // xor eax, eax - no system call failed, so there is no errno to print
  // unmet:
  'f6430504', // test byte ptr [rbx + 5], 4 - flag 4: what is not as demanded is no failure but another way to go
  '740c', // jz fail - not set: this launcher ends here
  '0fb74b02', // movzx ecx, word ptr [rbx + 2] - how many records to leave out, where others have the length of a message
  '6bc948', // imul ecx, ecx, 72 - as bytes
  '4801cb', // add rbx, rcx - only ever forwards: no table can loop
  'ebd9', // jmp advance - the record after those
  // fail:
  '4989c4', // mov r12, rax - keep the result for the message
  '488d350f010000', // lea rsi, [rip + letter] - out of band first, because a broken stderr may kill us: "F", not entered
  '8b3d16010000', // mov edi, [rip + status] - -1 where nobody listens; the kernel then answers EBADF, which is fine
  'ba01000000', // mov edx, 1 - one byte
  '4c8d2d05000000', // lea r13, [rip + told] - there is no stack, so the way back is kept in a register
  'e9a0000000', // jmp write - comes back through r13
  // told:
  'bf02000000', // mov edi, 2 - standard error
  '488b7340', // mov rsi, [rbx + 64] - the record's own message
  '0fb75302', // movzx edx, word ptr [rbx + 2] - its length; 0 prints nothing
  '4c8d2d05000000', // lea r13, [rip + explained] - where to go on
  'e987000000', // jmp write - comes back through r13
  // explained:
  '49f7dc', // neg r12 - -errno becomes errno
  '498d4424ff', // lea rax, [r12 - 1] - 1 to 999 becomes 0 to 998
  '483de6030000', // cmp rax, 998 - unsigned: not an errno (compare, or a descriptor out of order)?
  '7764', // ja finish - then the message is all
  '488d35be000000', // lea rsi, [rip + errno] - the words before the number
  'ba08000000', // mov edx, 8 - their length
  '4c8d2d02000000', // lea r13, [rip + number] - where to go on
  'eb62', // jmp write - comes back through r13
  // number:
  '41be64000000', // mov r14d, 100 - three decimal digits, one write each: there is no memory to build them in
  // digit:
  '4489e0', // mov eax, r12d - the number, or what is left of it
  '99', // cdq - eax < 1000, so this clears edx
  '41f7f6', // div r14d - the digit to eax, the rest to edx
  '4189d4', // mov r12d, edx - what is left for the next digit
  '488d358f000000', // lea rsi, [rip + digits] - ten characters...
  '4801c6', // add rsi, rax - ...of which this is the one
  'ba01000000', // mov edx, 1 - one byte
  '4c8d2d02000000', // lea r13, [rip + shown] - where to go on
  'eb3a', // jmp write - comes back through r13
  // shown:
  '4489f0', // mov eax, r14d - the next lower power of ten
  '99', // cdq - the upper half for div
  'b90a000000', // mov ecx, 10 - decimal
  'f7f1', // div ecx - 100, 10, 1, 0
  '4189c6', // mov r14d, eax - kept across the write
  '85c0', // test eax, eax - 0: the units are out
  '75cc', // jnz digit - the next digit
  '488d3577000000', // lea rsi, [rip + bracket] - closes what errno opened
  'ba01000000', // mov edx, 1 - one byte
  '4c8d2d02000000', // lea r13, [rip + finish] - where to go on
  'eb13', // jmp write - comes back through r13
  // finish:
  '488d3563000000', // lea rsi, [rip + newline] - every message is one line
  'ba01000000', // mov edx, 1 - one byte
  '4c8d2d0a000000', // lea r13, [rip + leave] - where to go on
  // write:
  'b801000000', // mov eax, 1 - write(edi, rsi, edx); whether it succeeds changes nothing
  '0f05', // syscall - the kernel does it
  '41ffe5', // jmp r13 - back to whoever asked
  // leave:
  'bf7d000000', // mov edi, 125 - "Slipway failed before the guest ran"
  'b8e7000000', // mov eax, 231 - exit_group
  '0f05', // syscall - the kernel does it
  '0f0b', // ud2 - not reached: nothing may run on from here
  // enter:
  '488b6310', // mov rsp, [rbx + 16] - kind 4: the guest's stack, and rdi already holds its boot information
  '488b4318', // mov rax, [rbx + 24] - the guest's entry
  '31c9', // xor ecx, ecx - registers hold addresses of ours: the guest gets zeroes
  '31d2', // xor edx, edx - likewise
  '31db', // xor ebx, ebx - likewise
  '31ed', // xor ebp, ebp - likewise
  '31f6', // xor esi, esi - likewise
  '4531c0', // xor r8d, r8d - likewise
  '4531c9', // xor r9d, r9d - likewise
  '4531d2', // xor r10d, r10d - likewise
  '4531db', // xor r11d, r11d - likewise
  '4531e4', // xor r12d, r12d - likewise
  '4531ed', // xor r13d, r13d - likewise
  '4531f6', // xor r14d, r14d - likewise
  '4531ff', // xor r15d, r15d - likewise
  'ffe0', // jmp rax - from here the filter rules; rax keeps the entry, which the guest knows
  '30313233343536373839', // digits: .ascii "0123456789"
  '20286572726e6f20', // errno: .ascii " (errno "
  '29', // bracket: .ascii ")"
  '0a', // newline: .ascii "\n"
  '46', // letter: .ascii "F"
  '0f1f4000', // .balign 8
  '0000000000000000', // table: .quad 0 - address of the first record
  'ffffffff', // status: .long -1 - descriptor for the letter above, or -1
  '00000000', // .long 0
]

/** Where the composer writes the address of the first record (u64) and the status descriptor (i32). */
export const TABLE_OFFSET = 456
export const STATUS_OFFSET = 464
