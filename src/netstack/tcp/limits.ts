// What a connection, a guest and all of them together may cost, and how long anything is waited for. Milliseconds and bytes. Pure.

const KIB = 1024
const MIB = 1024 * KIB

// Memory of one connection.

/** More than a gigabit carries in a guest's longest pause of a few milliseconds; half of it is always in flight while the other half is read. */
export const RECEIVE_WINDOW = MIB
/** Shift of our windows: the smallest that lets 16 bits show RECEIVE_WINDOW. */
export const RECEIVE_SHIFT = 5
/** An idle or small connection costs no more. */
export const SEND_BUFFER_FIRST = 16 * KIB
/** Covers 4 Gbit/s to a guest that answers within two milliseconds. */
export const SEND_BUFFER_MAX = MIB
/** Holes that a receiver remembers, and a sender: segments of one byte must not make lists of a million. More holes are dropped and sent again. */
export const MAX_RANGES = 128

// Memory of one guest, whatever its connections.

/** Bytes on their way to the guest. Beyond it no buffer grows, and each connection goes on with what it has. */
export const GUEST_SEND_MEMORY = 64 * MIB
/** Bytes from the guest that the outside has not taken yet. Beyond it they are dropped and sent again. */
export const GUEST_RECEIVE_MEMORY = 64 * MIB
/** Room for bytes out of order. */
export const GUEST_REORDER_MEMORY = 32 * MIB

// Connections of one guest.

/** Ten thousand at once are promised. Each costs about two kilobytes and a descriptor of the machine. */
export const GUEST_FLOWS = 20_000
/** That do not stand yet, from the guest: each holds a socket of the machine that connects. The oldest makes room. */
export const GUEST_HALF_OPEN = 2048
/** Finished ones that only wait for late segments. The oldest makes room. */
export const GUEST_TIME_WAIT = 4096

// Segments.

/** A smaller MSS is not believed: a segment per byte would cost more than the byte. */
export const MIN_MSS = 64
/** RFC 9293, 3.7.1: of a peer that names none. */
export const DEFAULT_MSS = 536
/** RFC 6928. */
export const INITIAL_WINDOW_SEGMENTS = 10
/** RFC 5681: that many duplicates are a loss. */
export const DUPLICATE_ACKS = 3
/** RFC 7323, 2.3. */
export const MAX_SHIFT = 14

// Times.

/** RFC 6298 asks for a second, for the sake of the Internet's slowest acknowledgements; a guest's are not delayed by more than this. */
export const RTO_MIN = 200
export const RTO_FIRST = 1000
export const RTO_MAX = 60_000
/** RFC 9293, 3.8.6.3: less than half a second. Far less, for guests that send one segment at a time. */
export const DELAYED_ACK = 20
/** Acknowledgements that nothing asked for, of one connection: at most one in that time (RFC 5961, 5 and 10). */
export const CHALLENGE_INTERVAL = 500
/** RFC 9293, 3.8.3: at least 100 seconds. A quarter of an hour, as most hosts have it: a guest may be stopped to look at it. */
export const GIVE_UP = 900_000
/** A handshake that nobody answers: enough for five retransmissions. */
export const HANDSHAKE_GIVE_UP = 63_000
/** A guest that answers probes may keep its window shut that long. */
export const ZERO_WINDOW_GIVE_UP = 3_600_000
/** Twice the longest time that a segment spends on a wire without routers, with an operator's `delay` in it. */
export const TIME_WAIT_TIME = 10_000
/** A guest that answers keep-alives may leave a connection half closed that long. */
export const FIN_WAIT_2_GIVE_UP = 14_400_000
/** An empty buffer is given back. */
export const IDLE_RELEASE = 5000
/** RFC 9293, 3.8.4: two hours. A guest that is gone is detached long before; this finds one that has forgotten. */
export const KEEP_ALIVE_IDLE = 7_200_000
export const KEEP_ALIVE_INTERVAL = 75_000
export const KEEP_ALIVE_PROBES = 9

// Published ports.

/** So long after its start a guest that refuses is taken for one that does not listen yet. */
export const FIRST_MOMENTS = 30_000
/** Between two attempts to be let in: doubled from the first to the last. */
export const KNOCK_FIRST = 10
export const KNOCK_MAX = 250
