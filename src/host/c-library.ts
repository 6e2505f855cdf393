// What the declarations of C functions need to be bound: koffi's handle of the C library, less what nobody here uses.

import type { KoffiFunc } from 'koffi'

export type Library = { readonly func: (declaration: string) => KoffiFunc<(...args: unknown[]) => unknown> }
