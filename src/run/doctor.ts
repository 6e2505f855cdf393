// What this machine can do, and whether an artefact would run on it: the report that `slipway doctor --json` prints. Looks; starts nothing but the
// probes.

import type { Artefact } from '../artefact/artefact.ts'
import { imageFor } from '../artefact/baked-format.ts'
import type { Identification, Starter } from '../artefact/identification.ts'
import { identify } from '../artefact/identify.ts'
import { SlipwayError, WiringError } from '../base/errors.ts'
import { VERSION } from '../base/version.ts'
import { factsWith } from '../host/facts.ts'
import { type OpenFile, openFile } from '../host/files.ts'
import { probesFor } from '../host/probes/all.ts'
import { type AskOptions, askProbes } from '../host/probes/ask.ts'
import type { Status } from '../host/probes/probe.ts'
import { matchWires } from '../wiring/match.ts'
import { DEFAULT_MEMORY, planGuest } from '../wiring/plan.ts'
import { starterFinder } from './starters.ts'

/** Grows when a reader of the old documents would misunderstand the new ones. */
const DOCTOR_SCHEMA_VERSION = 1

export type ProbeReport = {
  readonly name: string
  readonly group: string
  /** No spt guest runs without it. */
  readonly needed: boolean
  readonly status: Status
  readonly detail: string
  readonly advice: string | null
}

/** One way in which the artefact could be started. */
export type WayReport = {
  /** `slipway run`, a program, or a kind of firmware. */
  readonly name: string
  /** What to type or to do, with FILE for the file; null where this version has no such way. */
  readonly how: string | null
  /** Whether it would start here; unknown where that cannot be seen from here. */
  readonly runs: 'yes' | 'no' | 'unknown'
  readonly detail: string | null
  readonly advice: string | null
}

export type ArtefactReport = { readonly file: string; readonly summary: string; readonly ways: readonly WayReport[] }

/** `schema/doctor.schema.json` describes it field by field. */
export type DoctorReport = {
  readonly schema: 'slipway.doctor'
  readonly schemaVersion: typeof DOCTOR_SCHEMA_VERSION
  readonly slipwayVersion: string
  /** The artefact starts here in at least one way; without one: spt guests do. */
  readonly ready: boolean
  readonly probes: readonly ProbeReport[]
  readonly artefact: ArtefactReport | null
}

/** Throws FormatError for a damaged artefact, HostError for one that cannot be read or where no process can be started for the probes. */
export async function examine(path: string | undefined, options: AskOptions): Promise<DoctorReport> {
  const file = path === undefined ? undefined : openFile(path)
  try {
    const found = file === undefined ? undefined : identify(file.source) // a file that is none is said before anything is probed
    const probes = await probe(options)
    const lacking = probes.filter(({ needed, status }) => needed && (status === 'missing' || status === 'unknown'))
    const artefact =
      file === undefined || found === undefined || path === undefined
        ? null
        : { file: path, summary: summaryOf(found), ways: waysOf(found, file, probes, lacking) }
    const ready = artefact === null ? lacking.length === 0 : artefact.ways.some(({ runs }) => runs === 'yes')
    return {
      schema: 'slipway.doctor',
      schemaVersion: DOCTOR_SCHEMA_VERSION,
      slipwayVersion: VERSION,
      ready,
      probes,
      artefact,
    }
  } finally {
    file?.close()
  }
}

async function probe(options: AskOptions): Promise<readonly ProbeReport[]> {
  const probes = probesFor(process.platform)
  const answers = await askProbes(
    probes.map(({ name }) => name),
    options,
  )
  return probes.map(({ name, group, needed = false }) => {
    const { status, detail, advice } = answers.get(name) ?? { status: 'unknown', detail: 'not asked' }
    return { name, group, needed, status, detail, advice: advice ?? null }
  })
}

function summaryOf({ summary, target, processor }: Identification): string {
  const made = [target, processor?.name].filter((part) => part !== undefined && part !== null)
  return made.length === 0 ? summary : `${summary}, ${made.join(' on ')}`
}

const OWN = 'slipway run'

function waysOf(
  found: Identification,
  file: OpenFile,
  probes: readonly ProbeReport[],
  lacking: readonly ProbeReport[],
): readonly WayReport[] {
  const look = starterFinder()
  const ways = found.starters.map((starter): WayReport => {
    if (starter.name === OWN && found.artefact !== undefined) return ownWay(starter, found.artefact, file, lacking)
    const { here, missing } = look(starter)
    const way = { name: starter.name, how: starter.how, runs: here, detail: missing, advice: adviceFor(starter) }
    return here === 'yes' ? { ...way, ...doubts(starter, probes) } : way
  })
  return ways.some(({ name }) => name === OWN) ? ways : [notByThisVersion(found), ...ways]
}

/** Everything is checked that is checked before a run, but for the wires: those are the operator's to choose. */
function ownWay(starter: Starter, artefact: Artefact, file: OpenFile, lacking: readonly ProbeReport[]): WayReport {
  const { name, how } = starter
  const devices = artefact.manifest.devices.filter(({ type, name }) => type === 'net' || !isBakedIn(artefact, name))
  const [lack] = lacking
  if (lack !== undefined) {
    return { name, how, runs: 'no', detail: `${lack.name}: ${lack.detail}`, advice: lack.advice }
  }
  try {
    const bare = { ...artefact, manifest: { ...artefact.manifest, devices: [] } }
    const configuration = { name: 'doctor', memorySize: DEFAULT_MEMORY, commandLine: '' }
    planGuest(bare, { wires: [] }, configuration, factsWith(file.facts, new Map()))
  } catch (error) {
    if (!(error instanceof SlipwayError)) throw error
    return { name, how, runs: 'no', detail: error.message, advice: error.advice ?? null }
  }
  if (devices.length === 0) return { name, how, runs: 'yes', detail: null, advice: null }
  const detail = devices.length === 1 ? '1 device has to be wired' : `${devices.length} devices have to be wired`
  return { name, how, runs: 'yes', detail, advice: missingWires(artefact) }
}

function isBakedIn({ baked }: Artefact, device: string): boolean {
  return baked !== undefined && imageFor(baked, device) !== undefined
}

/** The flags, as a run without any would ask for them. */
function missingWires(artefact: Artefact): string | null {
  try {
    matchWires(artefact, { wires: [] })
    return null
  } catch (error) {
    if (error instanceof WiringError) return error.advice ?? null
    throw error
  }
}

function notByThisVersion({ artefact }: Identification): WayReport {
  const advice = artefact === undefined ? null : 'link the unikernel for the spt target on x86_64'
  const detail = 'not by this version, which runs Solo5 unikernels for spt on x86_64'
  return { name: OWN, how: null, runs: 'no', detail, advice }
}

/** Where to get what starts it. */
const SOURCES: ReadonlyMap<string, string> = new Map([
  ['qemu-system-x86_64', 'apt-get install qemu-system-x86'],
  ['solo5-spt', 'build it from https://github.com/Solo5/solo5'],
  ['solo5-hvt', 'build it from https://github.com/Solo5/solo5'],
  ['xl', 'apt-get install xen-system-amd64, and boot Xen'],
])

function adviceFor({ requires }: Starter): string | null {
  return SOURCES.get(requires.command ?? '') ?? null
}

/** A program that is there, and yet what it needs has not been seen to work. */
function doubts({ requires }: Starter, probes: readonly ProbeReport[]): Partial<WayReport> {
  const wanted = [requires.kvm === true ? 'kvm' : '', requires.command ?? '']
  const doubtful = probes.find(({ name, status }) => wanted.includes(name) && status !== 'ok')
  if (doubtful === undefined) return { advice: null }
  const { status, name, detail, advice } = doubtful
  const runs = status === 'missing' ? 'no' : 'unknown'
  return { runs, detail: `${name}: ${detail}`, advice }
}
