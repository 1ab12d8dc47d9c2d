/** What an authorization request says about the sign-in (OpenID Connect Core 3.1.2.1): what it demands, and what it suggests. */
import { decodeJwt } from 'jose'
import type Provider from 'oidc-provider'
import type { SignInDemand, SignInHints } from './contract.ts'

type Asked = Pick<InstanceType<Provider['Interaction']>, 'prompt' | 'params'>

/** Read from what is stored, never from the browser. A request that only lacks consent demands nothing of the sign-in any more. */
export function demandOf({ prompt, params }: Asked): SignInDemand {
  const because = new Set(prompt.reasons)
  const { max_age: maxAge, id_token_hint: hint } = params
  return {
    fresh: because.has('login_prompt'),
    chosen: because.has(accountChoice),
    maxAge: because.has('max_age') ? Number(maxAge) * 1000 : undefined,
    // oidc-provider has checked the signature of the hint.
    userId: because.has('id_token_hint')
      ? decodeJwt(String(hint)).sub
      : because.has('claims_id_token_sub_value')
        ? String(valuesIn(prompt.details['sub'])[0] ?? '')
        : undefined,
    acr: because.has('essential_acr') || because.has('essential_acrs') ? valuesIn(prompt.details['acr']) : undefined,
  }
}

/** The reason for which a person is asked who to be. */
export const accountChoice = 'select_account_prompt'

/** The wanted values of a claim (Core 5.5.1): `value` or `values`. */
function valuesIn(member: unknown): string[] {
  const { value, values } = (member ?? {}) as { value?: unknown; values?: unknown }
  const wanted = Array.isArray(values) ? values : [value]
  return wanted.filter((each) => typeof each === 'string')
}

/** By which products choose a provider: of Keycloak, Okta, Dex, Auth0, Cognito, and of programs that know none of them. */
export const choosingParameters = ['kc_idp_hint', 'idp', 'connector_id', 'connection', 'identity_provider', 'idp_hint']

/** Longer hints are those of no provider. */
const longestHint = 1024

/** What may help to sign in. A hint that is no plain text of some length is none. */
export function hintsOf({ params }: Pick<Asked, 'params'>): SignInHints {
  return {
    loginHint: plainText(params['login_hint']),
    uiLocales: plainText(params['ui_locales']),
    acrValues: plainText(params['acr_values']),
    wayIn: choosingParameters.map((name) => plainText(params[name])).find((name) => name !== undefined),
  }
}

function plainText(value: unknown): string | undefined {
  if (typeof value !== 'string' || value.length > longestHint || !value.isWellFormed()) return undefined
  const text = value.trim()
  return text === '' || /\p{Cc}/u.test(text) ? undefined : text
}

const answeredBySignIn: ReadonlySet<string> = new Set(['', 'login', 'select_account'])

/** A new sign-in has satisfied what was demanded of it; repeated, the request would ask again. */
export function withoutDemand({ max_age: _, prompt, ...rest }: Record<string, unknown>): Record<string, unknown> {
  const prompts = String(prompt ?? '').split(' ')
  const remaining = prompts.filter((each) => !answeredBySignIn.has(each)).join(' ')
  return remaining === '' ? rest : { ...rest, prompt: remaining }
}
