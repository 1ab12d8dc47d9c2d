import type { AskedOfProvider } from './contract.ts'

/** What a provider says of the values of `prompt` (Initiating User Registration 1.0 section 4.1); undefined: nothing, as most. */
export type KnownPrompts = readonly string[] | undefined

/**
 * The parameters of an authorization request (OpenID Connect Core 3.1.2.1) that hand on what the product that waits has asked for. A provider
 * may ignore each of them.
 */
export function askedParameters(
  { fresh, chooses = false, hints = {} }: AskedOfProvider,
  known?: KnownPrompts,
): Record<string, string> {
  const { loginHint, uiLocales, acrValues } = hints
  return {
    // Some providers take one value only. Whoever signs in anew is asked who they are, so `login` stands for both.
    ...(fresh ? { prompt: 'login', max_age: '0' } : chooses ? { prompt: choosing(known) } : {}),
    ...(loginHint === undefined ? {} : { login_hint: loginHint }),
    ...(uiLocales === undefined ? {} : { ui_locales: uiLocales }),
    ...(acrValues === undefined ? {} : { acr_values: acrValues }),
  }
}

/** At the form for a new sign-in a person can be somebody else, too. */
function choosing(known: KnownPrompts): string {
  return known !== undefined && !known.includes('select_account') && known.includes('login')
    ? 'login'
    : 'select_account'
}
