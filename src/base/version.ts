// The version that is running, put in by the build; from source (tests) there is none. Pure.

declare const __SLIPWAY_VERSION__: string | undefined

export const VERSION: string = typeof __SLIPWAY_VERSION__ === 'string' ? __SLIPWAY_VERSION__ : '0.0.0-source'
