/** Parameters that the engine adds to an authorization request, to find them again when the person has signed in. */

/**
 * The parameter that remembers a wish for refresh tokens: oidc-provider drops the scope `offline_access` unless it asks the person for
 * consent, and the vendors do not ask.
 */
export const offlineParameter = 'dev_idp_offline'

/** The parameter that remembers at which of its roots the vendor was asked. */
export const rootParameter = 'dev_idp_root'
