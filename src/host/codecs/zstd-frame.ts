// What a zstd frame says of itself. Source: RFC 8878, section 3.1.1.

const MAGIC = 0xfd2fb528

/** Bytes that a frame becomes, where it says so. Throws RangeError for what is no frame. */
export function contentSize(frame: Uint8Array): number | undefined {
  const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength)
  if (view.byteLength < 6 || view.getUint32(0, true) !== MAGIC) throw new RangeError('it is no zstd frame')
  const descriptor = view.getUint8(4)
  const isSingle = (descriptor & 0x20) !== 0
  const dictionary = [0, 1, 2, 4][descriptor & 3] as number
  const at = 5 + (isSingle ? 0 : 1) + dictionary
  switch (descriptor >>> 6) {
    case 0:
      return isSingle ? view.getUint8(at) : undefined
    case 1:
      return view.getUint16(at, true) + 256
    case 2:
      return view.getUint32(at, true)
    default:
      return Number(view.getBigUint64(at, true))
  }
}
