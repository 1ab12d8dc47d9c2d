/** How long things live, in seconds. */
export const lifetimes = {
  authorizationCode: 60,
  accessToken: 3600,
  /** JWTs for services are checked without asking us, so they are short. */
  serviceAccessToken: 600,
  idToken: 3600,
  interaction: 3600,
  refreshToken: 14 * 24 * 3600,
  grant: 14 * 24 * 3600,
  /** The session at the provider; it is worth nothing without a login session of at most the same length. */
  session: 12 * 3600,
} as const
