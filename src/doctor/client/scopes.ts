import type { Check, CheckContext, ClientUnderTest, Finding } from '../contract.ts'
import type { DiscoveryDocument } from '../provider/probe.ts'
import { withoutDocument } from '../without-document.ts'

/** Does the provider offer every scope that is asked for. Keycloak and others answer `invalid_scope` to one that they do not know. */
export const scopes: Check = {
  id: 'scopes',
  title: 'Every scope is offered',
  run: async (context) => context.provider.clients.map((client) => look(context, client)),
}

function look({ provider, probe }: CheckContext, client: ClientUnderTest): Finding {
  const base = { check: 'scopes', subject: client.subject }
  if (!probe.document) return withoutDocument('scopes', client.subject)
  const offered = probe.document.scopes_supported
  if (!offered) return { ...base, status: 'skipped', evidence: {}, remedy: 'the provider does not list its scopes' }
  const missing = missingScopes(client, probe.document)
  const evidence = { asked: client.scopes.join(' '), offered: offered.join(' ') }
  if (missing.length === 0) return { ...base, status: 'ok', evidence: { asked: evidence.asked }, remedy: '' }
  return {
    ...base,
    status: 'problem',
    code: 'scope-not-supported',
    evidence: { ...evidence, missing: missing.join(' ') },
    remedy: `Create the client scope ${missing.join(', ')} at the provider, or remove it from ${provider.path}.scopes or ${client.scopesPath}.`,
  }
}

/** Scopes that are asked for and not on the list of the provider; none when it has no list. */
export function missingScopes(client: ClientUnderTest, { scopes_supported: offered }: DiscoveryDocument): string[] {
  return offered ? client.scopes.filter((scope) => !offered.includes(scope)) : []
}
