import type { Check, Outcome, ProviderContext, ProviderUnderTest } from '../contract.ts'
import { markDifference } from '../mark-difference.ts'
import { ok, problem } from '../outcome.ts'
import { withoutDocument } from '../without-document.ts'

/** Checks that the provider calls itself what we call it, byte by byte (OpenID Connect Discovery 1.0 section 4.3). */
export const issuer: Check<'provider'> = {
  id: 'issuer',
  title: 'Both sides mean the same issuer',
  run: look,
}

function look({ provider, probe }: ProviderContext): Outcome {
  if (!probe.document) return withoutDocument
  const { issuer: configured } = provider
  const { issuer: published } = probe.document
  if (configured === published) return ok({ issuer: published })
  const evidence = { configured, published, differs: markDifference(configured, published) }
  return problem('issuer-mismatch', evidence, remedyFor(provider, published))
}

function remedyFor({ className, path, issuer: configured }: ProviderUnderTest, published: string): string {
  if (className === 'gatehouse') return 'Set `issuer` to the address that people see, and restart `gatehouse serve`.'
  const theirs = URL.parse(published)
  const ours = URL.parse(configured)
  if (!theirs || !ours) return 'Fix the issuer at the provider: what it publishes is not a URL.'
  if (`${configured}/` === published || configured === `${published}/`) {
    return 'Set the issuer at the provider with the same ending: the two differ only by the trailing slash.'
  }
  const keys = [
    ...(theirs.protocol === ours.protocol ? [] : [theirs.protocol === 'https:' ? 'add tls' : 'remove tls']),
    ...(theirs.hostname === ours.hostname ? [] : [`hostname: ${theirs.hostname}`]),
    ...(theirs.port === ours.port ? [] : [theirs.port === '' ? 'remove port' : `port: ${theirs.port}`]),
    ...(theirs.pathname === ours.pathname ? [] : [`rootPath: ${theirs.pathname}`]),
  ]
  return `Set below ${path}: ${keys.join(', ')}; or give the provider the public address that is configured here (Keycloak: KC_HOSTNAME).`
}
