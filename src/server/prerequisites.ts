import type { Config } from '../config/schema.ts'
import { serverProblems } from '../config/server-problems.ts'
import { AppError } from '../errors.ts'

/** A configuration from which a server can start. */
export type ServerConfig = Config & { issuer: string }

/** Refuses a configuration with which a server cannot, or must not, start. Throws `config-invalid`. */
export function servableConfig(config: Config, env: Readonly<Record<string, string | undefined>>): ServerConfig {
  const { issuer } = config
  if (issuer === undefined) {
    throw new AppError('config-invalid', {
      at: 'issuer',
      problem: 'is missing; `serve` needs the address that people see',
    })
  }
  if (env['NODE_TLS_REJECT_UNAUTHORIZED'] === '0') {
    throw new AppError('config-invalid', {
      at: '$NODE_TLS_REJECT_UNAUTHORIZED',
      problem: '0 switches off every certificate check',
    })
  }
  const problem = serverProblems(config).find(({ severity }) => severity === 'error')
  if (problem) throw new AppError('config-invalid', { at: problem.path.join('.'), problem: problem.message })
  return { ...config, issuer }
}
