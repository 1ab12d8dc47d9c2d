import type { Check, CheckContext, Finding } from '../contract.ts'
import { withoutDocument } from '../without-document.ts'

/** Can the provider send the claim that becomes the user name. */
export const claims: Check = {
  id: 'claims',
  title: 'The claim for the user name is offered',
  run: async (context) => [look(context)],
}

function look({ provider, probe }: CheckContext): Finding {
  const { principalClaim } = provider
  const base = { check: 'claims', subject: provider.className }
  if (!probe.document) return withoutDocument('claims', provider.className)
  const offered = probe.document.claims_supported
  if (!offered) return { ...base, status: 'skipped', evidence: {}, remedy: 'the provider does not list its claims' }
  if (offered.includes(principalClaim)) return { ...base, status: 'ok', evidence: { principalClaim }, remedy: '' }
  return {
    ...base,
    status: 'problem',
    code: 'claim-not-supported',
    evidence: { principalClaim, offered: offered.join(' ') },
    remedy: `Set ${provider.path}.principalClaim to a claim that is offered, or let the provider send it and list it (claims_supported).`,
  }
}
