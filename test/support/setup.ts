// Before each test file: property tests draw the same values every time, so that the gate says the same of the same tree. For other values,
// give SLIPWAY_SEED a number; tools/fuzz-artefacts.ts is the place for long runs.

import fc from 'fast-check'

fc.configureGlobal({ ...fc.readConfigureGlobal(), seed: Number(process.env['SLIPWAY_SEED'] ?? 20_261_121) })
