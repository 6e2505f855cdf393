// What a program is told and given, after all layers have been merged. Pure.

export type Configuration = {
  /** What people call the instance; becomes the process's name as far as its characters allow. */
  readonly name: string
  /** Bytes of guest memory. */
  readonly memorySize: number
  /** The one string that a guest gets, already in the grammar that it undoes. */
  readonly commandLine: string
  /** Heap and stack can be executed; they cannot if this is left out. */
  readonly executableHeap?: boolean | undefined
}
