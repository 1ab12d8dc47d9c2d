import { isTemplateOf, isTenantTemplate, otherSpelling } from '../../issuer-text.ts'
import type { Check, Outcome, ProviderContext, ProviderUnderTest } from '../contract.ts'
import { markDifference } from '../mark-difference.ts'
import { ok, problem, warning } from '../outcome.ts'
import { withoutDocument } from '../without-document.ts'

/** Checks that the provider calls itself what we call it (OpenID Connect Discovery 1.0 section 4.3); a slash at the end is no other provider. */
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
  if (isTemplateOf(published, configured) && provider.tenants)
    return ok({ issuer: published, tenants: provider.tenants.join(' ') })
  if (isTenantTemplate(published)) return problem('tenant-not-named', evidence, namesTenant(provider))
  if (provider.className === 'gatehouse' || otherSpelling(configured) !== published)
    return problem('issuer-mismatch', evidence, remedyFor(provider, published))
  // The server goes by the document. Files that were rendered for products have what is configured.
  const isOurs = provider.clients.every(({ isLogin }) => isLogin)
  return isOurs
    ? ok({ issuer: published, configured })
    : warning('issuer-mismatch', evidence, spelledAs(provider, published))
}

function spelledAs({ path }: ProviderUnderTest, published: string): string {
  const { pathname } = new URL(published)
  const rootPath = pathname === '/' && !published.endsWith('/') ? '""' : pathname
  return `Write rootPath: ${rootPath} below ${path}, and render again: people can sign in here all the same, but products such as Trino compare every character.`
}

/** Entra publishes `{tenantid}` in place of an id where the address is not that of one tenant. */
function namesTenant({ path, issuer }: ProviderUnderTest): string {
  const { pathname } = new URL(issuer)
  const example = pathname.replace(/\/(?:common|organizations|consumers)(?=\/|$)/i, '/<tenant id>')
  const rootPath = example === pathname ? '/<tenant id>/v2.0' : example
  return `Write the id of your tenant below ${path}, as rootPath: ${rootPath} (Entra: Overview, Tenant ID). Tokens name the tenant that they are from, never {tenantid}.`
}

function remedyFor({ className, path, issuer: configured }: ProviderUnderTest, published: string): string {
  if (className === 'gatehouse') return 'Set `issuer` to the address that people see, and restart `gatehouse serve`.'
  const theirs = URL.parse(published)
  const ours = URL.parse(configured)
  if (!theirs || !ours) return 'Fix the issuer at the provider: what it publishes is not a URL.'
  const keys = [
    ...(theirs.protocol === ours.protocol ? [] : [theirs.protocol === 'https:' ? 'add tls' : 'remove tls']),
    ...(theirs.hostname === ours.hostname ? [] : [`hostname: ${theirs.hostname}`]),
    ...(theirs.port === ours.port ? [] : [theirs.port === '' ? 'remove port' : `port: ${theirs.port}`]),
    ...(theirs.pathname === ours.pathname ? [] : [`rootPath: ${theirs.pathname}`]),
  ]
  return `Set below ${path}: ${keys.join(', ')}; or give the provider the public address that is configured here (Keycloak: KC_HOSTNAME).`
}
