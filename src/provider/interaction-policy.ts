/** When a person must be asked something before a product gets its answer: oidc-provider's rules, and ours. */
import { interactionPolicy, type KoaContextWithOIDC } from 'oidc-provider'
import { isNativeAddress } from '../config/redirect-addresses.ts'
import { accountChoice } from './sign-in-demand.ts'

const { Check, Prompt } = interactionPolicy

export function createInteractionPolicy(): ReturnType<typeof interactionPolicy.base> {
  const policy = interactionPolicy.base()
  const [login, consent] = [policy.get('login'), policy.get('consent')]
  if (!login || !consent) throw new Error('oidc-provider has other prompts than are known here')
  // The value is known, and asked together with what else a sign-in must be: one page, not two in a row.
  const selectAccount = new Prompt({ name: 'select_account', requestable: true })
  selectAccount.checks.remove(accountChoice)
  policy.add(selectAccount)
  login.checks.add(
    new Check(accountChoice, 'the person must choose an account', 'account_selection_required', ({ oidc }) =>
      oidc.promptPending('select_account'),
    ),
  )
  consent.checks.remove('native_client_prompt')
  consent.checks.add(new Check('unproven_app', 'nobody knows which app asks', 'interaction_required', comesFromSomeApp))
  consent.checks.add(
    // The policy of oidc-provider asks for services only when the request names a scope of theirs.
    new Check(
      'services_missing',
      'requested services not granted',
      (ctx) => missingResources(ctx).length > 0,
      (ctx) => ({ missingResources: missingResources(ctx) }),
    ),
  )
  return policy
}

/** Services that a request names and to which the person has not agreed; consent asks for them like for scopes. */
function missingResources({ oidc }: KoaContextWithOIDC): string[] {
  const resources = Object.keys(oidc.resourceServers ?? {})
  return resources.filter((resource) => oidc.grant?.getResourceScope(resource) === '')
}

/**
 * Any program on the person's machine can listen at a loopback address or take a scheme, and has no secret to prove that it is the app: the
 * person says each time that it was them who started it (RFC 8252 section 8.6).
 */
function comesFromSomeApp({ oidc }: KoaContextWithOIDC): boolean {
  const { client, params, result } = oidc
  if (client?.clientAuthMethod !== 'none' || result?.consent) return false
  return isNativeAddress(String(params?.['redirect_uri']))
}
