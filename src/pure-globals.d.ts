// The only things beyond the language itself that the pure half may use: every engine has them, Node.js and browsers alike.
// Seen by tsconfig.pure.json alone; elsewhere Node's own types declare the same names.
declare class TextEncoder {
  encode(text?: string): Uint8Array<ArrayBuffer>
}
declare class TextDecoder {
  constructor(label?: string, options?: { fatal?: boolean; ignoreBOM?: boolean })
  decode(bytes?: Uint8Array): string
}
