import type { Check, Outcome, ServerContext } from '../contract.ts'
import { markDifference } from '../mark-difference.ts'
import { ok, problem, skipped, warning } from '../outcome.ts'

/**
 * Checks that `gatehouse serve` answers at its issuer and runs with this configuration. No answer is only a warning: doctor may run
 * before the server starts, or from a network where people are not.
 */
export const issuerAnswers: Check<'server'> = {
  id: 'issuer-answers',
  title: 'The server answers at its issuer',
  run: look,
}

function look({ issuer, discoveryUrl, probe, isProvider }: ServerContext): Outcome {
  if (isProvider) return skipped('products use it as their provider: see gatehouse above')
  const { failure, document, certificate } = probe
  if (document) {
    if (document.issuer === issuer) return ok({ issuer })
    const differs = markDifference(issuer, document.issuer)
    return problem(
      'issuer-mismatch',
      { configured: issuer, published: document.issuer, differs },
      'Set `issuer` to the address that people see and restart `gatehouse serve`, or let this address point to the server of this configuration.',
    )
  }
  const reason = failure
    ? { 'failing hop': failure.hop, reason: failure.reason }
    : { 'failing hop': 'TLS', reason: certificate?.chainError ?? 'the certificate is for another host' }
  return warning(
    'issuer-unreachable',
    { asked: discoveryUrl, ...probe.hops, ...reason },
    failure?.hop === 'DNS'
      ? `Let the name ${probe.host} resolve to Gatehouse, or correct \`issuer\`.`
      : 'Start `gatehouse serve`, or let the proxy in front of it pass /.well-known/openid-configuration.',
  )
}
