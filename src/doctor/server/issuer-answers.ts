import type { Check, Outcome, ServerContext } from '../contract.ts'
import { markDifference } from '../mark-difference.ts'
import { ok, problem, skipped, warning } from '../outcome.ts'

/**
 * Does `gatehouse serve` answer at its issuer, and is it the server of this configuration. One that does not answer is a warning: doctor
 * may be asked before the server starts, or from where people are not.
 */
export const issuerAnswers: Check<'server'> = {
  id: 'issuer-answers',
  title: 'The server answers at its issuer',
  run: look,
}

function look({ issuer, discoveryUrl, probe, isProvider }: ServerContext): Outcome {
  if (isProvider) return skipped('products sign people in at it: see gatehouse above')
  const { failure, document, certificate } = probe
  if (document) {
    if (document.issuer === issuer) return ok({ issuer })
    const differs = markDifference(issuer, document.issuer)
    return problem(
      'issuer-mismatch',
      { configured: issuer, published: document.issuer, differs },
      'Set `issuer` to the address that people see and restart `gatehouse serve`, or let this address lead to the server of this configuration.',
    )
  }
  const reason = failure
    ? { 'failing hop': failure.hop, reason: failure.reason }
    : { 'failing hop': 'TLS', reason: certificate?.chainError ?? 'the certificate is for another host' }
  return warning(
    'issuer-unreachable',
    { asked: discoveryUrl, ...probe.hops, ...reason },
    failure?.hop === 'DNS'
      ? `Let the name ${probe.host} lead to Gatehouse, or correct \`issuer\`.`
      : 'Start `gatehouse serve`, or let the proxy in front of it pass /.well-known/openid-configuration.',
  )
}
