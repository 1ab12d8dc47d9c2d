/** Lifetimes in seconds. */
export const lifetimes = {
  authorizationCode: 60,
  accessToken: 3600,
  /** Services check JWTs without asking us, so they are short-lived. */
  serviceAccessToken: 600,
  idToken: 3600,
  interaction: 3600,
  refreshToken: 14 * 24 * 3600,
  grant: 14 * 24 * 3600,
  /** The session at the provider; it is invalid without a login session, which lasts at most as long. */
  session: 12 * 3600,
} as const
