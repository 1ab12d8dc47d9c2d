import { statfs } from 'node:fs/promises'
import { resolve } from 'node:path'
import { didYouMean } from '../config/did-you-mean.ts'
import { type LoadedConfig, loadConfig } from '../config/load.ts'
import type { Problem } from '../config/problem.ts'
import { readSources } from '../config/read.ts'
import { resolveStoreAddress } from '../config/store-address.ts'
import type { Finding } from '../doctor/contract.ts'
import { formatReport } from '../doctor/report.ts'
import { type ErrorCode, errorRows } from '../errors.ts'
import { escapedJson } from '../printable.ts'
import { parseStoreAddress } from '../store-address.ts'
import { configFiles, type Declare, jsonOption } from './command.ts'
import { printProblems } from './configured.ts'
import { explainError } from './explain-error.ts'
import type { ExitStatus, Surroundings } from './surroundings.ts'

interface DoctorOptions {
  product?: string
  json: boolean
  strict: boolean
  secrets: boolean
}

export const declareDoctor: Declare = (command, { surroundings, finish }) => {
  const files = configFiles(command, { bare: true })
  command
    .option('-p, --product <name>', 'only this product or service')
    .option('--strict', 'exit with 1 on warnings too', false)
    .option('--no-secrets', 'do not try client secrets at the provider, which may count it as a failed attempt')
    .addOption(jsonOption())
    .addHelpText('after', '\nExample:\n  gatehouse doctor -c gatehouse.yaml')
    .action(async (named: string[], request: DoctorOptions) => {
      finish(await doctor({ ...request, files: files(named) }, { ...surroundings, now: Date.now }))
    })
}

export interface DoctorRequest {
  files: readonly string[]
  product?: string
  json: boolean
  /** Warnings count as problems do. */
  strict?: boolean
  /** False: client secrets are not tried at the provider. */
  secrets?: boolean
}

export interface DoctorSurroundings extends Surroundings {
  now: () => number
}

/**
 * `gatehouse doctor`: checks every hop between people, products and identity providers without logging in. 0 fine, 1 problems found
 * (each named), 2 the call or the configuration is wrong.
 */
export async function doctor(request: DoctorRequest, surroundings: DoctorSurroundings): Promise<ExitStatus> {
  const { env, stdout, stderr, color, now } = surroundings
  const loaded = loadConfig(readSources(request.files), env)
  const { config, baseDir } = loaded
  if (!config && request.json) stdout(asJson(loaded.problems.map(ofConfiguration)))
  else printProblems(loaded.problems, loaded, surroundings)
  if (!config) return 2
  const { product: name } = request
  const isProduct = name !== undefined && Object.hasOwn(config.products, name)
  const isService = name !== undefined && !isProduct && Object.hasOwn(config.services, name)
  if (name !== undefined && !isProduct && !isService) {
    const known = [...Object.keys(config.products), ...Object.keys(config.services)]
    const meant = didYouMean(name, known)
    stderr(`there is no product or service ${JSON.stringify(name)}; known: ${known.join(', ') || 'none'}${meant}\n`)
    return 2
  }

  const storeAddress = () => resolveStoreAddress(config.store, { env, baseDir })
  const [{ examine }, { inspectPeople, inspectStore }, { keySeen }] = await Promise.all([
    import('../doctor/index.ts'),
    import('../store/inspect.ts'),
    import('../server/state.ts'),
  ])
  try {
    const findings = await examine({
      config,
      env,
      baseDir,
      now,
      triesSecrets: request.secrets ?? true,
      inspectStore: async () => {
        const schema = await inspectStore(storeAddress(), baseDir)
        return schema ? { state: 'open', ...schema } : { state: 'absent' }
      },
      inspectKey: () => keySeen({ config, env, baseDir }),
      // The check of the schema says why a store cannot be read.
      people: () => inspectPeople(storeAddress(), baseDir).catch(() => undefined),
      freeSpace: () => freeSpaceOf(storeAddress(), baseDir),
      ...(isProduct ? { product: name } : {}),
      ...(isService ? { service: name } : {}),
    })
    const { locate } = loaded
    stdout(
      request.json
        ? asJson(findings.map((finding) => withPlace(finding, locate)))
        : formatReport(findings, { color, placeOf: (finding) => placeOf(finding, locate) }),
    )
    const counts = (status: Finding['status']) =>
      status === 'problem' || (status === 'warning' && request.strict === true)
    return findings.some(({ status }) => counts(status)) ? 1 : 0
  } catch (error) {
    explainError(error, surroundings)
    return 2
  }
}

type Locate = LoadedConfig['locate']

/** Findings as programs read them: an array, each with its severity and the place in the configuration. */
function asJson(findings: readonly object[]): string {
  return `${escapedJson(JSON.stringify(findings, undefined, 2))}\n`
}

const severities = { problem: 'error', warning: 'warning', ok: 'info', skipped: 'info' } as const

function withPlace({ path, ...finding }: Finding, locate: Locate): object {
  const severity = severities[finding.status]
  return { ...finding, severity, ...(path === undefined ? {} : { path: path.join('.'), ...written(path, locate) }) }
}

function placeOf({ path }: Finding, locate: Locate): string | undefined {
  const place = path && written(path, locate)
  return place && `${place.file}:${place.line}:${place.column} ${path.join('.')}`
}

/** Where a field was written; undefined for one that has its default. */
function written(path: readonly (string | number)[], locate: Locate): ReturnType<Locate> | undefined {
  const place = locate(path)
  return place.file === '<none>' ? undefined : place
}

/** A mistake of the configuration as a finding. */
function ofConfiguration({ severity, file, line, column, path, message }: Problem): object {
  const status = severity === 'error' ? 'problem' : 'warning'
  const about = { check: 'configuration', subject: 'configuration', subjectKind: 'configuration', status }
  const code: ErrorCode = 'config-invalid'
  return { ...about, code, evidence: { message }, remedy: errorRows[code].hint, severity, path, file, line, column }
}

/** Bytes that are free where a store of SQLite lies; undefined for a database elsewhere, and where there is none yet. */
async function freeSpaceOf(address: string, baseDir: string): Promise<number | undefined> {
  const parsed = parseStoreAddress(address)
  if (parsed.kind !== 'sqlite') return undefined
  try {
    const { bavail, bsize } = await statfs(resolve(baseDir, parsed.path))
    return bavail * bsize
  } catch {
    return undefined
  }
}
