import { vendorByAddress, vendors } from '../../vendors/index.ts'
import type { Check, ClientContext, ClientUnderTest, Outcome, ProviderUnderTest } from '../contract.ts'
import { ok, skipped, warning } from '../outcome.ts'
import type { DiscoveryDocument } from '../probe.ts'
import { withoutDocument } from '../without-document.ts'

/**
 * Checks that the provider lists every requested scope. No list is complete: those of APIs are on none, and some are left off on purpose
 * (RFC 8414 section 2). So a scope that is missing is a warning; redirect-uri sees whether the provider refuses it.
 */
export const scopes: Check<'client'> = {
  id: 'scopes',
  title: 'Every scope is offered',
  run: look,
}

function look({ provider, probe, client }: ClientContext): Outcome {
  if (!probe.document) return withoutDocument
  const offered = probe.document.scopes_supported
  if (!offered) return skipped('the provider does not list its scopes')
  const missing = missingScopes(client, probe.document, provider)
  const asked = client.scopes.join(' ')
  if (missing.length === 0) return ok({ asked })
  return warning(
    'scope-not-supported',
    { asked, offered: offered.join(' '), missing: missing.join(' ') },
    `Create the client scope ${missing.join(', ')} at the provider if it has none of that name, or remove it from ${provider.path}.scopes or ${client.scopesPath}. Lists of scopes are seldom complete, so a sign-in may work.`,
  )
}

/** Requested scopes that are not on the list of the provider, and are not of those that its vendor never lists; none when it has no list. */
export function missingScopes(
  client: Pick<ClientUnderTest, 'scopes'>,
  { scopes_supported: offered }: Pick<DiscoveryDocument, 'scopes_supported'>,
  { kind, issuer }: Pick<ProviderUnderTest, 'kind' | 'issuer'>,
): string[] {
  const { unlistedScopes } = vendorByAddress(vendors[kind], issuer)
  return offered ? client.scopes.filter((scope) => !offered.includes(scope) && !unlistedScopes?.test(scope)) : []
}
