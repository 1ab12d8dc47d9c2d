import { formatReport } from '../doctor/report.ts'
import { AppError } from '../errors.ts'
import { loadOrExplain } from './configured.ts'
import type { ExitStatus, Surroundings } from './surroundings.ts'

export interface DoctorRequest {
  files: readonly string[]
  product?: string
  json: boolean
}

export interface DoctorSurroundings extends Surroundings {
  now: () => number
}

/**
 * `gatehouse doctor`: looks at every hop between people, products and identity providers without logging in. 0 fine, 1 problems found
 * (each named), 2 the call or the configuration is wrong.
 */
export async function doctor(request: DoctorRequest, surroundings: DoctorSurroundings): Promise<ExitStatus> {
  const { env, stdout, stderr, color, now } = surroundings
  const loaded = loadOrExplain(request.files, surroundings)
  if (!loaded) return 2
  const { config, baseDir } = loaded
  const { product } = request
  if (product !== undefined && !Object.hasOwn(config.products, product)) {
    const known = Object.keys(config.products).join(', ') || 'none'
    stderr(`there is no product ${JSON.stringify(product)}; known: ${known}\n`)
    return 2
  }

  const { examine } = await import('../doctor/index.ts')
  try {
    const findings = await examine({ config, env, baseDir, now, ...(product === undefined ? {} : { product }) })
    stdout(request.json ? `${JSON.stringify(findings, undefined, 2)}\n` : formatReport(findings, { color }))
    return findings.some(({ status }) => status === 'problem') ? 1 : 0
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    const details = Object.entries(error.details).map(([name, value]) => `${name} ${String(value)}`)
    stderr(`${error.message} (${error.code}: ${details.join(', ')})\n${error.hint}\n`)
    return 2
  }
}
