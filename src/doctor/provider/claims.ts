import type { Check, Outcome, ProviderContext } from '../contract.ts'
import { ok, problem, skipped } from '../outcome.ts'
import { withoutDocument } from '../without-document.ts'

/** Checks that the provider can send the claim that becomes the username. */
export const claims: Check<'provider'> = {
  id: 'claims',
  title: 'The provider offers the claim for the username',
  run: look,
}

function look({ provider, probe }: ProviderContext): Outcome {
  const { principalClaim } = provider
  if (!probe.document) return withoutDocument
  const offered = probe.document.claims_supported
  if (!offered) return skipped('the provider does not list its claims')
  if (offered.includes(principalClaim)) return ok({ principalClaim })
  return problem(
    'claim-not-supported',
    { principalClaim, offered: offered.join(' ') },
    `Set ${provider.path}.principalClaim to a claim that is offered, or let the provider send it and list it (claims_supported).`,
  )
}
