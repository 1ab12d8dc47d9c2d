/** What says that a provider, or the way to it, is away; any other failure is an answer of it. */
import { AppError, type IncidentCode } from '../errors.ts'

const codes: ReadonlySet<string> = new Set<IncidentCode>([
  'certificate-expired',
  'certificate-hostname-mismatch',
  'certificate-untrusted',
  'provider-busy',
  'provider-unreachable',
  'proxy-refused',
  'proxy-unreachable',
])

/** Statuses of a server that is overloaded or has broken down, or of the gateway before it. */
function isOfBrokenServer(status: unknown): boolean {
  return typeof status === 'number' && (status >= 500 || status === 429)
}

/** Whether it is worth while to ask again later, and until then to go by what was known before. */
export function isAway(error: unknown): boolean {
  if (!(error instanceof AppError)) return false
  const { status } = error.details
  if (error.code === 'provider-answer-unusable') return isOfBrokenServer(status)
  return codes.has(error.code) && (status === undefined || isOfBrokenServer(status))
}
