import { didYouMean } from '../config/did-you-mean.ts'
import { resolveStoreAddress } from '../config/store-address.ts'
import type { Finding } from '../doctor/contract.ts'
import { formatReport } from '../doctor/report.ts'
import { escapedJson } from '../printable.ts'
import { configFiles, type Declare, jsonOption } from './command.ts'
import { loadOrExplain } from './configured.ts'
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
    .option('-p, --product <name>', 'only this product')
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
  const loaded = loadOrExplain(request.files, surroundings)
  if (!loaded) return 2
  const { config, baseDir } = loaded
  const { product } = request
  if (product !== undefined && !Object.hasOwn(config.products, product)) {
    const known = Object.keys(config.products)
    const meant = didYouMean(product, known)
    stderr(`there is no product ${JSON.stringify(product)}; known: ${known.join(', ') || 'none'}${meant}\n`)
    return 2
  }

  const [{ examine }, { inspectStore }] = await Promise.all([
    import('../doctor/index.ts'),
    import('../store/inspect.ts'),
  ])
  try {
    const findings = await examine({
      config,
      env,
      baseDir,
      now,
      triesSecrets: request.secrets ?? true,
      inspectStore: async () => {
        const schema = await inspectStore(resolveStoreAddress(config.store, { env, baseDir }), baseDir)
        return schema ? { state: 'open', ...schema } : { state: 'absent' }
      },
      ...(product === undefined ? {} : { product }),
    })
    stdout(
      request.json ? `${escapedJson(JSON.stringify(findings, undefined, 2))}\n` : formatReport(findings, { color }),
    )
    const counts = (status: Finding['status']) =>
      status === 'problem' || (status === 'warning' && request.strict === true)
    return findings.some(({ status }) => counts(status)) ? 1 : 0
  } catch (error) {
    explainError(error, surroundings)
    return 2
  }
}
