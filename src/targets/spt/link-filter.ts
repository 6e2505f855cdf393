// A socket filter for a netlink socket that hears about interfaces: it lets one message through, that a certain interface has been deleted.
// Source: Linux, include/uapi/linux/{netlink,rtnetlink}.h; rtnl_fill_ifinfo() puts the name first. Pure.

import { BpfAssembler, type Instruction } from '../../launcher/bpf.ts'
import { IFLA_IFNAME, RTM_DELLINK } from '../../launcher/system-calls.ts'

// Where things lie in the message: struct nlmsghdr (length, then type and flags), struct ifinfomsg, then attributes.
const TYPE_AND_FLAGS = 4
const FIRST_ATTRIBUTE = 32
const NAME = FIRST_ATTRIBUTE + 4

const WHOLE = 0xffff_ffff
const NOTHING = 0

/** `name` is in ASCII, at most 15 characters. */
export function compileLinkFilter(name: string): readonly Instruction[] {
  const bpf = new BpfAssembler()
  // A filter loads words as the network has them, the highest byte first; netlink's own numbers are the machine's, the lowest first.
  bpf
    .load(TYPE_AND_FLAGS)
    .and(0xffff_0000)
    .ifEqual(swapped(RTM_DELLINK) * 0x1_0000, 'next', 'other')
  bpf.load(FIRST_ATTRIBUTE).and(0xffff).ifEqual(swapped(IFLA_IFNAME), 'next', 'other')
  const bytes = new Uint8Array(16) // with the NUL behind it, and zeroes up to the end of its word
  bytes.set(new TextEncoder().encode(name))
  const view = new DataView(bytes.buffer)
  for (let at = 0; at < name.length + 1; at += 4) bpf.load(NAME + at).ifEqual(view.getUint32(at), 'next', 'other')
  return bpf.ret(WHOLE).label('other').ret(NOTHING).assemble()
}

/** The two bytes of a number as a big-endian load finds them. */
function swapped(number: number): number {
  return (number & 0xff) * 0x100 + (number >> 8)
}
