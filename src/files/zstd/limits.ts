// What a zstd frame may ask for. Pure.

/** How far back a frame may refer: as much is kept of what has been unpacked. What the program zstd takes without being asked for more, too. Bytes. */
export const MAX_WINDOW = 128 * 1024 * 1024
/** Bytes that a block becomes, and that it takes (RFC 8878, 3.1.1.2.4). */
export const MAX_BLOCK = 128 * 1024
