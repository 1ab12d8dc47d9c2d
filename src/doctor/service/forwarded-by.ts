import type { Check, Outcome, ServiceContext } from '../contract.ts'
import { ok, skipped, warning } from '../outcome.ts'

/** Checks that the proxy which asks the gate for decisions may speak for others: without that each of its requests is refused. */
export const forwardedBy: Check<'service'> = {
  id: 'forwarded-by',
  title: 'The proxy in front may forward requests',
  run: look,
}

function look({ service, trustedProxies }: ServiceContext): Outcome {
  if (service.upstream !== undefined) return skipped('the gate forwards requests to it itself')
  if (trustedProxies.length > 0) return ok({ trustedProxies: trustedProxies.join(' ') })
  return warning(
    'proxy-not-trusted',
    { 'listen.trustedProxies': 'none' },
    'List the address or network of the proxy (nginx, Traefik) under listen.trustedProxies, as the gate sees it, or set upstream.',
  )
}
