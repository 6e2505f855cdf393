// The library: what the command does, for programs. Everything here is typed, documented where it is defined, and described in
// docs/guide/library.md.

export type { Artefact } from './artefact/artefact.ts'
export { readArtefact } from './artefact/artefact.ts'
export type { ArtefactDiff, Ask, Change, Contract, Replacement } from './artefact/diff.ts'
export { diffArtefacts } from './artefact/diff.ts'
export { embedManifest } from './artefact/embed-manifest.ts'
export type { Finding } from './artefact/finding.ts'
export type { Device, DeviceDeclaration, DeviceType, Manifest } from './artefact/manifest.ts'
export { decodeManifest, encodeManifest, encodeManifestNote } from './artefact/manifest.ts'
export { parseManifestSource, writeManifestSource } from './artefact/manifest-source.ts'
export type { InspectReport } from './artefact/report.ts'
export type { LauncherReport } from './artefact/launcher-report.ts'
export { parseInspectReport } from './artefact/parse-report.ts'
export {
  ConfigError,
  type ConfigErrorCode,
  FormatError,
  type FormatErrorCode,
  HostError,
  type HostErrorCode,
  SlipwayError,
  UsageError,
  type UsageErrorCode,
  WiringError,
  type WiringErrorCode,
} from './base/errors.ts'
export { ByteReader, type Source, sourceOf } from './base/reader.ts'
export { VERSION } from './base/version.ts'
export type { WeighDiffReport, WeightChange } from './artefact/weigh/diff.ts'
export type { ReportedWeight, WeighReport } from './artefact/weigh/report.ts'
export { escapeWords } from './config/command-line.ts'
export type { Configuration } from './config/configuration.ts'
export type { ConfigDocument, ConfigOrigin, EffectiveConfig, Setting } from './config/document.ts'
export { effectiveConfig } from './config/effective.ts'
export type { ReportedSetting } from './config/explain.ts'
export { type ConfigLayer, parseConfig } from './config/layer.ts'
export { mergeLayers } from './config/merge.ts'
export { configToJson } from './config/write-document.ts'
export { type Baked, type BakedPart } from './artefact/baked-format.ts'
export { readBaked } from './artefact/baked.ts'
export { bake, type BakeReport, strip } from './run/bake.ts'
export { createBlock } from './run/block.ts'
export type { BakeOptions } from './run/ingredients.ts'
export { compose, composeToFile } from './run/compose.ts'
export { type ConfigOptions, configure } from './run/configure.ts'
export type { GuestConfig } from './run/guest-config.ts'
export { inspect } from './run/inspect.ts'
export { openNetwork } from './run/network.ts'
export { describePlan } from './run/plan.ts'
export type { GuestOptions } from './run/prepare.ts'
export type { ConsoleSink, Instance, Outcome, PublishedPort, SignalName } from './run/instance.ts'
export { run, type RunOptions, start } from './run/run.ts'
export { diffWeights, weigh } from './run/weigh.ts'
export { readWiring } from './run/read-wiring.ts'
export type {
  ConnectOptions,
  NetworkOptions,
  NetworkPort,
  NetworkStats,
  PortStats,
  Publication,
  PublishOptions,
  Traffic,
  UserNetwork,
} from './run/user-network.ts'
export { describeLauncher } from './targets/spt/describe.ts'
export type { PlanReport } from './targets/spt/report.ts'
export type { PlannedBlock, PlannedDevice, PlannedDisk, PlannedNet, PlannedPart } from './wiring/devices.ts'
export type { FileIdentity, HostFacts, ResourceFacts } from './wiring/facts.ts'
export { parseBlockFlag, parseNetFlag } from './wiring/flag.ts'
export { parsePublication } from './wiring/publish.ts'
export type { Plan } from './wiring/plan.ts'
export { planGuest as plan } from './wiring/plan.ts'
export { type BlockWire, type NetWire, NO_WIRES, type Wire, type Wiring } from './wiring/wire.ts'
